"""What lies over a PDF's page: notes and stamps, the fields of a form, links. Runs in the child only.

Notes and fields become text behind the page's own; that no value stands twice is seen to here. Fields are read in
`pdf_forms.py`, links in `pdf_links.py`. What is hidden is not read.
"""

import ctypes
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_forms import Forms
from pincite.guard.adapters.pdf_lines import Glyphs, Line
from pincite.guard.adapters.pdf_links import links_on, target
from pincite.guard.adapters.pdf_pages import as_shown
from pincite.guard.adapters.pdf_turns import Rectangle
from pincite.guard.adapters.pdf_values import TooLong, one_line, said, string
from pincite.guard.domain import Block, BlockKind, Box, Overlay, PageLink, PageText, PlacedText

_MOST = 2_000  # notes, fields and links of a page
_MOST_CHARS = 100_000
_LONGEST_NAME = 80
_SHORT = 4  # letters: a shorter value counts as printed only where nothing else is
_SHORT_COMMENT = 20  # the same for a comment, which may well repeat a word of what it is about
_AROUND = 2.0  # points
_SYMBOL = 18.0
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_TAG = re.compile(r"<[^>]*>")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_KINDS = {
    pdfium.FPDF_ANNOT_TEXT: "Note",
    pdfium.FPDF_ANNOT_FREETEXT: "Text added",
    pdfium.FPDF_ANNOT_STAMP: "Stamp",
    **dict.fromkeys(
        (
            pdfium.FPDF_ANNOT_HIGHLIGHT,
            pdfium.FPDF_ANNOT_UNDERLINE,
            pdfium.FPDF_ANNOT_SQUIGGLY,
            pdfium.FPDF_ANNOT_STRIKEOUT,
            pdfium.FPDF_ANNOT_CARET,
            pdfium.FPDF_ANNOT_INK,
            pdfium.FPDF_ANNOT_LINE,
            pdfium.FPDF_ANNOT_SQUARE,
            pdfium.FPDF_ANNOT_CIRCLE,
            pdfium.FPDF_ANNOT_POLYGON,
            pdfium.FPDF_ANNOT_POLYLINE,
            pdfium.FPDF_ANNOT_FILEATTACHMENT,
        ),
        "Comment",
    ),
}
_STAMPS = re.compile(
    "accepted|approved|asis|completed|confidential|departmental|draft|experimental|expired|final|forcomment"
    "|forpublicrelease|informationonly|notapproved|notforpublicrelease|preliminaryresults|received|rejected|reviewed"
    "|revised|sold|topsecret|void",
    re.IGNORECASE,
)
_CUT = "The page has more notes, fields or links than are read: some are left out."
_PARTLY = "The form on the page could not be read whole: some fields may be left out."


@dataclass(frozen=True, slots=True)
class Added:
    """What a note or a field says, and where it lies on the page as shown. A field is an item of a list."""

    kind: BlockKind
    text: str
    box: Box


@dataclass(slots=True)
class Annotations:
    """What lies over a page, `size` (width and height in points as shown); `warning` where something is left out."""

    size: tuple[float, float] = (0.0, 0.0)
    added: list[Added] = field(default_factory=list[Added])
    links: list[PageLink] = field(default_factory=list[PageLink])
    warning: str = ""


def read_annotations(
    pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, lines: Sequence[Line], glyphs: Glyphs, forms: Forms
) -> Annotations | None:
    """Read what lies over a page; None where there is nothing.

    Args:
        pdf: the document.
        page: the page.
        lines: the page's lines.
        glyphs: where its characters lie.
        forms: the document's form.
    """
    count = pdfium.FPDFPage_GetAnnotCount(page)
    if count <= 0:
        return None
    walk = _Walk(pdf, page, lines, glyphs, forms)
    for number in range(min(count, _MOST)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        if annotation:
            try:
                walk.take(annotation)
            except TooLong:
                walk.found.warning = _CUT
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)
    if count > _MOST:
        walk.found.warning = _CUT
    found = walk.found
    found.added.sort(key=lambda each: each.kind is BlockKind.NOTE)
    found.links.sort(key=lambda link: (link.start, link.end))
    if not (found.added or found.links or found.warning):
        return None
    found.size = page.get_size()
    return found


def with_annotations(page: PageText, found: Annotations) -> PageText:
    """Return a page with what lies over it: behind its text a line or more for each note and field."""
    text, blocks = page.text, list(page.blocks)
    placed = [] if page.overlay is None else list(page.overlay.placed)
    for each in found.added:
        text += "\r\n" if text and not text.endswith("\n") else ""
        start = len(text)
        text += each.text
        placed.append(PlacedText(start, len(text), each.box, whole=True))
        if each.kind is BlockKind.LIST and len(placed) > 1 and blocks and placed[-2].whole:
            start = blocks.pop().start
        blocks.append(Block(each.kind, start, len(text)))
    overlay = Overlay(*found.size, tuple(placed), tuple(found.links)) if placed or found.links else None
    warning = " ".join(filter(None, (page.warning, found.warning)))
    return PageText(page.number, page.label, text, tuple(blocks), warning, overlay)


class _Walk:
    """One pass over what lies over a page."""

    def __init__(
        self, pdf: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, lines: Sequence[Line], glyphs: Glyphs, forms: Forms
    ) -> None:
        self._pdf, self._page, self._lines, self._glyphs, self._forms = pdf, page, lines, glyphs, forms
        self.found = Annotations()
        self._fields: set[tuple[str, str]] = set()
        self._chars_left = _MOST_CHARS

    def take(self, annotation: Any) -> None:
        """Read one. Raises: TooLong."""
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind != pdfium.FPDF_ANNOT_LINK and kind != pdfium.FPDF_ANNOT_WIDGET and kind not in _KINDS:
            return
        place = _place(annotation, kind)
        if place is None or pdfium.FPDFAnnot_GetFlags(annotation) & _UNSEEN:
            return
        if kind == pdfium.FPDF_ANNOT_LINK:
            self._take_link(annotation, place)
        elif kind == pdfium.FPDF_ANNOT_WIDGET:
            self._take_field(annotation, place)
        else:
            self._take_note(annotation, _KINDS[kind], place)

    def _take_link(self, annotation: Any, place: Rectangle) -> None:
        leads_to = target(self._pdf, pdfium.FPDFAnnot_GetLink(annotation))
        if any(leads_to):
            self.found.links += links_on(place, leads_to, self._lines, self._glyphs)

    def _take_field(self, box: Any, place: Rectangle) -> None:
        if self._forms.is_partly_known(box):
            self.found.warning = self.found.warning or _PARTLY
        name, value = self._forms.field(box)
        if value and (name, value) not in self._fields and not self._is_shown(value, place):
            self._fields.add((name, value))
            self._add(BlockKind.LIST, f"{name}: {value}" if name else value, place)

    def _take_note(self, note: Any, kind: str, place: Rectangle) -> None:
        if pdfium.FPDFAnnot_HasKey(note, b"StateModel"):
            return  # "marked", "accepted": somebody's progress through the notes
        text = said(_entry(note, b"Contents")) or said(html.unescape(_TAG.sub("\n", _entry(note, b"RC"))))
        if not text and kind == "Stamp":
            text = _stamp(_entry(note, b"Name"))
        if not text or self._is_shown(text, place, _SHORT_COMMENT if kind == "Comment" else _SHORT):
            return
        kind = "Reply" if pdfium.FPDFAnnot_HasKey(note, b"IRT") else kind
        author = one_line(_entry(note, b"T"), _LONGEST_NAME)
        self._add(BlockKind.NOTE, f"{kind} by {author}: {text}" if author else f"{kind}: {text}", place)

    def _add(self, kind: BlockKind, text: str, place: Rectangle) -> None:
        box = _on_page(self._page, place)
        if box.x0 >= box.x1 or box.y0 >= box.y1:
            return  # beyond the page's edges nobody sees it
        self._chars_left -= len(text)
        if self._chars_left < 0:
            raise TooLong
        self.found.added.append(Added(kind, text, box))

    def _is_shown(self, text: str, place: Rectangle, short: int = _SHORT) -> bool:
        """Whether the page's own text says it there too: a form was printed, a comment repeats all that it marks."""
        left, bottom, right, top = place
        around = (left - _AROUND, bottom - _AROUND, right + _AROUND, top + _AROUND)
        printed = self._glyphs.text_page.get_text_bounded(*around, errors="ignore")
        letters, there = _letters(text), _letters(printed)
        if not letters:
            return text in printed
        return letters == there or (len(letters) >= short and letters in there)


def _on_page(page: pypdfium2.PdfPage, place: Rectangle) -> Box:
    """Return where a rectangle lies as shown, as far as it is within the page's edges."""
    width, height = page.get_size()
    box = as_shown(page, place)
    return Box(max(0.0, box.x0), max(0.0, box.y0), min(box.x1, width), min(box.y1, height))


def _place(annotation: Any, kind: int) -> Rectangle | None:
    """Return where it lies in the page's own space; None for what has no extent and cannot be seen."""
    found = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(found)):
        return None
    x0, x1, y0, y1 = float(found.left), float(found.right), float(found.bottom), float(found.top)
    left, right, bottom, top = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    if kind == pdfium.FPDF_ANNOT_TEXT:  # a symbol, which has its size from whoever shows it
        bottom, right = min(bottom, top - _SYMBOL), max(right, left + _SYMBOL)
    return (left, bottom, right, top) if left < right and bottom < top else None


def _stamp(name: str) -> str:
    """Return what a stamp of the usual ones says, by its name; "" for a drawing of somebody's own."""
    name = name.removeprefix("#").removeprefix("SB")
    return _WORDS.sub(" ", name) if _STAMPS.fullmatch(name) else ""


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _entry(annotation: Any, key: bytes) -> str:
    return string(pdfium.FPDFAnnot_GetStringValue, annotation, key)
