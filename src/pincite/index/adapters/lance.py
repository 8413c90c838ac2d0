"""The search engine on LanceDB: one table per tenant and generation, BM25 and vectors side by side.

Upkeep of the indexes is in `lance_upkeep.py`, the table's shape in `lance_schema.py`.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportUnknownLambdaType=false
# (pyarrow and parts of lancedb come without types)

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from pincite.core import Scope, StorageFull, Unavailable, get_logger
from pincite.core.batched import batched
from pincite.index.adapters import lance_memory, lance_sums
from pincite.index.adapters import lance_schema as shape
from pincite.index.adapters.lance_engine import MatchQuery, lancedb
from pincite.index.adapters.lance_upkeep import create_indexes, drop_versions, rewrite, upkeep
from pincite.index.domain import Filter, Generation, Hit, Point, Vector
from pincite.index.settings import IndexSettings, in_bucket

log = get_logger(__name__)
T = TypeVar("T")
_IDS = ["chunk_id", "document_id", "revision_id"]
_COUNTS_KEPT, _COUNTED_AGAIN = 4096, 16
_DELETED_AT_ONCE = 200
_ENDS_S = 5.0
# Six bits a number need no refining from full vectors (recall@100 .98 at 100k, p50 5 ms; refined: .999, 8 ms).
_PROBES = 50


@dataclass(slots=True)
class _Open:
    """A table in use: its handle, its upkeep lock, how many rows each predicate matched and at which version."""

    table: Any
    upkeep: asyncio.Lock = field(default_factory=asyncio.Lock)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])


class LanceIndex:
    """`SearchIndex` on LanceDB tables in a folder or bucket. Several processes may use one at the same time.

    Args:
        uri: a folder, or `s3://`, `gs://`, `az://`.
        settings: thresholds and timeouts.
    """

    def __init__(self, uri: str, settings: IndexSettings | None = None) -> None:
        self._uri = uri
        self._settings = settings or IndexSettings()
        self._connection: Any = None
        self._tables: dict[str, _Open] = {}
        self._opening = asyncio.Lock()
        self._going: set[asyncio.Future[Any]] = set()  # the event loop alone would let them go
        lance_memory.share()  # before the engine starts its threads

    @property
    def settles_s(self) -> float:
        """How long after a write searches in other processes may not see it."""
        return self._settings.settles_s(self._uri)

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        """Upsert by chunk id. Raises: InvalidInput (a vector of the wrong shape), StorageFull, Unavailable."""
        if not points:
            return
        rows = await asyncio.to_thread(shape.to_arrow, points, generation)
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, self._settings.write_timeout_s):
            opened = await self._ensure(name, generation)
            merge = opened.table.merge_insert("chunk_id").when_matched_update_all().when_not_matched_insert_all()
            # By way of an index, it would not hold its new keys against those of writes at the same time.
            await self._written(merge.use_index(False).execute(rows))

    async def delete_revisions(self, scope: Scope, generation: Generation, revision_ids: Sequence[str]) -> None:
        """Remove the points of revisions. Raises: StorageFull, Unavailable."""
        for some in batched(revision_ids, _DELETED_AT_ONCE):
            await self._delete(scope, generation, shape.among("revision_id", some))

    async def delete_document(self, scope: Scope, generation: Generation, document_id: str) -> None:
        """Remove a document's points of every revision. Raises: StorageFull, Unavailable."""
        await self._delete(scope, generation, shape.equals("document_id", document_id))

    async def search_text(
        self, scope: Scope, generation: Generation, query: str, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the best by BM25, best first; nothing for a query without words. Raises: Unavailable."""
        asked = shape.asked(query, where, generation).strip()
        if not asked or where.matches_nothing or limit < 1:
            return []
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, self._settings.query_timeout_s):
            opened = await self._open(name)
            if opened is None:
                return []
            words = MatchQuery(asked, shape.BODY)  # pyright: ignore[reportCallIssue] (its defaults are not declared)
            search = await opened.table.search(words, query_type="fts")
            search = search.where(shape.predicate(where)).select([*_IDS, "_score"]).limit(limit)
            return _hits(await self._to_its_end(search.to_arrow()), "_score")
        return []

    async def search_vector(
        self, scope: Scope, generation: Generation, vector: Vector, where: Filter, limit: int
    ) -> list[Hit]:
        """Return the nearest by cosine similarity, best first; nothing for a zero vector. Raises: Unavailable."""
        if not vector.any() or where.matches_nothing or limit < 1:
            return []
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, self._settings.query_timeout_s):
            opened = await self._open(name)
            if opened is None:
                return []
            allowed = shape.predicate(where)
            search = opened.table.query().nearest_to(vector).column(shape.VECTOR).distance_type("cosine")
            if await self._count(opened, allowed) <= self._settings.exact_search_max_rows:
                search = search.bypass_vector_index()
            else:
                search = search.nprobes(_PROBES)
            search = search.where(allowed).select([*_IDS, "_distance"]).limit(limit)
            return _hits(await self._to_its_end(search.to_arrow()), "_distance")
        return []

    async def maintain(self, scope: Scope, generation: Generation) -> None:
        """Fold waiting rows into the indexes; searches and writes go on meanwhile. Raises: StorageFull, Unavailable."""
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, None):
            opened = await self._open(name)
            if opened is None:
                return
            async with opened.upkeep:
                await upkeep(opened.table, generation, self._settings)
                folder = self._folder_of(name)
                if folder is not None:
                    await asyncio.to_thread(lance_sums.note, folder)
                await asyncio.to_thread(lance_memory.give_back)

    async def scrub(self, scope: Scope, generation: Generation) -> None:
        """Write rows and indexes anew and drop all older versions. Raises: StorageFull, Unavailable."""
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, None):
            opened = await self._open(name)
            if opened is None:
                return
            async with opened.upkeep:
                await rewrite(opened.table, generation)
                await asyncio.sleep(self._settings.readers_leave_s)
                await drop_versions(opened.table)
                folder = self._folder_of(name)
                if folder is not None:
                    await asyncio.to_thread(lance_sums.note, folder)

    async def chunk_ids(self, scope: Scope, generation: Generation) -> AsyncIterator[tuple[str, str]]:
        """Yield (chunk id, revision id) of every point. Raises: Unavailable."""
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, None):
            opened = await self._open(name)
            if opened is None:
                return
            await opened.table.checkout_latest()
            batches = await opened.table.query().select(["chunk_id", "revision_id"]).to_batches()
            async for batch in batches:
                for chunk_id, revision_id in zip(batch["chunk_id"], batch["revision_id"], strict=True):
                    yield chunk_id.as_py(), revision_id.as_py()

    async def damaged(self, scope: Scope, generation: Generation) -> Sequence[str]:
        """Return the files whose checksum `maintain` noted and that is another by now; reads all of them."""
        folder = self._folder_of(shape.table_name(scope.tenant, generation))
        return [] if folder is None else await asyncio.to_thread(lance_sums.damaged, folder)

    async def vectors(self, scope: Scope, generation: Generation, revision_id: str) -> Mapping[str, Vector]:
        """Return the vectors of a revision's points by chunk id. Raises: Unavailable."""
        name = shape.table_name(scope.tenant, generation)
        found: dict[str, Vector] = {}
        async with self._errors(name, None):
            opened = await self._open(name)
            if opened is None:
                return found
            search = opened.table.query().where(shape.equals("revision_id", revision_id))
            for batch in (await self._to_its_end(search.select(["chunk_id", shape.VECTOR]).to_arrow())).to_batches():
                rows = np.asarray(batch[shape.VECTOR].flatten()).reshape(batch.num_rows, -1)
                found |= dict(zip(batch["chunk_id"].to_pylist(), rows, strict=True))
        return found

    async def drop(self, scope: Scope, generation: Generation) -> None:
        """Remove the whole table; a missing one is not an error. Raises: Unavailable."""
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, self._settings.write_timeout_s):
            self._forget(name)
            await (await self._connected()).drop_table(name, ignore_missing=True)

    async def _delete(self, scope: Scope, generation: Generation, where: str) -> None:
        name = shape.table_name(scope.tenant, generation)
        async with self._errors(name, self._settings.write_timeout_s):
            opened = await self._open(name)
            if opened is not None:
                await self._written(opened.table.delete(where))

    async def _count(self, opened: _Open, allowed: str) -> int:
        """How many rows a predicate matches, as of one of the last versions: only the size matters."""
        version = await opened.table.version()
        known = opened.counts.get(allowed)
        if known is not None and 0 <= version - known[0] < _COUNTED_AGAIN:
            return known[1]
        if len(opened.counts) >= _COUNTS_KEPT:
            opened.counts.clear()
        count = int(await self._to_its_end(opened.table.count_rows(allowed)))
        opened.counts[allowed] = (version, count)
        return count

    async def _connected(self) -> Any:
        if self._connection is None:
            self._connection = await lancedb.connect_async(
                self._uri,
                read_consistency_interval=timedelta(seconds=self.settles_s),
                session=lancedb.Session(
                    index_cache_size_bytes=self._settings.cache_bytes,
                    metadata_cache_size_bytes=self._settings.metadata_bytes,
                ),
            )
        return self._connection

    async def _open(self, name: str) -> _Open | None:
        """Return the table, or None while nobody has written to it."""
        opened = self._tables.get(name)
        if opened is not None:
            return opened
        async with self._opening:
            if name not in self._tables:
                connection = await self._connected()
                try:
                    self._tables[name] = _Open(await connection.open_table(name))
                except ValueError as error:
                    if "not found" not in str(error):
                        raise
                    return None
            return self._tables[name]

    async def _ensure(self, name: str, generation: Generation) -> _Open:
        """Return the table, made if it is missing; two processes may race to make it."""
        opened = await self._open(name)
        if opened is not None:
            return opened
        async with self._opening:
            if name not in self._tables:
                connection = await self._connected()
                table = await connection.create_table(name, schema=shape.schema(generation.dimensions), exist_ok=True)
                await create_indexes(table, generation)
                self._tables[name] = _Open(table)
            return self._tables[name]

    async def _to_its_end(self, work: Awaitable[T]) -> T:
        """Await the engine, which goes on where the caller is cancelled or out of time.

        A query that is broken off while it loads a part of an index leaves all others waiting for that part, for ever.
        """
        return await asyncio.shield(self._begun(work))

    async def _written(self, work: Awaitable[object]) -> None:
        """Await a write; who is cancelled meanwhile waits for its end, to take back all of what was written.

        What they delete before it has ended would be there again after.
        """
        task = self._begun(work)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait([task], timeout=_ENDS_S)
            raise

    def _begun(self, work: Awaitable[T]) -> asyncio.Future[T]:
        task = asyncio.ensure_future(work)
        self._going.add(task)
        task.add_done_callback(self._gone)
        return task

    def _gone(self, task: asyncio.Future[Any]) -> None:
        self._going.discard(task)
        if not task.cancelled():
            task.exception()  # who asked has heard of it, or has left

    def _folder_of(self, name: str) -> Path | None:
        """Return where a table's files are; None in a bucket, or where there are none yet."""
        folder = Path(self._uri.removeprefix("file://"), f"{name}.lance")
        return None if in_bucket(self._uri) or not folder.is_dir() else folder

    def _forget(self, name: str) -> None:
        self._tables.pop(name, None)

    @asynccontextmanager
    async def _errors(self, name: str, timeout_s: float | None) -> AsyncIterator[None]:
        """Turn the engine's errors into ours; a handle that failed is opened afresh by the next call."""
        try:
            with _Panics():
                async with asyncio.timeout(timeout_s):
                    yield
        except TimeoutError as error:
            raise Unavailable("The search index did not answer in time.", remedy="Try again.") from error
        except (RuntimeError, OSError, ValueError, pa.ArrowException) as error:
            self._forget(name)
            if "no space left" in str(error).lower():
                message = "The disk is full, so the search index was not changed."
                raise StorageFull(message, remedy="Free some space and try again.") from error
            # The engine names addresses, tenants and files: that is for whoever runs this, not for whoever asks.
            log.warning("search index failed", table=name, said=str(error)[:500])
            raise Unavailable("The search index could not be read.", remedy=self._remedy()) from error

    def _remedy(self) -> str:
        if in_bucket(self._uri):
            return "Try again; `pincite doctor` says whether the bucket of the search index can be reached."
        return "Try again; `pincite reindex` rebuilds the index."


class _Panics:
    """Turns a panic over damaged files, whose class cannot be imported to catch it, into an error."""

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        """Raises: RuntimeError, in place of a panic."""
        if kind is not None and kind.__name__ in {"RustPanic", "PanicException"}:
            raise RuntimeError("it stopped at what it read") from error


def _hits(rows: pa.Table, column: str) -> list[Hit]:
    ids = [rows[name].to_pylist() for name in _IDS]
    values = rows[column].to_pylist()
    scores = values if column == "_score" else [1.0 - value for value in values]
    found = [Hit(*each, score=float(score)) for *each, score in zip(*ids, scores, strict=True)]
    return sorted(found, key=lambda hit: (-hit.score, hit.chunk_id))
