"""What is never closed costs time that grows with its length, not with its square; and markup keeps its text."""

import contextlib
import gc
import io
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.guard import FileType
from pincite.guard.adapters import open_document
from pincite.guard.adapters.html import html_elements
from pincite.guard.adapters.html_taming import tame
from pincite.guard.adapters.text import decode_as
from pincite.guard.domain import UnreadableDocument
from pincite.guard.source import Allowance, ReadLimits, Source

MARKUP = [
    "<a ", "<!--", "<table><tr><td>", "<a href='", "<![CDATA[", "<?", "<b style='display:none", "</", "<script>",
    "<p hidden><i>", "<div hidden><li>", "<span>", "<sup>1", "<math><mi>", "<table><tr><td rowspan=999>a",
]  # fmt: skip
CASES = [
    *((FileType.HTML, text, "") for text in MARKUP),
    *((FileType.RST, text, "") for text in ("*a ", "**a", "``a", "a", "|a ", ".. note::\n\n ", "[a", "a_")),
    (FileType.RST, "|a|b|\n", "+-+-+\n"),
    (FileType.HTML, "</mo>", "<html><math>" + "<mi>" * 4_000),
    (FileType.HTML, "<tr><td>b", "<html><table><tr>" + "<td rowspan=9999>a" * 400),
    (FileType.MARKDOWN, "<!--", ""),
    (FileType.MARKDOWN, "> ", ""),
    (FileType.EML, "=?utf-8?q?a", "From: a\nTo: b\nSubject: "),
    (FileType.EML, " a;", "From: a\nTo: b\nSubject: c\nContent-Type: text/plain; x=\""),
    (FileType.RTF, "{", "{\\rtf1 "),
    (FileType.RTF, "{\\header a", "{\\rtf1 "),
    (FileType.RTF, "\\trowd\\clvmrg\\cellx1 a\\cell\\row", "{\\rtf1 "),
    (FileType.JSON, '{"a":', ""),
    (FileType.JSON, '"a":1,', "{"),
]  # fmt: skip


def read(file_type: FileType, data: bytes) -> str:
    limits = ReadLimits(20_000, 5_000_000, 64 << 20)
    source = Source(io.BytesIO(data), len(data), limits, Allowance(64 << 20))
    return "\n".join(page.text for page in open_document(file_type, source).pages)


@pytest.mark.parametrize(("file_type", "text", "before"), CASES)
def test_time_grows_with_length(file_type: FileType, text: str, before: str) -> None:
    def seconds(length: int) -> float:
        data = (before + text * (length // len(text))).encode()
        gc.disable()  # its passes cost as much as the rest of the process is large, whatever is read
        began = time.thread_time()
        try:
            with contextlib.suppress(UnreadableDocument):
                read(file_type, data)
            return time.thread_time() - began
        finally:
            gc.enable()

    seconds(1_000)
    assert seconds(64_000) < 0.25 + 40 * seconds(8_000), "eight times the length took more than forty times as long"


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("a < b <!-- no --> c", "a < b  c"),
        ("<!doctype html><p title='a > b'>x</p>", " <p title='a > b'>x</p>"),
        ("<script>if (a<b) '<!--'</script>x<!-- y -->z", "</script>xz"),
        ("<![if !mso]>x<![endif]>", " x "),
        ("x <!-- never closed", "x &lt;!-- never closed"),
        ("x <a never closed", "x &lt;a never closed"),
    ],
)
def test_markup_is_tamed_as_browsers_read_it(markup: str, kept: str) -> None:
    assert tame(markup) == kept


@settings(deadline=None)
@given(st.text(alphabet="<>/!-?[]'\"=&;ab \n", max_size=120))
def test_no_markup_fails_and_plain_words_survive(markup: str) -> None:
    elements, _ = html_elements(f"<p>first words</p>{markup}")
    assert elements[0].text.startswith("first words")


@settings(deadline=None)
@given(st.sampled_from(list(FileType)), st.binary(max_size=300))
def test_random_bytes_end_in_pages_or_our_error(file_type: FileType, data: bytes) -> None:
    if file_type is FileType.PDF:  # pdfium is only ever called in a child of its own
        return
    with contextlib.suppress(UnreadableDocument):
        read(file_type, data)


@pytest.mark.parametrize("name", ["punycode", "idna", "unicode_escape", "hex", "rot13", "undefined", "a\0b", ""])
def test_what_is_no_character_set_is_not_decoded_with(name: str) -> None:
    assert decode_as("naïve\r\n".encode(), name) == "naïve\n"
    assert decode_as(b"na\xefve", "latin-1") == "naïve"
