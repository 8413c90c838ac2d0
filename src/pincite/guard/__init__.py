"""Guard: untrusted bytes, text and URLs. Everything that parses what a stranger made happens in a confined child."""

from pincite.guard.domain import (
    Block,
    BlockKind,
    FileType,
    Markup,
    PageBatch,
    PageBoxes,
    PageText,
    ParserCrashed,
    UnreadableDocument,
    UnsupportedType,
)
from pincite.guard.fetching import Fetcher
from pincite.guard.outbound import Outbound
from pincite.guard.service import DocumentReader
from pincite.guard.settings import GuardSettings
from pincite.guard.urls import FetchFailed

__all__ = [
    "Block",
    "BlockKind",
    "DocumentReader",
    "FetchFailed",
    "Fetcher",
    "FileType",
    "GuardSettings",
    "Markup",
    "Outbound",
    "PageBatch",
    "PageBoxes",
    "PageText",
    "ParserCrashed",
    "UnreadableDocument",
    "UnsupportedType",
]
