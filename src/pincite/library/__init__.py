"""Library: the truth: collections, documents, revisions, pages and passages, read only for a scope."""

from pincite.library.domain import (
    Chunk,
    Document,
    IndexGeneration,
    Page,
    Passage,
    Problem,
    RegisterOutcome,
    Revision,
    RevisionOvertaken,
    RevisionState,
    WorkItem,
)
from pincite.library.grants import Grant
from pincite.library.pages import NamedPages
from pincite.library.schemas import DocumentBody
from pincite.library.service import Library

__all__ = [
    "Chunk",
    "Document",
    "DocumentBody",
    "Grant",
    "IndexGeneration",
    "Library",
    "NamedPages",
    "Page",
    "Passage",
    "Problem",
    "RegisterOutcome",
    "Revision",
    "RevisionOvertaken",
    "RevisionState",
    "WorkItem",
]
