"""PDF through pdfium: opening, exact page text, where characters lie, drawing a page. Runs in the child only.

What the text is made of (headings, paragraphs, tables) is in `pdf_layout.py`.
"""

import ctypes
import io
import math
import mmap
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_forms import has_fields
from pincite.guard.adapters.pdf_turns import Rectangle, turn_of
from pincite.guard.domain import Box, PageBoxes, UnreadableDocument
from pincite.guard.source import Source

if TYPE_CHECKING:
    from PIL import Image  # drawing alone needs it

_SCALE = 64  # pdfium maps points to whole device pixels: 64 pixels a point keep the boxes exact enough
_MAX_PIXELS = 40_000_000
_SAME_LINE = 0.5  # boxes that share this much of the lower one's height lie on one line
_CLOSE, _AS_HIGH = 2.0, 1.6  # beside the lower one's height: a gap between words, and a sign that is no initial
_INSET = 0.2  # of a box's shorter side: neighbours' letters may reach so far into it
_MOST_LOOKS = 2_000


def open_pdf(source: Source) -> pypdfium2.PdfDocument:
    """Open a PDF. Raises: UnreadableDocument when it is encrypted or damaged."""
    whole = isinstance(source.file, io.BytesIO)  # an attachment lies in memory
    private = bytearray(source.file.read()) if whole else mmap.mmap(source.file.fileno(), 0, access=mmap.ACCESS_COPY)
    data = (ctypes.c_ubyte * source.size_bytes).from_buffer(private)
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise UnreadableDocument(
                "The PDF is encrypted and needs a password.", remedy="Save a copy without a password and upload that."
            ) from None
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise UnreadableDocument(
                "The PDF uses a protection that cannot be opened.", remedy="Print it to a new PDF and upload that."
            ) from None
        raise UnreadableDocument(
            "The PDF is damaged or truncated.", remedy="Download or export it again and upload that copy."
        ) from None


def raw_text(text_page: pypdfium2.PdfTextPage) -> tuple[str, Sequence[int] | None]:
    """Return a page's text as pdfium's text range gives it, and each character's index in pdfium.

    The second value is None where the two are the same, which they nearly always are. They differ where pdfium holds
    characters that it does not put out (control codes) and beyond the basic plane (two indices a character).
    """
    count = cast("int", pdfium.FPDFText_CountChars(text_page))
    first, last = 0, count - 1
    while first <= last and pdfium.FPDFText_GetTextIndexFromCharIndex(text_page, first) == -1:
        first += 1
    while last > first and pdfium.FPDFText_GetTextIndexFromCharIndex(text_page, last) == -1:
        last -= 1
    if first > last:
        return "", None
    first_unit = cast("int", pdfium.FPDFText_GetTextIndexFromCharIndex(text_page, first))
    last_unit = cast("int", pdfium.FPDFText_GetTextIndexFromCharIndex(text_page, last))
    buffer = (ctypes.c_ushort * (last_unit + 2 - first_unit))()
    written = pdfium.FPDFText_GetText(text_page, first, last + 1 - first, buffer)
    units = memoryview(buffer).cast("B").cast("H")[: max(0, written - 1)]
    text = bytes(units).decode("utf-16-le", "ignore")
    if len(text) == count:
        return text, None
    return text, _character_indices(text_page, units, first_unit)


def _character_indices(text_page: pypdfium2.PdfTextPage, units: Sequence[int], first_unit: int) -> list[int]:
    """Walk UTF-16 units as the decoder does (pairs make one character, lone halves are dropped)."""
    indices: list[int] = []
    at = 0
    while at < len(units):
        unit = units[at]
        width = 1
        if 0xD800 <= unit < 0xE000:
            paired = unit < 0xDC00 and at + 1 < len(units) and 0xDC00 <= units[at + 1] < 0xE000
            if not paired:
                at += 1
                continue
            width = 2
        indices.append(pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, first_unit + at))
        at += width
    return indices


def boxes(source: Source, page: int, start: int, end: int) -> PageBoxes:
    """Find the boxes of characters [start, end) of a page, in points on the page as shown, one a line.

    Raises: UnreadableDocument when the page does not exist or cannot be loaded.
    """
    with open_pdf(source) as pdf:
        shown = _load(pdf, page)
        text_page = shown.get_textpage()
        text, indices = raw_text(text_page)
        start, end = max(0, start), min(len(text), end)
        while start < end and text[end - 1].isspace():
            end -= 1
        width, height = shown.get_size()
        if start >= end:
            return PageBoxes(width, height, ())
        first = start if indices is None else indices[start]
        last = end - 1 if indices is None else indices[end - 1]
        count = text_page.count_rects(first, last + 1 - first)
        found = [text_page.get_rect(number) for number in range(count)]
        lines = _one_a_line(found, text_page, upright=_runs_across(text_page, first))
        return PageBoxes(width, height, tuple(as_shown(shown, each) for each in lines))


def render(source: Source, page: int, width_px: int) -> bytes:
    """Draw a page with its fields and notes as PNG, `width_px` wide. Raises: UnreadableDocument."""
    with open_pdf(source) as pdf:
        shown = _load(pdf, page)
        if has_fields(shown):  # they are drawn only by what was there before the page was opened
            shown.close()
            pdf.init_forms()
            shown = _load(pdf, page)
        width, height = shown.get_size()
        if min(width, height) <= 0:
            raise UnreadableDocument(f"Page {page} has no size and cannot be shown.", page=page)
        scale = width_px / max(width, 1.0)
        if width * height * scale * scale > _MAX_PIXELS:
            scale = (_MAX_PIXELS / (width * height)) ** 0.5
        image = cast("Image.Image", shown.render(scale=scale, rev_byteorder=True).to_pil())
        out = io.BytesIO()
        image.convert("RGB").save(out, "PNG", compress_level=3)
    return out.getvalue()


def _load(pdf: pypdfium2.PdfDocument, page: int) -> pypdfium2.PdfPage:
    if not 1 <= page <= len(pdf):
        raise UnreadableDocument(f"The document has no page {page}.", page=page)
    try:
        return pdf[page - 1]
    except pypdfium2.PdfiumError:
        raise UnreadableDocument(f"Page {page} is damaged and cannot be shown.", page=page) from None


def as_shown(page: pypdfium2.PdfPage, rectangle: Rectangle) -> Box:
    """Map a rectangle to the page as shown: rotated, cut to its crop box, y downwards."""
    left, bottom, right, top = rectangle
    width, height = page.get_size()
    corners = [_to_device(page, x, y, width, height) for x, y in ((left, bottom), (right, top))]
    xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
    return Box(xs[0], ys[0], xs[1], ys[1])


def _to_device(page: pypdfium2.PdfPage, x: float, y: float, width: float, height: float) -> tuple[float, float]:
    out_x, out_y = ctypes.c_int(), ctypes.c_int()
    size = (round(width * _SCALE), round(height * _SCALE))
    pdfium.FPDF_PageToDevice(page, 0, 0, *size, 0, x, y, ctypes.byref(out_x), ctypes.byref(out_y))
    return round(out_x.value / _SCALE, 2), round(out_y.value / _SCALE, 2)


def _runs_across(text_page: pypdfium2.PdfTextPage, index: int) -> bool:
    """Whether the line of a character runs from side to side in the page's own space, and not up or down it."""
    angle = cast("float", pdfium.FPDFText_GetCharAngle(text_page, index))
    return angle < 0 or turn_of(math.cos(angle), math.sin(angle)) % 2 == 0


def _one_a_line(found: Sequence[Rectangle], text_page: pypdfium2.PdfTextPage, *, upright: bool) -> list[Rectangle]:
    """Join neighbours in reading order that lie beside each other; pdfium gives one rectangle a run of one font.

    What stands apart stays so where another's words would be covered: those of a column between them, the lines beside
    a large initial.
    """
    lines: list[Rectangle] = []
    looks = 0
    for each in found:
        if each[2] <= each[0] or each[3] <= each[1]:
            continue
        if lines and _beside(lines[-1], each, upright=upright):
            whole = _around(lines[-1], each)
            plain = _is_plain(lines[-1], each, upright=upright)
            looks += not plain
            if plain or (looks <= _MOST_LOOKS and _adds_nothing(text_page, lines[-1], each, whole)):
                lines[-1] = whole
                continue
        lines.append(each)
    return lines


def _around(one: Rectangle, other: Rectangle) -> Rectangle:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _beside(one: Rectangle, other: Rectangle, *, upright: bool) -> bool:
    low = int(upright)  # along the other axis lines lie one below the other
    shared = min(one[low + 2], other[low + 2]) - max(one[low], other[low])
    return shared > _SAME_LINE * min(one[low + 2] - one[low], other[low + 2] - other[low])


def _is_plain(one: Rectangle, other: Rectangle, *, upright: bool) -> bool:
    """Whether two runs are as high as each other and so close that nothing can stand between them."""
    low = int(upright)
    heights = sorted((one[low + 2] - one[low], other[low + 2] - other[low]))
    gap = max(one[1 - low], other[1 - low]) - min(one[3 - low], other[3 - low])
    return gap <= _CLOSE * heights[0] and heights[1] <= _AS_HIGH * heights[0]


def _adds_nothing(text_page: pypdfium2.PdfTextPage, one: Rectangle, other: Rectangle, whole: Rectangle) -> bool:
    """Whether what is around two rectangles has no letter that neither of them has."""
    return _letters(text_page, whole) <= _letters(text_page, one) + _letters(text_page, other)


def _letters(text_page: pypdfium2.PdfTextPage, rectangle: Rectangle) -> int:
    left, bottom, right, top = rectangle
    inset = _INSET * min(right - left, top - bottom)
    text = text_page.get_text_bounded(left + inset, bottom + inset, right - inset, top - inset)
    return len("".join(text.split()))
