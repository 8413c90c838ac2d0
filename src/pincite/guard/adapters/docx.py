"""DOCX: headings by style or outline level, numbered as shown, lists, tables, notes, text boxes. In the child only.

Tracked changes count as accepted; comments and hidden text are left out. What headers and footers say comes once, at
the end.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.docx_chunks import foreign_elements
from pincite.guard.adapters.docx_numbering import Numbering
from pincite.guard.adapters.docx_signs import form_field, formula, reading, symbol
from pincite.guard.adapters.docx_styles import Style, styles, value
from pincite.guard.adapters.ooxml_charts import chart_elements, diagram_elements
from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, UnreadableDocument
from pincite.guard.grids import Span, TableRows
from pincite.guard.sections import Element, cut_sections, raised, squeeze
from pincite.guard.source import Opened, Source

_CONTAINERS = frozenset({"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "body"})
_HIDDEN = frozenset({"del", "moveFrom", "instrText", "delText", "rPr", "pPr"})
_MARKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
_NOTE_KINDS = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_MAX_DEPTH = 3  # of Word documents within Word documents
_LEAST_LETTERS = 6  # "Page 3 of 9" in any language is no more
_MARGINS = {"header": "Header", "footer": "Footer"}
_TINY_HALF_POINTS = 2


def open_source(source: Source) -> Opened:
    """Open a Word document."""
    archive, part, body = _opened(source)
    return Opened(cut_sections(_Reader(archive, part, source).document(body)))


def _opened(source: Source) -> tuple[Archive, str, Node]:
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
    return archive, part, body


class _Reader:
    """Walks the body; knows the styles and notes of the document."""

    def __init__(self, archive: Archive, part: str, source: Source) -> None:
        self._archive = archive
        self._source = source
        self._relations = archive.relations(part)
        targets = dict(self._relations.values())
        self._styles = styles(archive.xml(targets.get("styles", "")))
        self._numbering = Numbering(archive.xml(targets.get("numbering", "")))
        self._notes: dict[tuple[str, str], str] = {}
        for kind, name in (("footnote", "footnotes"), ("endnote", "endnotes")):
            for note in children(archive.xml(targets.get(name, "")), kind):
                if attribute(note, "type") in {"", "normal"}:
                    self._notes[kind, attribute(note, "id")] = squeeze(_deep_text(note))
        self._groups = 0
        self._in_list = False
        self._before = ""  # a paragraph whose end was deleted: it goes on with the next one

    def document(self, body: Node) -> Iterator[Element]:
        """Yield the body's elements and, once each, the lines of headers and footers that are more than a number."""
        yield from self.elements(body)
        said: dict[str, None] = {}
        for kind, target in self._relations.values():
            root = self._archive.xml(target) if kind in _MARGINS else None
            for element in self.elements(root) if root is not None else ():
                if element.kind is BlockKind.HIDDEN:
                    yield element
                elif sum(char.isalpha() for char in element.text) > _LEAST_LETTERS:
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
            elif name == "AlternateContent":
                yield from self.elements(next(iter(node), node))
            elif name == "altChunk":
                yield from self._chunk(attribute(node, "id"))
        if self._before:
            yield Element(BlockKind.PARAGRAPH, self._before.strip())
            self._before = ""

    def _chunk(self, name: str) -> Iterator[Element]:
        """Yield the elements of a document in another format that stands here."""
        target = self._relations.get(name, ("", ""))[1]
        data = self._archive.read(target)
        if data.startswith(b"PK") and self._source.depth < _MAX_DEPTH:
            inner = replace(self._source, file=io.BytesIO(data), size_bytes=len(data), depth=self._source.depth + 1)
            archive, part, body = _opened(inner)
            yield from self._apart(_Reader(archive, part, inner).elements(body))
        elif data:
            yield from self._apart(foreign_elements(data))

    def _apart(self, elements: Iterator[Element]) -> Iterator[Element]:
        """Yield elements whose lists and tables are none of this document's own."""
        first = last = self._groups + 1
        for element in elements:
            last = max(last, first + element.group)
            yield replace(element, group=first + element.group)
        self._groups = last

    def _paragraph(self, node: Node) -> Iterator[Element]:
        beside = _Beside(value(child(node, "pPr"), "pStyle"))
        text = (self._before + "".join(self._runs(node, beside))).strip()
        self._before = ""
        if text and _is_joined(node):
            self._before = f"{text} "
        elif text:
            yield self._classified(node, text)
        elif not _is_gone(node):  # an empty item is shown with its number
            self._counted(node)
        runs = (run for run in node.iter() if local(run) == "r" and self._hides(run, beside.style))
        hidden = "".join(_deep_text(run) for run in runs).strip()
        if hidden:
            yield Element(BlockKind.HIDDEN, hidden)
        for note in beside.notes:
            yield Element(BlockKind.PARAGRAPH, note)
        for box in beside.boxes:
            yield from self.elements(box)
        for drawing in beside.drawings:
            self._groups += 2
            name, read = ("id", chart_elements) if local(drawing) == "chart" else ("dm", diagram_elements)
            part = self._relations.get(attribute(drawing, name), ("", ""))[1]
            yield from read(self._archive.xml(part), self._groups - 1)

    def _classified(self, node: Node, text: str) -> Element:
        properties = child(node, "pPr")
        style = self._styles.get(value(properties, "pStyle"), Style())
        outline = value(properties, "outlineLvl")
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 6 else style.level
        listed, number = self._counted(node)
        if level and len(text) < 400:
            self._in_list = False
            return Element(BlockKind.HEADING, squeeze(f"{number} {text}"), level=level)
        if listed:
            self._groups += not self._in_list
            self._in_list = True
            return Element(BlockKind.LIST, squeeze(f"{number} {text}"), group=self._groups)
        self._in_list = False
        return Element(BlockKind.PARAGRAPH, text)

    def _counted(self, node: Node) -> tuple[bool, str]:
        """Return whether a paragraph is a list's, and its number; its own numbering goes before its style's."""
        properties = child(node, "pPr")
        style = self._styles.get(value(properties, "pStyle"), Style())
        numbering = child(properties, "numPr")
        listed = style.lists if numbering is None else value(numbering, "numId") not in {"", "0"}
        if not (listed or style.number):
            return False, ""
        name = value(numbering, "numId") or style.number
        place = value(numbering, "ilvl") or style.place
        return listed, self._numbering.next(name, int(place) if place.isdigit() and len(place) == 1 else 0)

    def _runs(self, node: Node, beside: "_Beside") -> Iterator[str]:
        for part in node:
            name = local(part)
            if name in _HIDDEN or (name == "r" and self._hides(part, beside.style)):
                continue
            if name == "r" and value(child(part, "rPr"), "vertAlign") == "superscript":
                yield raised("".join(self._runs(part, beside)))
            elif name == "t":
                yield part.text or ""
            elif name in _MARKS:
                yield _MARKS[name]
            elif name == "sym":
                yield symbol(attribute(part, "font"), attribute(part, "char"))
            elif name == "fldChar":
                yield form_field(part)
            elif name in _NOTE_KINDS:
                note = self._notes.get((_NOTE_KINDS[name], attribute(part, "id")))
                if note:
                    beside.notes.append(note)
            elif name == "txbxContent":
                beside.boxes.append(part)
            elif name in {"chart", "relIds"}:
                beside.drawings.append(part)
            else:
                yield from self._composed(part, beside)

    def _composed(self, node: Node, beside: "_Beside") -> Iterator[str]:
        """Yield the text of what is made of runs."""

        def read(inner: Node) -> str:
            return "".join(self._runs(inner, beside))

        if local(node) == "AlternateContent":  # the same thing twice, for newer and older programs
            yield read(next(iter(node), node))
        elif local(node) == "ruby":
            yield from reading(node, read)
        elif "/math" in node.tag and (said := formula(node, read)) is not None:
            yield said
        else:
            yield from self._runs(node, beside)

    def _hides(self, run: Node, style: str) -> bool:
        """Whether a run is hidden by itself or by its style, or set in letters of a point and less."""
        properties = child(run, "rPr")
        vanish = child(properties, "vanish")
        if vanish is not None:
            return attribute(vanish, "val") not in {"0", "false", "off"}
        half_points = value(properties, "sz")
        if half_points.isdigit() and int(half_points) <= _TINY_HALF_POINTS:
            return True
        return any(self._styles.get(name, Style()).hides for name in (value(properties, "rStyle"), style))

    def _table(self, node: Node) -> Iterator[Element]:
        self._groups += 1
        table = TableRows(self._groups)
        rows = list(_rows(node))
        if all(sum(local(cell) == "tc" for cell in row) <= 1 for row in rows):  # a frame around text, not a table
            for row in rows:
                for cell in row:
                    yield from self.elements(cell)
            return
        for row in rows:
            hidden: list[Element] = []
            yield from table.add([self._span(cell, hidden) for cell in row])
            yield from hidden
        yield from table.end()

    def _span(self, node: Node, hidden: list[Element]) -> Span:
        """Return a cell with its text on one line; a table inside it is flattened."""
        if local(node) == "gridBefore":
            return Span("", _columns(attribute(node, "val")))
        found = list(self.elements(node))
        hidden += [element for element in found if element.kind is BlockKind.HIDDEN]
        text = " ".join(element.text.replace("\n", " ") for element in found if element.kind is not BlockKind.HIDDEN)
        properties = child(node, "tcPr")
        merged = child(properties, "vMerge")
        goes_on = merged is not None and attribute(merged, "val") in {"", "continue"}
        return Span(text, _columns(value(properties, "gridSpan")), goes_on=goes_on)


@dataclass(slots=True)
class _Beside:
    """What a paragraph has beside its text: its style, its text boxes, its notes, its charts and diagrams."""

    style: str
    boxes: list[Node] = field(default_factory=list[Node])
    notes: list[str] = field(default_factory=list[str])
    drawings: list[Node] = field(default_factory=list[Node])


def _is_gone(paragraph: Node) -> bool:
    """Whether the end of a paragraph was deleted, moved away or hidden, so that without text nothing is left of it."""
    mark = child(paragraph, "pPr", "rPr")
    return any(child(mark, name) is not None for name in ("del", "moveFrom", "vanish"))


def _is_joined(paragraph: Node) -> bool:
    return child(paragraph, "pPr", "rPr", "del") is not None


def _columns(said: str) -> int:
    return int(said) if said.isdigit() and len(said) < 4 else 1


def _rows(node: Node) -> Iterator[list[Node]]:
    for part in node:
        if local(part) == "tr":
            if child(part, "trPr", "del") is None:
                yield list(_cells(part))
        elif local(part) in _CONTAINERS:
            yield from _rows(part)


def _cells(row: Node) -> Iterator[Node]:
    before = child(row, "trPr", "gridBefore")
    if before is not None:
        yield before
    for part in row:
        if local(part) == "tc":
            yield part
        elif local(part) in _CONTAINERS:
            yield from _cells(part)


def _deep_text(node: Node) -> str:
    return "".join((part.text or "") if local(part) == "t" else " " for part in node.iter())
