"""Where a PDF's links lead and which characters they lie on. Runs in the child only.

An address is data: it is read, bounded and checked to be one of the web or of mail, and never followed.
"""

import ctypes
from collections.abc import Iterator, Sequence
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_lines import JOINED, TOKEN, Glyphs, Line
from pincite.guard.adapters.pdf_turns import Rectangle, turned
from pincite.guard.domain import PageLink, is_address

_MOST_BYTES = 4_096
_EDGE = 1.0  # points that a line may stand out on either side


def target(pdf: pypdfium2.PdfDocument, link: Any) -> tuple[str, int]:
    """Return the address that a link leads to, and the page (from 1): "" and 0 for what is none, or no link of ours."""
    place = pdfium.FPDFLink_GetDest(pdf, link)
    action = None if place else pdfium.FPDFLink_GetAction(link)
    if action:
        kind = pdfium.FPDFAction_GetType(action)
        if kind == pdfium.PDFACTION_URI:
            return _address(pdf, action), 0
        place = pdfium.FPDFAction_GetDest(pdf, action) if kind == pdfium.PDFACTION_GOTO else None
    index = pdfium.FPDFDest_GetDestPageIndex(pdf, place) if place else -1
    return "", index + 1 if 0 <= index < len(pdf) else 0


def _address(pdf: pypdfium2.PdfDocument, action: Any) -> str:
    size = pdfium.FPDFAction_GetURIPath(pdf, action, None, 0)
    if not 1 < size <= _MOST_BYTES:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium.FPDFAction_GetURIPath(pdf, action, buffer, size)
    address = buffer.value.decode("utf-8", "replace").strip()
    return address if is_address(address) else ""


def links_on(
    rectangle: Rectangle, leads_to: tuple[str, int], lines: Sequence[Line], glyphs: Glyphs
) -> Iterator[PageLink]:
    """Yield the stretches of text, one a line, that lie in a rectangle of the page's own space."""
    url, page = leads_to
    for line in lines:
        page_edges = glyphs.turned_page if line.turn else None
        place = rectangle if page_edges is None else turned(rectangle, line.turn, page_edges)
        left, bottom, right, top = place
        joined = JOINED in line.text
        if joined or bottom <= (line.bottom + line.top) / 2 <= top:
            whole = (
                not joined
                and left - _EDGE <= min(line.left, line.right)
                and max(line.left, line.right) <= right + _EDGE
            )
            span = (line.start, line.end) if whole else _span(line, place, glyphs)
            if span is not None:
                yield PageLink(*span, url, page)


def _span(line: Line, place: Rectangle, glyphs: Glyphs) -> tuple[int, int] | None:
    """Return which characters of a line lie in a place, by words, and by letters where a word is cut."""
    found: list[int] = []
    for token in TOKEN.finditer(line.text):
        start, end = line.start + token.start(), line.start + token.end()
        first, last = glyphs.box(start, line.turn), glyphs.box(end - 1, line.turn)
        if first is None or last is None or not _meets(first, last, place):
            continue
        if _has(place, first) and _has(place, last) and JOINED not in token[0]:
            found += (start, end - 1)
        else:
            boxes = ((at, glyphs.box(at, line.turn)) for at in range(start, end))
            found += (at for at, box in boxes if box is not None and _has(place, box))
    return (min(found), max(found) + 1) if found else None


def _has(place: Rectangle, letter: Rectangle) -> bool:
    x, y = (letter[0] + letter[2]) / 2, (letter[1] + letter[3]) / 2
    return place[0] <= x <= place[2] and place[1] <= y <= place[3]


def _meets(first: Rectangle, last: Rectangle, place: Rectangle) -> bool:
    """Whether a word, from its first to its last letter, may share something with a place; also one from the right."""
    across = min(first[0], last[0]) < place[2] and max(first[2], last[2]) > place[0]
    return across and min(first[1], last[1]) < place[3] and max(first[3], last[3]) > place[1]
