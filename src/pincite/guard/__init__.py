"""Guard: untrusted bytes, text and URLs. Everything that parses what a stranger made happens in a confined child."""

from pincite.guard.domain import (
    Block,
    BlockKind,
    Box,
    FileType,
    PageBatch,
    PageBoxes,
    PageText,
    ParserCrashed,
    UnreadableDocument,
    UnsupportedType,
)
from pincite.guard.fetching import Fetcher
from pincite.guard.outbound import FetchFailed, Outbound
from pincite.guard.service import DocumentReader
from pincite.guard.settings import GuardSettings

__all__ = [
    "Block",
    "BlockKind",
    "Box",
    "DocumentReader",
    "FetchFailed",
    "Fetcher",
    "FileType",
    "GuardSettings",
    "Outbound",
    "PageBatch",
    "PageBoxes",
    "PageText",
    "ParserCrashed",
    "UnreadableDocument",
    "UnsupportedType",
]
