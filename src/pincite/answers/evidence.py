"""Where drafts get their evidence: passages from retrieval, and the pages that they lie on.

A draft never sees the library or the index itself.
"""

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import NotFound, Scope
from pincite.library import Library, NamedPages
from pincite.retrieval import Evidence, Query, Retrieval, ScoredPassage


class EvidenceSource:
    """Retrieval and the library, as a draft needs them."""

    def __init__(self, retrieval: Retrieval, library: Library) -> None:
        self._retrieval = retrieval
        self._library = library

    async def find(self, scope: Scope, query: Query) -> Evidence:
        """Return the best passages. Raises: InvalidInput, Unavailable."""
        return await self._retrieval.find(scope, query)

    async def join(self, scope: Scope, passages: Sequence[ScoredPassage]) -> Sequence[ScoredPassage]:
        """Return passages with those that stand side by side as one."""
        return await self._retrieval.join(scope, passages)

    async def pages(self, scope: Scope, wanted: Collection[tuple[str, int]]) -> NamedPages:
        """Return each (revision, page), with one query. Raises: NotFound when one is gone."""
        found = await self._library.named_pages(scope, wanted)
        if any(each not in found.pages for each in wanted):
            raise NotFound("A document was removed while it was asked.", remedy="Ask again.")
        return found

    async def named(self, scope: Scope, wanted: Collection[tuple[str, int]]) -> NamedPages:
        """Return those of the pages that are still there, with personal data covered as policies want it."""
        return await self._library.named_pages(scope, wanted)

    async def seen_by(self, scope: Scope, collections: Sequence[str] | None) -> str:
        """Return what stands for all that the asker may read there: another as soon as anything of it is another."""
        return await self._library.seen_by(scope, collections)

    async def hidden(self, scope: Scope, documents: frozenset[str]) -> frozenset[str]:
        """Return those of the documents, purged ones too, that the asker may not see."""
        return await self._library.hidden(scope, documents)

    async def version(self, scope: Scope) -> int:
        """Return the version of the tenant's library, which every change of what may be seen of it counts up."""
        return await self._library.latest_version(scope)

    async def refuse_held(self, scope: Scope) -> None:
        """Make sure that the tenant is not on legal hold. Raises: OnHold."""
        await self._library.refuse_held(scope)

    async def refuse_held_within(self, scope: Scope, tx: AsyncSession, document_id: str | None = None) -> None:
        """Make sure, in the transaction that deletes, that neither the tenant is on legal hold nor a document.

        Raises: OnHold.
        """
        await self._library.refuse_held_within(scope, tx, document_id=document_id)

    async def masked(self, scope: Scope, documents: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return those of the documents whose personal data is covered in answers, and those of which nobody knows."""
        return await self._library.masked_documents(scope, documents)

    async def covered(self, scope: Scope, texts: Sequence[str]) -> Sequence[str]:
        """Return texts with personal data covered."""
        return await self._library.covered_texts(scope, texts)

    async def collection_ids(self, scope: Scope, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of collections given by name or id. Raises: NotFound."""
        return tuple([(await self._library.collection(scope, name)).id for name in names])
