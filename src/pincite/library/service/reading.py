"""Use cases of readers: documents, the change feed, pages, and the passages behind search hits.

What may be seen is decided by `visible_to` in the store; nothing here filters a second time.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, InvalidInput, NotFound, Scope
from pincite.core.blobs import BlobStore
from pincite.guard import FileType, PageBoxes
from pincite.index import Filter
from pincite.library.cursors import decode_number, decode_text, encode_cursor
from pincite.library.domain import (
    Change,
    Chunk,
    Document,
    Listing,
    Page,
    PageReader,
    PageSummary,
    Passage,
    Revision,
)
from pincite.library.pages import Later, NamedPages, PassageView
from pincite.library.service.personal import PersonalData
from pincite.library.store import collections, documents, grants, passages, revisions, stretches

READING_LIMIT = 100
_MOST_NAMED = 10


class Reading(PersonalData):
    """Everything that is read. A thing of another tenant is not found, exactly like one that is not there."""

    _db: Database
    _blobs: BlobStore

    async def document(self, scope: Scope, document_id: str) -> Document:
        """Return a document that was not removed. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await _document(session, scope, document_id)

    async def by_source(self, scope: Scope, collection: str, source: str) -> Document | None:
        """Return the document of that source in a collection (id or name). Raises: NotFound, for the collection."""
        async with self._db.read(scope) as session:
            home = await collections.required_collection(session, scope, collection)
            return await documents.find_by_source(session, scope, home.id, source)

    async def named(self, scope: Scope, name: str) -> Document:
        """Return the document of that id, or of that source where one collection alone has it.

        Raises: NotFound; InvalidInput where several collections have one of that source.
        """
        async with self._db.read(scope) as session:
            found = await documents.named_documents(session, scope, name, _MOST_NAMED)
        if not found:
            raise NotFound(f"There is no document {name[:200]}.", remedy="See `pincite list`.")
        if len(found) > 1 and found[0].id != name:
            ids = ", ".join(each.id for each in found)
            raise InvalidInput(f"Several documents are named {name[:200]}.", remedy=f"Say which by its id: {ids}.")
        return found[0]

    async def documents(
        self, scope: Scope, *, collection: str | None = None, limit: int = 50, cursor: str | None = None
    ) -> Listing[Document]:
        """List documents, newest first; `collection` by id or name. Raises: NotFound, InvalidInput (cursor)."""
        before = decode_text(cursor)
        async with self._db.read(scope) as session:
            within = None
            if collection is not None:
                home = await collections.find_collection(session, scope, collection)
                if home is None:
                    remedy = "`GET /v1/collections` and `pincite collections list` tell what there is."
                    raise NotFound(f"There is no collection {collection[:100]!r}.", remedy=remedy)
                within = home.id
            found = await documents.list_documents(session, scope, within, limit + 1, before)
        more = len(found) > limit
        return Listing(tuple(found[:limit]), encode_cursor(found[limit - 1].id) if more else None)

    async def changes(self, scope: Scope, after_version: int, limit: int = 200) -> list[Change]:
        """Return what changed after a version, oldest change first, each document once."""
        async with self._db.read(scope) as session:
            return await documents.list_changes(session, scope, after_version, limit)

    async def latest_version(self, scope: Scope) -> int:
        """Return the version of the tenant's last change; 0 when nothing happened yet."""
        async with self._db.read(scope) as session:
            return await collections.last_version(session, scope)

    async def revision(self, scope: Scope, revision_id: str) -> Revision:
        """Return a revision of a document that was not removed, superseded ones too. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await _revision(session, scope, revision_id)

    async def page(self, scope: Scope, revision_id: str, number: int) -> Page:
        """Return one page. Raises: NotFound."""
        async with self._db.read(scope) as session:
            await _revision(session, scope, revision_id)
            return await _page(session, scope, revision_id, number)

    async def pages(self, scope: Scope, revision_id: str, start: int = 1, limit: int = 100) -> tuple[Page, ...]:
        """Return pages in order from number `start`. Raises: NotFound for the revision."""
        async with self._db.read(scope) as session:
            await _revision(session, scope, revision_id)
            return await passages.list_pages(session, scope, revision_id, start, limit)

    async def named_pages(self, scope: Scope, wanted: Collection[tuple[str, int]]) -> NamedPages:
        """Return the pages of those (revision id, number) that are there, of any revisions.

        Personal data in them is covered as in `hydrate`: a pin's words are the same on its page and in its passage.
        """
        if not wanted:
            return NamedPages()
        async with self._db.read(scope) as session:
            found = NamedPages(await passages.find_named_pages(session, scope, wanted))
        return await self._pages_for_readers(found)

    async def places(self, scope: Scope, chunks: Sequence[Chunk]) -> tuple[str, ...]:
        """Return what people call the place of each chunk, as `NamedPages.stretch`. One query."""
        wanted = {(each.revision_id, number) for each in chunks for number in (each.page, each.end_page)}
        named = await self.named_pages(scope, wanted)
        return tuple(named.stretch(each) for each in chunks)

    async def page_summaries(
        self, scope: Scope, revision_id: str, *, limit: int = 100, cursor: str | None = None
    ) -> Listing[PageSummary]:
        """List pages without their text. Raises: NotFound for the revision, InvalidInput (cursor)."""
        after = decode_number(cursor) or 0
        async with self._db.read(scope) as session:
            await _revision(session, scope, revision_id)
            found = await passages.list_page_summaries(session, scope, revision_id, limit + 1, after)
        more = len(found) > limit
        return Listing(tuple(found[:limit]), encode_cursor(found[limit - 1].number) if more else None)

    async def chunks(self, scope: Scope, revision_id: str, *, batch: int = 500) -> AsyncIterator[tuple[Chunk, ...]]:
        """Yield the revision's chunks in order, in batches; no transaction is open between two.

        Raises: NotFound for the revision, at the first batch.
        """
        async with self._db.read(scope) as session:
            await _revision(session, scope, revision_id)
        after = -1
        while True:
            async with self._db.read(scope) as session:
                found = await passages.list_chunks(session, scope, revision_id, after, batch)
            if not found:
                return
            yield found
            after = found[-1].ordinal

    async def hydrate(self, scope: Scope, chunk_ids: Sequence[str]) -> dict[str, Passage]:
        """Return the passages behind chunk ids, by id: only visible, only of a serving revision.

        Personal data in them is covered where their collection's policy says so; see `personal.py`.
        """
        if not chunk_ids:
            return {}
        async with self._db.read(scope) as session:
            found = await passages.find_passages(session, scope, chunk_ids)
        return await self._for_readers(scope, found)

    async def stretches(
        self, scope: Scope, wanted: Sequence[tuple[str, int, int]]
    ) -> dict[tuple[str, int, int], Passage]:
        """Return runs of chunks that stand side by side as one passage each, as `hydrate` returns single ones.

        Args:
            scope: who asks.
            wanted: (revision id, first ordinal, last ordinal) of each; what is not there is left out.
        """
        async with self._db.read(scope) as session:
            found = await stretches.find_stretches(session, scope, wanted)
        return await self._for_readers(scope, found)

    async def document_names(self, scope: Scope, within: Filter, limit: int) -> tuple[tuple[str, str], ...]:
        """Return (id, source) of at most `limit` documents in view that answer now."""
        async with self._db.read(scope) as session:
            return await documents.document_names(session, scope, within, limit)

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> tuple[str | None, ...]:
        """Return at most `limit` languages of what answers there, that of most documents first; see `Revision`."""
        async with self._db.read(scope) as session:
            return await documents.document_languages(session, scope, within, limit)

    async def reading(self, scope: Scope, within: Filter | None = None) -> tuple[str, ...]:
        """Return the sources (at most 100, by name) that are still on their way in, of those in view."""
        async with self._db.read(scope) as session:
            seen = await grants.view(session, scope) if within is None else within
            return await documents.sources_being_read(session, scope, seen, READING_LIMIT)

    async def passage_view(
        self, scope: Scope, reader: PageReader, revision_id: str, page: int, span: tuple[int, int] | None = None
    ) -> PassageView:
        """Return a range of a page with its place on the page; the whole page, without boxes, without a span.

        Raises:
            NotFound: no such revision or page.
            InvalidInput: the range is not within the page.
        """
        async with self._db.read(scope) as session:
            revision = await _revision(session, scope, revision_id)
            document = await _document(session, scope, revision.document_id)
            found = await _page(session, scope, revision_id, page)
            count = await passages.count_pages(session, scope, revision_id)
            later = await _later(session, scope, document, revision)
        start, end = (0, len(found.text)) if span is None else span
        if not 0 <= start <= end <= len(found.text):
            raise InvalidInput(
                f"Characters {start} to {end} are not on page {page}, which has {len(found.text)}.",
                remedy="Take the range from a pin or a search hit of this very revision.",
            )
        layout = None
        if revision.file_type is FileType.PDF:
            layout = await self._layout(scope, reader, revision, found, (start, end if span is not None else start))
        return PassageView(document, revision, found, count, start, end, layout, later)

    async def _layout(
        self, scope: Scope, reader: PageReader, revision: Revision, page: Page, span: tuple[int, int]
    ) -> PageBoxes:
        """Find a range's place on a PDF's page: from the file, and stored for text that is not the file's own."""
        start, end = span
        overlay = page.overlay
        begins = None if overlay is None else overlay.begins
        stored = None if overlay is None or begins is None else overlay.boxes(start, end)
        if stored is not None and begins is not None and start >= begins:
            return stored
        async with self._blobs.local_path(scope, revision.sha256) as path:
            until = end if begins is None else min(end, begins)
            found = await reader.boxes(path, page.number, start, until, whose=scope.tenant)
        return found if stored is None else replace(found, boxes=found.boxes + stored.boxes)

    async def page_image(
        self, scope: Scope, reader: PageReader, revision_id: str, page: int, *, width_px: int = 1200
    ) -> bytes:
        """Return a PDF's page as PNG. Raises: NotFound, also for other formats."""
        async with self._db.read(scope) as session:
            revision = await _revision(session, scope, revision_id)
            await _page(session, scope, revision_id, page)
        if revision.file_type is not FileType.PDF:
            raise NotFound("Only PDF pages have an image.", remedy="Show the page's text instead.")
        async with self._blobs.local_path(scope, revision.sha256) as path:
            return await reader.render(path, page, width_px, whose=scope.tenant)

    def content(self, scope: Scope, revision: Revision, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield the revision's original bytes [start, end). Raises: NotFound, Unavailable."""
        return self._blobs.read(scope, revision.sha256, start, end)


async def _document(session: AsyncSession, scope: Scope, document_id: str) -> Document:
    document = await documents.find_document(session, scope, document_id)
    if document is None:
        raise NotFound("There is no such document.", remedy="It may have been deleted.")
    return document


async def _revision(session: AsyncSession, scope: Scope, revision_id: str) -> Revision:
    revision = await revisions.find_revision(session, scope, revision_id)
    if revision is None:
        raise NotFound("There is no such revision.", remedy="Its document may have been deleted.")
    return revision


async def _later(session: AsyncSession, scope: Scope, document: Document, shown: Revision) -> Later | None:
    """Return the revision that answers, where it is a later one than is shown."""
    if document.serving is None or document.serving == shown.id:
        return None
    serving = await _revision(session, scope, document.serving)
    if serving.number <= shown.number:
        return None
    return Later(serving, await passages.count_pages(session, scope, serving.id))


async def _page(session: AsyncSession, scope: Scope, revision_id: str, number: int) -> Page:
    page = await passages.find_page(session, scope, revision_id, number)
    if page is None:
        raise NotFound(f"There is no page {number} in this revision.", remedy="It may still be on its way in.")
    return page
