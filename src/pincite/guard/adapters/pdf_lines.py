"""The lines of a PDF page's text with what is seen of them: place, size, weight, gaps. Cheap on purpose.

A few calls a line: of its first character the font's size and weight, of its first and last where they lie. What the
lines are is decided in `pdf_layout.py` and `pdf_margins.py`.
"""

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_turns import Rectangle, turn_of, turned

_NUMBER = re.compile(r"(?<![\w.])[($€£-]*\d[\d,.]*[)%x]*(?!\w)|(?<!\S)[—–-](?!\S)")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ENDS_SENTENCE = re.compile(r"[.!?:;][\"'”’)\]]*$")
_DIGIT = re.compile(r"\d")
_DASHES = re.compile(r"[—–\s-]+")
TOKEN = re.compile(r"\S+")
_FIGURE = re.compile(r"[($€£+-]*\d[\d,.]*[)%x*]*|[—–-]+")
_CURRENCY = re.compile(r"[($€£¥]+")
_CLOSING = re.compile(r"[)%]+")
JOINED = "\ufffe"
"""Stands in a word that two lines of the page share; they are one line of the text."""
# A page's number that came to the half of a word which ends the page: "year-on" and "31".
_NUMBER_JOINED = re.compile(rf"(?<={JOINED})(?=\d{{1,4}}\s*$)")
_MAX_LINES = 3_000  # beyond this a page is a data dump; it stays without lines
_NUMBERS_IN_ROW = 2
_SMALLEST, _TALLEST = 0.4, 1.1  # of letters, beside the font's size
_SAME_HEIGHT = 0.5
_CELL_GAP = 0.9  # beside the font's size; a word's space is a third of it
_CLOSING_GAP = 1.2
_LOOSE = 1.1  # beside the usual width of a character


class Piece(NamedTuple):
    """Characters [start, end) of a page's text that stand together in a line, from `left` to `right`."""

    start: int
    end: int
    left: float
    right: float


@dataclass(slots=True)
class Line:
    """A line [start, end) of a page's text, in points of the page's own space (y upwards).

    On a page that is turned it is the space where the line is upright, that of `turn` (see `pdf_turns.py`). `numbers`
    counts its figures; `is_row` says that it has more of them than words around them, `has_cells` that a gap wider than
    a letter is high cuts it. `pieces` are what stands together, where the line could be a table's row. `level`,
    `table` and `margin` are filled in by those who decide what it is.
    """

    start: int
    end: int
    text: str
    size: float = 0.0
    weight: int = 0
    top: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    left: float = 0.0
    numbers: int = 0
    is_row: bool = False
    has_cells: bool = False
    level: int = 0
    table: bool = False
    margin: bool = False
    pieces: tuple[Piece, ...] = ()
    turn: int = 0

    def is_level(self, other: "Line") -> bool:
        """Whether it stands at the height of another one: half of the lower one's height is shared."""
        shared = min(self.top, other.top) - max(self.bottom, other.bottom)
        return shared > _SAME_HEIGHT * min(self.top - self.bottom, other.top - other.bottom)

    def is_beside(self, before: "Line") -> bool:
        """Whether it goes on at the right of the one before it."""
        return self.left >= before.right and self.is_level(before)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Where the characters of a page lie.

    Args:
        text_page: pdfium's page.
        indices: pdfium's index of each character of the text, None where they are the same.
        turned_page: the edges of a page that is turned, None for others.
    """

    text_page: pypdfium2.PdfTextPage
    indices: Sequence[int] | None
    turned_page: Rectangle | None = None

    def box(self, at: int, turn: int) -> Rectangle | None:
        """Return where the character at an offset lies, in the space of a turn; None where it has no place."""
        index = at if self.indices is None else self.indices[at]
        if not pdfium.FPDFText_GetCharBox(self.text_page.raw, index, *_edges):
            return None
        box = _left.value, _bottom.value, _right.value, _top.value
        return box if not turn or self.turned_page is None else turned(box, turn, self.turned_page)


def page_lines(text: str, glyphs: Glyphs) -> list[Line]:
    """Return the lines of a page in the order of its text; none where there are too many to mean anything.

    Args:
        text: the page's text.
        glyphs: its characters.
    """
    lines = _lines(text)
    if len(lines) > _MAX_LINES:
        return []
    for line in lines:
        _measure(line, glyphs)
    mark_rows(lines)
    _mark_cells(lines, glyphs)
    return lines


def count_numbers(text: str) -> int:
    """Count the figures of a line, and the dashes that stand for one."""
    figures = _DIGIT.search(text) or _DASHES.fullmatch(text)
    return len(_NUMBER.findall(text)) if figures else 0


def _lines(text: str) -> list[Line]:
    found: list[Line] = []
    at = 0
    for raw in (piece for line in text.splitlines(keepends=True) for piece in _NUMBER_JOINED.split(line)):
        stripped = raw.strip()
        if stripped:
            start = at + len(raw) - len(raw.lstrip())
            line = Line(start, start + len(stripped), stripped)
            line.numbers = count_numbers(stripped)
            found.append(line)
        at += len(raw)
    return found


_left, _right, _bottom, _top = (ctypes.c_double() for _ in range(4))
_edges = (ctypes.byref(_left), ctypes.byref(_right), ctypes.byref(_bottom), ctypes.byref(_top))


def _measure(line: Line, glyphs: Glyphs) -> None:
    index, last = line.start, line.end - 1
    if glyphs.indices is not None:
        index, last = glyphs.indices[index], glyphs.indices[last]
    handle = glyphs.text_page.raw
    line.size = round(pdfium.FPDFText_GetFontSize(handle, index), 1)
    line.weight = pdfium.FPDFText_GetFontWeight(handle, index)
    if glyphs.turned_page is not None:
        line.turn = _turn(glyphs.text_page, index)
    if pdfium.FPDFText_GetCharBox(handle, index, *_edges):
        line.left, line.bottom, line.top = _left.value, _bottom.value, _top.value
    if pdfium.FPDFText_GetCharBox(handle, last, *_edges):
        line.right = _right.value
    if line.turn:  # few lines are, and what costs time is done for each
        _measure_turned(line, glyphs)
    height = line.top - line.bottom
    if not _SMALLEST * line.size < height < _TALLEST * line.size:
        line.size = _shown_size(line.size, height, glyphs.text_page, index)


def _measure_turned(line: Line, glyphs: Glyphs) -> None:
    first, last = glyphs.box(line.start, line.turn), glyphs.box(line.end - 1, line.turn)
    if first is not None:
        line.left, line.bottom, _, line.top = first
    if last is not None:
        line.right = last[2]


def _turn(text_page: pypdfium2.PdfTextPage, index: int) -> int:
    matrix = pdfium.FS_MATRIX()
    return turn_of(matrix.a, matrix.b) if pdfium.FPDFText_GetMatrix(text_page, index, ctypes.byref(matrix)) else 0


def _shown_size(size: float, height: float, text_page: pypdfium2.PdfTextPage, index: int) -> float:
    """Return a font's size as people see it, where the text's space is scaled."""
    matrix = pdfium.FS_MATRIX()
    if pdfium.FPDFText_GetMatrix(text_page, index, ctypes.byref(matrix)):
        size *= math.hypot(matrix.c, matrix.d)
    return round(size if size > 1.0 else height * 1.4, 1)


def _mark_cells(lines: Sequence[Line], glyphs: Glyphs) -> None:
    """Cut lines with figures, and those that are wide for their characters, where there is a gap."""
    if not lines:
        return
    loose = [(line.right - line.left) / (len(line.text) * line.size) if line.size > 0 else 0.0 for line in lines]
    usual = sorted(loose)[len(loose) // 2]
    for line, looseness in zip(lines, loose, strict=True):
        is_loose = looseness > _LOOSE * usual
        tokens = _tokens(line, glyphs) if line.is_row or is_loose or _may_be_row(line) else []
        line.is_row = line.is_row or _ends_in_columns(tokens, line)
        if line.is_row or is_loose:
            line.pieces = _pieces(tokens, line)
            gaps = (two.left - one.right for one, two in pairwise(tokens))
            line.has_cells = is_loose and line.numbers < _NUMBERS_IN_ROW and any(gap > line.size for gap in gaps)


def _may_be_row(line: Line) -> bool:
    """Whether a line, however many words it has, ends in two figures."""
    words = [word for word in line.text.rsplit(maxsplit=4)[1:] if not _CURRENCY.fullmatch(word)]
    return line.numbers >= _NUMBERS_IN_ROW and len(words) > 1 and all(map(_FIGURE.fullmatch, words[-2:]))


def _ends_in_columns(tokens: Sequence[Piece], line: Line) -> bool:
    """Whether the last two words of a line, signs of currencies aside, are figures that stand wide apart."""
    words = [each for each in tokens if not _CURRENCY.fullmatch(_text(each, line))]
    if len(words) <= _NUMBERS_IN_ROW:
        return False
    one, two = words[-2:]
    figures = all(_FIGURE.fullmatch(_text(each, line)) for each in (one, two))
    return figures and two.left - one.right > _CELL_GAP * line.size


def mark_rows(lines: Sequence[Line]) -> None:
    """Find rows: also those that pdfium gives as several lines, because a dash stands higher than a figure."""
    for start, line in enumerate(lines):
        if start and line.is_beside(lines[start - 1]):
            continue
        end = start + 1
        while end < len(lines) and lines[end].is_beside(lines[end - 1]):
            end += 1
        if _is_row(lines[start:end]):
            for part in lines[start:end]:
                part.is_row = True


def _is_row(parts: Sequence[Line]) -> bool:
    numbers = sum(part.numbers for part in parts)
    if numbers < _NUMBERS_IN_ROW:
        return False
    words = sum(len(_WORD.findall(part.text)) for part in parts)
    return numbers * 2 >= words - 1 and not (_ENDS_SENTENCE.search(parts[-1].text) and words > 8)


def _tokens(line: Line, glyphs: Glyphs) -> list[Piece]:
    if line.turn:
        return _turned_tokens(line, glyphs)
    box, handle, at, indices = pdfium.FPDFText_GetCharBox, glyphs.text_page.raw, line.start, glyphs.indices
    found: list[Piece] = []
    for token in TOKEN.finditer(line.text):
        start, end = at + token.start(), at + token.end()
        first, last = (start, end - 1) if indices is None else (indices[start], indices[end - 1])
        if box(handle, first, *_edges):
            left = _left.value
            if last != first:
                box(handle, last, *_edges)
            found.append(Piece(start, end, left, _right.value))
    return found


def _turned_tokens(line: Line, glyphs: Glyphs) -> list[Piece]:
    found: list[Piece] = []
    for token in TOKEN.finditer(line.text):
        start, end = line.start + token.start(), line.start + token.end()
        first, last = glyphs.box(start, line.turn), glyphs.box(end - 1, line.turn)
        if first is not None:
            found.append(Piece(start, end, first[0], (last or first)[2]))
    return found


def _pieces(tokens: Sequence[Piece], line: Line) -> tuple[Piece, ...]:
    """Join tokens to cells: apart where the gap is wide, and between one figure and the next."""
    cells: list[Piece] = []
    before = ""
    for token in tokens:
        word = _text(token, line)
        if cells and _belongs(before, word, token.left - cells[-1].right, line.size):
            last = cells.pop()
            cells.append(Piece(last.start, token.end, last.left, max(last.right, token.right)))
        else:
            cells.append(token)
        before = word
    return tuple(cells)


def _text(piece: Piece, line: Line) -> str:
    return line.text[piece.start - line.start : piece.end - line.start]


def _belongs(before: str, word: str, gap: float, size: float) -> bool:
    """Whether a token is of the same cell as the one before it."""
    if _CURRENCY.fullmatch(before):
        return True
    if _CLOSING.fullmatch(word):
        return gap < _CLOSING_GAP * size
    if gap > _CELL_GAP * size or gap < -size or _CURRENCY.fullmatch(word):
        return False
    return not (_FIGURE.fullmatch(before) and _FIGURE.fullmatch(word) and before[-1] != ",")
