"""Guard: untrusted bytes, text and URLs. Everything that parses what a stranger made happens in a confined child."""

from pincite.guard.domain import (
    Block,
    BlockKind,
    Box,
    Cell,
    FileType,
    PageBatch,
    PageBoxes,
    PageText,
    ParserCrashed,
    Table,
    UnreadableDocument,
    UnsupportedType,
    body_text,
)
from pincite.guard.service import DocumentReader
from pincite.guard.settings import GuardSettings

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "Cell",
    "DocumentReader",
    "FileType",
    "GuardSettings",
    "PageBatch",
    "PageBoxes",
    "PageText",
    "ParserCrashed",
    "Table",
    "UnreadableDocument",
    "UnsupportedType",
    "body_text",
]
