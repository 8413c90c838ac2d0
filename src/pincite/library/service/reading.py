"""Use cases of readers: documents, the change feed, pages, and the passages behind search hits."""

from collections.abc import AsyncIterator, Sequence

from pincite.core import Database, Scope
from pincite.core.blobs import BlobStore
from pincite.library.domain import (
    Change,
    Chunk,
    Document,
    Listing,
    Page,
    PageReader,
    PageSummary,
    Passage,
    PassageView,
    Revision,
)


class Reading:
    """Everything that is read. A thing of another tenant is not found, exactly like one that is not there."""

    _db: Database
    _blobs: BlobStore

    async def document(self, scope: Scope, document_id: str) -> Document:
        """Return a document that was not removed. Raises: NotFound."""
        raise NotImplementedError

    async def documents(
        self, scope: Scope, *, collection: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Listing[Document]:
        """List documents, newest first; `collection` by id or name. Raises: NotFound, InvalidInput (cursor)."""
        raise NotImplementedError

    async def changes(self, scope: Scope, after_version: int, limit: int = 200) -> list[Change]:
        """Return what changed after a version, oldest change first, each document once."""
        raise NotImplementedError

    async def latest_version(self, scope: Scope) -> int:
        """Return the version of the tenant's last change; 0 when nothing happened yet."""
        raise NotImplementedError

    async def revision(self, scope: Scope, revision_id: str) -> Revision:
        """Return a revision of a document that was not removed, superseded ones too. Raises: NotFound."""
        raise NotImplementedError

    async def page(self, scope: Scope, revision_id: str, number: int) -> Page:
        """Return one page. Raises: NotFound."""
        raise NotImplementedError

    async def pages(self, scope: Scope, revision_id: str, start: int = 1, limit: int = 100) -> tuple[Page, ...]:
        """Return pages in order from number `start`. Raises: NotFound for the revision."""
        raise NotImplementedError

    async def page_summaries(
        self, scope: Scope, revision_id: str, *, limit: int = 100, cursor: str | None = None
    ) -> Listing[PageSummary]:
        """List pages without their text. Raises: NotFound for the revision, InvalidInput (cursor)."""
        raise NotImplementedError

    async def chunks(self, scope: Scope, revision_id: str, *, batch: int = 500) -> AsyncIterator[tuple[Chunk, ...]]:
        """Yield the revision's chunks in order, in batches; no transaction is open between two."""
        raise NotImplementedError
        yield ()

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages behind chunk ids, by id: only visible, only of a serving revision. One query."""
        raise NotImplementedError

    async def reading(self, scope: Scope, collections: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the sources (at most 100, by name) that are still on their way in; ids of collections narrow it."""
        raise NotImplementedError

    async def passage_view(
        self, scope: Scope, reader: PageReader, revision_id: str, page: int, span: tuple[int, int] | None = None
    ) -> PassageView:
        """Return a range of a page with its place on the page; the whole page without a span.

        Raises:
            NotFound: no such revision or page.
            InvalidInput: the range is not within the page.
        """
        raise NotImplementedError
