"""What buckets list that is no object or is not given away, and what goes while it is read."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.doubles.bucket import Bucket, serving_bucket
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import Kept, kept

from pincite.sources import RunState


@asynccontextmanager
async def synced(tmp_path: Path, objects: Mapping[str, bytes]) -> AsyncIterator[tuple[Bucket, Kept]]:
    """Open a bucket of these objects and a source of what is below `docs`."""
    async with serving_bucket("AKTEST") as bucket:
        bucket.objects = dict(objects)
        host = f"127.0.0.1:{bucket.port}"
        async with kept(tmp_path, allowed=[host]) as room:
            room.secrets.update({"ID": "AKTEST", "KEY": "s"})
            await room.add("bucket", "s3://papers/docs", endpoint=f"http://{host}", key_id="ID", key="KEY")
            yield bucket, room


async def test_folders_that_a_console_made_are_no_documents(tmp_path: Path) -> None:
    objects = {f"docs/{year}/": b"" for year in range(2018, 2025)}
    objects |= {f"docs/{year}/report.txt": f"Report of {year}.".encode() for year in range(2018, 2025)}
    objects |= {"docs/": b"", "docs/empty.txt": b"", "docs/2018": b"An object of a folder's name."}
    async with synced(tmp_path, objects) as (bucket, room):
        first = await room.sync()
        assert (first.run.state, first.run.trouble) == (RunState.DONE, None)
        assert (first.run.counts.added, first.run.counts.failed, first.items) == (8, 1, 8)
        troubled = await room.sources.troubled(SCOPE, "place")
        assert [(each.name, each.trouble and each.trouble.code) for each in troubled] == [
            ("place/empty.txt", "empty-upload")
        ]
        assert len(bucket.missed) == 6
        again = await room.sync()
        assert (again.run.state, again.run.counts.added, again.items) == (RunState.DONE, 0, 8)
        assert len(bucket.missed) == 6, "they are remembered"
        bucket.objects["docs/2018"] = b"Another content."
        assert (await room.sync()).run.counts.changed == 1


async def test_an_object_that_goes_while_the_bucket_is_read_goes_with_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = {f"docs/{number}.txt": f"Valve {number} is red.".encode() for number in range(3)}
    async with synced(tmp_path, objects) as (bucket, room):
        listed = bucket._list
        monkeypatch.setattr(Bucket, "_list", lambda self, asked: (listed(asked), self.objects.pop("docs/1.txt", 0))[0])
        done = await room.sync()
        assert (done.run.state, done.run.trouble, done.items) == (RunState.DONE, None, 2)
        assert await room.sources.troubled(SCOPE, "place") == []


async def test_objects_that_are_not_given_away_do_not_make_the_bucket_one_that_is_down(tmp_path: Path) -> None:
    objects = {f"docs/{number:02}.txt": f"Valve {number} is red.".encode() for number in range(16)}
    async with synced(tmp_path, objects) as (bucket, room):
        bucket.archived = {f"docs/{number:02}.txt" for number in range(3, 12)}
        done = await room.sync()
        assert (done.run.state, done.run.trouble, done.run.counts.failed, done.items) == (RunState.DONE, None, 9, 7)
        troubled = await room.sources.troubled(SCOPE, "place")
        assert {each.trouble and each.trouble.code for each in troubled} == {"item-refused"}
        bucket.archived = set()
        assert (await room.sync()).items == 16


async def test_a_prefix_that_holds_nothing_is_said_and_what_programs_leave_is_not_read(tmp_path: Path) -> None:
    async with synced(tmp_path, {"docs/~$plan.docx": b"\x05Ann", "other/a.txt": b"Elsewhere."}) as (bucket, room):
        done = await room.sync()
        assert (done.run.state, done.items) == (RunState.DONE, 0)
        assert done.run.trouble is not None
        assert (done.run.trouble.code, "docs" in done.run.trouble.message) == ("nothing-found", True)
        bucket.objects["docs/a.txt"] = b"The valve is red."
        assert ((after := await room.sync()).items, after.run.trouble) == (1, None)


@pytest.mark.parametrize("key", ["docs//a.txt", "docs/./a.txt", "docs/../a.txt"])
async def test_a_key_that_cannot_be_asked_for_is_named(tmp_path: Path, key: str) -> None:
    async with synced(tmp_path, {"docs/good.txt": b"Good.", key: b"Not to be had."}) as (_, room):
        failed = await room.sync()
        assert failed.run.trouble is not None
        assert (failed.run.state, key in failed.run.trouble.message) == (RunState.FAILED, True), failed.run.trouble
