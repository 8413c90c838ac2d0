"""OpenDocument text, spreadsheets and presentations (ODT, ODS, ODP). Runs in the child only.

Deleted text (tracked changes), comments, headers and footers are left out; notes follow their paragraph.
"""

from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element as Node

from pincite.guard.archives import Archive, attribute, child, children, local
from pincite.guard.domain import BlockKind, PageText, UnreadableDocument
from pincite.guard.sections import Element, cut_sections, lay_out, row_text, squeeze
from pincite.guard.sheets import MAX_COLUMNS, Sheet, sheet_pages
from pincite.guard.source import Opened, Source

_LEFT_OUT = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "change", "change-start", "change-end", "note"}
)
_CONTAINERS = frozenset({"section", "text-box", "frame", "index-body", "table-of-content", "g", "custom-shape"})
_MOST_SPACES = 100
_COLUMNS = MAX_COLUMNS + 1  # one more than are read, so that it can be told
_MAX_ROWS = 1_000_000
_NOTES_LEVEL = 3


def open_source(source: Source) -> Opened:
    """Open a document of any of the three kinds."""
    archive = Archive(source)
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise UnreadableDocument(
            "The document is encrypted and needs a password.", remedy="Save a copy without a password and upload that."
        )
    body = child(archive.xml("content.xml"), "body")
    for name, read in _KINDS.items():
        found = child(body, name)
        if found is not None:
            return read(found)
    raise UnreadableDocument(
        "The OpenDocument file has no text in it, or is damaged.", remedy="Save it again and upload that copy."
    )


def _text(body: Node) -> Opened:
    return Opened(cut_sections(_Reader().elements(body)))


def _spreadsheet(body: Node) -> Opened:
    tables = children(body, "table")
    return Opened(sheet_pages(Sheet(attribute(table, "name"), _rows(table)) for table in tables))


def _presentation(body: Node) -> Opened:
    slides = list(children(body, "page"))
    return Opened(_slides(slides), len(slides))


_KINDS: dict[str, Callable[[Node], Opened]] = {
    "text": _text,
    "spreadsheet": _spreadsheet,
    "presentation": _presentation,
}


class _Reader:
    """Walks a body; numbers its lists and tables."""

    def __init__(self) -> None:
        self._groups = 0

    def elements(self, container: Node) -> Iterator[Element]:
        """Yield the elements of a body, a section, a list item, a cell or a frame."""
        for node in container:
            name = local(node)
            if name == "h":
                level = attribute(node, "outline-level")
                yield Element(
                    BlockKind.HEADING, squeeze(_said(node)), level=min(int(level), 6) if level.isdigit() else 1
                )
            elif name == "p":
                yield from self._paragraph(node)
            elif name == "list":
                self._groups += 1
                yield from self._items(node, self._groups)
            elif name == "table":
                yield from self._table(node)
            elif name in _CONTAINERS:
                yield from self.elements(node)

    def _paragraph(self, node: Node) -> Iterator[Element]:
        yield Element(BlockKind.PARAGRAPH, _said(node).strip())
        for part in node.iter():
            if local(part) == "note":
                yield Element(BlockKind.PARAGRAPH, squeeze(" ".join(_texts(child(part, "note-body")))))
            elif local(part) == "text-box":
                yield from self.elements(part)

    def _items(self, node: Node, group: int) -> Iterator[Element]:
        for item in children(node, "list-item", "list-header"):
            for part in item:
                if local(part) == "list":
                    yield from self._items(part, group)
                elif local(part) in {"p", "h"}:
                    yield Element(BlockKind.LIST, squeeze(_said(part)), group=group)

    def _table(self, node: Node) -> Iterator[Element]:
        self._groups += 1
        group = self._groups
        for _, cells in _rows(node):
            yield Element(BlockKind.TABLE, row_text(cells), group=group)


def _slides(slides: list[Node]) -> Iterator[PageText]:
    for number, slide in enumerate(slides, start=1):
        reader = _Reader()
        elements = list(reader.elements(slide))
        said = [each for notes in children(slide, "notes") for each in reader.elements(notes)]
        if any(each.text.strip() for each in said):
            elements += [Element(BlockKind.HEADING, "Notes", level=_NOTES_LEVEL), *said]
        if elements and elements[0].kind is BlockKind.PARAGRAPH:  # what stands first is the title
            elements[0] = Element(BlockKind.HEADING, squeeze(elements[0].text), level=1)
        text, blocks = lay_out([element for element in elements if element.text.strip()])
        yield PageText(number, f"Slide {number}", text, blocks)


def _rows(table: Node) -> Iterator[tuple[int, list[str]]]:
    """Yield row numbers from 1 and cells; what repeats is written out only where it says something."""
    number = 1
    for row in _row_nodes(table):
        cells: list[str] = []
        for cell in children(row, "table-cell", "covered-table-cell"):
            said = " ".join(_texts(cell))
            repeated = _count(cell, "number-columns-repeated", _COLUMNS)
            cells += [said] * (repeated if said else min(repeated, max(0, _COLUMNS - len(cells))))
        while cells and not cells[-1]:
            cells.pop()
        times = _count(row, "number-rows-repeated", _MAX_ROWS)
        for place in range(times if cells else 0):
            yield number + place, cells[:_COLUMNS]
        number += times


def _row_nodes(node: Node) -> Iterator[Node]:
    for part in node:
        if local(part) == "table-row":
            yield part
        elif local(part) in {"table-header-rows", "table-rows", "table-row-group"}:
            yield from _row_nodes(part)


def _count(node: Node, name: str, most: int) -> int:
    said = attribute(node, name)
    return min(int(said), most) if said.isdigit() and len(said) < 9 else 1


def _texts(node: Node | None) -> Iterator[str]:
    """Yield the paragraphs anywhere in a cell or a note, on one line each."""
    for part in node if node is not None else ():
        if local(part) in {"p", "h"}:
            yield squeeze(_said(part))
        elif local(part) not in _LEFT_OUT:
            yield from _texts(part)


def _said(node: Node) -> str:
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
        elif name not in _LEFT_OUT and name != "frame":
            parts.append(_said(part))
        parts.append(part.tail or "")
    return "".join(parts)
