"""The numbers that Word writes before headings and list items: "3.2", "(b)", "iv.". Runs in the child only.

Source of the rules: ECMA-376 part 1, 17.9 (numbering). Bullets give no text.
"""

from dataclasses import dataclass
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import attribute, child, children

_LEVELS = 9
_UNNUMBERED = frozenset({"bullet", "none"})
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level counts: its format, its text ("%1.%2"), and where it begins."""

    kind: str
    text: str
    start: int
    legal: bool


class Numbering:
    """Counts as Word does; ask it for each numbered paragraph in order.

    Args:
        root: the part `numbering.xml`; None where a document has none.
    """

    def __init__(self, root: Node | None) -> None:
        nodes = list(children(root, "abstractNum"))
        kinds = {attribute(node, "abstractNumId"): _levels(node) for node in nodes}
        # A list by a style of lists counts as the one that the style is made of.
        made = {_value(node, "styleLink"): attribute(node, "abstractNumId") for node in nodes}
        same = {attribute(node, "abstractNumId"): made.get(_value(node, "numStyleLink") or "-", "") for node in nodes}
        self._lists: dict[str, tuple[str, dict[int, _Level]]] = {}
        self._starts: dict[str, dict[int, int]] = {}
        for node in children(root, "num"):
            name, kind = attribute(node, "numId"), _value(node, "abstractNumId")
            kind = same.get(kind) or kind
            own = dict(kinds.get(kind, {}))
            for override in children(node, "lvlOverride"):
                place = _number(attribute(override, "ilvl"))
                own |= _levels(override)
                start = _value(override, "startOverride")
                if start.isdigit():
                    self._starts.setdefault(name, {})[place] = _number(start)
            self._lists[name] = (kind, own)
        self._counts: dict[str, dict[int, int]] = {}

    def next(self, name: str, place: int) -> str:
        """Count a paragraph of the list `name` at a level from 0. Returns its number as written, "" for a bullet."""
        kind, levels = self._lists.get(name, ("", {}))
        level = levels.get(place)
        if level is None:
            return ""
        counts = self._counts.setdefault(kind, {})
        begins = self._starts.get(name, {}).pop(place, None)
        if begins is not None:
            counts[place] = begins
        else:
            counts[place] = counts[place] + 1 if place in counts else level.start
        for deeper in [each for each in counts if each > place]:
            del counts[deeper]
        return "" if level.kind in _UNNUMBERED else self._written(level, levels, counts)

    @staticmethod
    def _written(level: _Level, levels: dict[int, _Level], counts: dict[int, int]) -> str:
        text = level.text
        for place in range(_LEVELS):
            if f"%{place + 1}" in text:
                other = levels.get(place, level)
                count = counts.get(place, other.start)
                text = text.replace(f"%{place + 1}", count_as("decimal" if level.legal else other.kind, count))
        return text.strip()


def _levels(node: Node) -> dict[int, _Level]:
    return {
        _number(attribute(level, "ilvl")): _Level(
            _value(level, "numFmt") or "decimal",
            _value(level, "lvlText")[:60],
            _number(_value(level, "start")),
            child(level, "isLgl") is not None,
        )
        for level in children(node, "lvl")
    }


def count_as(kind: str, value: int) -> str:
    """Return a number in a format of Office: "decimal", "lowerLetter", "upperRoman", ..."""
    if kind in {"lowerLetter", "upperLetter"} and value > 0:
        letters = chr(97 + (value - 1) % 26) * min((value - 1) // 26 + 1, 20)
        return letters if kind == "lowerLetter" else letters.upper()
    if kind in {"lowerRoman", "upperRoman"} and 0 < value < 4000:
        roman = ""
        for worth, sign in _ROMAN:
            while value >= worth:
                roman, value = roman + sign, value - worth
        return roman if kind == "lowerRoman" else roman.upper()
    return f"{value:02d}" if kind == "decimalZero" else "" if kind in _UNNUMBERED else str(value)


def _value(node: Node | None, name: str) -> str:
    found = child(node, name)
    return attribute(found, "val") if found is not None else ""


def _number(said: str) -> int:
    return min(int(said), _MOST) if said.isdigit() and len(said) < 9 else 0
