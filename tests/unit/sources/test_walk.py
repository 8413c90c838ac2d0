"""How the items of a place are handed on: small files together, and what one does is no other's trouble."""

from pathlib import Path

from sqlalchemy import text
from tests.unit.sources.kept import QUICK, kept


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
        async with opened.rooms.db.read() as session:
            jobs = (await session.scalars(text("SELECT job FROM library_revisions"))).all()
        assert len(jobs) == 30
        assert len(set(jobs)) == 1, "one piece of work reads all of them"
        texts = await opened.texts()
        assert len(texts) == 30
        assert opened.passed.count("sync.kept") == 1
