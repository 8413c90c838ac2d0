"""What the styles of a Word document say of paragraphs and runs. Runs in the child only."""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import attribute, child, children

_MAX_BASED_ON = 20


def value(node: Node | None, name: str) -> str:
    """Return the value of a property, "" for one that is not set."""
    found = child(node, name)
    return attribute(found, "val") if found is not None else ""


@dataclass(frozen=True, slots=True)
class Style:
    """A style: its heading level (0 for none), whether it makes a list, the list that numbers it, whether it hides."""

    level: int = 0
    lists: bool = False
    number: str = ""
    place: str = ""
    hides: bool = False


def styles(root: Node | None) -> dict[str, Style]:
    """Return the styles by their ids.

    Args:
        root: the part `styles.xml`; None where a document has none.
    """
    nodes = {attribute(style, "styleId"): style for style in children(root, "style")}
    return {
        name: Style(
            _style_level(nodes, name),
            _style_lists(nodes, name),
            _style_number(nodes, name, "numId"),
            _style_number(nodes, name, "ilvl"),
            _style_hides(nodes, name),
        )
        for name in nodes
    }


def _style_number(nodes: dict[str, Node], name: str, what: str) -> str:
    found = (value(child(style, "pPr", "numPr"), what) for style in _lineage(nodes, name))
    return next((value for value in found if value), "")


def _style_hides(nodes: dict[str, Node], name: str) -> bool:
    found = (child(style, "rPr", "vanish") for style in _lineage(nodes, name))
    nearest = next((each for each in found if each is not None), None)
    return nearest is not None and attribute(nearest, "val") not in {"0", "false", "off"}


def _lineage(nodes: dict[str, Node], name: str) -> Iterator[Node]:
    for _ in range(_MAX_BASED_ON):
        style = nodes.get(name)
        if style is None:
            return
        yield style
        name = value(style, "basedOn")


def _style_level(nodes: dict[str, Node], name: str) -> int:
    for style in _lineage(nodes, name):
        outline = value(child(style, "pPr"), "outlineLvl")
        if outline.isdigit():
            return int(outline) + 1 if int(outline) < 6 else 0
        called = value(style, "name").casefold()
        if called == "title":
            return 1
        if called.startswith("heading ") and called[8:].isdigit():
            return min(int(called[8:]), 6)
    return 0


def _style_lists(nodes: dict[str, Node], name: str) -> bool:
    return any(
        child(style, "pPr", "numPr") is not None or value(style, "name").casefold().startswith("list ")
        for style in _lineage(nodes, name)
    )
