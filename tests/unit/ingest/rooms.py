"""Real rooms around the write path for its tests: SQLite, blobs in a folder, a real parser and embedder.

The index and the queue are those in memory unless a test brings others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.databases import sqlite_with_tables

from pincite.core import Database, Scope, Table
from pincite.core.blobs import BlobStore
from pincite.gateway import ChatModel, Embedders, StaticEmbedder
from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings
from pincite.index import SearchIndex
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestParts, IngestService, IngestSettings
from pincite.ingest.tasks import IngestTasks
from pincite.jobs import JobQueue, MemoryQueue
from pincite.library import Document, Library

SCOPE = Scope(tenant="acme", user="ann", roles=frozenset({"owner"}))
OTHER = Scope(tenant="rival", user="bob", roles=frozenset({"owner"}))


@dataclass(frozen=True, slots=True)
class Rooms:
    """A wired write path."""

    db: Database
    library: Library
    blobs: BlobStore
    index: SearchIndex
    jobs: JobQueue
    ingest: IngestService

    async def ends(self, document_id: str, limit_s: float = 30.0) -> Document:
        """Wait until the document's newest revision is in a final state."""
        async with asyncio.timeout(limit_s):
            while True:
                document = await self.library.document(SCOPE, document_id)
                if document.latest.state.final:
                    return document
                await asyncio.sleep(0.02)

    async def add(self, source: str, content: bytes, collection: str = "default") -> Document:
        """Upload and wait."""
        received = await self.ingest.receive(SCOPE, collection=collection, source=source, stream=stream(content))
        return await self.ends(received.document.id)


async def stream(content: bytes) -> AsyncIterator[bytes]:
    """Give bytes in pieces."""
    for start in range(0, len(content), 65536):
        yield content[start : start + 65536]


@asynccontextmanager
async def rooms(
    home: Path,
    *,
    index: SearchIndex | None = None,
    jobs: Callable[[Database], JobQueue] | None = None,
    settings: IngestSettings | None = None,
    checkpoint: Callable[[str], None] = lambda _: None,
    work: bool = True,
    embedders: Embedders | None = None,
    writer: ChatModel | None = None,
    guard: GuardSettings | None = None,
    database: Database | None = None,
    blobs: BlobStore | None = None,
) -> AsyncIterator[Rooms]:
    """Open the rooms over a folder, and close them in order."""
    db = database or Database(sqlite_with_tables(home / "pincite.db"))
    if database is not None:
        async with db.engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
    blobs = blobs or BlobStore(str(home / "blobs"))
    library = Library(db, blobs)
    reader = DocumentReader(guard or GuardSettings())
    engine = index or MemoryIndex()
    queue = jobs(db) if jobs else MemoryQueue()
    parts = IngestParts(library, blobs, reader, embedders or Embedders(StaticEmbedder()), engine, queue, writer)
    service = IngestService(parts, settings or IngestSettings(retry_wait_s=0.01, sweep_s=0.5), checkpoint=checkpoint)
    IngestTasks(service).register(queue)
    await queue.start(work=work)
    if work:
        await service.start()
    try:
        yield Rooms(db, library, blobs, engine, queue, service)
    finally:
        await service.stop()
        await queue.stop()
        await reader.close()
        await db.close()
