"""Guard: untrusted bytes, text and URLs. Everything that parses what a stranger made happens in a confined child."""

from pincite.guard.domain import (
    Block,
    BlockKind,
    FileType,
    Markup,
    Overlay,
    PageBatch,
    PageBoxes,
    PageText,
    ParserCrashed,
    UnreadableDocument,
    UnsupportedType,
    body_text,
)
from pincite.guard.fetching import Fetcher
from pincite.guard.service import DocumentReader
from pincite.guard.urls import FetchFailed

__all__ = [
    "Block",
    "BlockKind",
    "DocumentReader",
    "FetchFailed",
    "Fetcher",
    "FileType",
    "Markup",
    "Overlay",
    "PageBatch",
    "PageBoxes",
    "PageText",
    "ParserCrashed",
    "UnreadableDocument",
    "UnsupportedType",
    "body_text",
]
