"""Which elements of a page are open, as browsers see it: many end without an end tag. Pure.

Source: HTML Living Standard, 13.2.4.2 and 13.2.6, but for what it says of formatting, forms and foreign elements: it
is asked where an element ends that nobody sees, and that is never sooner than in a browser.
"""

from collections.abc import Set as AbstractSet

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
)
"""Elements that browsers open again in the next block, until their end tag comes."""

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TABLE_PARTS = frozenset({"caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th"})
_OUTERMOST = frozenset({"html", "head", "body"})
_SCOPE = frozenset({"applet", "caption", "html", "table", "td", "th", "marquee", "object", "template"})
_BLOCK_WORDS = """
address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form header hgroup
hr listing main menu nav ol p pre search section summary ul xmp
"""
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_ENDS_P = _BLOCKS | _HEADINGS | {"li", "dd", "dt"}
_SPECIAL = _BLOCKS | _HEADINGS | _SCOPE | _TABLE_PARTS | _OUTERMOST | {"button", "dd", "dt", "iframe", "li", "select"}
_ITEMS = {"li": frozenset({"li"}), "dd": frozenset({"dd", "dt"}), "dt": frozenset({"dd", "dt"})}
_ITEM_BARRIERS = _SPECIAL - {"address", "div", "p"}
_ROWS = frozenset({"tbody", "thead", "tfoot", "table"})
_MOST = 256  # browsers stop at 512


class OpenElements:
    """The open elements, outermost first.

    Args:
        quirks: a page without a modern document type, in which a table may lie in a paragraph.
    """

    def __init__(self, *, quirks: bool) -> None:
        self._open: list[str] = []
        self._counts: dict[str, int] = {}
        self._over = 0
        self._ends_p = _ENDS_P if quirks else _ENDS_P | {"table"}

    @property
    def depth(self) -> int:
        """How many are open."""
        return len(self._open) + self._over

    def before(self, tag: str) -> None:
        """End those that a start tag ends."""
        if self._over or (tag == "form" and self._has(tag)):
            return
        if tag in _TABLE_PARTS:
            self._end_cells(tag)
            return
        if tag in _ITEMS and any(map(self._has, _ITEMS[tag])):
            self._pop(_ITEMS[tag], _ITEM_BARRIERS)
        if tag in self._ends_p and self._has("p"):
            self._pop(frozenset({"p"}), _SCOPE | {"button"})
        if tag in _HEADINGS and self._open and self._open[-1] in _HEADINGS:
            self._pop(_HEADINGS, frozenset())

    def is_stray(self, tag: str) -> bool:
        """Say whether a start tag opens nothing: it never has content, or its place is a table and there is none."""
        return tag in VOID or tag in _OUTERMOST or (tag in _TABLE_PARTS and not self._has("table"))

    def push(self, tag: str) -> None:
        """Open an element."""
        if len(self._open) >= _MOST:
            self._over += 1
            return
        self._open.append(tag)
        self._counts[tag] = self._counts.get(tag, 0) + 1

    def end(self, tag: str) -> None:
        """End the element that an end tag belongs to, with all in it; none where it belongs to none."""
        if self._over:
            self._over -= 1
        elif tag not in _HEADINGS and not self._has(tag):
            return
        elif tag == "form":
            if self._open and self._open[-1] == tag:
                self._cut(len(self._open) - 1)
        elif tag in _HEADINGS:
            self._pop(_HEADINGS, _SCOPE)
        elif tag == "table" or tag in _TABLE_PARTS:
            self._pop(frozenset({tag}), frozenset({"table", "template"}))
        elif tag == "p":
            self._pop(frozenset({tag}), _SCOPE | {"button"})
        elif tag == "li":
            self._pop(frozenset({tag}), _SCOPE | {"ol", "ul"})
        else:
            self._pop(frozenset({tag}), _SCOPE if tag in _SPECIAL else _SPECIAL)

    def _end_cells(self, tag: str) -> None:
        """End what a part of a table ends: up to the row, the rows or the table that it belongs to."""
        if not self._has("table"):
            return
        kept = _ROWS | {"tr"} if tag in {"td", "th"} else _ROWS if tag == "tr" else frozenset({"table"})
        at = len(self._open)
        while at and self._open[at - 1] not in kept:
            at -= 1
        self._cut(at)

    def _pop(self, tags: AbstractSet[str], barriers: AbstractSet[str]) -> None:
        """End the innermost of some elements, with all in it, unless it lies beyond a barrier."""
        for at in range(len(self._open) - 1, -1, -1):
            if self._open[at] in tags:
                self._cut(at)
                return
            if self._open[at] in barriers:
                return

    def _has(self, tag: str) -> bool:
        return self._counts.get(tag, 0) > 0

    def _cut(self, at: int) -> None:
        for tag in self._open[at:]:
            self._counts[tag] -= 1
        del self._open[at:]
