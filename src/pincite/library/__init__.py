"""Library: the truth: collections, documents, revisions, pages and passages, read only for a scope."""

from pincite.library.domain import (
    Chunk,
    Collection,
    Document,
    DocumentBusy,
    FINAL_STATES,
    Page,
    Passage,
    Problem,
    RegisterOutcome,
    Revision,
    RevisionState,
)

__all__ = [
    "Chunk",
    "Collection",
    "Document",
    "DocumentBusy",
    "FINAL_STATES",
    "Page",
    "Passage",
    "Problem",
    "RegisterOutcome",
    "Revision",
    "RevisionState",
]
