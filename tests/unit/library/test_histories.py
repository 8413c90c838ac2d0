"""Random histories of uploads, publications, failures and removals against a naive model of what must be true."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pincite.core import Conflict, Database, NotFound, Scope, Table
from pincite.core.blobs import BlobStore
from pincite.guard import FileType, PageText
from pincite.library import Chunk, Library, Problem, RegisterOutcome, Revision, RevisionOvertaken, RevisionState

SOURCES = ("a", "a", "a", "b")
DATA = (b"1", b"2", b"3")
# Publications of one of the last two revisions come often, so that histories get to where revisions meet.
VERBS = ("read", "publish", "ready", "ready", "ready", "fail", "early", "retry")
STEPS = st.one_of(
    st.tuples(st.just("upload"), st.sampled_from(SOURCES), st.sampled_from(DATA)),
    st.tuples(st.sampled_from(VERBS), st.sampled_from(SOURCES), st.integers(0, 1)),
    st.tuples(st.sampled_from(["remove", "purge"]), st.sampled_from(SOURCES), st.just(0)),
)
WEIGHTED = st.one_of(STEPS, STEPS, st.tuples(st.just("upload"), st.just("a"), st.sampled_from(DATA)))
SCOPE = Scope("t", "u", roles=frozenset({"owner"}))


@dataclass
class Rev:
    """The model's revision."""

    id: str
    document: str
    data: bytes
    state: str = "queued"
    chunks: set[str] = field(default_factory=set)
    pages: int = 0
    superseded_by: "Rev | None" = None


@dataclass
class Doc:
    """The model's document."""

    id: str
    revisions: list[Rev] = field(default_factory=list)
    serving: Rev | None = None


class World:
    """Does each step to the library and to the model, and compares what readers can see."""

    def __init__(self, library: Library, blobs: BlobStore) -> None:
        self.library = library
        self.blobs = blobs
        self.live: dict[str, Doc] = {}
        self.removed: list[Doc] = []
        self.purged: list[Doc] = []

    async def upload(self, source: str, data: bytes) -> None:
        async def once() -> AsyncIterator[bytes]:
            yield data

        blob = await self.blobs.put(SCOPE, once(), max_bytes=10)
        got = await self.library.register_upload(
            SCOPE, collection="default", source=source, blob=blob, file_type=FileType.TEXT
        )
        doc = self.live.get(source)
        if doc is None:
            assert got.outcome is RegisterOutcome.CREATED
            doc = self.live[source] = Doc(got.document.id)
        elif doc.revisions[-1].data == data:
            assert got.outcome is RegisterOutcome.UNCHANGED
            latest = doc.revisions[-1]
            assert got.revision.id == latest.id
            latest.state = "queued" if latest.state == "failed" else latest.state
            assert got.needs_work == (latest.state == "queued")
            return
        else:
            assert got.outcome is RegisterOutcome.REVISED
        assert got.needs_work
        doc.revisions.append(Rev(got.revision.id, doc.id, data))
        assert got.revision.number == len(doc.revisions)

    def pick(self, source: str, which: int) -> tuple[Doc, Rev] | None:
        doc = self.live.get(source)
        return None if doc is None else (doc, doc.revisions[-1 - which % len(doc.revisions)])

    async def read(self, source: str, which: int) -> None:
        if (picked := self.pick(source, which)) is None:
            return
        doc, rev = picked
        refused = False
        try:
            await self.library.set_state(SCOPE, rev.id, RevisionState.EXTRACTING)
            await self.library.save_pages(SCOPE, rev.id, [PageText(1, "1", "text"), PageText(2, "2", "more")])
            stored = await self.library.document(SCOPE, doc.id)
            chunks = [
                Chunk(f"{rev.id}.{n}", rev.id, doc.id, stored.collection_id, n, "text", (), 1, 0, 1, 4) for n in (0, 1)
            ]
            await self.library.save_chunks(SCOPE, rev.id, chunks)
            await self.library.set_state(SCOPE, rev.id, RevisionState.EMBEDDING)
        except RevisionOvertaken:
            refused = True
        assert refused == (rev.state in {"ready", "failed", "superseded"})
        if not refused:
            rev.state, rev.chunks, rev.pages = "embedding", {f"{rev.id}.0", f"{rev.id}.1"}, 2

    async def publish(self, source: str, which: int) -> None:
        if (picked := self.pick(source, which)) is None:
            return
        doc, rev = picked
        older = doc.revisions[: doc.revisions.index(rev)]
        try:
            superseded = await self.library.publish(SCOPE, rev.id)
        except RevisionOvertaken:
            assert rev.state not in {"embedding", "ready"}
            return
        assert rev.state in {"embedding", "ready"}
        if rev.state == "embedding":
            for old in older:
                if old.state != "superseded":
                    old.state, old.chunks, old.superseded_by = "superseded", set(), rev
        assert list(superseded) == [r.id for r in older if r.superseded_by is rev]
        rev.state, doc.serving = "ready", rev

    async def ready(self, source: str, which: int) -> None:
        await self.read(source, which)
        await self.publish(source, which)

    async def fail(self, source: str, which: int) -> None:
        if (picked := self.pick(source, which)) is None:
            return
        doc, rev = picked
        try:
            await self.library.set_state(SCOPE, rev.id, RevisionState.FAILED, problem=Problem("x", "y"))
        except RevisionOvertaken:
            assert rev.state in {"ready", "superseded"}
            return
        assert rev.state not in {"ready", "superseded"}
        rev.state = "failed"
        if doc.serving is rev:
            doc.serving = None

    async def early(self, source: str, which: int) -> None:
        if (picked := self.pick(source, which)) is None:
            return
        doc, rev = picked
        serves = await self.library.serve_early(SCOPE, rev.id)
        if rev.state == "embedding" and doc.serving is None:
            doc.serving = rev
        assert serves == (doc.serving is rev)

    async def retry(self, source: str, which: int) -> None:
        doc = self.live.get(source)
        if doc is None:
            return
        latest = doc.revisions[-1]
        try:
            revision: Revision = await self.library.retry(SCOPE, doc.id)
        except Conflict:
            assert latest.state != "failed"
            return
        assert latest.state == "failed"
        assert revision.id == latest.id
        latest.state = "queued"

    async def remove(self, source: str, _: int) -> None:
        doc = self.live.pop(source, None)
        if doc is not None:
            removal = await self.library.remove(SCOPE, doc.id)
            assert list(removal.revision_ids) == [r.id for r in doc.revisions]
            self.removed.append(doc)

    async def purge(self, source: str, _: int) -> None:
        if source in self.live:
            try:
                await self.library.purge(SCOPE, self.live[source].id)
                raise AssertionError("a live document was purged")
            except Conflict:
                pass
        for doc in self.removed:
            await self.library.purge(SCOPE, doc.id)
        self.purged += self.removed
        self.removed = []

    async def compare(self) -> None:
        everything = [*self.live.values(), *self.removed, *self.purged]
        served = {c for doc in self.live.values() if doc.serving for c in doc.serving.chunks}
        all_chunks = [f"{r.id}.{n}" for doc in everything for r in doc.revisions for n in (0, 1)]
        assert set(await self.library.hydrate(SCOPE, all_chunks)) == served
        listed = {d.source: d for d in (await self.library.documents(SCOPE)).items}
        assert set(listed) == set(self.live)
        for source, doc in self.live.items():
            document = listed[source]
            assert document.serving == (doc.serving.id if doc.serving else None)
            assert (document.latest.id, document.latest.state) == (doc.revisions[-1].id, doc.revisions[-1].state)
            for rev in doc.revisions:
                assert (await self.library.revision(SCOPE, rev.id)).state == rev.state
                assert len(await self.library.pages(SCOPE, rev.id)) == rev.pages
        for doc in [*self.removed, *self.purged]:
            for rev in doc.revisions:
                try:
                    await self.library.revision(SCOPE, rev.id)
                    raise AssertionError("a removed revision was found")
                except NotFound:
                    pass
        needed = {r.data for doc in [*self.live.values(), *self.removed] for r in doc.revisions}
        assert len([b async for b in self.blobs.list(SCOPE)]) == len(needed)
        changes = {
            c.removed_id or (c.document.id if c.document else ""): c for c in await self.library.changes(SCOPE, 0)
        }
        assert set(changes) == {doc.id for doc in everything}
        assert {i for i, c in changes.items() if c.removed_id} == {d.id for d in [*self.removed, *self.purged]}
        assert await self.library.check(SCOPE, repair=False) == ()


@given(st.lists(WEIGHTED, min_size=5, max_size=30))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_library_agrees_with_a_naive_model(steps: list[tuple[str, str, bytes | int]]) -> None:
    async def live_through(folder: str) -> None:
        database = Database(f"sqlite+aiosqlite:///{folder}/x.db")
        async with database.engine.begin() as connection:
            await connection.run_sync(Table.metadata.create_all)
        blobs = BlobStore(f"{folder}/blobs")
        world = World(Library(database, blobs), blobs)
        for verb, source, argument in steps:
            await getattr(world, verb)(source, argument)
        await world.compare()
        await database.close()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_through(folder))
