"""Turns a stream of elements (headings, paragraphs, items, rows) into pages. For formats without pages of their own.

The rules: a page begins at each heading of level 1 or 2; a heading without text of its own joins the section that
follows; a page over 8,000 characters is cut between elements, and where that is amid a table the next one begins with
the table's first row again. No format is known here.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pincite.guard.domain import Block, BlockKind, PageText
from pincite.guard.hidden import STYLED, told

MAX_PAGE_CHARS = 8_000
PAGE_LEVELS = 2
CELL = " | "
_MAX_LABEL = 120
_MAX_HEADER = 1_000
_SPACE = re.compile(r"[\s\u00a0\u200b]+")
_IN_CELL = re.compile(r" \|(?= )")
_RAISED = re.compile(r"\s*[+\u2212-]?\d{1,3}(?:\s*[,;]\s*\d{1,3})*\s*")
_SUPERSCRIPTS = str.maketrans("0123456789+-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_STOPS = ("\n", ". ", " ")
_JOINED = frozenset({BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE})


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of a document in reading order: one heading, paragraph, list item or table row.

    Neighbours of one kind and the same `group` (list, table, code) become one block. One of the kind `HIDDEN` is text
    that nobody sees: it is no part of the page, which warns of it.
    """

    kind: BlockKind
    text: str
    level: int = 0
    group: int = 0


def squeeze(text: str) -> str:
    """Return text on one line with single spaces."""
    return _SPACE.sub(" ", text).strip()


def raised(text: str) -> str:
    """Return text that stands raised: figures as such, so that no power or note's number runs into another figure."""
    return text.translate(_SUPERSCRIPTS) if _RAISED.fullmatch(text) else text


def row_text(cells: Iterable[str]) -> str:
    """Return a table row as text, "" when all its cells are empty."""
    return CELL.join(cell_texts(cells))


def cell_texts(cells: Iterable[str]) -> list[str]:
    """Return the cells of a row as they stand in its text, without the empty ones at its end."""
    values = [_IN_CELL.sub(" /", squeeze(cell)) for cell in cells]
    while values and not values[-1]:
        values.pop()
    return values


def cut_long(text: str, most: int, first: int = 0) -> Iterator[str]:
    """Yield text in pieces of at most `most` characters, cut behind a line, a sentence or a space where there is one.

    The first piece has at most `first` characters where that is given. White space at the cuts is left out.
    """
    at, room = 0, first or most
    while len(text) - at > room:
        low, high = at + room // 2, at + room
        stops = (text.rfind(mark, low, high) + len(mark) for mark in _STOPS)
        cut = next((stop for stop in stops if stop > low), high)
        yield text[at:cut].rstrip()
        at, room = cut, most
        while at < len(text) and text[at].isspace():
            at += 1
    yield text[at:]


def cut_sections(elements: Iterable[Element], *, untitled: str = "") -> Iterator[PageText]:
    """Cut elements into pages; `untitled` labels a page without a heading (its number by default)."""
    draft = _Draft(1, untitled)
    header: Element | None = None
    for element in _split_long(elements):
        if not element.text.strip():
            continue
        starts_page = element.kind is BlockKind.HEADING and 0 < element.level <= PAGE_LEVELS
        if element.kind is BlockKind.HIDDEN:
            pass
        elif draft.has_body and starts_page:
            yield draft.page()
            draft = _Draft(draft.number + 1, untitled)
        elif draft.has_body and draft.chars + len(element.text) > MAX_PAGE_CHARS:
            carried = draft.take_trailing_headings()
            yield draft.page()
            draft = _Draft(draft.number + 1, untitled, title=draft.title, part=draft.part + 1)
            draft.extend(carried)
            if header is not None and _goes_under(header, element):
                draft.append(header)
        draft.append(element)
        if element.kind is not BlockKind.HIDDEN and (header is None or not _joins(header, element)):
            header = element if element.kind is BlockKind.TABLE else None
    if draft.elements:
        yield draft.page()


def titled(page: PageText, title: str, level: int) -> PageText:
    """Return a page that begins with a title of its own, as a heading; its blocks keep their levels."""
    lead = len(title) + 2
    moved = (replace(block, start=block.start + lead, end=block.end + lead) for block in page.blocks)
    heading = Block(BlockKind.HEADING, 0, len(title), level)
    return replace(page, text=f"{title}\n\n{page.text}", blocks=(heading, *moved))


class _Draft:
    """A page in the making."""

    def __init__(self, number: int, untitled: str, *, title: str = "", part: int = 1) -> None:
        self.number = number
        self.part = part
        self.title = title
        self.elements: list[Element] = []
        self.chars = 0
        self.has_body = False
        self.hidden: list[str] = []
        self._untitled = untitled

    def append(self, element: Element) -> None:
        if element.kind is BlockKind.HIDDEN:
            self.hidden.append(element.text)
            return
        self.elements.append(element)
        self.chars += len(element.text) + 2
        if element.kind is BlockKind.HEADING:
            if not self.has_body and self.part == 1:
                self.title = squeeze(element.text)
        else:
            self.has_body = True

    def extend(self, elements: Iterable[Element]) -> None:
        for element in elements:
            self.append(element)

    def take_trailing_headings(self) -> list[Element]:
        at = len(self.elements)
        while at > 1 and self.elements[at - 1].kind is BlockKind.HEADING:
            at -= 1
        carried = self.elements[at:]
        del self.elements[at:]
        return carried

    def page(self) -> PageText:
        label = (self.title or self._untitled or str(self.number))[:_MAX_LABEL]
        if self.part > 1:
            label = f"{label} (part {self.part})"
        text, blocks = lay_out(self.elements)
        return PageText(self.number, label, text, blocks, told([(each, STYLED) for each in self.hidden]))


def lay_out(elements: Sequence[Element]) -> tuple[str, tuple[Block, ...]]:
    """Return the text of elements, blank lines between blocks, and its blocks."""
    parts: list[str] = []
    blocks: list[Block] = []
    at = 0
    previous: Element | None = None
    for element in elements:
        joins = previous is not None and _joins(previous, element)
        if previous is not None:
            separator = "\n" if joins else "\n\n"
            parts.append(separator)
            at += len(separator)
        parts.append(element.text)
        end = at + len(element.text)
        if joins:
            blocks[-1] = Block(element.kind, blocks[-1].start, end)
        else:
            blocks.append(Block(element.kind, at, end, element.level if element.kind is BlockKind.HEADING else 0))
        at, previous = end, element
    return "".join(parts), tuple(blocks)


def _joins(previous: Element, element: Element) -> bool:
    return element.kind in _JOINED and previous.kind is element.kind and previous.group == element.group


def _goes_under(header: Element, row: Element) -> bool:
    """Whether a row that begins a page is of the table that began before, with a first row that is worth repeating."""
    return _joins(header, row) and len(header.text) <= min(_MAX_HEADER, MAX_PAGE_CHARS - len(row.text))


def _split_long(elements: Iterable[Element]) -> Iterator[Element]:
    """Cut elements that alone are over a page's size."""
    for element in elements:
        if len(element.text) <= MAX_PAGE_CHARS:
            yield element
        else:
            yield from (replace(element, text=piece) for piece in cut_long(element.text, MAX_PAGE_CHARS))
