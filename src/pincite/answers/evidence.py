"""Where drafts get their evidence: passages from retrieval, and the texts of the pages that they lie on.

A draft never sees the library or the index itself.
"""

from collections.abc import Sequence

from pincite.core import Scope
from pincite.library import Library
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

    async def page_texts(self, scope: Scope, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Return the text of each (revision, page) that is there."""
        texts: dict[tuple[str, int], str] = {}
        for revision, number in wanted:
            texts[revision, number] = (await self._library.page(scope, revision, number)).text
        return texts

    async def collection_ids(self, scope: Scope, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of collections given by name or id. Raises: NotFound."""
        return tuple([(await self._library.collection(scope, name)).id for name in names])
