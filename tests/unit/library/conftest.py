"""A library on a real SQLite file and a real folder of bytes, and hands that do what ingest does."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pincite.core import Database, Scope
from pincite.core.blobs import BlobRef, BlobStore
from pincite.guard import FileType, PageText
from pincite.library import Chunk, Library, RevisionState
from pincite.library.domain import Registered


@dataclass(frozen=True, slots=True)
class Hands:
    """Uploads, reads and publishes in few words."""

    library: Library
    blobs: BlobStore
    scope: Scope

    async def store(self, data: bytes) -> BlobRef:
        async def once() -> AsyncIterator[bytes]:
            yield data

        return await self.blobs.put(self.scope, once(), max_bytes=10_000_000)

    async def upload(
        self, source: str = "a.pdf", data: bytes = b"one", file_type: FileType = FileType.PDF
    ) -> Registered:
        blob = await self.store(data)
        return await self.library.register_upload(
            self.scope, collection="default", source=source, blob=blob, file_type=file_type
        )

    async def read(self, registered: Registered, texts: tuple[str, ...] = ("Page one.", "Page two.")) -> list[str]:
        revision, document = registered.revision, registered.document
        await self.library.set_state(self.scope, revision.id, RevisionState.EXTRACTING, pages_total=len(texts))
        pages = [PageText(n, str(n), text) for n, text in enumerate(texts, 1)]
        await self.library.save_pages(self.scope, revision.id, pages)
        chunks = [
            Chunk(
                f"{revision.id}-{n}", revision.id, document.id, document.collection_id, n, text, (), n + 1, 0, n + 1, 4
            )
            for n, text in enumerate(texts)
        ]
        await self.library.save_chunks(self.scope, revision.id, chunks)
        await self.library.set_state(self.scope, revision.id, RevisionState.EMBEDDING, pages_done=len(texts))
        return [chunk.id for chunk in chunks]

    async def ready(
        self, source: str = "a.pdf", data: bytes = b"one", file_type: FileType = FileType.PDF
    ) -> tuple[Registered, list[str]]:
        registered = await self.upload(source, data, file_type)
        ids = await self.read(registered)
        await self.library.publish(self.scope, registered.revision.id)
        return registered, ids


@pytest.fixture
async def database(sqlite_tables_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_tables_url)
    yield database
    await database.close()


@pytest.fixture
def scope() -> Scope:
    return Scope("tenant-1", "u", roles=frozenset({"owner"}))


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "blobs"))


@pytest.fixture
def library(database: Database, blobs: BlobStore) -> Library:
    return Library(database, blobs)


@pytest.fixture
def hands(library: Library, blobs: BlobStore, scope: Scope) -> Hands:
    return Hands(library, blobs, scope)
