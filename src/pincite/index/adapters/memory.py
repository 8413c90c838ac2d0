"""The double of the search engine: exact BM25 and exact cosine over dictionaries, for tests and small tools.

Nothing here survives the process.
"""

import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pincite.core import Scope
from pincite.core.terms import asked_terms
from pincite.index.domain import Filter, Generation, Hit, Point, Vector
from pincite.index.searched import searched_terms

# BM25 (Robertson & Zaragoza 2009) with the constants that suit short passages (Anserini's defaults).
_K1 = 0.9
_B = 0.75


@dataclass(slots=True)
class _Entry:
    point: Point
    terms: Counter[str]


@dataclass(slots=True)
class _Table:
    entries: dict[str, _Entry] = field(default_factory=dict[str, _Entry])


class MemoryIndex:
    """`SearchIndex` in memory; what `LanceIndex` approximates."""

    settles_s = 0.0

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], _Table] = {}

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        """Upsert by chunk id."""
        table = self._tables.setdefault((scope.tenant, generation.name), _Table())
        for point in points:
            found = searched_terms(point.title, point.text, point.language)
            table.entries[point.chunk_id] = _Entry(point, Counter(found))

    async def delete_revisions(self, scope: Scope, generation: Generation, revision_ids: Sequence[str]) -> None:
        """Remove the points of revisions."""
        entries = self._entries(scope, generation)
        for key in [key for key, entry in entries.items() if entry.point.revision_id in revision_ids]:
            del entries[key]

    async def delete_document(self, scope: Scope, generation: Generation, document_id: str) -> None:
        """Remove a document's points of every revision."""
        entries = self._entries(scope, generation)
        for key in [key for key, entry in entries.items() if entry.point.document_id == document_id]:
            del entries[key]

    async def search_text(
        self, scope: Scope, generation: Generation, query: str, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the best by BM25, best first."""
        entries = list(self._entries(scope, generation).values())
        if not entries:
            return []
        mean_length = sum(entry.terms.total() for entry in entries) / len(entries)
        asked = asked_terms(query, where.languages)
        idf = {term: _idf(len(entries), sum(term in entry.terms for entry in entries)) for term in set(asked)}
        found: list[Hit] = []
        for entry in entries:
            score = sum(idf[term] * _saturated(entry.terms, term, mean_length) for term in asked)
            if score > 0 and _allowed(entry.point, where):
                found.append(_hit(entry.point, score))
        return _best(found, limit)

    async def search_vector(
        self, scope: Scope, generation: Generation, vector: Vector, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the nearest by cosine similarity, best first."""
        if not vector.any():
            return []
        points = [entry.point for entry in self._entries(scope, generation).values()]
        return _best([_hit(point, _cosine(point.vector, vector)) for point in points if _allowed(point, where)], limit)

    async def maintain(self, scope: Scope, generation: Generation) -> None:
        """Nothing to do: every search is exact."""

    async def scrub(self, scope: Scope, generation: Generation) -> None:
        """Nothing to do: what is deleted is gone."""

    async def chunk_ids(self, scope: Scope, generation: Generation) -> AsyncIterator[tuple[str, str]]:
        """Yield (chunk id, revision id) of every point."""
        for entry in list(self._entries(scope, generation).values()):
            yield entry.point.chunk_id, entry.point.revision_id

    async def damaged(self, scope: Scope, generation: Generation) -> Sequence[str]:
        """Nothing is stored, so nothing decays."""
        return ()

    async def vectors(self, scope: Scope, generation: Generation, revision_id: str) -> Mapping[str, Vector]:
        """Return the vectors of a revision's points by chunk id."""
        points = [entry.point for entry in self._entries(scope, generation).values()]
        return {point.chunk_id: point.vector for point in points if point.revision_id == revision_id}

    async def drop(self, scope: Scope, generation: Generation) -> None:
        """Remove the whole table."""
        self._tables.pop((scope.tenant, generation.name), None)

    def _entries(self, scope: Scope, generation: Generation) -> dict[str, _Entry]:
        table = self._tables.get((scope.tenant, generation.name))
        return {} if table is None else table.entries


def _idf(total: int, containing: int) -> float:
    return math.log(1 + (total - containing + 0.5) / (containing + 0.5))


def _saturated(terms: Counter[str], term: str, mean_length: float) -> float:
    count = terms.get(term, 0)
    return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * terms.total() / mean_length)) if count else 0.0


def _cosine(left: Vector, right: Vector) -> float:
    lengths = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float(left @ right) / lengths if lengths else 0.0


def _allowed(point: Point, where: Filter) -> bool:
    in_documents = where.documents is None or point.document_id in where.documents
    return in_documents and (point.collection_id in where.collections or point.document_id in where.granted)


def _hit(point: Point, score: float) -> Hit:
    return Hit(point.chunk_id, point.document_id, point.revision_id, score)


def _best(hits: list[Hit], limit: int) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[:limit]
