"""Cuts pages into the units that chunks are made of: headings, sentences, list items, table rows. Pure.

How units become chunks is in `chunking.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pincite.core.sentences import line_width, sentence_spans
from pincite.core.words import whole_words
from pincite.guard import Block, BlockKind

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Counts the tokens of each text."""

_PIECE = re.compile(r"\w{1,7}|[^\w\s]")
_LINE = re.compile(r"[^\r\n]+")
_SPACE = re.compile(r"\s+")
_BESIDE = frozenset({BlockKind.MARGIN, BlockKind.NOTE, BlockKind.HIDDEN})
_MAX_TITLE = 160
_MAX_HEADER = 240


class PageLike(Protocol):
    """A page, as read (`guard.PageText`) or as stored (`library.Page`)."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def blocks(self) -> tuple[Block, ...]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch [start, end) of a page that is not cut further.

    `block` numbers the blocks of the page, so that rows of one table are known; `header` is the head of the table
    that a row belongs to, "" for the head itself.
    """

    page: int
    start: int
    end: int
    kind: BlockKind
    block: int
    tokens: int
    title: str = ""
    level: int = 0
    header: str = ""


@dataclass(frozen=True, slots=True)
class _Stretch:
    start: int
    end: int
    block: int
    of: Block
    header: str = ""


def estimate_tokens(texts: Sequence[str]) -> list[int]:
    """Estimate tokens without a tokenizer: runs of up to seven letters or digits, and each other mark."""
    return [len(_PIECE.findall(text)) for text in texts]


@dataclass(frozen=True, slots=True)
class OpenTable:
    """A table at the end of a page, which may go on behind it: what its head says, and how many columns it has."""

    head: str
    columns: int


def open_table(page: PageLike, above: OpenTable | None) -> OpenTable | None:
    """Return the table that a page ends with, None where it ends with something else or the table has no head.

    Args:
        page: the page.
        above: the one that the page before ends with.
    """
    body = _body(page.blocks)
    if not body or body[-1].table is None:
        return None
    head = head_text(page.text, body[-1])
    if not head:
        return above if len(body) == 1 and _goes_on(body[0], above) else None
    return OpenTable(head, _columns(body[-1]))


def _body(blocks: Sequence[Block]) -> list[Block]:
    return [block for block in blocks if block.kind not in _BESIDE]


def _columns(block: Block) -> int:
    rows = () if block.table is None else block.table.rows
    return max((cell.column for row in rows for cell in row), default=-1) + 1


def _goes_on(block: Block, above: OpenTable | None) -> bool:
    """Whether a page's first block is a table without a head that has the columns of the one before."""
    headless = block.table is not None and block.table.head_rows == 0
    return above is not None and headless and _columns(block) == above.columns


def page_units(page: PageLike, count: CountTokens, max_tokens: int, above: OpenTable | None = None) -> list[Unit]:
    """Cut a page into units of at most `max_tokens`; they cover all its characters but white space and margins.

    Args:
        page: the page.
        count: counts tokens.
        max_tokens: the most of one unit.
        above: the table that the page before ends with; where the page begins with its rows they have its head.
    """
    text = page.text
    stretches = list(_stretches(text, page.blocks, above))
    counts = count([text[stretch.start : stretch.end] for stretch in stretches])
    units: list[Unit] = []
    for stretch, tokens in zip(stretches, counts, strict=True):
        if tokens <= max_tokens:
            units.append(_unit(page, stretch, tokens))
            continue
        pieces = list(_pieces(text, stretch, tokens, max_tokens))
        piece_counts = count([text[piece.start : piece.end] for piece in pieces])
        for piece, piece_tokens in zip(pieces, piece_counts, strict=True):
            units.append(_unit(page, piece, min(piece_tokens, max_tokens)))
    return units


def _unit(page: PageLike, stretch: _Stretch, tokens: int) -> Unit:
    block = stretch.of
    title = one_line(page.text[stretch.start : stretch.end]) if block.kind is BlockKind.HEADING else ""
    return Unit(
        page.number, stretch.start, stretch.end, block.kind, stretch.block, max(1, tokens), title, block.level,
        stretch.header,
    )  # fmt: skip


def one_line(text: str, most: int = _MAX_TITLE) -> str:
    """Return text on one line and of bounded length, by default as in a heading path."""
    return _SPACE.sub(" ", whole_words(text)).strip()[:most]


def _stretches(text: str, blocks: Sequence[Block], above: OpenTable | None) -> Iterator[_Stretch]:
    width = line_width(text)
    first = next(iter(_body(list(_whole(text, blocks)))), None)
    for number, block in enumerate(_whole(text, blocks)):
        if block.is_left_out(text):
            continue
        if block.kind is BlockKind.HEADING:
            body = text[block.start : block.end]
            start = block.start + len(body) - len(body.lstrip())
            if body.strip():
                yield _Stretch(start, start + len(body.strip()), number, block)
        elif block.kind is BlockKind.PARAGRAPH:
            for start, end in sentence_spans(text[block.start : block.end], width=width):
                yield _Stretch(block.start + start, block.start + end, number, block)
        elif block.table is not None:
            carried = above.head if above is not None and block is first and _goes_on(block, above) else ""
            yield from _rows(text, block, number, carried)
        else:
            yield from _lines(text, block, number)


def _whole(text: str, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks, and paragraphs for what no block covers."""
    at = 0
    for block in blocks:
        if text[at : block.start].strip():
            yield Block(BlockKind.PARAGRAPH, at, block.start)
        yield block
        at = block.end
    if text[at:].strip():
        yield Block(BlockKind.PARAGRAPH, at, len(text))


def _lines(text: str, block: Block, number: int) -> Iterator[_Stretch]:
    """Yield a table's rows, a list's items, a program's lines."""
    header = ""
    for match in _LINE.finditer(text, block.start, block.end):
        line = match[0]
        body = line.strip()
        if not body:
            continue
        start = match.start() + len(line) - len(line.lstrip())
        yield _Stretch(start, start + len(body), number, block, header)
        if block.kind is BlockKind.TABLE and not header:
            header = one_line(body)


def _rows(text: str, block: Block, number: int, carried: str) -> Iterator[_Stretch]:
    """Yield the head of a table as one, then its rows with what the head says, or the one on the page before."""
    rows = () if block.table is None else block.table.rows[block.table.head_rows :]
    starts = [min(cell.start for cell in row) for row in rows]
    if starts and starts[0] > block.start:
        yield _stripped(text, _Stretch(block.start, starts[0], number, block))
    header = head_text(text, block) or carried
    for start, end in zip(starts, [*starts[1:], block.end], strict=True):
        yield _stripped(text, _Stretch(start, end, number, block, header))


def head_text(text: str, block: Block) -> str:
    """Return what a table's head says, column by column from the top, on one line; empty without a head."""
    head = () if block.table is None else block.table.rows[: block.table.head_rows]
    columns: dict[int, list[str]] = {}
    for cell in (cell for row in head for cell in row):
        columns.setdefault(cell.column, []).append(text[cell.start : cell.end])
    return one_line(" | ".join(" ".join(columns[column]) for column in sorted(columns)), _MAX_HEADER)


def _stripped(text: str, stretch: _Stretch) -> _Stretch:
    body = text[stretch.start : stretch.end]
    start = stretch.start + len(body) - len(body.lstrip())
    return replace(stretch, start=start, end=start + len(body.strip()))


def _pieces(text: str, stretch: _Stretch, tokens: int, max_tokens: int) -> Iterator[_Stretch]:
    """Cut a stretch that alone is too long, at white space where there is some."""
    size = max(1, (stretch.end - stretch.start) * max_tokens * 4 // (tokens * 5))
    at = stretch.start
    while at < stretch.end:
        end = min(stretch.end, at + size)
        if end < stretch.end:
            space = max(text.rfind(" ", at + size // 2, end), text.rfind("\n", at + size // 2, end))
            end = space if space > at else end
        while end > at and text[end - 1].isspace():
            end -= 1
        if end > at:
            yield _Stretch(at, end, stretch.block, stretch.of, stretch.header)
        at = max(end, at + 1)
        while at < stretch.end and text[at].isspace():
            at += 1
