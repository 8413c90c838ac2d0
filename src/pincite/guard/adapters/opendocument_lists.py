"""The numbers that OpenDocument shows before headings and items; styles that hide or raise text. In the child only.

Source of the rules: OpenDocument 1.3 part 3, 5.3 (lists), 16.30 to 16.34 (list and outline styles).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.docx_numbering import count_as
from pincite.guard.archives import attribute, child, children, local

_KINDS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_LEVELS = frozenset({"list-level-style-number", "list-level-style-bullet", "outline-level-style"})
_MOST = 100_000
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class _Level:
    """How a level counts: its format ("" for no number), what stands around it, how many levels it shows."""

    kind: str
    before: str
    after: str
    shown: int
    start: int


@dataclass(slots=True)
class Counts:
    """The counts of one list, by level from 1, and the style that it is counted by."""

    style: str = ""
    counts: dict[int, int] = field(default_factory=dict[int, int])


class Styles:
    """What the styles of a document say.

    Args:
        roots: the parts that hold styles, those that go before others last.
    """

    def __init__(self, roots: Iterable[Node | None]) -> None:
        self._lists: dict[str, dict[int, _Level]] = {}
        self._outline: dict[int, _Level] = {}
        self._headings = Counts()
        self._by_name: dict[str, Counts] = {}
        self._last: dict[str, Counts] = {}
        self.hidden: set[str] = set()
        self.raised: set[str] = set()
        for style in (style for root in roots for group in _groups(root) for style in group):
            self._learn(style)

    def _learn(self, style: Node) -> None:
        name = attribute(style, "name")
        if local(style) == "list-style":
            self._lists[name] = _levels(style)
        elif local(style) == "outline-style":
            self._outline = _levels(style)
        elif local(style) == "style":
            (self.hidden.add if _hides(style) else self.hidden.discard)(name)
            (self.raised.add if _raises(style) else self.raised.discard)(name)

    def heading(self, node: Node) -> str:
        """Count a heading. Returns its number as shown, "" for none."""
        level = _number(attribute(node, "outline-level"), 1)
        if level not in self._outline or attribute(node, "is-list-header") == "true":
            return ""
        start = attribute(node, "start-value") if attribute(node, "restart-numbering") == "true" else ""
        return _counted(self._outline, self._headings.counts, level, start)

    def begin(self, node: Node) -> Counts:
        """Return the counts for an outermost list, which may go on with those of one before."""
        style = attribute(node, "style-name")
        before = self._by_name.get(attribute(node, "continue-list"))
        if before is None and attribute(node, "continue-numbering") == "true":
            before = self._last.get(style)
        counts = before if before is not None else Counts(style)
        self._last[style] = counts
        name = attribute(node, "id")
        if name:
            self._by_name[name] = counts
        return counts

    def item(self, node: Node, style: str, counts: Counts, level: int) -> str:
        """Count an item of a list at a level from 1. Returns its number as shown, "" for a bullet."""
        return _counted(self._lists.get(style, {}), counts.counts, level, attribute(node, "start-value"))


def _groups(root: Node | None) -> Iterable[Node]:
    return children(root, "styles", "automatic-styles")


def _hides(style: Node) -> bool:
    text, section = child(style, "text-properties"), child(style, "section-properties")
    return any(each is not None and attribute(each, "display") == "none" for each in (text, section))


def _raises(style: Node) -> bool:
    text = child(style, "text-properties")
    said = attribute(text, "text-position").split(" ")[0] if text is not None else ""
    return said == "super" or (said.removesuffix("%").isdigit() and said not in {"0", "0%"})


def _levels(style: Node) -> dict[int, _Level]:
    found: dict[int, _Level] = {}
    for node in style:
        if local(node) in _LEVELS:
            found[_number(attribute(node, "level"), 1)] = _Level(
                "" if local(node).endswith("bullet") else attribute(node, "num-format"),
                attribute(node, "num-prefix")[:40],
                attribute(node, "num-suffix")[:40],
                min(_number(attribute(node, "display-levels"), 1), _DEEPEST),
                _number(attribute(node, "start-value"), 1),
            )
    return found


def _counted(levels: dict[int, _Level], counts: dict[int, int], level: int, start: str) -> str:
    style = levels.get(level)
    begins = style.start if style is not None else 1
    counts[level] = _number(start, begins) if start or level not in counts else counts[level] + 1
    for deeper in [each for each in counts if each > level]:
        del counts[deeper]
    if style is None or not style.kind:
        return ""
    shown = range(max(1, level - style.shown + 1), level + 1)
    numbers = [count_as(_kind(levels, place), counts.get(place, 1)) for place in shown if _kind(levels, place)]
    return f"{style.before}{'.'.join(numbers)}{style.after}".strip()


def _kind(levels: dict[int, _Level], level: int) -> str:
    found = levels.get(level)
    return _KINDS.get(found.kind, "decimal") if found is not None and found.kind else ""


def _number(said: str, usual: int) -> int:
    return min(int(said), _MOST) if said.isdigit() and len(said) < 9 else usual
