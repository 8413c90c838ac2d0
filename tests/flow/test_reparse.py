"""Documents that an earlier version of the parsers read are read anew when that is asked for, and answer meanwhile."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.flow.conftest import settled, signed_in
from typer.testing import CliRunner

from pincite.app.cli.main import app
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.library import RevisionState

PUMP = b"# Pump\n\nThe pump holds 5 bar.\n"
ASKED = {"question": "How many bar does the pump hold?"}


async def sent(client: httpx2.AsyncClient, *names: str, collection: str = "default") -> list[str]:
    """Send documents one by one, each read by itself or with others; returns their ids once they are ready."""
    files = [("file", (name, PUMP + name.encode())) for name in names]
    reply = await client.post("/v1/documents", files=files, data={"collection": collection})
    assert reply.status_code == 202, reply.text
    ids = [each["id"] for each in reply.json()["items"]]
    for each in ids:
        assert (await settled(client, each))["state"] == "ready"
    return ids


async def age(house: House, *documents: str) -> None:
    """Let documents have been read by an earlier version."""
    async with house.database.transaction(await house.owner()) as tx:
        for each in documents:
            await tx.execute(text("UPDATE library_revisions SET read_by = '1' WHERE document_id = :id"), {"id": each})


async def asked(client: httpx2.AsyncClient, path: str, status: int = 202, **body: Any) -> Any:
    reply = await client.post(path, json=body)
    assert reply.status_code == status, reply.text
    return reply.json()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, pincite_home: Path) -> Any:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    return read_settings(home=pincite_home, database_url=url, model="none", log_level="error")


async def test_what_an_earlier_version_read_is_read_anew(settings: Any) -> None:
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        one, *many = await sent(client, *(f"pump-{n}.md" for n in range(5)))
        assert (await client.get("/v1/documents/reparse")).json() == {"documents": 0}
        assert await asked(client, "/v1/documents/reparse") == {"documents": [], "batch": None}
        before = (await client.get(f"/v1/documents/{one}")).json()
        answer = await asked(client, "/v1/answers", 200, **ASKED)
        await age(house, one, *many[:2])
        assert (await client.get("/v1/documents/reparse")).json() == {"documents": 3}
        done = await asked(client, "/v1/documents/reparse")
        assert sorted(done["documents"]) == sorted([one, *many[:2]])
        for each in done["documents"]:
            assert (await settled(client, each))["state"] == "ready"
        after = (await client.get(f"/v1/documents/{one}")).json()
        assert (after["revision_number"], after["serving_revision"]) == (2, after["revision"])
        assert after["revision"] != before["revision"]
        assert after["created_at"] == before["created_at"]
        assert (await client.get("/v1/documents/reparse")).json() == {"documents": 0}
        assert (await client.get(f"/v1/batches/{done['batch']}")).json()["counts"] == {"ready": 3}
        for pin in answer["pins"]:
            for span in pin["spans"]:
                passage = await client.get(f"/v1/passages/{span['revision']}/{span['page']}")
                assert passage.status_code == 200, "what was pinned before is still there"
                if span["document"] in done["documents"]:
                    later = passage.json()["superseded_by"]
                    assert (later["same_bytes"], later["revision"] == span["revision"]) == (True, False)
        assert (await asked(client, "/v1/answers", 200, **ASKED))["pins"]
        report = await house.ingest.fsck(await house.owner(), repair=False, deep=True, strict=True)
        assert report.clean, report.findings


async def test_the_old_text_answers_until_the_new_is_there(pincite_home: Path) -> None:
    settings = read_settings(home=pincite_home, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        (one,) = await sent(client, "pump.md")
    async with open_house(settings) as house, signed_in(house) as client:
        done = await asked(client, "/v1/documents/reparse", documents=[one], up_to_date=True)
        assert done["documents"] == [one]
        waiting = (await client.get(f"/v1/documents/{one}")).json()
        assert (waiting["state"], waiting["serving"]) == ("queued", True)
        assert (await asked(client, "/v1/answers", 200, **ASKED))["pins"]
        declined = await asked(client, "/v1/answers", 200, question="Who was the first emperor of Rome?")
        assert declined["abstained"]
        assert "pump.md" not in declined["answer"], "its bytes answer already"
        assert await asked(client, "/v1/documents/reparse", up_to_date=True, documents=[one]) == {
            "documents": [],
            "batch": None,
        }, "what waits is not queued twice"
        await asked(client, f"/v1/batches/{done['batch']}/cancel")
        assert (await asked(client, "/v1/answers", 200, **ASKED))["pins"]
        await asked(client, f"/v1/batches/{done['batch']}/retry")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        assert (await settled(client, one))["revision_number"] == 2


async def test_the_asker_says_which(pincite_home: Path) -> None:
    settings = read_settings(home=pincite_home, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        assert (await client.post("/v1/collections", json={"name": "law"})).status_code == 201
        here, there = await sent(client, "a.md"), await sent(client, "b.md", collection="law")
        await age(house, *here, *there)
        refused = await asked(client, "/v1/documents/reparse", 422, up_to_date=True)
        assert "collection" in refused["remedy"]
        await asked(client, "/v1/documents/reparse", 404, collection="none")
        assert (await asked(client, "/v1/documents/reparse", collection="law"))["documents"] == there
        assert (await settled(client, there[0]))["state"] == "ready"
        assert (await asked(client, "/v1/documents/reparse"))["documents"] == here
        assert (await settled(client, here[0]))["state"] == "ready"


async def test_without_room_nothing_is_half_done(pincite_home: Path) -> None:
    settings = read_settings(home=pincite_home, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        ids = await sent(client, *(f"pump-{n}.md" for n in range(3)))
        owner = await house.owner()
        await house.library.set_quota(owner, size_bytes=len(PUMP) * 4)
        refused = await asked(client, "/v1/documents/reparse", 507, documents=ids, up_to_date=True)
        assert "no room" in refused["title"]
        found = [await house.library.document(owner, each) for each in ids]
        assert [(each.latest.number, each.latest.state) for each in found] == [(1, RevisionState.READY)] * 3
        assert (await house.ingest.fsck(owner, repair=False, strict=True)).clean


def test_by_the_command_line(pincite_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_HOME", str(pincite_home))
    monkeypatch.setenv("PINCITE_MODEL", "none")
    (tmp_path / "pump.md").write_bytes(PUMP)
    runner = CliRunner()
    assert runner.invoke(app, ["add", str(tmp_path / "pump.md")]).exit_code == 0
    assert "0 to read anew" in runner.invoke(app, ["reparse"]).output
    refused = runner.invoke(app, ["reparse", "--up-to-date"])
    assert refused.exit_code != 0
    assert "1 to read anew" in runner.invoke(app, ["reparse", "pump.md", "--up-to-date", "--dry-run"]).output
    queued = runner.invoke(app, ["reparse", "pump.md", "--up-to-date"])
    assert queued.exit_code == 0, queued.output
    assert "Queued 1, as the batch" in queued.output

    async def read() -> int:
        async with open_house(read_settings(log_level="error"), work=True) as house:
            owner = await house.owner()
            async with asyncio.timeout(60):
                while (found := await house.library.named(owner, "pump.md")).latest.state is not RevisionState.READY:
                    await asyncio.sleep(0.1)
            return found.latest.number

    assert asyncio.run(read()) == 2
