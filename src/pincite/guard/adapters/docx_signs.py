"""Signs of Word documents that are no plain letters: of symbol fonts, of formulas, readings above. Child only. Pure."""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import attribute, child, children, local

_PRIVATE = 0xF000
# What a font of symbols has at 0x20..0x7E and 0xA0..0xFE: Adobe's encoding of Symbol.
_SYMBOL = {
    begins + at: sign
    for begins, signs in (
        (0x20, " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_ αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼"),
        (0xA0, "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|―↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑"),
        (0xF1, "〉∫⌠"),
    )
    for at, sign in enumerate(signs)
}
_WINGDINGS = {
    0x6C: "●", 0x6E: "■", 0x6F: "☐", 0x71: "☐", 0x72: "☐", 0x77: "◆", 0x78: "☒", 0xA7: "▪", 0xA8: "☐", 0xD8: "➢",
    0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    0x4A: "☺", 0x4C: "☹", 0x2A: "✉", 0x28: "☎",
}  # fmt: skip
_FONTS = {"symbol": _SYMBOL, "wingdings": _WINGDINGS}

Reader = Callable[[Node], str]
"""Gives the text of a node's parts."""


def symbol(font: str, code: str) -> str:
    """Return the sign that a font of symbols has for a code in hexadecimal digits, "" for one that is not known."""
    try:
        place = int(code, 16)
    except ValueError:
        return ""
    signs = _FONTS.get(font.strip().casefold())
    low = place - _PRIVATE if place >= _PRIVATE else place
    if signs is not None:
        return signs.get(low, "")
    return chr(place) if 0x20 <= place < 0xD800 else ""


def form_field(node: Node) -> str:
    """Return what an old form's field shows: a box that is ticked or not, the chosen item of a list."""
    data = child(node, "ffData")
    box, choices = child(data, "checkBox"), child(data, "ddList")
    if box is not None:
        said = child(box, "checked")
        said = child(box, "default") if said is None else said
        return "☐" if said is None or attribute(said, "val") in {"0", "false", "off"} else "☒"
    items = [attribute(item, "val") for item in children(choices, "listEntry")]
    chosen = child(choices, "result")
    place = attribute(chosen, "val") if chosen is not None else "0"
    return items[int(place)] if place.isdecimal() and int(place) < len(items) else ""


def formula(node: Node, read: Reader) -> str | None:
    """Return a part of a formula on one line, None for what has no form of its own.

    "(a+b)/2", "x^2", "√(2)": who reads "x2" or "12" for a half reads another number.
    """
    form = _FORMS.get(local(node))
    return None if form is None else form(node, read)


def _fraction(node: Node, read: Reader) -> str:
    return f"{_grouped(_part(node, 'num', read))}/{_grouped(_part(node, 'den', read))}"


def _raised(node: Node, read: Reader) -> str:
    return f"{_part(node, 'e', read)}^{_grouped(_part(node, 'sup', read))}"


def _lowered(node: Node, read: Reader) -> str:
    return f"{_part(node, 'e', read)}_{_grouped(_part(node, 'sub', read))}"


def _both(node: Node, read: Reader) -> str:
    return f"{_lowered(node, read)}^{_grouped(_part(node, 'sup', read))}"


def _root(node: Node, read: Reader) -> str:
    degree = _part(node, "deg", read).strip()
    return f"{degree and _grouped(degree)}√{_grouped(_part(node, 'e', read))}"


def _sum(node: Node, read: Reader) -> str:
    sign = child(node, "naryPr", "chr")
    limits = "".join(
        f"{mark}{_grouped(said)}" for mark, name in (("_", "sub"), ("^", "sup")) if (said := _part(node, name, read))
    )
    return f"{'∫' if sign is None else attribute(sign, 'val')}{limits} {_part(node, 'e', read)}"


def _fenced(node: Node, read: Reader) -> str:
    properties = child(node, "dPr")
    marks = [("begChr", "("), ("endChr", ")"), ("sepChr", "|")]
    first, last, between = (
        usual if (found := child(properties, name)) is None else attribute(found, "val") for name, usual in marks
    )
    return f"{first}{between.join(read(part) for part in node if local(part) == 'e')}{last}"


def _matrix(node: Node, read: Reader) -> str:
    rows = (", ".join(read(cell) for cell in row if local(cell) == "e") for row in node if local(row) == "mr")
    return f"[{'; '.join(rows)}]"


def _function(node: Node, read: Reader) -> str:
    return f"{_part(node, 'fName', read)} {_part(node, 'e', read)}"


_FORMS: dict[str, Callable[[Node, Reader], str]] = {
    "f": _fraction,
    "sSup": _raised,
    "sSub": _lowered,
    "sSubSup": _both,
    "rad": _root,
    "nary": _sum,
    "d": _fenced,
    "m": _matrix,
    "func": _function,
}


def reading(node: Node, read: Reader) -> Iterator[str]:
    """Yield a word and, in brackets, how it is read: Word has that above it."""
    yield _part(node, "rubyBase", read)
    above = _part(node, "rt", read).strip()
    if above:
        yield f"({above})"


def _part(node: Node, name: str, read: Reader) -> str:
    found = child(node, name)
    return "" if found is None else read(found)


def _grouped(text: str) -> str:
    text = text.strip()
    simple = text.replace(".", "").replace(",", "").isalnum() or (text[:1] == "(" and text.find(")") == len(text) - 1)
    return text if simple else f"({text})"
