"""OpenDocument text, spreadsheets and presentations (ODT, ODS, ODP). Runs in the child only.

Deleted text (tracked changes), comments and hidden text are left out; notes follow their paragraph. What headers and
footers of a text say comes once, at the end.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.opendocument_lists import Counts, Styles
from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, PageText, UnreadableDocument
from pincite.guard.grids import Span, TableRows
from pincite.guard.hidden import STYLED, told, warned
from pincite.guard.sections import Element, cut_sections, lay_out, raised, squeeze
from pincite.guard.sheets import MAX_COLUMNS, Merge, Sheet, fill_merged, sheet_pages
from pincite.guard.source import Opened, Source

_LEFT_OUT = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "change", "change-start", "change-end", "note"}
)
_SHAPES = frozenset(
    {"frame", "g", "a", "custom-shape", "rect", "ellipse", "circle", "polygon", "polyline", "regular-polygon", "path",
     "line", "connector", "caption", "measure"}
)  # fmt: skip
_CONTAINERS = _SHAPES | frozenset(
    {"section", "text-box", "index-body", "table-of-content", "alphabetical-index", "illustration-index",
     "table-index", "object-index", "user-index", "bibliography", "index-title", "numbered-paragraph"}
)  # fmt: skip
_MARGINS = {"header": "Header", "footer": "Footer"}
_LEAST_LETTERS = 6  # "Page 3 of 9" in any language is no more
_MOST_SPACES = 100
_MOST_REPEATED = 1_000
_MOST_OBJECTS = 500
_MOST_MERGED = 20_000
_COLUMNS = MAX_COLUMNS + 1  # one more than are read, so that it can be told
_MAX_ROWS = 1_000_000
_NOTES_LEVEL = 3
_NOT_SHOWN = "The slide is hidden: it is not shown when the presentation is."


def open_source(source: Source) -> Opened:
    """Open a document of any of the three kinds."""
    archive = Archive(source)
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableDocument(
            "The document is encrypted and needs a password.", remedy="Save a copy without a password and upload that."
        )
    root = archive.xml("content.xml")
    body = child(root, "body")
    for name, read in _KINDS.items():
        found = child(body, name)
        if found is not None:
            return read(found, archive, root)
    raise UnreadableDocument(
        "The OpenDocument file has no text in it, or is damaged.", remedy="Save it again and upload that copy."
    )


def _text(body: Node, archive: Archive, root: Node | None) -> Opened:
    styles = archive.xml("styles.xml")
    return Opened(cut_sections(_Reader(archive, Styles([styles, root])).document(body, styles)))


def _spreadsheet(body: Node, archive: Archive, root: Node | None) -> Opened:
    reader = _Reader(archive, Styles([]))
    unseen = _unseen(root, "table-properties", "display", "false")
    tables = list(children(body, "table"))
    shown = [table for table in tables if attribute(table, "style-name") not in unseen] or tables
    sheets = (
        Sheet(attribute(table, "name"), fill_merged(_rows(table, reader), islice(_merges(table), _MOST_MERGED)))
        for table in shown
    )
    return Opened(sheet_pages(sheets, [attribute(table, "name") for table in tables if table not in shown]))


def _presentation(body: Node, archive: Archive, root: Node | None) -> Opened:
    slides = list(children(body, "page"))
    return Opened(_slides(slides, archive, root), len(slides))


_KINDS: dict[str, Callable[[Node, Archive, Node | None], Opened]] = {
    "text": _text,
    "spreadsheet": _spreadsheet,
    "presentation": _presentation,
}


class _Reader:
    """Walks a body; numbers its lists and tables."""

    def __init__(self, archive: Archive, styles: Styles) -> None:
        self._archive = archive
        self._styles = styles
        self._objects: dict[str, Node | None] = {}
        self._groups = 0

    def document(self, body: Node, styles: Node | None) -> Iterator[Element]:
        """Yield the body's elements and, once each, the lines of headers and footers that are more than a number."""
        yield from self.elements(body)
        parts = (part for page in children(child(styles, "master-styles"), "master-page") for part in page)
        said = dict.fromkeys(line for part in parts for line in self._margin(part))
        yield from (Element(BlockKind.PARAGRAPH, line) for line in said)

    def _margin(self, part: Node) -> Iterator[str]:
        label = next((label for name, label in _MARGINS.items() if local(part).startswith(name)), "")
        for element in self.elements(part) if label else ():
            if sum(char.isalpha() for char in element.text) > _LEAST_LETTERS:
                yield f"{label}: {squeeze(element.text)}"

    def elements(self, nodes: Iterable[Node]) -> Iterator[Element]:
        """Yield the elements of what lies in a body, a section, a list item, a cell or a shape."""
        for node in nodes:
            name = local(node)
            if attribute(node, "style-name") in self._styles.hidden and name in {"p", "h", "section"}:
                yield Element(BlockKind.HIDDEN, squeeze("".join(node.itertext())))
            elif name == "h":
                yield from self._heading(node)
            elif name == "p":
                yield from self._paragraph(node, BlockKind.PARAGRAPH)
            elif name == "list":
                self._groups += 1
                counts = self._styles.begin(node)
                yield from self._items(node, (attribute(node, "style-name"), counts), 1, self._groups)
            elif name == "table":
                yield from self._table(node)
            elif name == "object":
                yield from self._object(node)
            elif name in _CONTAINERS:
                yield from self.elements(node)

    def _heading(self, node: Node) -> Iterator[Element]:
        number = self._styles.heading(node)
        yield Element(BlockKind.HEADING, squeeze(f"{number} {self._said(node)}"), level=_level(node))
        yield from self._beside(node)

    def _paragraph(self, node: Node, kind: BlockKind, group: int = 0, lead: str = "") -> Iterator[Element]:
        text = self._said(node).strip()
        if kind is BlockKind.LIST:
            text = squeeze(f"{lead} {text}") if text else ""
        yield Element(kind, text, group=group)
        yield from self._beside(node)

    def _beside(self, node: Node) -> Iterator[Element]:
        """Yield the notes and shapes that hang on a paragraph, and what is hidden in it."""
        for part in node:
            name = local(part)
            if name == "note":
                yield Element(BlockKind.PARAGRAPH, squeeze(" ".join(self.texts(child(part, "note-body")))))
            elif _is_shape(part):
                yield from () if self._formula(part) else self.elements(part)
            elif name == "span" and attribute(part, "style-name") in self._styles.hidden:
                yield Element(BlockKind.HIDDEN, squeeze("".join(part.itertext())))
            elif name not in _LEFT_OUT:
                yield from self._beside(part)

    def _items(self, node: Node, counting: tuple[str, Counts], level: int, group: int) -> Iterator[Element]:
        style, counts = counting
        for item in children(node, "list-item", "list-header"):
            lead = self._styles.item(item, style, counts, level) if local(item) == "list-item" else ""
            for part in item:
                if local(part) == "list":
                    own = attribute(part, "style-name") or style
                    yield from self._items(part, (own, counts), level + 1, group)
                elif local(part) == "p" and attribute(part, "style-name") not in self._styles.hidden:
                    yield from self._paragraph(part, BlockKind.LIST, group, lead)
                    lead = ""
                elif local(part) == "h":
                    yield Element(BlockKind.HEADING, squeeze(f"{lead} {self._said(part)}"), level=_level(part))
                    yield from self._beside(part)
                    lead = ""
                elif local(part) != "number":
                    yield from self.elements([part])

    def _table(self, node: Node) -> Iterator[Element]:
        self._groups += 1
        table = TableRows(self._groups)
        for row, times in _row_nodes(node):
            hidden: list[Element] = []
            spans = [span for cell in children(row, "table-cell") for span in self._spans(cell, hidden)]
            for _ in range(min(times, _MOST_REPEATED)):
                yield from table.add(spans)
            yield from hidden
        yield from table.end()

    def _spans(self, cell: Node, hidden: list[Element]) -> list[Span]:
        """Return a cell, as often as it is repeated, with its text on one line."""
        found = list(self.elements(cell))
        hidden += [element for element in found if element.kind is BlockKind.HIDDEN]
        text = " ".join(element.text for element in found if element.kind is not BlockKind.HIDDEN)
        columns, rows = (_count(cell, f"number-{what}-spanned", _COLUMNS) for what in ("columns", "rows"))
        times = _count(cell, "number-columns-repeated", _COLUMNS)
        return [Span(squeeze(text) or _value(cell), columns, rows)] * times

    def _formula(self, shape: Node) -> str:
        """Return the formula that a frame holds, as its author typed it, "" for none."""
        held = child(shape, "object")
        root = None if held is None else self._held(held)
        if root is None or local(root) != "math":
            return ""
        typed = next((node for node in root.iter() if local(node) == "annotation"), None)
        return squeeze((typed.text or "") if typed is not None else "".join(root.itertext()))

    def _object(self, node: Node) -> Iterator[Element]:
        """Yield what a chart, a sheet or a text says that stands within the document."""
        body = child(self._held(node), "body")
        chart = child(body, "chart", "chart")
        for title in children(chart, "title", "subtitle"):
            yield from self.elements(title)
        for within in (chart, child(body, "spreadsheet"), child(body, "text")):
            yield from self.elements(within if within is not None else ())

    def _held(self, node: Node) -> Node | None:
        """Return the root of an object within the document, None where it is of another kind or within one itself."""
        name = attribute(node, "href").removeprefix("./").rstrip("/")
        if name and name not in self._objects and len(self._objects) < _MOST_OBJECTS:
            part = posixpath.normpath(posixpath.join(name, "content.xml"))
            self._objects[name] = self._archive.xml(part)
        return self._objects.get(name, next(children(node, "math"), None))

    def _said(self, node: Node) -> str:
        """Return the text of a paragraph with its spaces, tabs and line ends."""
        parts = [node.text or ""]
        for part in node:
            name = local(part)
            if name == "s":
                parts.append(" " * _count(part, "c", _MOST_SPACES))
            elif name == "tab":
                parts.append(" ")
            elif name == "line-break":
                parts.append("\n")
            elif name == "ruby-text":
                parts.append(f"({self._said(part)})")
            elif _is_shape(part):
                parts.append(self._formula(part))
            elif not (name in _LEFT_OUT or attribute(part, "style-name") in self._styles.hidden):
                said = self._said(part)
                parts.append(raised(said) if attribute(part, "style-name") in self._styles.raised else said)
            parts.append(part.tail or "")
        return "".join(parts)

    def texts(self, node: Node | None) -> Iterator[str]:
        """Yield the paragraphs anywhere in a cell or a note, on one line each."""
        for part in node if node is not None else ():
            if local(part) in {"p", "h"}:
                yield squeeze(self._said(part))
            elif local(part) not in _LEFT_OUT:
                yield from self.texts(part)


def _is_shape(node: Node) -> bool:
    return local(node) in _SHAPES and "drawing" in node.tag


def _level(heading: Node) -> int:
    said = attribute(heading, "outline-level")
    return min(int(said), 6) if said.isdigit() else 1


def _value(cell: Node) -> str:
    """Return the value of a cell that has no text; not every program writes both."""
    said = (attribute(cell, name) for name in ("string-value", "date-value", "time-value", "boolean-value", "value"))
    return next((value for value in said if value), "")


def _slides(slides: list[Node], archive: Archive, root: Node | None) -> Iterator[PageText]:
    styles = archive.xml("styles.xml")
    unseen = _unseen(root, "drawing-page-properties", "visibility", "hidden")
    for number, slide in enumerate(slides, start=1):
        reader = _Reader(archive, Styles([styles, root]))
        elements = list(reader.elements(slide))
        said = [each for notes in children(slide, "notes") for each in reader.elements(notes)]
        if any(each.text.strip() for each in said):
            elements += [Element(BlockKind.HEADING, "Notes", level=_NOTES_LEVEL), *said]
        hidden = [element.text for element in elements if element.kind is BlockKind.HIDDEN]
        elements = [each for each in elements if each.text.strip() and each.kind is not BlockKind.HIDDEN]
        if elements and elements[0].kind is BlockKind.PARAGRAPH:  # what stands first is the title
            elements[0] = Element(BlockKind.HEADING, squeeze(elements[0].text), level=1)
        text, blocks = lay_out(elements)
        page = PageText(number, f"Slide {number}", text, blocks, told([(each, STYLED) for each in hidden]))
        yield warned(page, _NOT_SHOWN) if attribute(slide, "style-name") in unseen else page


def _unseen(root: Node | None, of: str, name: str, value: str) -> set[str]:
    """Return the styles by which a sheet or a slide is not shown: those with a property of a value."""
    styles = children(child(root, "automatic-styles"), "style")
    properties = ((attribute(style, "name"), child(style, of)) for style in styles)
    return {style for style, found in properties if found is not None and attribute(found, name) == value}


def _rows(table: Node, reader: _Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield row numbers from 1 and cells; what repeats is written out only where it says something."""
    number = 1
    for row, times in _row_nodes(table):
        cells: list[str] = []
        for cell in children(row, "table-cell", "covered-table-cell"):
            said = " ".join(reader.texts(cell)) or _value(cell)
            repeated = _count(cell, "number-columns-repeated", _COLUMNS)
            cells += [said] * (repeated if said else min(repeated, max(0, _COLUMNS - len(cells))))
        while cells and not cells[-1]:
            cells.pop()
        for place in range(times if cells else 0):
            yield number + place, cells[:_COLUMNS]
        number += times


def _merges(table: Node) -> Iterator[Merge]:
    """Yield the cells that are shown as one."""
    number = 1
    for row, times in _row_nodes(table):
        column = 0
        for cell in children(row, "table-cell", "covered-table-cell"):
            columns, rows = (_count(cell, f"number-{what}-spanned", _COLUMNS) for what in ("columns", "rows"))
            if columns > 1 or rows > 1:
                yield Merge(number, number + rows - 1, column, column + columns - 1)
            column += _count(cell, "number-columns-repeated", _COLUMNS)
        number += times


def _row_nodes(node: Node) -> Iterator[tuple[Node, int]]:
    """Yield the rows of a table, and how many times each stands there."""
    for part in node:
        if local(part) == "table-row":
            yield part, _count(part, "number-rows-repeated", _MAX_ROWS)
        elif local(part) in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _row_nodes(part)


def _count(node: Node, name: str, most: int) -> int:
    said = attribute(node, name)
    return min(int(said), most) if said.isdigit() and len(said) < 9 else 1
