"""Handing out a revision's original bytes over HTTP: byte ranges, names and types in headers.

The rules are RFC 9110 section 14 (ranges) and RFC 6266 (file names); where bytes come from is not known here.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from pincite.guard import FileType

MEDIA_TYPES = {
    FileType.PDF: "application/pdf",
    FileType.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    FileType.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    FileType.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    FileType.XLS: "application/vnd.ms-excel",
    FileType.CSV: "text/csv; charset=utf-8",
    FileType.HTML: "text/html; charset=utf-8",
    FileType.MARKDOWN: "text/markdown; charset=utf-8",
    FileType.TEXT: "text/plain; charset=utf-8",
    FileType.EML: "message/rfc822",
    FileType.EPUB: "application/epub+zip",
    FileType.RTF: "application/rtf",
    FileType.OPENDOCUMENT: "application/octet-stream",
    FileType.RST: "text/x-rst; charset=utf-8",
    FileType.JSON: "application/json",
    FileType.CODE: "text/plain; charset=utf-8",
    FileType.MSG: "application/vnd.ms-outlook",
    FileType.ZIP: "application/zip",
    FileType.TAR: "application/octet-stream",
}
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_DIGITS = 18
# Browsers' own PDF viewers do not start in a sandbox, and style the page that they make around the file.
_VIEWER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Slice:
    """Bytes [start, end) of a whole; `partial` says whether they were asked for."""

    start: int
    end: int
    partial: bool


def parse_range(header: str | None, size: int) -> Slice | None:
    """Return which of `size` bytes a `Range` header asks for; None where it asks for bytes that are not there.

    What is not one plain byte range is ignored, as the standard allows: the whole is given.
    """
    whole = Slice(0, size, partial=False)
    found = _RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None:
        return whole
    first, last = found.group(1)[:_DIGITS], found.group(2)[:_DIGITS]
    if not first and not last:
        return whole
    if not first:
        return Slice(max(0, size - int(last)), size, partial=True) if int(last) and size else None
    start = int(first)
    end = size if not last else min(size, int(last) + 1)
    if last and int(last) < start:
        return whole
    return Slice(start, end, partial=True) if start < size else None


def content_headers(source: str, file_type: FileType, etag: str) -> dict[str, str]:
    """Return the headers of a file: only PDF is shown in the browser, all else is downloaded, nothing is guessed."""
    name = source.rsplit("/", 1)[-1]
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in name)
    is_shown = file_type is FileType.PDF
    disposition = "inline" if is_shown else "attachment"
    headers = {"Content-Security-Policy": _VIEWER_POLICY} if is_shown else {}
    return headers | {
        "Content-Type": MEDIA_TYPES[file_type],
        "Content-Disposition": f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "ETag": etag,
    }
