"""Turns rows of cells into pages: for spreadsheets and CSV. No format is known here.

A page is cut at rows over 8,000 characters; each part begins with the header row again.
"""

from collections.abc import Iterable, Iterator, Sequence

from pincite.guard.domain import BlockKind, PageText
from pincite.guard.sections import MAX_PAGE_CHARS, Element, lay_out, row_text

_MAX_HEADER = 1_000


def cut_rows(rows: Iterable[tuple[int, Sequence[str]]], *, name: str, first: int) -> Iterator[PageText]:
    """Cut rows into pages.

    Args:
        rows: row numbers (from 1, as people see them) and cells. A gap in the numbers or an empty row ends a table.
        name: what the label begins with, such as "Sheet 'Rates'"; may be empty.
        first: number of the first page.
    """
    part = _Part()
    for number, cells in rows:
        text = row_text(cells)
        if not text:
            part.end_table()
            continue
        if part.elements and number > part.last_row + 1:
            part.end_table()
        if part.has_rows and part.chars + len(text) > MAX_PAGE_CHARS:
            yield part.page(first, name, whole=False)
            first += 1
            part = part.next_part()
        part.add(number, text[:MAX_PAGE_CHARS], is_row=sum(bool(cell.strip()) for cell in cells) > 1)
    if part.has_rows:
        yield part.page(first, name, whole=part.is_first)


class _Part:
    """A page in the making."""

    def __init__(self, header: str = "", table: int = 0) -> None:
        self.elements: list[Element] = []
        self.chars = 0
        self.first_row = self.last_row = 0
        self.has_rows = False
        self.is_first = not header and table == 0
        self._header = header
        self._table = table
        if header:
            self._append(BlockKind.TABLE, header)

    def next_part(self) -> "_Part":
        return _Part(self._header if len(self._header) <= _MAX_HEADER else "", self._table + 1)

    def end_table(self) -> None:
        if self._header:
            self._header = ""
            self._table += 1

    def add(self, number: int, text: str, *, is_row: bool) -> None:
        if is_row and not self._header:
            self._header = text
        self._append(BlockKind.TABLE if self._header else BlockKind.PARAGRAPH, text)
        self.first_row = self.first_row or number
        self.last_row = number
        self.has_rows = True

    def _append(self, kind: BlockKind, text: str) -> None:
        self.elements.append(Element(kind, text, group=self._table))
        self.chars += len(text) + 1

    def page(self, number: int, name: str, *, whole: bool) -> PageText:
        rows = f"rows {self.first_row}-{self.last_row}"
        label = name if whole and name else f"{name}, {rows}" if name else rows
        text, blocks = lay_out(self.elements)
        return PageText(number, label, text, blocks)
