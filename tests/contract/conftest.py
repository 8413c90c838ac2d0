"""The library on a real database, once on SQLite and once on PostgreSQL, and hands that do what ingest does."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pincite.core import Database, Scope
from pincite.core.blobs import BlobRef, BlobStore
from pincite.guard import Block, BlockKind, DocumentReader, FileType, PageText
from pincite.guard.settings import GuardSettings
from pincite.library import Chunk, Document, Library, Revision, RevisionState
from pincite.library.domain import Registered

SCOPE = Scope("tenant-1", "u", roles=frozenset({"owner"}))


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    database = Database(tables_url)
    yield database
    await database.close()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "blobs"))


@pytest.fixture
def library(database: Database, blobs: BlobStore) -> Library:
    return Library(database, blobs)


class Hands:
    """Does to the library what ingest does, in few words."""

    def __init__(self, library: Library, blobs: BlobStore) -> None:
        self.library = library
        self.blobs = blobs

    async def store(self, data: bytes, scope: Scope = SCOPE) -> BlobRef:
        async def once() -> AsyncIterator[bytes]:
            yield data

        return await self.blobs.put(scope, once(), max_bytes=1_000_000)

    async def upload(
        self, source: str = "a.pdf", data: bytes = b"one", scope: Scope = SCOPE, collection: str = "default"
    ) -> Registered:
        blob = await self.store(data, scope)
        return await self.library.register_upload(
            scope, collection=collection, source=source, blob=blob, file_type=FileType.PDF
        )

    async def read(self, registered: Registered, pages: int = 2, chunks: int = 3, scope: Scope = SCOPE) -> list[str]:
        revision = registered.revision
        await self.library.set_state(scope, revision.id, RevisionState.EXTRACTING, pages_total=pages)
        await self.library.save_pages(scope, revision.id, self.page_texts(pages))
        made = self.make_chunks(registered.document, revision, chunks)
        await self.library.save_chunks(scope, revision.id, made)
        await self.library.set_state(scope, revision.id, RevisionState.EMBEDDING, pages_done=pages, chunks=chunks)
        return [chunk.id for chunk in made]

    async def ready(
        self, source: str = "a.pdf", data: bytes = b"one", scope: Scope = SCOPE
    ) -> tuple[Registered, list[str]]:
        registered = await self.upload(source, data, scope)
        ids = await self.read(registered, scope=scope)
        await self.library.publish(scope, registered.revision.id)
        return registered, ids

    @staticmethod
    def page_texts(count: int) -> list[PageText]:
        blocks = (Block(BlockKind.HEADING, 0, 4, 1), Block(BlockKind.TABLE, 5, 12))
        return [PageText(n, f"p. {n}", f"Page {n} text\r\nß", blocks) for n in range(1, count + 1)]

    @staticmethod
    def make_chunks(document: Document, revision: Revision, count: int) -> list[Chunk]:
        return [
            Chunk(
                id=f"{revision.id}-{n}",
                revision_id=revision.id,
                document_id=document.id,
                collection_id=document.collection_id,
                ordinal=n,
                text=f"chunk {n}",
                heading_path=("Leave", "§ 1"),
                page=1,
                start=0,
                end_page=2,
                end=4,
            )
            for n in range(count)
        ]


@pytest.fixture
def hands(library: Library, blobs: BlobStore) -> Hands:
    return Hands(library, blobs)


@pytest.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    made = DocumentReader(GuardSettings(children=2, viewers=2, max_text_chars=2_000_000, max_unpacked_mb=64))
    yield made
    await made.close()
