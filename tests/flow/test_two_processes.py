"""Two processes: one answers what the other reads, at every moment; on PostgreSQL one follows what the other answers,
and a backup of it comes back on SQLite.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import settled, signed_in, upload
from tests.forked import Forked, command

from pincite.app.backup import read_backup, write_backup
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import House, open_house

RULES = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine every morning.\n"


@pytest.fixture
def settings(pincite_home: Path, postgres_url: str) -> Settings:
    return read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with open_house(settings, work=True) as opened:
        yield opened


@pytest.mark.postgres
async def test_one_follows_the_other_and_a_backup_changes_the_database(
    client: httpx2.AsyncClient, house: House, settings: Settings, tmp_path: Path
) -> None:
    assert not house.database.is_sqlite
    assert house.settings.jobs_sql_url.startswith("postgresql://")
    uploaded = (await upload(client, "rules.md", RULES)).json()["items"][0]
    assert (await settled(client, uploaded["id"]))["state"] == "ready"
    begun = await client.post("/v1/answers", json={"question": "When does the ferry leave?", "stream": True})
    answer_id = begun.json()["id"]
    stream = await client.get(f"/v1/answers/{answer_id}/events", timeout=60)
    assert stream.text.count("event: answer.completed") == 1
    answer = (await client.get(f"/v1/answers/{answer_id}")).json()
    assert "nine every morning" in answer["answer"]
    assert answer["pins"]

    # Another process on the same database tails what this one answers.
    async with open_house(settings) as other:
        scope = await other.owner()
        begun = await client.post("/v1/answers", json={"question": "When does the ferry leave?", "stream": True})
        names = [event.name async for event in other.answers.events(scope, begun.json()["id"])]
        assert names[0] == "answer.started"
        assert names[-1] == "answer.completed"

    target = tmp_path / "backup.tar"
    await write_backup(house.database, house.blobs, await house.system_scopes(), target, lambda _name, _done: None)
    sqlite = read_settings(home=tmp_path / "restored", model="none", log_level="error")
    async with open_house(sqlite, bootstrap=False) as restored:
        await read_backup(restored.database, restored.blobs, target, lambda _name, _done: None)
        await restored.reindex(lambda _: None)
        assert (await restored.answers.get(await restored.owner(), answer_id)).text == answer["answer"]
        assert (await restored.fsck(repair=False, strict=True, deep=True))["findings"] == []
    assert (await house.fsck(repair=False, strict=True, deep=True))["findings"] == []
    await house.remove_and_wait(await house.owner(), "rules.md")
    assert (await client.get("/v1/search", params={"q": "ferry"})).json()["hits"] == []


async def test_a_document_that_another_process_replaces_is_found_all_the_while(pincite_home: Path) -> None:
    environment = {**os.environ, "PINCITE_HOME": str(pincite_home), "PINCITE_MODEL": "none"}
    worker = Forked(command, (["worker"],), environment)
    try:
        settings = read_settings(home=pincite_home, model="none", log_level="error")
        async with open_house(settings) as house, signed_in(house) as client:
            first = (await upload(client, "rules.md", RULES)).json()["items"][0]
            await settled(client, first["id"])
            assert len(await _hits(client)) == 1, "it is ready and not found"
            for edition in range(4):
                changed = RULES + f"\nEdition {edition} of the rules.\n".encode()
                await upload(client, "rules.md", changed)
                async with asyncio.timeout(30):
                    while f"Edition {edition}" not in (hits := await _hits(client))[0]["text"]:
                        assert len(hits) == 1
    finally:
        worker.terminate()
        worker.wait(20)


async def _hits(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/v1/search", params={"q": "ferry"})).json()["hits"]
    assert found, "it is in no answer while it is replaced"
    return found


async def test_a_database_that_cannot_be_reached_is_said(pincite_home: Path) -> None:
    from pincite.core import Unavailable

    nowhere = read_settings(home=pincite_home, database_url="postgresql://u:hidden@127.0.0.1:1/x", log_level="error")
    with pytest.raises(Unavailable, match="cannot be reached") as raised:
        async with open_house(nowhere):
            pass
    assert "hidden" not in str(raised.value)
    assert raised.value.remedy
