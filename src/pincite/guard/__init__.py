"""Guard: untrusted bytes, text and URLs. Everything that parses what a stranger made happens in a confined child."""

from pincite.guard.domain import (
    Block,
    BlockKind,
    Box,
    FileType,
    PageBoxes,
    PageText,
    ParserCrashed,
    UnreadableDocument,
    UnsupportedType,
)

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "FileType",
    "PageBoxes",
    "PageText",
    "ParserCrashed",
    "UnreadableDocument",
    "UnsupportedType",
]
