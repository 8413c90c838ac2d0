"""DOCX: headings by style or outline level, lists, tables, notes, text boxes. Runs in the child only.

Deleted text (tracked changes), comments, headers and footers are left out.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, UnreadableDocument
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body"})
_HIDDEN = frozenset({"del", "moveFrom", "instrText", "delText", "rPr", "pPr"})
_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_NOTE_KINDS = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_MAX_BASED_ON = 20


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
    return Opened(cut_sections(_Reader(archive, part).elements(body)))


class _Reader:
    """Walks the body; knows the styles and notes of the document."""

    def __init__(self, archive: Archive, part: str) -> None:
        targets = dict(archive.relations(part).values())
        self._styles = _styles(archive.xml(targets.get("styles", "")))
        self._notes: dict[tuple[str, str], str] = {}
        for kind, name in (("footnote", "footnotes"), ("endnote", "endnotes")):
            for note in children(archive.xml(targets.get(name, "")), kind):
                if attribute(note, "type") in {"", "normal"}:
                    self._notes[kind, attribute(note, "id")] = squeeze(_deep_text(note))
        self._groups = 0
        self._in_list = False

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
        for note in notes:
            yield Element(BlockKind.PARAGRAPH, note)
        for box in boxes:
            yield from self.elements(box)

    def _classified(self, node: Node, text: str) -> Element:
        properties = child(node, "pPr")
        style_level, style_lists = self._styles.get(_value(properties, "pStyle"), (0, False))
        outline = _value(properties, "outlineLvl")
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 6 else style_level
        numbering = child(properties, "numPr")
        listed = style_lists if numbering is None else _value(numbering, "numId") not in {"", "0"}
        if level and len(text) < 400:
            self._in_list = False
            return Element(BlockKind.HEADING, squeeze(text), level=level)
        if listed:
            self._groups += not self._in_list
            self._in_list = True
            return Element(BlockKind.LIST, squeeze(text), group=self._groups)
        self._in_list = False
        return Element(BlockKind.PARAGRAPH, text)

    def _runs(self, node: Node, boxes: list[Node], notes: list[str]) -> Iterator[str]:
        for part in node:
            name = local(part)
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


def _rows(node: Node) -> Iterator[list[Node]]:
    for part in node:
        if local(part) == "tr":
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


def _styles(root: Node | None) -> dict[str, tuple[int, bool]]:
    """Return each paragraph style's heading level (0 for none) and whether it makes a list."""
    nodes = {attribute(style, "styleId"): style for style in children(root, "style")}
    return {name: (_style_level(nodes, name), _style_lists(nodes, name)) for name in nodes}


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
