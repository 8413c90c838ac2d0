"""XLSX: a page a sheet (or a part of one), cells as people see them. Runs in the child only.

Formulas give the value that was saved with them. Hidden sheets, notes and charts are left out.
How a number is shown is in `xlsx_numbers.py`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from xml.etree.ElementTree import Element as Node

from pincite.guard.adapters.xlsx_numbers import BUILT_IN, show
from pincite.guard.archives import Archive, attribute, child, children, iter_xml, local
from pincite.guard.domain import UnreadableDocument
from pincite.guard.sheets import MAX_COLUMNS, Merge, Sheet, fill_merged, sheet_pages
from pincite.guard.source import Opened, Source

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d+)")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension[^>]*\bref=\"([A-Z]{1,3})\d+")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_MAX_MERGED = 20_000
_MAX_SHARED = 4_000_000


@dataclass(frozen=True, slots=True)
class _Book:
    strings: list[str]
    formats: list[str]
    from_1904: bool


def open_source(source: Source) -> Opened:
    """Open a workbook."""
    archive = Archive(source)
    part = next((target for kind, target in archive.relations("").values() if kind == "officeDocument"), "")
    part = part if archive.has(part) else "xl/workbook.xml"
    root = archive.xml(part)
    if root is None:
        raise UnreadableDocument(
            "The workbook is damaged.", remedy="Open it in Excel, save it again and upload that copy."
        )
    relations = archive.relations(part)
    targets = dict(relations.values())
    properties = child(root, "workbookPr")
    book = _Book(
        _strings(archive.read(targets.get("sharedStrings", ""))),
        _formats(archive.xml(targets.get("styles", ""))),
        properties is not None and properties.get("date1904") in {"1", "true"},
    )
    sheets = list(children(child(root, "sheets"), "sheet"))
    shown = [sheet for sheet in sheets if sheet.get("state", "visible") == "visible"] or sheets
    parts = [(sheet.get("name", ""), relations.get(attribute(sheet, "id"), ("", ""))) for sheet in shown]
    found = [(name, target) for name, (kind, target) in parts if kind == "worksheet"]
    hidden = [sheet.get("name", "") for sheet in sheets if sheet not in shown]
    return Opened(sheet_pages((_sheet(name, archive.read(target), book) for name, target in found), hidden))


def _sheet(name: str, data: bytes, book: _Book) -> Sheet:
    dimension = _DIMENSION.search(data[:4096])
    first = _column(dimension[1].decode()) if dimension else 0
    merges = (
        Merge(int(found[2]), int(found[4]), _column(found[1].decode()) - first, _column(found[3].decode()) - first)
        for found in islice(_MERGED.finditer(data), _MAX_MERGED)
    )
    return Sheet(name, fill_merged(_rows(data, book, first), merges), first)


def _rows(data: bytes, book: _Book, first: int) -> Iterator[tuple[int, list[str]]]:
    if not data:
        return
    number = 0
    for row in iter_xml(data, "row"):
        given = row.get("r", "")
        number = int(given) if given.isdigit() else number + 1
        yield number, _cells(row, book, first)


def _cells(row: Node, book: _Book, first: int) -> list[str]:
    cells: list[str] = []
    column = first - 1
    for cell in children(row, "c"):
        reference = _REFERENCE.match(cell.get("r", ""))
        column = _column(reference[1]) if reference else column + 1
        at = min(max(0, column - first), MAX_COLUMNS)
        cells += [""] * (at + 1 - len(cells))
        cells[at] = _shown(cell, book)
        if at == MAX_COLUMNS and cells[at]:  # more than are read, which is told
            break
    return cells


def _column(letters: str) -> int:
    """Return a column's index from 0: A is 0, AA is 26."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _shown(cell: Node, book: _Book) -> str:
    """Return a cell's text as people see it."""
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _rich_text(child(cell, "is"))
    value = child(cell, "v")
    raw = (value.text or "") if value is not None else ""
    if kind == "s":
        return book.strings[int(raw)] if raw.isdigit() and int(raw) < len(book.strings) else ""
    if kind == "b":
        return "TRUE" if raw == "1" else "FALSE" if raw else ""
    if kind in {"str", "e", "d"} or not raw:
        return raw
    style = cell.get("s", "0")
    code = book.formats[int(style)] if style.isdigit() and int(style) < len(book.formats) else "General"
    return show(raw, code, from_1904=book.from_1904)


def _strings(data: bytes) -> list[str]:
    strings: list[str] = []
    for item in iter_xml(data, "si") if data else ():
        if len(strings) >= _MAX_SHARED:
            break
        strings.append(_rich_text(item))
    return strings


def _rich_text(node: Node | None) -> str:
    """Join the runs of a text; the reading aid above East Asian characters (rPh) is left out."""
    parts: list[str] = []
    for part in node if node is not None else ():
        if local(part) == "t":
            parts.append(part.text or "")
        elif local(part) == "r":
            parts += [text.text or "" for text in children(part, "t")]
    return "".join(parts)


def _formats(styles: Node | None) -> list[str]:
    """Return the number format of each cell style."""
    own = {
        node.get("numFmtId", ""): node.get("formatCode", "General")
        for node in children(child(styles, "numFmts"), "numFmt")
    }
    ids = [node.get("numFmtId", "0") for node in children(child(styles, "cellXfs"), "xf")]
    return [own.get(name) or BUILT_IN.get(name, "General") for name in ids]
