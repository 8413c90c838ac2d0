"""Finds what a file is from its first bytes, and from the members of a zip container. Runs in the child only.

A name decides only between kinds of text. No parsing of the document itself.
"""

import re
from pathlib import PurePosixPath

from pincite.guard.adapters.text import decode
from pincite.guard.archives import Archive, gzip_head, is_tar
from pincite.guard.compound import MAGIC as _OLE
from pincite.guard.compound import Compound
from pincite.guard.domain import FileType, UnreadableDocument, UnsupportedType
from pincite.guard.source import Source

_HEAD_BYTES = 65_536
_PDF_HEADER_WITHIN = 1024
_PDF_OBJECT = re.compile(rb"[\r\n]\s*\d+[ \r\n]+\d+[ \r\n]+obj\b")
_READABLE = (
    "Pincite reads PDF, DOCX, PPTX, XLSX, XLS, ODT, ODP, ODS, CSV, HTML, Markdown, reStructuredText, text, JSON, "
    "source code, EML, MBOX, MSG, EPUB, RTF, and ZIP or TAR archives of these."
)
_OFFICE_PARTS = (
    ("word/document", FileType.DOCX),
    ("ppt/presentation", FileType.PPTX),
    ("xl/workbook.xml", FileType.XLSX),
)
_OFFICE_TYPES = (
    (b"wordprocessingml.", FileType.DOCX),
    (b"ms-word.", FileType.DOCX),
    (b"presentationml.", FileType.PPTX),
    (b"ms-powerpoint.", FileType.PPTX),
    (b"spreadsheetml.", FileType.XLSX),
    (b"ms-excel.sheet.macro", FileType.XLSX),
)
# First bytes and what people call such a file. Those that are letters begin texts too ("OTTO sells shoes"): then what
# follows decides.
_FOREIGN = (
    (b"\x89PNG\r\n", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"), (b"MM\0*", "a TIFF image"), (b"BM", "a BMP image"), (b"\0\0\x01\0", "an icon"),
    (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"), (b"Rar!\x1a", "a RAR archive"), (b"\x1f\x9d", "a compress archive"),
    (b"\x7fELF", "a program"), (b"MZ", "a Windows program"), (b"\xca\xfe\xba\xbe", "a program"),
    (b"SQLite format 3\0", "an SQLite database"), (b"PAR1\x15", "a Parquet file"), (b"ID3\x02", "an MP3 recording"),
    (b"ID3\x03", "an MP3 recording"), (b"ID3\x04", "an MP3 recording"),
    (b"OggS\0", "an Ogg recording"), (b"fLaC\0", "a FLAC recording"), (b"\x1aE\xdf\xa3", "a Matroska video"),
    (b"ITSF\x03", "a compiled help file"), (b"\xe4R\\{", "a OneNote section"), (b"wOFF", "a font"), (b"wOF2", "a font"),
    (b"OTTO\0", "a font"), (b"\0asm", "a WebAssembly program"),
)  # fmt: skip
# Those that are text themselves.
_FOREIGN_TEXT = ((b"%!PS", "a PostScript file"), (b"{\\pict", "a picture"), (b"!<arch>", "a library archive"),
                 (b"%FDF", "a PDF form file"))  # fmt: skip
# Members that make a zip container what nobody packed by hand.
_PROGRAMS = (("AndroidManifest.xml", "an Android program"), ("META-INF/MANIFEST.MF", "a Java program"),
             (".app/Info.plist", "an iPhone program"))  # fmt: skip
_OPEN_KINDS = frozenset({b"text", b"spreadsheet", b"presentation"})
# Outermost streams of compound files, and what people call such a file and should do with it.
_OLE_STREAMS = (
    ("WordDocument", "an old Word document (.doc)", "Save it as DOCX or PDF and upload that."),
    ("PowerPoint Document", "an old PowerPoint presentation (.ppt)", "Save it as PPTX or PDF and upload that."),
    ("Quill", "a Publisher file", "Save it as PDF and upload that."),
    ("VisioDocument", "a Visio drawing", "Save it as PDF and upload that."),
    ("HwpSummaryInformation", "a Hangul document", "Save it as DOCX or PDF and upload that."),
)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAG = re.compile(r"</(?:p|div|table|h[1-6]|ul|span|a|td|li)>", re.IGNORECASE)
_HEADER_LINE = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]{0,60}):[ \t]?.*")
_MAIL_FIELDS = re.compile(
    r"^(from|to|date|subject|message-id|received|return-path|mime-version|delivered-to):", re.IGNORECASE | re.MULTILINE
)
_MARKDOWN = re.compile(r"^(?:#{1,6} \S|```|[-*] \[[ x]\]|\|?[ :|-]*-{3,}[ :|-]*\|[ :|-]*$|.*\]\(\S+\))", re.MULTILINE)
_BY_SUFFIX = {
    ".csv": FileType.CSV, ".tsv": FileType.CSV, ".tab": FileType.CSV, ".md": FileType.MARKDOWN,
    ".markdown": FileType.MARKDOWN, ".mdown": FileType.MARKDOWN, ".mkd": FileType.MARKDOWN, ".txt": FileType.TEXT,
    ".text": FileType.TEXT, ".log": FileType.TEXT, ".rst": FileType.RST, ".rest": FileType.RST,
    ".jsonl": FileType.JSON, ".ndjson": FileType.JSON,
}  # fmt: skip
_CODE_SUFFIXES = frozenset(
    """
    .py .pyi .js .mjs .cjs .jsx .ts .tsx .java .kt .kts .scala .go .rs .c .h .cc .cpp .cxx .hpp .hh .cs .fs .vb .swift
    .m .mm .rb .php .pl .pm .lua .r .jl .dart .ex .exs .erl .hs .clj .groovy .sh .bash .zsh .ps1 .psm1 .sql .proto .tf
    .zig .nim .v
    """.split()  # noqa: SIM905 (a list of 50 quoted suffixes is harder to read)
)
_JSON_BEGINS = re.compile(r"\s*(?:\{\s*(?:\"|\})|\[\s*(?:[\[{\"\d\]-]|true|false|null))")


def sniff(source: Source, name: str) -> FileType:
    """Return a file's type. Raises: UnsupportedType, UnreadableDocument."""
    head = source.file.read(_HEAD_BYTES)
    source.file.seek(0)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _container(Archive(source))
    if head.startswith(_OLE):
        return _compound(Compound(source))
    if is_tar(head) or (head.startswith(b"\x1f\x8b") and gzip_head(head)):
        return FileType.TAR
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf"):
        return FileType.RTF
    if _is_pdf(head):
        return FileType.PDF
    called = _foreign(head, binary=_is_binary(head))
    if called:
        raise UnsupportedType(f"This is {called}, which Pincite does not read.", remedy=_READABLE)
    return _text_kind(decode(head), PurePosixPath(name).suffix.casefold())


def _foreign(head: bytes, *, binary: bool) -> str:
    """Return what people call a file of a kind that is not read, "" for text."""
    for magic, called in _FOREIGN:
        if head.startswith(magic) and (binary or not magic.isascii() or not magic.decode().isprintable()):
            return called
    called = next((called for magic, called in _FOREIGN_TEXT if head.startswith(magic)), "")
    if called or not binary:
        return called
    if head[4:8] == b"ftyp":
        return "a video or picture"
    return "a recording or picture" if head[:4] == b"RIFF" else "a binary file of an unknown kind"


def _is_pdf(head: bytes) -> bool:
    """Whether it begins as PDFs do; something else may stand before that, but a text that speaks of PDFs is none."""
    at = head.find(b"%PDF-")
    return at == 0 or (0 < at < _PDF_HEADER_WITHIN and _PDF_OBJECT.search(head, at) is not None)


def _container(archive: Archive) -> FileType:
    mimetype = archive.read("mimetype")[:80].strip() if archive.has("mimetype") else b""
    if mimetype == b"application/epub+zip" or archive.has("META-INF/container.xml"):
        return FileType.EPUB
    names = archive.names
    types = archive.read("[Content_Types].xml")[:200_000]
    for prefix, file_type in _OFFICE_PARTS:
        if any(name.startswith(prefix) and name.endswith(".xml") for name in names):
            return file_type
    if types:
        found = next((file_type for mark, file_type in _OFFICE_TYPES if mark in types and b"main+xml" in types), None)
        if found is not None:
            return found
        raise UnsupportedType("This is an office file of a kind that Pincite does not read.", remedy=_READABLE)
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        if archive.has("content.xml") and mimetype.split(b".")[-1].split(b"-")[0] in _OPEN_KINDS:
            return FileType.OPENDOCUMENT
        raise UnsupportedType("This is an OpenDocument drawing or formula.", remedy="Save it as PDF and upload that.")
    if mimetype.startswith(b"application/vnd.sun.xml") or archive.has("META-INF/manifest.xml"):
        raise UnsupportedType(
            "This is an old StarOffice or OpenOffice file.", remedy="Save it as ODT, ODS, ODP or PDF."
        )
    called = next((called for mark, called in _PROGRAMS if any(mark in name for name in names)), None)
    if called is not None:
        raise UnsupportedType(f"This is {called}, which Pincite does not read.", remedy=_READABLE)
    if any(name.endswith((".iwa", "index.apxl")) or name == "buildVersionHistory.plist" for name in names):
        raise UnsupportedType(
            "This is an Apple Pages, Numbers or Keynote file.", remedy="Export it as PDF or in Office's format."
        )
    return FileType.ZIP


def _compound(compound: Compound) -> FileType:
    names = {name.lstrip("\x01\x05") for name in compound.names}
    if "EncryptedPackage" in names:
        raise UnreadableDocument(
            "The document is encrypted and needs a password.", remedy="Save a copy without a password and upload that."
        )
    if any(name.startswith("__") and name.endswith("version1.0") for name in names):
        return FileType.MSG
    if names & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return FileType.XLS
    for stream, called, remedy in _OLE_STREAMS:
        if stream in names:
            raise UnsupportedType(f"This is {called}, which Pincite does not read.", remedy=remedy)
    raise UnsupportedType("This is an old office file.", remedy="Save it in the current format or as PDF, then upload.")


def _is_binary(head: bytes) -> bool:
    """Whether bytes are no text in any encoding that is read."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff", b"\xef\xbb\xbf")):
        return False
    sample = head[:8192]
    zeros = sample.count(0)
    if zeros > len(sample) // 50:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        return max(even, odd) < len(sample) // 6 or min(even, odd) * 8 > max(even, odd)
    controls = sum(sample.count(bytes([code])) for code in range(32) if code not in b"\t\n\r\f\x0b\x1b\0")
    return controls * 20 > len(sample)


def _text_kind(text: str, suffix: str) -> FileType:
    head = text[:20_000]
    if _HTML.match(head) or (suffix in {".html", ".htm", ".xhtml"} and _HTML_TAG.search(head)):
        return FileType.HTML
    if _is_mail(head):
        return FileType.EML
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    if suffix in _CODE_SUFFIXES:
        return FileType.CODE
    if suffix in {".json", ".geojson", ".ipynb", ""} and _is_json(text):
        return FileType.JSON
    if len(_HTML_TAG.findall(head)) >= 5 and head.lstrip().startswith("<"):
        return FileType.HTML
    if len(_MARKDOWN.findall(head)) >= 2 and re.search(r"^#{1,6} \S", head, re.MULTILINE):
        return FileType.MARKDOWN
    return FileType.CSV if _is_csv(head) else FileType.TEXT


def _is_mail(head: str) -> bool:
    """Whether text begins with a block of header fields that hold at least two of mail's own."""
    block = head.lstrip("\n").split("\n\n", 1)[0]
    lines = block.split("\n")
    if lines and lines[0].startswith("From "):
        lines = lines[1:]
    if not lines or not all(line[:1] in {" ", "\t"} or _HEADER_LINE.fullmatch(line) for line in lines[:200]):
        return False
    return len({field.casefold() for field in _MAIL_FIELDS.findall("\n".join(lines))}) >= 2


def _is_csv(head: str) -> bool:
    lines = [line for line in head.split("\n")[:-1] if line.strip()][:20]
    if len(lines) < 3:
        return False
    for delimiter in (",", ";", "\t"):
        counts = {line.count(delimiter) for line in lines}
        if len(counts) == 1 and counts.pop() >= 2:
            return True
    return False


def _is_json(text: str) -> bool:
    """Whether text begins as JSON and ends as it: what was read may be the head of a large file."""
    return _JSON_BEGINS.match(text) is not None and (len(text) >= _HEAD_BYTES // 4 or text.rstrip()[-1:] in {"}", "]"})
