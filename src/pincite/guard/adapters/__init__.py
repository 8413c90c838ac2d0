"""The formats: one file each and one line here. Runs in the child; a format's module is imported when it is needed.

An adapter opens a `Source` and gives pages; nothing here knows processes or the wire.
"""

from importlib import import_module

from pincite.guard.domain import FileType
from pincite.guard.source import Opened, Source

ADAPTERS: dict[FileType, str] = {
    FileType.PDF: "pdf",
    FileType.DOCX: "docx",
    FileType.PPTX: "pptx",
    FileType.XLSX: "xlsx",
    FileType.XLS: "xls",
    FileType.CSV: "csv",
    FileType.HTML: "html",
    FileType.MARKDOWN: "markdown",
    FileType.TEXT: "text",
    FileType.EML: "eml",
    FileType.EPUB: "epub",
    FileType.RTF: "rtf",
    FileType.OPENDOCUMENT: "opendocument",
    FileType.RST: "rst",
    FileType.JSON: "json",
    FileType.CODE: "code",
    FileType.MSG: "msg",
    FileType.ZIP: "zip",
    FileType.TAR: "tar",
}


def open_document(file_type: FileType, source: Source) -> Opened:
    """Open a document with its format's adapter. Raises: UnreadableDocument."""
    opened: Opened = import_module(f"pincite.guard.adapters.{ADAPTERS[file_type]}").open_source(source)
    return opened
