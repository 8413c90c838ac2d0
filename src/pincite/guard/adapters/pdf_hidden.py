"""Finds text of a PDF page that nobody sees: not drawn, in the colour behind it, tiny, off the page. In the child only.

A few calls a line tell whether it may be; only such lines are looked at word by word, and only their pages are drawn.
What is drawn over, clipped away or stands amid the seen words of a line is not found.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_lines import TOKEN, Glyphs, Line
from pincite.guard.adapters.pdf_pages import as_shown
from pincite.guard.adapters.pdf_turns import Rectangle
from pincite.guard.hidden import NOT_DRAWN, OFF_PAGE, SAME_COLOUR, TINY, Hidden

_LIGHT = 200  # of 255: darker text on what is as dark is not looked for
_FAINT = 40  # opacity of 255
_UNSEEN = 12  # steps of grey between letters and what is behind them
_TINY_PT = 1.0
_NOT_DRAWN = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})
_PICTURES = frozenset({pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM})
_MOST_OBJECTS = 2_000
_MOST_WORDS = 5_000
_LEAST_CHARS = 4  # fewer are specks, not words
_red, _green, _blue, _alpha = (ctypes.c_uint() for _ in range(4))
_colour = (ctypes.byref(_red), ctypes.byref(_green), ctypes.byref(_blue), ctypes.byref(_alpha))
_edges = tuple(ctypes.c_float() for _ in range(4))


def hidden_text(page: pypdfium2.PdfPage, lines: Sequence[Line], glyphs: Glyphs) -> list[Hidden]:
    """Return what of a page's lines nobody sees, in order."""
    edges = _shown_part(page)
    doubtful = [line for line in lines if _may_be(line, glyphs, edges)]
    if not doubtful:
        return []
    words = [word for line in doubtful for word in _words(line, glyphs, edges)][:_MOST_WORDS]
    seen = _Drawn(page)
    layer = _layer(page, words, seen)
    found = [word for word in words if word.why and not (word.why == NOT_DRAWN and layer) and _is_unseen(word, seen)]
    return [each for each in _runs(found) if each.end - each.start >= _LEAST_CHARS]


def _shown_part(page: pypdfium2.PdfPage) -> Rectangle:
    """Return what of the page's own space is shown, whatever its boxes say."""
    found = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page.raw, ctypes.byref(found))
    return found.left, found.bottom, found.right, found.top


def without_hidden(lines: list[Line], hidden: Sequence[Hidden]) -> list[Line]:
    """Return the lines that are not hidden from end to end."""
    if not hidden:
        return lines
    return [line for line in lines if not any(each.start <= line.start and line.end <= each.end for each in hidden)]


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    box: Rectangle | None
    why: str
    line: int


def _may_be(line: Line, glyphs: Glyphs, edges: Rectangle) -> bool:
    if 0 < line.size < _TINY_PT:
        return True
    if line.right < edges[0] or line.left > edges[2] or line.top < edges[1] or line.bottom > edges[3]:
        return not line.turn
    handle, indices, last = cast("Any", glyphs.text_page.raw), glyphs.indices, line.end - 1
    first, last = (line.start, last) if indices is None else (indices[line.start], indices[last])
    return _is_pale(handle, first) or _is_pale(handle, last) or _mode(handle, first) in _NOT_DRAWN


def _is_pale(handle: Any, index: int) -> bool:
    if not pdfium.FPDFText_GetFillColor(handle, index, *_colour):
        return False
    return _alpha.value < _FAINT or min(_red.value, _green.value, _blue.value) > _LIGHT


def _mode(handle: Any, index: int) -> int:
    return int(pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(handle, index)))


def _words(line: Line, glyphs: Glyphs, edges: Rectangle) -> Iterator[_Word]:
    handle = cast("Any", glyphs.text_page.raw)
    for token in TOKEN.finditer(line.text):
        start, end = line.start + token.start(), line.start + token.end()
        index = start if glyphs.indices is None else glyphs.indices[start]
        first, last = glyphs.box(start, 0), glyphs.box(end - 1, 0)
        box = None if first is None or last is None else _around(first, last)
        why = ""
        if box is not None and not _overlap(box, edges):
            why = OFF_PAGE
        elif 0 < line.size < _TINY_PT and box is not None and box[3] - box[1] < _TINY_PT:
            why = TINY
        elif _mode(handle, index) in _NOT_DRAWN:
            why = NOT_DRAWN
        elif _is_pale(handle, index):
            why = SAME_COLOUR
        yield _Word(start, end, box, why, line.start)


def _around(one: Rectangle, other: Rectangle) -> Rectangle:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _overlap(box: Rectangle, edges: Rectangle) -> bool:
    return box[2] > edges[0] and box[0] < edges[2] and box[3] > edges[1] and box[1] < edges[3]


class _Drawn:
    """A page as drawn in greys, a pixel a point; only where it is asked for."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._page = page
        self._rows: list[bytes] = []

    def shows(self, rectangle: Rectangle) -> bool:
        """Whether anything stands out there."""
        if not self._rows:
            self._rows = _rows(self._page)
        box = as_shown(self._page, rectangle)
        rows = self._rows[max(0, int(box.y0) - 1) : max(0, int(box.y1) + 2)]
        shades = b"".join(row[max(0, int(box.x0) - 1) : max(0, int(box.x1) + 2)] for row in rows)
        return bool(shades) and max(shades) - min(shades) >= _UNSEEN


def _rows(page: pypdfium2.PdfPage) -> list[bytes]:
    bitmap: Any = page.render(scale=1, grayscale=True, may_draw_forms=False)
    width, stride, height = int(bitmap.width), int(bitmap.stride), int(bitmap.height)
    pixels = bytes(bitmap.buffer)
    return [pixels[at : at + width] for at in range(0, height * stride, stride)]


def _is_unseen(word: _Word, drawn: _Drawn) -> bool:
    if word.why in {OFF_PAGE, TINY}:
        return True
    return word.box is not None and not drawn.shows(word.box)


def _layer(page: pypdfium2.PdfPage, words: Sequence[_Word], drawn: _Drawn) -> bool:
    """Whether text that is not drawn is what OCR read of a picture: one lies behind most of it, and shows something."""
    layer = [word for word in words if word.why == NOT_DRAWN and word.box is not None]
    if not layer:
        return False
    pictures = list(_pictures(page))
    sample = layer[:: max(1, len(layer) // 50)]
    lies = [word for word in sample if word.box and any(_overlap(word.box, each) for each in pictures)]
    shown = [word for word in lies if word.box and drawn.shows(word.box)]
    return len(shown) * 2 > len(sample)


def _pictures(page: pypdfium2.PdfPage) -> Iterator[Rectangle]:
    count = int(pdfium.FPDFPage_CountObjects(page.raw))
    for at in range(min(count, _MOST_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page.raw, at)
        if pdfium.FPDFPageObj_GetType(item) in _PICTURES and pdfium.FPDFPageObj_GetBounds(
            item, *(ctypes.byref(edge) for edge in _edges)
        ):
            left, bottom, right, top = (edge.value for edge in _edges)
            yield left, bottom, right, top


def _runs(words: Sequence[_Word]) -> Iterator[Hidden]:
    """Yield neighbours of a line as one."""
    run: list[_Word] = []
    for word in words:
        if run and (run[-1].line, run[-1].why) == (word.line, word.why) and word.start - run[-1].end <= 2:
            run.append(word)
            continue
        if run:
            yield Hidden(run[0].start, run[-1].end, run[0].why)
        run = [word]
    if run:
        yield Hidden(run[0].start, run[-1].end, run[0].why)
