"""A backup taken while the server works brings everything back: documents, answers and pins."""

import time
from pathlib import Path

import httpx2
import pytest
from tests.flow.conftest import settled, upload

from pincite.answers import AskRequest
from pincite.app.backup import UnusableBackup, read_backup, write_backup
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Conflict, InvalidInput
from pincite.core.database import IDLE_IN_TRANSACTION_MS

RULES = b"# Ferry rules\n\nThe ferry to Hven leaves at nine every morning.\n"


def _quiet(_name: str, _count: int) -> None:
    """No progress bar in a test."""


async def test_what_was_backed_up_answers_again(client: httpx2.AsyncClient, house: House, tmp_path: Path) -> None:
    uploaded = (await upload(client, "rules.md", RULES)).json()["items"][0]
    await settled(client, uploaded["id"])
    before = (await client.post("/v1/answers", json={"question": "When does the ferry leave?"})).json()
    target = tmp_path / "backup.tar"
    report = await write_backup(house.database, house.blobs, await house.system_scopes(), target, _quiet)
    assert report.blobs == 1

    settings = read_settings(home=tmp_path / "restored", model="none", log_level="error")
    async with open_house(settings, bootstrap=False) as other:
        await read_backup(other.database, other.blobs, target, _quiet)
        await other.reindex(lambda _: None)
        scope = await other.owner()
        again = await other.ask(scope, AskRequest("When does the ferry leave?"))
        assert again["answer"] == before["answer"]
        assert [pin["spans"] for pin in again["pins"]] == [pin["spans"] for pin in before["pins"]]
        kept = await other.answers.get(scope, before["id"])
        assert kept.question == "When does the ferry leave?"
        assert (await other.fsck(repair=False, strict=True, deep=True))["findings"] == []
        (kept_log,) = await house.audit.verify()
        assert [each.problem for each in await other.audit.verify(expect=kept_log.hash)] == [None]
        with pytest.raises(Conflict):
            await read_backup(other.database, other.blobs, target, _quiet)


@pytest.mark.postgres
async def test_a_backup_of_postgres_may_take_its_time_between_two_tables(
    pincite_home: Path, postgres_url: str, tmp_path: Path
) -> None:
    def slowly(name: str, _count: int) -> None:
        if name == "accounts_users":
            time.sleep(IDLE_IN_TRANSACTION_MS / 1000 + 1)  # as a table of gigabytes takes to be copied

    settings = read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings) as house:
        scopes = await house.system_scopes()
        report = await write_backup(house.database, house.blobs, scopes, tmp_path / "backup.tar", slowly)
    assert report.rows > 0


async def test_a_damaged_backup_is_refused(house: House, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tar"
    damaged.write_bytes(b"not a tar file at all" * 100)
    async with open_house(read_settings(home=tmp_path / "other", log_level="error"), bootstrap=False) as other:
        with pytest.raises(UnusableBackup):
            await read_backup(other.database, other.blobs, damaged, _quiet)


async def test_a_backup_never_overwrites(house: House, tmp_path: Path) -> None:
    target = tmp_path / "there.tar"
    target.write_bytes(b"kept")
    with pytest.raises(Conflict):
        await write_backup(house.database, house.blobs, [], target, _quiet)
    assert target.read_bytes() == b"kept"


async def test_a_backup_that_cannot_be_written_says_so(house: House, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        await write_backup(house.database, house.blobs, [], tmp_path / "nowhere" / "backup.tar", _quiet)
    assert "No such file or directory" in refused.value.message
    assert refused.value.remedy


async def test_a_backup_is_for_its_owner_alone(house: House, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    await write_backup(house.database, house.blobs, [], target, _quiet)
    assert target.stat().st_mode & 0o777 == 0o600, "everybody's documents are in it"
