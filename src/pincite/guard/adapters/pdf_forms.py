"""What people filled into the fields of a PDF's form. Runs in the child only.

pdfium knows a field's name and value once it has walked the whole form, which a hostile file can make endless. So it is
asked for that only when a page has fields, and not at all behind a parser that died: then what a field's own box on the
page says has to do.
"""

import ctypes
import re
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from pincite.guard.adapters.pdf_values import one_line, said, string

_PASSWORD = 1 << 13
_MOST_OPTIONS = 500
_LONGEST_NAME = 200
_MOST_BOXES = 2_000
_NUMBERED = re.compile(r"\[\d+\]$")
_UNTICKED = ("", "Off")
_TICKED = frozenset({"", "1", "checked", "ja", "on", "oui", "sí", "true", "x", "yes"})
_TEXT, _CHOICES = pdfium.FPDF_FORMFIELD_TEXTFIELD, (pdfium.FPDF_FORMFIELD_COMBOBOX, pdfium.FPDF_FORMFIELD_LISTBOX)
_TICKS = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)


def has_fields(page: pypdfium2.PdfPage) -> bool:
    """Whether fields of a form lie on a page."""
    for number in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_BOXES)):
        box = pdfium.FPDFPage_GetAnnot(page, number)
        kind = pdfium.FPDFAnnot_GetSubtype(box) if box else None
        pdfium.FPDFPage_CloseAnnot(box)
        if kind == pdfium.FPDF_ANNOT_WIDGET:
            return True
    return False


class Forms:
    """The form of a PDF, opened when it is first asked. Close it before the PDF.

    Args:
        pdf: the document.
        whole: whether pdfium may walk the whole form.
    """

    def __init__(self, pdf: pypdfium2.PdfDocument, *, whole: bool) -> None:
        self._pdf = pdf
        self._may_open = whole
        self._wants = pdfium.FPDF_FORMFILLINFO(version=2)  # asks for nothing: no script runs, nothing is drawn
        self._form: Any = None

    def close(self) -> None:
        """Let go of the form."""
        form, self._form = self._form, None
        if form is not None:
            pdfium.FPDFDOC_ExitFormFillEnvironment(form)

    def is_partly_known(self, box: Any) -> bool:
        """Whether a field on a page may say more than is seen, because the form is not walked."""
        return not self._may_open and bool(pdfium.FPDFAnnot_HasKey(box, b"Parent"))

    def field(self, box: Any) -> tuple[str, str]:
        """Return the name and the value of the field that a box shows; the value is "" where nothing is filled in.

        The name is the one that people see, else the last part of the form's own. Passwords are never read.

        Raises: TooLong.
        """
        form = self._opened()
        kind = 0 if form is None else pdfium.FPDFAnnot_GetFormFieldType(form, box)
        if form is None or kind <= 0:
            return _own_name(box), _own_value(box)
        shown = string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, box)
        name = _name(shown, string(pdfium.FPDFAnnot_GetFormFieldName, form, box))
        if kind in _TICKS:
            state = _entry(box, b"AS")  # what is shown; pdfium knows a tick of pages alone that it was told of
            exported = string(pdfium.FPDFAnnot_GetFormFieldExportValue, form, box)
            says = _tick if kind == pdfium.FPDF_FORMFIELD_CHECKBOX else said  # a radio button's "1" is the first choice
            return name, "" if state in _UNTICKED else says(exported or state)
        if kind in _CHOICES:
            return name, _chosen(form, box) or said(string(pdfium.FPDFAnnot_GetFormFieldValue, form, box))
        if kind == _TEXT and not pdfium.FPDFAnnot_GetFormFieldFlags(form, box) & _PASSWORD:
            return name, said(string(pdfium.FPDFAnnot_GetFormFieldValue, form, box))
        return name, ""

    def _opened(self) -> Any:
        if self._form is None and self._may_open:
            self._form = pdfium.FPDFDOC_InitFormFillEnvironment(self._pdf, ctypes.byref(self._wants)) or None
            self._may_open = self._form is not None
        return self._form


def _name(shown: str, whole: str) -> str:
    return one_line(shown, _LONGEST_NAME) or one_line(_NUMBERED.sub("", whole.rsplit(".", 1)[-1]), _LONGEST_NAME)


def _tick(value: str) -> str:
    value = one_line(value, _LONGEST_NAME)
    return "yes" if value.casefold() in _TICKED else value


def _chosen(form: Any, box: Any) -> str:
    count = min(pdfium.FPDFAnnot_GetOptionCount(form, box), _MOST_OPTIONS)
    chosen = [number for number in range(count) if pdfium.FPDFAnnot_IsOptionSelected(form, box, number)]
    labels = (one_line(string(pdfium.FPDFAnnot_GetOptionLabel, form, box, number), _LONGEST_NAME) for number in chosen)
    return said(", ".join(label for label in labels if label))


def _own_name(box: Any) -> str:
    return _name(_entry(box, b"TU"), _entry(box, b"T"))


def _own_value(box: Any) -> str:
    """Return what a box itself says of its field's value: that it is ticked, else the text."""
    if pdfium.FPDFAnnot_HasKey(box, b"AS"):
        state = _entry(box, b"AS")
        return "" if state in _UNTICKED else _tick(state)
    flags = ctypes.c_float()
    known = pdfium.FPDFAnnot_GetNumberValue(box, b"Ff", ctypes.byref(flags))
    return "" if known and int(flags.value) & _PASSWORD else said(_entry(box, b"V"))


def _entry(box: Any, key: bytes) -> str:
    return string(pdfium.FPDFAnnot_GetStringValue, box, key)
