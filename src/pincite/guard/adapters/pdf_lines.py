"""The lines of a PDF page's text with what is seen of them: place, size, weight, gaps. Cheap on purpose.

A few calls a line: of its first character the font's size and weight, of its first and last where they lie. What the
lines are is decided in `pdf_layout.py` and `pdf_margins.py`.
"""

import ctypes
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

_NUMBER = re.compile(r"(?<![\w.])[($€£-]*\d[\d,.]*[)%x]*(?!\w)|(?<!\S)[—–-](?!\S)")
_DIGIT = re.compile(r"\d")
_SPACE = re.compile(r"\s+")
_MAX_LINES = 3_000  # beyond this a page is a data dump; it stays without lines
_NUMBERS_IN_ROW = 2
_SMALLEST, _TALLEST = 0.4, 1.1  # of letters, beside the font's size
_LOOSE = 1.1  # beside the usual width of a character


@dataclass(slots=True)
class Line:
    """A line [start, end) of a page's text, in points of the page's own space (y upwards).

    `numbers` counts its figures; `has_cells` says that a gap wider than a letter is high cuts it. `level`, `table` and
    `margin` are filled in by those who decide what it is.
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
    has_cells: bool = False
    level: int = 0
    table: bool = False
    margin: bool = False


def page_lines(text: str, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> list[Line]:
    """Return the lines of a page in the order of its text; none where there are too many to mean anything.

    Args:
        text: the page's text.
        text_page: pdfium's page, for fonts and positions.
        indices: pdfium's index of each character, None where they are the same.
    """
    lines = _lines(text)
    if len(lines) > _MAX_LINES:
        return []
    for line in lines:
        _measure(line, text_page, indices)
    _mark_cells(lines, text_page, indices)
    return lines


def _lines(text: str) -> list[Line]:
    found: list[Line] = []
    at = 0
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            start = at + len(raw) - len(raw.lstrip())
            line = Line(start, start + len(stripped), stripped)
            line.numbers = len(_NUMBER.findall(stripped)) if _DIGIT.search(stripped) else 0
            found.append(line)
        at += len(raw)
    return found


_left, _right, _bottom, _top = (ctypes.c_double() for _ in range(4))
_matrix = pdfium.FS_MATRIX()
_edges = (ctypes.byref(_left), ctypes.byref(_right), ctypes.byref(_bottom), ctypes.byref(_top))


def _measure(line: Line, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> None:
    index, last = line.start, line.end - 1
    if indices is not None:
        index, last = indices[index], indices[last]
    line.size = round(pdfium.FPDFText_GetFontSize(text_page, index), 1)
    line.weight = pdfium.FPDFText_GetFontWeight(text_page, index)
    if pdfium.FPDFText_GetCharBox(text_page, index, *_edges):
        line.bottom, line.top, line.left = _bottom.value, _top.value, _left.value
    if pdfium.FPDFText_GetCharBox(text_page, last, *_edges):
        line.right = _right.value
    height = line.top - line.bottom
    if not _SMALLEST * line.size < height < _TALLEST * line.size:
        line.size = _shown_size(line.size, height, text_page, index)


def _shown_size(size: float, height: float, text_page: pypdfium2.PdfTextPage, index: int) -> float:
    """Return a font's size as people see it, where the text's space is scaled."""
    if pdfium.FPDFText_GetMatrix(text_page, index, ctypes.byref(_matrix)):
        size *= math.hypot(_matrix.c, _matrix.d)
    return round(size if size > 1.0 else height * 1.4, 1)


def _mark_cells(lines: Sequence[Line], text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> None:
    """Find lines with a gap wider than a letter is high. Only those that are wide for their characters are tried."""
    if not lines:
        return
    loose = [(line.right - line.left) / (len(line.text) * line.size) if line.size > 0 else 0.0 for line in lines]
    usual = sorted(loose)[len(loose) // 2]
    for line, looseness in zip(lines, loose, strict=True):
        if looseness > _LOOSE * usual and line.numbers < _NUMBERS_IN_ROW:
            line.has_cells = _has_gap(line, text_page, indices)


def _has_gap(line: Line, text_page: pypdfium2.PdfTextPage, indices: Sequence[int] | None) -> bool:
    for space in _SPACE.finditer(line.text):
        before, after = line.start + space.start() - 1, line.start + space.end()
        if indices is not None:
            before, after = indices[before], indices[after]
        if not pdfium.FPDFText_GetCharBox(text_page, before, *_edges):
            continue
        end = _right.value
        if pdfium.FPDFText_GetCharBox(text_page, after, *_edges) and _left.value - end > line.size:
            return True
    return False
