"""The strict check finds every kind of damage between rows, and nothing where all is well or being written."""

from pathlib import Path

import pytest
from sqlalchemy import text as sql
from tests.unit.ingest.rooms import SCOPE, rooms
from tests.unit.ingest.test_service import SMALL, text
from tests.unit.ingest.test_stopping import upload

from pincite.core.scope import EVERY_TENANT
from pincite.library import RevisionState


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("DELETE FROM library_pages WHERE number = 2", "pages-missing"),
        ("UPDATE library_pages SET text = replace(text, 'valve', 'valfe') WHERE number = 1", "chunks-differ"),
        ("DELETE FROM library_chunks WHERE ordinal = 1", "chunks-missing"),
        ("UPDATE library_chunks SET end_offset = end_offset + 1 WHERE ordinal = 0", "chunks-differ"),
    ],
)
async def test_damage_is_found(tmp_path: Path, damage: str, code: str) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        await opened.add("valves.txt", text("valve"))
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
        async with opened.db.transaction(EVERY_TENANT) as tx:
            await tx.execute(sql(damage))
        report = await opened.ingest.fsck(SCOPE, repair=False, strict=True)
        assert code in {finding.code for finding in report.findings}


async def test_what_is_being_read_or_rests_is_no_damage(tmp_path: Path) -> None:
    async with rooms(tmp_path, settings=SMALL) as opened:
        documents = [await upload(opened, f"{number}.txt", text("valve", 300)) for number in range(3)]
        await opened.ingest.pause(SCOPE, chosen=[documents[0].id])
        await opened.ingest.cancel(SCOPE, chosen=[documents[1].id])
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
        assert (await opened.ends(documents[2].id)).latest.state is RevisionState.READY
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean
