"""How the items of a place are handed on: small files together, and what one does is no other's trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import QUICK, Kept, kept

from pincite.core import Conflict
from pincite.core.scope import EVERY_TENANT
from pincite.sources import LIVE_RUNS, RunState, walk
from pincite.sources.domain import Counts, Found, SourceUnreachable


async def test_small_files_are_read_together_and_one_that_cannot_be_read_holds_up_none(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(30):
        (folder / f"note-{number:02d}.md").write_text(f"# Note {number}\n\nThe valve of unit {number} is red.\n")
    (folder / "empty.md").write_text("")
    home = tmp_path / "home"
    home.mkdir()
    async with kept(home, settings=QUICK) as opened:
        await opened.add("folder", str(folder))
        done = await opened.sync()
        assert (done.run.counts.added, done.run.counts.failed) == (30, 1)
        async with opened.rooms.db.read(EVERY_TENANT) as session:
            jobs = (await session.scalars(text("SELECT job FROM library_revisions"))).all()
        assert len(jobs) == 30
        assert len(set(jobs)) == 1, "one piece of work reads all of them"
        texts = await opened.texts()
        assert len(texts) == 30
        assert opened.passed.count("sync.kept") == 1


def pieces_of(good: bool, reads: list[bool], takes_s: float = 0.01) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        reads.append(good)
        await asyncio.sleep(takes_s)
        if not good:
            raise SourceUnreachable("The thing could not be had.", remedy="Try again.")
        yield f"# Note\n\nThe valve of unit {len(reads)} is red.\n".encode()

    return pieces


@asynccontextmanager
async def showing(shown: list[Found], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    """Open a source whose place shows what is in the list."""

    class Patchy:
        one_by_one = False
        forgets = True
        partly = None

        async def find(self, _recall: Any) -> AsyncIterator[Found]:
            for each in shown:
                yield each

    monkeypatch.setattr(walk, "opened", lambda *_: Patchy())
    (tmp_path / "empty").mkdir()
    home = tmp_path / "home"
    home.mkdir()
    # One job for a run: in the next what failed before says nothing new.
    async with kept(home, settings=replace(QUICK, portion_s=60)) as opened:
        await opened.add("folder", str(tmp_path / "empty"))
        yield opened


@pytest.mark.parametrize(("every", "state", "most"), [(2, "done", 30), (100, "failed", 8)])
async def test_a_place_is_down_when_so_many_things_in_a_row_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, state: str, most: int
) -> None:
    """Of a place where every second thing can be had the rest is brought in; one that is down is not asked on."""
    reads: list[bool] = []
    shown = [Found(f"{n:02d}", f"note-{n:02d}.md", "1", pieces_of(n % every == every - 1, reads)) for n in range(30)]
    async with showing(shown, tmp_path, monkeypatch) as opened:
        done = await opened.sync()
        assert (done.run.state, len(reads) <= most) == (state, True)
        assert done.run.counts.added == (15 if every == 2 else 0)


async def test_things_that_cannot_be_had_between_those_that_are_as_they_were_do_not_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [Found(f"{n:02d}", f"note-{n:02d}.md", "1", pieces_of(True, [])) for n in range(20)]
    async with showing(shown, tmp_path, monkeypatch) as opened:
        assert (await opened.sync()).run.counts.added == 20
        for number in range(0, 18, 3):  # six of them, each behind two that did not change
            shown[number] = Found(f"{number:02d}", f"note-{number:02d}.md", "2", pieces_of(False, []))
        shown[19] = Found("19", "note-19.md", "2", pieces_of(True, [True]))
        for changed in (1, 0):
            done = await opened.sync()
            counts = done.run.counts
            assert (done.run.state, counts.changed, counts.failed, done.items) == ("done", changed, 6, 20)


async def test_the_run_after_one_that_ended_early_passes_by_what_it_failed_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Side by side, too: what could not be had before says nothing new of a place where the rest can be had."""
    # Several are read at once: what cannot be had takes longer, so that nothing that can be comes in between.
    shown = [
        Found(f"{n:02d}", f"note-{n:02d}.md", "1", pieces_of(n < 10, [], 0.01 if n < 10 else 3)) for n in range(16)
    ]
    async with showing(shown, tmp_path, monkeypatch) as opened:
        first = await opened.sync()
        assert (first.run.state, first.run.counts.added) == ("failed", 10)
        second = await opened.sync()
        assert (second.run.state, second.run.counts.failed, second.items) == ("done", 6, 10)


def said(text: str) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        yield text.encode()

    return pieces


async def test_two_things_whose_names_are_one_are_two_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However alike: what the library makes one of (blanks, slashes, composed letters) is told apart before."""
    names = ["a/b.txt", "a//b.txt", "a/./b.txt", "a\\b.txt", "\u00e9.txt", "e\u0301.txt", "no-ending", " no-ending"]
    shown = [Found(name, name, "1", said(f"Thing {number} is red.")) for number, name in enumerate(names)]
    async with showing(shown, tmp_path, monkeypatch) as opened:
        assert (await opened.sync()).items == 8
        texts = await opened.texts()
        assert len(texts) == 8
        assert {"place/a/b.txt", "place/\u00e9.txt", "place/no-ending"} < texts.keys()
        assert sum(name.startswith("place/a/b~") and name.endswith(".txt") for name in texts) == 3
        assert len(set(texts.values())) == 8
        shown.reverse()
        shown.pop()  # the one that has the name
        shown[0] = Found(shown[0].key, shown[0].name, "2", said("Thing 7 is blue."))
        done = await opened.sync()
        counts = done.run.counts
        assert (counts.added, counts.changed, counts.removed, done.items) == (0, 1, 1, 7)
        after = await opened.texts()
        assert after.keys() == texts.keys() - {"place/a/b.txt"}


async def test_a_source_whose_collection_is_gone_says_so_and_can_be_removed(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("The valve of unit 7 is red.")
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home") as room:
        source = await room.add("folder", str(folder))
        await room.sync()
        for document in (await room.rooms.library.documents(SCOPE, limit=10)).items:
            await room.rooms.ingest.remove(SCOPE, document.id)
        async with asyncio.timeout(20):
            while True:
                with suppress(Conflict):  # what was just removed is gone in a moment
                    await room.rooms.library.delete_collection(SCOPE, source.collection)
                    break
                await asyncio.sleep(0.05)
        done = await room.sync()
        assert done.run.trouble is not None
        assert (done.run.state, done.run.trouble.code) == (RunState.FAILED, "collection-gone")
        await room.sources.remove(SCOPE, "place", documents=True)
        async with asyncio.timeout(20):
            while await room.sources.sources(SCOPE):
                await asyncio.sleep(0.02)


async def test_what_a_run_has_found_is_told_while_it_runs(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(70):
        (folder / f"note-{number:02d}.md").write_text(f"The valve of unit {number} is red.")
    (folder / "empty.md").write_text("")
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home", settings=replace(QUICK, portion_s=60)) as room:
        await room.add("folder", str(folder))
        for _ in range(2):
            told: list[Counts] = []
            await room.sources.sync(SCOPE, "place")
            while (found := await room.sources.source(SCOPE, "place")).run.state in LIVE_RUNS:
                told.append(found.run.counts)
                await asyncio.sleep(0)
            assert (found.run.counts.found, found.run.counts.failed) == (71, 1)
            assert [each for each in told if each.found < each.added + each.failed or each.found > 71] == []


async def test_a_run_adds_none_while_many_documents_wait(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(8):
        (folder / f"note-{number}.md").write_text(f"The valve of unit {number} is red.")
    (tmp_path / "home").mkdir()
    few = replace(QUICK, batch=2, portion_s=0, waiting=4)
    async with kept(tmp_path / "home", settings=few) as room:
        await room.add("folder", str(folder))
        await room.sources.sync(SCOPE, "place")
        most = 0
        while (found := await room.sources.source(SCOPE, "place")).run.state in LIVE_RUNS:
            most = max(most, await room.rooms.library.count_unfinished(SCOPE))
            await asyncio.sleep(0)
        assert (found.run.state, found.items, most <= 5) == (RunState.DONE, 8, True)
