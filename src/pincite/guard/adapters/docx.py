"""DOCX: headings by style or outline level, numbered as shown, lists, tables, notes, text boxes. In the child only.

Tracked changes count as accepted; comments and hidden text are left out. What headers and footers say comes once, at
the end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.docx_numbering import Numbering
from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, UnreadableDocument
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body"})
_HIDDEN = frozenset({"del", "moveFrom", "instrText", "delText", "rPr", "pPr"})
_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_NOTE_KINDS = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_LEAST_LETTERS = 6  # "Page 3 of 9" in any language is no more
_MARGINS = {"header": "Header", "footer": "Footer"}
_MAX_BASED_ON = 20
_TINY_HALF_POINTS = 2


def open_source(source: Source) -> Opened:
    """Open a Word document."""
    archive = Archive(source)
    part = next((target for kind, target in archive.relations("").values() if kind == "officeDocument"), "")
    part = part if archive.has(part) else "word/document.xml"
    root = archive.xml(part)
    body = child(root, "body")
    if body is None:
        raise UnreadableDocument(
            "The Word document has no text in it, or is damaged.",
            remedy="Open it in Word, save it again and upload that.",
        )
    return Opened(cut_sections(_Reader(archive, part).document(body)))


class _Reader:
    """Walks the body; knows the styles and notes of the document."""

    def __init__(self, archive: Archive, part: str) -> None:
        self._archive = archive
        self._relations = list(archive.relations(part).values())
        targets = dict(self._relations)
        self._styles = _styles(archive.xml(targets.get("styles", "")))
        self._numbering = Numbering(archive.xml(targets.get("numbering", "")))
        self._notes: dict[tuple[str, str], str] = {}
        for kind, name in (("footnote", "footnotes"), ("endnote", "endnotes")):
            for note in children(archive.xml(targets.get(name, "")), kind):
                if attribute(note, "type") in {"", "normal"}:
                    self._notes[kind, attribute(note, "id")] = squeeze(_deep_text(note))
        self._groups = 0
        self._in_list = False

    def document(self, body: Node) -> Iterator[Element]:
        """Yield the body's elements and, once each, the lines of headers and footers that are more than a number."""
        yield from self.elements(body)
        said: dict[str, None] = {}
        for kind, target in self._relations:
            root = self._archive.xml(target) if kind in _MARGINS else None
            for element in self.elements(root) if root is not None else ():
                if sum(char.isalpha() for char in element.text) > _LEAST_LETTERS:
                    said[f"{_MARGINS[kind]}: {squeeze(element.text)}"] = None
        for text in said:
            yield Element(BlockKind.PARAGRAPH, text)

    def elements(self, container: Node) -> Iterator[Element]:
        """Yield the elements of a body, cell or text box."""
        for node in container:
            name = local(node)
            if name == "p":
                yield from self._paragraph(node)
            elif name == "tbl":
                self._in_list = False
                yield from self._table(node)
            elif name in _CONTAINERS:
                yield from self.elements(node)

    def _paragraph(self, node: Node) -> Iterator[Element]:
        boxes: list[Node] = []
        notes: list[str] = []
        text = "".join(self._runs(node, boxes, notes)).strip()
        if text:
            yield self._classified(node, text)
        hidden = "".join(_deep_text(run) for run in node.iter() if local(run) == "r" and _is_hidden(run)).strip()
        if hidden:
            yield Element(BlockKind.HIDDEN, hidden)
        for note in notes:
            yield Element(BlockKind.PARAGRAPH, note)
        for box in boxes:
            yield from self.elements(box)

    def _classified(self, node: Node, text: str) -> Element:
        properties = child(node, "pPr")
        style = self._styles.get(_value(properties, "pStyle"), _Style())
        outline = _value(properties, "outlineLvl")
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 6 else style.level
        numbering = child(properties, "numPr")
        listed = style.lists if numbering is None else _value(numbering, "numId") not in {"", "0"}
        number = self._number(style, numbering) if listed or style.number else ""
        if level and len(text) < 400:
            self._in_list = False
            return Element(BlockKind.HEADING, squeeze(f"{number} {text}"), level=level)
        if listed:
            self._groups += not self._in_list
            self._in_list = True
            return Element(BlockKind.LIST, squeeze(f"{number} {text}"), group=self._groups)
        self._in_list = False
        return Element(BlockKind.PARAGRAPH, text)

    def _number(self, style: "_Style", numbering: Node | None) -> str:
        """Return what stands before a paragraph; its own numbering goes before its style's."""
        name = _value(numbering, "numId") or style.number
        place = _value(numbering, "ilvl") or style.place
        return self._numbering.next(name, int(place) if place.isdigit() and len(place) == 1 else 0)

    def _runs(self, node: Node, boxes: list[Node], notes: list[str]) -> Iterator[str]:
        for part in node:
            name = local(part)
            if name == "r" and _is_hidden(part):
                continue
            if name == "t":
                yield part.text or ""
            elif name in _MARKS:
                yield _MARKS[name]
            elif name in _NOTE_KINDS:
                note = self._notes.get((_NOTE_KINDS[name], attribute(part, "id")))
                if note:
                    notes.append(note)
            elif name == "AlternateContent":  # the same thing twice, for newer and older programs
                yield from self._runs(next(iter(part), part), boxes, notes)
            elif name == "txbxContent":
                boxes.append(part)
            elif name not in _HIDDEN:
                yield from self._runs(part, boxes, notes)

    def _table(self, node: Node) -> Iterator[Element]:
        self._groups += 1
        group = self._groups
        rows = list(_rows(node))
        if all(len(row) <= 1 for row in rows):  # a frame around text, not a table
            for row in rows:
                for cell in row:
                    yield from self.elements(cell)
            return
        for row in rows:
            yield Element(BlockKind.TABLE, row_text(self._cell(cell) for cell in row), group=group)

    def _cell(self, node: Node) -> str:
        """Return a cell's text on one line; a table inside it is flattened."""
        return " ".join(element.text.replace("\n", " ") for element in self.elements(node))


def _is_hidden(run: Node) -> bool:
    """Whether a run is marked as hidden, or set in letters of a point and less."""
    properties = child(run, "rPr")
    vanish = child(properties, "vanish")
    if vanish is not None and attribute(vanish, "val") not in {"0", "false", "off"}:
        return True
    half_points = _value(properties, "sz")
    return half_points.isdigit() and int(half_points) <= _TINY_HALF_POINTS


def _rows(node: Node) -> Iterator[list[Node]]:
    for part in node:
        if local(part) == "tr":
            if child(part, "trPr", "del") is None:
                yield list(_cells(part))
        elif local(part) in _CONTAINERS:
            yield from _rows(part)


def _cells(row: Node) -> Iterator[Node]:
    for part in row:
        if local(part) == "tc":
            yield part
        elif local(part) in _CONTAINERS:
            yield from _cells(part)


def _value(node: Node | None, name: str) -> str:
    found = child(node, name)
    return attribute(found, "val") if found is not None else ""


def _deep_text(node: Node) -> str:
    return "".join((part.text or "") if local(part) == "t" else " " for part in node.iter())


@dataclass(frozen=True, slots=True)
class _Style:
    """A paragraph style: its heading level (0 for none), whether it makes a list, and the list that numbers it."""

    level: int = 0
    lists: bool = False
    number: str = ""
    place: str = ""


def _styles(root: Node | None) -> dict[str, _Style]:
    nodes = {attribute(style, "styleId"): style for style in children(root, "style")}
    return {
        name: _Style(
            _style_level(nodes, name),
            _style_lists(nodes, name),
            _style_number(nodes, name, "numId"),
            _style_number(nodes, name, "ilvl"),
        )
        for name in nodes
    }


def _style_number(nodes: dict[str, Node], name: str, what: str) -> str:
    found = (_value(child(style, "pPr", "numPr"), what) for style in _lineage(nodes, name))
    return next((value for value in found if value), "")


def _lineage(nodes: dict[str, Node], name: str) -> Iterator[Node]:
    for _ in range(_MAX_BASED_ON):
        style = nodes.get(name)
        if style is None:
            return
        yield style
        name = _value(style, "basedOn")


def _style_level(nodes: dict[str, Node], name: str) -> int:
    for style in _lineage(nodes, name):
        outline = _value(child(style, "pPr"), "outlineLvl")
        if outline.isdigit():
            return int(outline) + 1 if int(outline) < 6 else 0
        called = _value(style, "name").casefold()
        if called == "title":
            return 1
        if called.startswith("heading ") and called[8:].isdigit():
            return min(int(called[8:]), 6)
    return 0


def _style_lists(nodes: dict[str, Node], name: str) -> bool:
    return any(
        child(style, "pPr", "numPr") is not None or _value(style, "name").casefold().startswith("list ")
        for style in _lineage(nodes, name)
    )
