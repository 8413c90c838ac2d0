"""How the items of a place are handed on: small files together, and what one does is no other's trouble."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.unit.sources.kept import QUICK, kept

from pincite.core.scope import EVERY_TENANT
from pincite.sources import walk
from pincite.sources.domain import Found, SourceUnreachable


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


def pieces_of(good: bool, reads: list[bool]) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        reads.append(good)
        await asyncio.sleep(0.01)
        if not good:
            raise SourceUnreachable("The thing could not be had.", remedy="Try again.")
        yield f"# Note\n\nThe valve of unit {len(reads)} is red.\n".encode()

    return pieces


@pytest.mark.parametrize(("every", "state", "most"), [(2, "done", 30), (100, "failed", 8)])
async def test_a_place_is_down_when_so_many_things_in_a_row_cannot_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, state: str, most: int
) -> None:
    """Of a place where every second thing can be had the rest is brought in; one that is down is not asked on."""
    reads: list[bool] = []

    class Patchy:
        one_by_one = False

        async def find(self, _recall: Any) -> AsyncIterator[Found]:
            for number in range(30):
                pieces = pieces_of(number % every == every - 1, reads)
                yield Found(f"{number:02d}", f"note-{number:02d}.md", "1", pieces)

    monkeypatch.setattr(walk, "opened", lambda *_: Patchy())
    (tmp_path / "empty").mkdir()
    home = tmp_path / "home"
    home.mkdir()
    async with kept(home, settings=QUICK) as opened:
        await opened.add("folder", str(tmp_path / "empty"))
        done = await opened.sync()
        assert (done.run.state, len(reads) <= most) == (state, True)
        assert done.run.counts.added == (15 if every == 2 else 0)
