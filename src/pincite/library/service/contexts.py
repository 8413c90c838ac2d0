"""Use cases of what a model wrote about chunks: looked up when they are indexed, kept when it is written.

Who writes it, and when, belongs to `ingest`.
"""

from collections.abc import Mapping, Sequence

from pincite.core import Database, NotFound, Scope
from pincite.library.domain import ContextCosts, WrittenContext
from pincite.library.store import contexts, documents


class Contexts:
    """The sentences that are searched with a chunk and never shown."""

    _db: Database

    async def contexts(self, scope: Scope, document_id: str, digests: Sequence[str]) -> Mapping[str, str]:
        """Return what was written about a document's texts, by digest; those that are there."""
        if not digests:
            return {}
        async with self._db.read(scope) as session:
            return await contexts.find_contexts(session, scope, document_id, digests)

    async def contexts_of(self, scope: Scope, document_ids: Sequence[str]) -> Mapping[tuple[str, str], str]:
        """Return what was written about the texts of a few documents, by document and digest."""
        if not document_ids:
            return {}
        async with self._db.read(scope) as session:
            return await contexts.contexts_of(session, scope, document_ids)

    async def save_contexts(self, scope: Scope, document_id: str, written: Sequence[WrittenContext]) -> None:
        """Keep contexts of a document's texts. Raises: NotFound, if it was removed meanwhile."""
        async with self._db.transaction(scope) as tx:
            if await documents.find_document(tx, scope, document_id) is None:
                raise NotFound("There is no such document.", remedy="It may have been deleted.")
            await contexts.put_contexts(tx, scope, document_id, written)

    async def context_costs(self, scope: Scope) -> ContextCosts:
        """Return how many contexts the tenant has, and what writing them took."""
        async with self._db.read(scope) as session:
            return await contexts.sum_contexts(session, scope)
