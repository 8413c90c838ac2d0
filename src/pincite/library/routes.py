"""The library over HTTP: collections, documents, pages and passages. Translation only.

Uploading, deleting and retrying start work and are in `ingest/routes.py`.
"""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent

from pincite.accounts import CurrentScope, Permission, requires, watched
from pincite.core import InvalidInput, Scope
from pincite.library.delivery import content_headers, parse_range
from pincite.library.domain import Document, PageReader, Revision
from pincite.library.feed import FeedSettings, follow
from pincite.library.grant_routes import GrantRoutes
from pincite.library.grants import Directory
from pincite.library.hold_routes import HoldRoutes
from pincite.library.passage_schemas import PageBody, PageList, PassageBody, SectionBody
from pincite.library.schemas import (
    BatchBody,
    BatchList,
    CollectionBody,
    CollectionChange,
    CollectionList,
    DocumentBody,
    DocumentList,
    NewCollection,
)
from pincite.library.service import Library
from pincite.library.usage_routes import UsageRoutes

Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]
Cursor = Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the list before.")]
Id = Annotated[str, Path(max_length=64)]
BatchName = Annotated[str, Path(max_length=200, description="Id or name.")]
PageNumber = Annotated[int, Path(ge=1, le=1_000_000, description="Pages count from 1.")]
Offset = Annotated[int | None, Query(ge=0, le=1_000_000_000, description="A character of the page's text.")]


def version_after(
    last_event_id: Annotated[str | None, Header(max_length=64, description="The last event that arrived.")] = None,
    after: Annotated[int | None, Query(ge=0, le=2**53, description="The version to start after.")] = None,
) -> int | None:
    """Return the version to resume after. Raises: InvalidInput."""
    if last_event_id is None:
        return after
    if not (last_event_id.isascii() and last_event_id.isdigit() and len(last_event_id) <= 16):
        raise InvalidInput("Last-Event-ID is not one of this stream.", remedy="Leave it out to start from now.")
    return int(last_event_id)


class LibraryRoutes:
    """Routes that read the library, make and delete collections, and grant them.

    Args:
        library: what is read.
        reader: finds boxes and draws pages.
        directory: knows whom there is to grant something to.
        feed: how often the feed looks.
    """

    def __init__(
        self, library: Library, reader: PageReader, directory: Directory, feed: FeedSettings | None = None
    ) -> None:
        self._grants = GrantRoutes(library, directory)
        self._library = library
        self._reader = reader
        self._feed = feed or FeedSettings()

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["library"])
        self._add_collections(router)
        self._add_documents(router)
        self._add_batches(router)
        self._add_passages(router)
        for more in (self._grants, HoldRoutes(self._library), UsageRoutes(self._library)):
            router.routes.extend(more.router().routes)
        return router

    def _add_collections(self, router: APIRouter) -> None:
        add = router.add_api_route
        read, write = [requires(Permission.READ)], [requires(Permission.WRITE)]
        path = "/v1/collections"
        add(path, self.list_collections, methods=["GET"], dependencies=read, summary="List collections")
        add(
            path,
            self.create_collection,
            methods=["POST"],
            dependencies=write,
            status_code=201,
            summary="Make a collection",
        )
        add(
            f"{path}/{{collection_id}}",
            self.delete_collection,
            methods=["DELETE"],
            dependencies=write,
            status_code=204,
            summary="Delete an empty collection",
        )
        add(
            f"{path}/{{collection_id}}",
            self.change_collection,
            methods=["PATCH"],
            dependencies=write,
            summary="Say what happens with personal data in a collection, and how long it keeps documents",
        )

    def _add_documents(self, router: APIRouter) -> None:
        add = router.add_api_route
        read: list[Any] = [requires(Permission.READ)]
        path = "/v1/documents"
        add(path, self.list_documents, methods=["GET"], dependencies=read, summary="List documents")
        add(
            f"{path}/events",
            self.document_events,
            methods=["GET"],
            dependencies=read,
            response_class=EventSourceResponse,
            summary="Follow what happens to documents",
        )
        add(f"{path}/{{document_id}}", self.document, methods=["GET"], dependencies=read, summary="Show a document")
        add(f"{path}/{{document_id}}/pages", self.pages, methods=["GET"], dependencies=read, summary="List its pages")
        add(
            f"{path}/{{document_id}}/content",
            self.document_content,
            methods=["GET"],
            dependencies=read,
            response_class=Response,
            summary="Download its original bytes",
        )

    def _add_batches(self, router: APIRouter) -> None:
        add = router.add_api_route
        read, write = [requires(Permission.READ)], [requires(Permission.WRITE)]
        path = "/v1/batches"
        add(path, self.batches, methods=["GET"], dependencies=read, summary="List batches of documents")
        add(f"{path}/{{batch}}", self.batch, methods=["GET"], dependencies=read, summary="Show how far a batch is")
        add(
            f"{path}/{{batch}}",
            self.forget_batch,
            methods=["DELETE"],
            dependencies=write,
            status_code=204,
            summary="Forget a batch, not its documents",
        )

    def _add_passages(self, router: APIRouter) -> None:
        add = router.add_api_route
        read: list[Any] = [requires(Permission.READ)]
        path = "/v1/passages/{revision_id}"
        add(
            f"{path}/content",
            self.revision_content,
            methods=["GET"],
            dependencies=read,
            response_class=Response,
            summary="A revision's original bytes",
        )
        add(f"{path}/{{page}}", self.passage, methods=["GET"], dependencies=read, summary="A passage and its place")
        add(
            f"{path}/{{page}}/section",
            self.section,
            methods=["GET"],
            dependencies=read,
            summary="The section around it",
        )
        add(
            f"{path}/{{page}}/image",
            self.page_image,
            methods=["GET"],
            dependencies=read,
            response_class=Response,
            summary="A PDF page as PNG",
        )

    async def list_collections(self, scope: CurrentScope, limit: Limit = 50, cursor: Cursor = None) -> CollectionList:
        """List collections by name."""
        found = await self._library.list_collections(scope, limit=limit, cursor=cursor)
        return CollectionList(items=[CollectionBody.of(c) for c in found.items], next_cursor=found.next_cursor)

    async def create_collection(self, scope: CurrentScope, body: NewCollection) -> CollectionBody:
        """Make a collection; names are unique."""
        return CollectionBody.of(await self._library.create_collection(scope, body.name))

    async def delete_collection(self, scope: CurrentScope, collection_id: Id) -> None:
        """Delete a collection that holds no documents."""
        await self._library.delete_collection(scope, collection_id)

    async def change_collection(self, scope: CurrentScope, collection_id: Id, body: CollectionChange) -> CollectionBody:
        """Change what is given: the policy (at once for what is asked), and how long documents are kept."""
        if body.personal_data is not None:
            await self._library.set_policy(scope, collection_id, body.personal_data)
        if "keep_days" in body.model_fields_set:
            await self._library.set_keep_days(scope, collection_id, body.keep_days)
        if body.personal_data is None and "keep_days" not in body.model_fields_set:
            raise InvalidInput("Nothing is to change.", remedy="Send `personal_data`, `keep_days` or both.")
        return CollectionBody.of(await self._library.collection(scope, collection_id))

    async def list_documents(
        self,
        scope: CurrentScope,
        collection: Annotated[str | None, Query(max_length=200, description="Id or name of a collection.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> DocumentList:
        """List documents, newest first."""
        found = await self._library.documents(scope, collection=collection, limit=limit, cursor=cursor)
        return DocumentList(items=[DocumentBody.of(d) for d in found.items], next_cursor=found.next_cursor)

    async def batches(self, scope: CurrentScope, limit: Limit = 50, cursor: Cursor = None) -> BatchList:
        """List batches with how far they are, newest first."""
        found = await self._library.batches(scope, limit=limit, cursor=cursor)
        return BatchList(items=[BatchBody.of(each) for each in found.items], next_cursor=found.next_cursor)

    async def batch(self, scope: CurrentScope, batch: BatchName) -> BatchBody:
        """Show a batch, by id or name: documents by state, how far it is, and the time that is left."""
        return BatchBody.of(await self._library.batch(scope, batch))

    async def forget_batch(self, scope: CurrentScope, batch: BatchName) -> None:
        """Forget a batch that is over; its documents stay."""
        await self._library.forget_batch(scope, batch)

    async def document_events(
        self, request: Request, scope: CurrentScope, after: Annotated[int | None, Depends(version_after)]
    ) -> AsyncIterable[ServerSentEvent]:
        """Stream `document.changed` and `document.removed`; ids are versions, to resume with `Last-Event-ID`."""
        async for event in watched(request, scope, follow(self._library, scope, after, self._feed)):
            yield event

    async def document(self, scope: CurrentScope, document_id: Id) -> DocumentBody:
        """Show a document as its latest revision stands."""
        return DocumentBody.of(await self._library.document(scope, document_id))

    async def pages(self, scope: CurrentScope, document_id: Id, limit: Limit = 100, cursor: Cursor = None) -> PageList:
        """List the pages of a document's latest revision that are read so far."""
        document = await self._library.document(scope, document_id)
        found = await self._library.page_summaries(scope, document.latest.id, limit=limit, cursor=cursor)
        return PageList(items=[PageBody.of(page) for page in found.items], next_cursor=found.next_cursor)

    async def document_content(self, scope: CurrentScope, document_id: Id, request: Request) -> Response:
        """Return the bytes of the latest revision, whole or a range of them."""
        document = await self._library.document(scope, document_id)
        return await self._bytes(scope, document, document.latest, request)

    async def revision_content(self, scope: CurrentScope, revision_id: Id, request: Request) -> Response:
        """Return the bytes of this very revision, whole or a range of them."""
        revision = await self._library.revision(scope, revision_id)
        document = await self._library.document(scope, revision.document_id)
        return await self._bytes(scope, document, revision, request)

    async def passage(
        self, scope: CurrentScope, revision_id: Id, page: PageNumber, start: Offset = None, end: Offset = None
    ) -> PassageBody:
        """Return a page's text with a range of it: its words and, for PDF, the boxes they stand in."""
        span = None
        if start is not None or end is not None:
            if start is None or end is None:
                raise InvalidInput("A range has a start and an end.", remedy="Give both, or neither.")
            span = (start, end)
        return PassageBody.of(await self._library.passage_view(scope, self._reader, revision_id, page, span))

    async def section(
        self,
        scope: CurrentScope,
        revision_id: Id,
        page: PageNumber,
        start: Annotated[int, Query(ge=0, le=1_000_000_000, description="Where on the page the passage begins.")] = 0,
        up: Annotated[int, Query(ge=0, le=6, description="How many headings further up.")] = 0,
    ) -> SectionBody:
        """Return the section that a passage lies in: from the heading above it to the next of the same level."""
        return SectionBody.of(await self._library.section(scope, revision_id, page, start, up=up))

    async def page_image(
        self,
        scope: CurrentScope,
        revision_id: Id,
        page: PageNumber,
        request: Request,
        width: Annotated[int, Query(ge=100, le=3000, description="Pixels.")] = 1200,
    ) -> Response:
        """Return a PDF page as PNG; other formats have none."""
        etag = f'"{revision_id}-{page}-{width}"'
        headers = {"Cache-Control": "private, no-cache", "ETag": etag}
        if request.headers.get("if-none-match") == etag:  # it was sent before; whether it may still be seen is asked
            await self._library.revision(scope, revision_id)
            return Response(status_code=304, headers=headers)
        image = await self._library.page_image(scope, self._reader, revision_id, page, width_px=width)
        return Response(image, media_type="image/png", headers=headers)

    async def _bytes(self, scope: Scope, document: Document, revision: Revision, request: Request) -> Response:
        etag = f'"{revision.sha256}"'
        headers = content_headers(document.source, revision.file_type, etag)
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        wanted = request.headers.get("range")
        if request.headers.get("if-range", etag) != etag:
            wanted = None
        part = parse_range(wanted, revision.size_bytes)
        if part is None:
            return Response(status_code=416, headers={"Content-Range": f"bytes */{revision.size_bytes}"})
        headers["Content-Length"] = str(part.end - part.start)
        if part.partial:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{revision.size_bytes}"
        pieces = self._library.content(scope, revision, part.start, part.end)
        # The first piece before the headers: bytes that are lost are a 404 and not a reply that breaks off.
        first = await anext(pieces, b"")
        return StreamingResponse(_joined(first, pieces), 206 if part.partial else 200, headers)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece
