"""Plain text: decoding of any bytes, and pages cut near 3,000 characters at the end of a paragraph.

`decode` serves the other text formats too. Runs in the child only.
"""

import codecs
import re
from collections.abc import Iterator

from pincite.guard.adapters.charsets import codec_of
from pincite.guard.adapters.encodings import guess_encoding, is_shifted_japanese
from pincite.guard.domain import Block, BlockKind, PageText, UnreadableDocument
from pincite.guard.source import Opened, Source

PAGE_CHARS = 3_000
_MAX_PAGE_CHARS = 8_000
_BYTES_PER_CHAR = 4
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BLANK = re.compile(r"\n[ \t]*\n\s*")
_CUT = re.compile(r"\n[ \t]*\n|\n|(?<=[.!?])\s")


def open_source(source: Source) -> Opened:
    """Open plain text."""
    return Opened(cut_text(read_text(source)))


def read_text(source: Source) -> str:
    """Read and decode a whole text file. Raises: UnreadableDocument when it is beyond the limit of characters."""
    limit = source.limits.max_text_chars
    data = source.file.read(limit * _BYTES_PER_CHAR + 1)
    text = decode(data) if len(data) <= limit * _BYTES_PER_CHAR else ""
    if (not text and data) or len(text) > limit:
        raise UnreadableDocument(
            f"The file has more than {limit:,} characters of text, which is the limit.",
            remedy="Split the file into smaller ones and upload those.",
        )
    return text


def decode(data: bytes) -> str:
    r"""Decode bytes that should be text; never fails.

    A byte order mark decides; then the shifts of ISO-2022-JP; then UTF-8; then UTF-16 when every other byte is mostly
    zero; then the old encoding whose characters are the commonest in some language, where bytes without a meaning
    become U+FFFD. Line ends become "\n", NUL becomes U+FFFD.
    """
    text = _decoded(data)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return clean(text)


def decode_as(data: bytes, name: str) -> str:
    """Decode bytes by the character set that their document names, as `decode` does where that is none; never fails.

    A byte order mark outdoes the name.
    """
    codec = codec_of(name)
    if not codec or codec.startswith("utf-8") or any(data.startswith(mark) for mark, _ in _MARKS):
        return decode(data)
    try:
        text = data.decode(codec, "replace")
    except (LookupError, ValueError):
        return decode(data)
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


def clean(text: str) -> str:
    """Replace what storage and JSON cannot hold, each by one U+FFFD: NUL and lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _decoded(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if is_shifted_japanese(data):
        return data.decode("iso2022_jp", "replace")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if error.start > 0 and error.start >= len(data) - 3:  # cut off inside its last character
            return data.decode("utf-8", "replace")
    sample = data[:4096]
    for name, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) > len(zeros) // 3:
            return data.decode(name, "replace")
    return _damaged_or_old(data)


def _damaged_or_old(data: bytes) -> str:
    """Tell UTF-8 with a few damaged bytes from older encodings by whether most of its sequences make sense."""
    as_utf8 = data.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    multibyte = sum(character > "\x7f" for character in as_utf8) - broken
    return as_utf8 if multibyte > 2 * broken else data.decode(guess_encoding(data), "replace")


def cut_text(text: str) -> Iterator[PageText]:
    """Cut text into pages near `PAGE_CHARS` at the end of a paragraph, with a block a paragraph."""
    at, number = 0, 0
    while at < len(text):
        end = _page_end(text, at)
        page = text[at:end].rstrip()
        lead = len(page) - len(page.lstrip("\n"))
        page = page[lead:]
        if page.strip():
            number += 1
            yield PageText(number, str(number), page, tuple(_paragraphs(page)))
        at = end


def _page_end(text: str, start: int) -> int:
    """Return where a page ends: after the last paragraph, line or sentence before the limit, in this order."""
    if len(text) - start <= PAGE_CHARS + PAGE_CHARS // 6:
        return len(text)
    for separator in ("\n\n", "\n"):
        for low, high in ((start + PAGE_CHARS // 2, start + PAGE_CHARS), (start + PAGE_CHARS, start + _MAX_PAGE_CHARS)):
            found = text.rfind(separator, low, high) if high == start + PAGE_CHARS else text.find(separator, low, high)
            if found != -1:
                return found + len(separator)
    stops = [match.end() for match in _CUT.finditer(text, start + PAGE_CHARS // 2, start + _MAX_PAGE_CHARS)]
    return stops[-1] if stops else start + _MAX_PAGE_CHARS


def _paragraphs(page: str) -> Iterator[Block]:
    at = 0
    for gap in _BLANK.finditer(page):
        if gap.start() > at:
            yield Block(BlockKind.PARAGRAPH, at, gap.start())
        at = gap.end()
    if at < len(page):
        yield Block(BlockKind.PARAGRAPH, at, len(page))
