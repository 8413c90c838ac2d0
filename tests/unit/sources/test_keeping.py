"""Chores of sources: what is wrong with one place is no other's trouble, and folders are followed all along."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import Kept, kept

from pincite.jobs import MemoryQueue
from pincite.sources import NewSource, RunState


async def looked_at(room: Kept, name: str) -> RunState:
    """Wait until a source was looked at by itself; returns how that ended."""
    async with asyncio.timeout(20):
        while (found := (await room.sources.source(SCOPE, name)).run.state) not in {RunState.DONE, RunState.FAILED}:
            await asyncio.sleep(0.02)
    return found


async def test_a_folder_that_cannot_be_looked_at_stops_no_other_source(tmp_path: Path) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "a.txt").write_text("The valve of unit 7 is red.")
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home", chores=True) as room:
        # The system refuses to say whether this is a folder, as it does of one behind a folder that may not be entered.
        await room.add("folder", f"/{'x' * 300}")
        assert await looked_at(room, "place") is RunState.FAILED
        said = (await room.sources.source(SCOPE, "place")).run.trouble
        assert said is not None
        assert (said.code, "cannot be looked at" in said.message) == ("source-unreachable", True)
        await asyncio.sleep(0.3)  # a few looks more
        later = NewSource("later", "folder", str(tmp_path / "good"), "kept", every_s=0)
        await room.sources.add(SCOPE, later, anywhere=True)
        assert await looked_at(room, "later") is RunState.DONE


class OneBroken(MemoryQueue):
    """A queue that fails, as nobody thought of, for the first source that it is given a job of."""

    first: str | None = None

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
        self.first = self.first or payload.get("source")
        if self.first is not None and payload.get("source") == self.first:
            raise RuntimeError("nobody thought of this")
        await super().enqueue(name, job_id, payload, priority=priority)


async def test_an_error_nobody_thought_of_of_one_source_stops_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "good"
    folder.mkdir()
    (folder / "a.txt").write_text("The valve of unit 7 is red.")
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home", jobs=lambda _: OneBroken(), chores=True) as room:
        await room.add("folder", str(folder))
        async with asyncio.timeout(20):
            while (await room.sources.source(SCOPE, "place")).run.state is not RunState.QUEUED:
                await asyncio.sleep(0.02)
        later = NewSource("later", "folder", str(folder), "kept", every_s=0)
        await room.sources.add(SCOPE, later, anywhere=True)
        assert await looked_at(room, "later") is RunState.DONE


async def holds(room: Kept, names: set[str]) -> None:
    """Wait until the source was looked at by itself and its documents have these names."""
    async with asyncio.timeout(20):
        while {name.removeprefix("place/") for name in await room.texts()} != names:
            await asyncio.sleep(0.05)


async def test_a_folder_that_comes_back_is_followed_again(tmp_path: Path) -> None:
    """As a disk does that is mounted anew, or a folder that is made beside and then put in its place."""
    folder, beside = tmp_path / "files", tmp_path / "beside"
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home", chores=True) as room:
        await room.add("folder", str(folder))  # not mounted yet
        await looked_at(room, "place")
        folder.mkdir()
        (folder / "a.txt").write_text("The valve of unit 7 is red.")
        await holds(room, {"a.txt"})
        beside.mkdir()
        for name in "ab":
            (beside / f"{name}.txt").write_text(f"The valve {name} is red.")
        folder.rename(tmp_path / "old")
        beside.rename(folder)
        await holds(room, {"a.txt", "b.txt"})
        (folder / "c.txt").write_text("Pumps are blue.")
        await holds(room, {"a.txt", "b.txt", "c.txt"})


async def test_names_that_are_in_no_unicode_end_no_watch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home", chores=True) as room:
        await room.add("folder", str(folder))
        await looked_at(room, "place")
        (folder / os.fsdecode(b"f\xfcr Anna.txt")).write_text("The valve of unit 7 is red.")
        await holds(room, {"f\u00fcr Anna.txt"})
        (folder / "b.txt").write_text("Pumps are blue.")
        await holds(room, {"f\u00fcr Anna.txt", "b.txt"})
    assert "Traceback" not in caplog.text
    assert "never retrieved" not in caplog.text
