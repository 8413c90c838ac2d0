"""The seam of the search engine: points, filters, hits and the `SearchIndex` protocol.

The index proposes and the library disposes: all of it can be rebuilt from the library. Engines are in `adapters/`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope
from pincite.core.languages import UNDETERMINED
from pincite.core.terms import TERMS_VERSION

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Generation:
    """One build of a tenant's index: a name for its table, the embedder that made its vectors, how words were cut.

    `terms` is the `TERMS_VERSION` of its words; those of 1 are stemmed as English by the engine, whatever they are.
    """

    name: str
    model_id: str
    dimensions: int
    terms: int = TERMS_VERSION

    @property
    def outdated(self) -> bool:
        """Whether its words were cut as an earlier version did; it answers all the same."""
        return self.terms != TERMS_VERSION


@dataclass(frozen=True, slots=True)
class FastTier:
    """A second build that holds a quick embedder's vectors of everything, beside the one that answers.

    Args:
        generation: the build.
        waiting: ids of the revisions that the build that answers does not hold whole yet.
    """

    generation: Generation
    waiting: frozenset[str]


@dataclass(frozen=True, slots=True)
class Point:
    """A chunk as the engine sees it.

    `title` is the document's source name and heading path as text; `language`, as BCP-47, is what its words are stemmed
    as.
    """

    chunk_id: str
    document_id: str
    revision_id: str
    collection_id: str
    title: str
    text: str
    vector: Vector
    language: str = UNDETERMINED


@dataclass(frozen=True, slots=True)
class Filter:
    """What the asker may see, as a predicate inside the query.

    It is all of `collections`, and of others the documents `granted` one by one. `documents`, where given, narrows to
    those. `languages` are those of what is there, as BCP-47: a question's words are looked for as each of them stems
    them.
    """

    collections: tuple[str, ...]
    documents: tuple[str, ...] | None = None
    languages: tuple[str, ...] = (UNDETERMINED,)
    granted: tuple[str, ...] = ()

    @property
    def matches_nothing(self) -> bool:
        """Whether there is nothing that could be found."""
        return not (self.collections or self.granted) or self.documents == ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that the engine proposes; `score` is the engine's own (BM25, or cosine similarity in -1..1)."""

    chunk_id: str
    document_id: str
    revision_id: str
    score: float


class SearchIndex(Protocol):
    """One table per tenant and generation, holding text and vectors. Every call is bound to the scope's tenant."""

    @property
    def settles_s(self) -> float:
        """How long after a write searches in other processes may not see it: who relies on that waits so long."""
        ...

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        """Upsert by chunk id; visible to searches in other processes after `settles_s`."""
        ...

    async def delete_revisions(self, scope: Scope, generation: Generation, revision_ids: Sequence[str]) -> None:
        """Remove the points of revisions; none is not an error."""
        ...

    async def delete_document(self, scope: Scope, generation: Generation, document_id: str) -> None:
        """Remove a document's points of every revision; none is not an error."""
        ...

    async def search_text(
        self, scope: Scope, generation: Generation, query: str, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the best by BM25 over stems, best first."""
        ...

    async def search_vector(
        self, scope: Scope, generation: Generation, vector: Vector, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the nearest by cosine similarity, best first."""
        ...

    async def maintain(self, scope: Scope, generation: Generation) -> None:
        """Fold unindexed rows into the indexes by delta segments; cheap, never a full optimise."""
        ...

    async def scrub(self, scope: Scope, generation: Generation) -> None:
        """Write the table anew, so that nothing that was deleted is left in a file of it; takes as long as a build."""
        ...

    def chunk_ids(self, scope: Scope, generation: Generation) -> AsyncIterator[tuple[str, str]]:
        """Yield (chunk id, revision id) of every point."""
        ...

    async def damaged(self, scope: Scope, generation: Generation) -> Sequence[str]:
        """Return the stored parts that are not what was written, as far as that is known; reads all of them."""
        ...

    async def vectors(self, scope: Scope, generation: Generation, revision_id: str) -> Mapping[str, Vector]:
        """Return the vectors of a revision's points by chunk id."""
        ...

    async def drop(self, scope: Scope, generation: Generation) -> None:
        """Remove the whole table; a missing one is not an error."""
        ...
