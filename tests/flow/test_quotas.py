"""Quotas over HTTP and from the command line: what is refused leaves nothing, and goes on once there is room."""

import json
from pathlib import Path

import httpx2
import pytest
from tests.flow.conftest import settled, upload
from typer.testing import CliRunner

from pincite.app.cli.main import app
from pincite.app.wiring import House

LONG = b"".join(b"# Part %d\n\nThe valve opens at %d bar.\n\n" % (number, number) for number in range(12))


async def test_an_upload_without_room_is_refused_and_leaves_nothing(house: House, client: httpx2.AsyncClient) -> None:
    owner = await house.owner()
    await house.library.set_quota(owner, size_bytes=10)
    refused = await client.post("/v1/documents", files={"file": ("a.md", b"# A\n\nMore than ten.\n")})
    assert (refused.status_code, refused.json()["code"]) == (507, "quota-exceeded")
    assert "10 are allowed" in refused.json()["title"]
    assert [blob async for blob in house.blobs.list(owner)] == []
    assert (await client.get("/v1/usage")).json() == {
        "documents": {"held": 0, "most": None},
        "size_bytes": {"held": 0, "most": 10},
        "pages": {"held": 0, "most": None},
    }
    assert (await client.get("/v1/documents")).json()["items"] == []


async def test_a_document_with_too_many_pages_fails_and_goes_on_by_retry(
    house: House, client: httpx2.AsyncClient
) -> None:
    owner = await house.owner()
    await house.library.set_quota(owner, pages=3)
    document = await settled(client, (await upload(client, "long.md", LONG)).json()["items"][0]["id"])
    assert document["state"] == "failed"
    assert document["problem"]["code"] == "quota-exceeded"
    assert (await client.get("/v1/usage")).json()["pages"] == {"held": 0, "most": 3}
    await house.library.set_quota(owner)
    assert (await client.post(f"/v1/documents/{document['id']}/retry")).status_code == 202
    assert (await settled(client, document["id"]))["state"] == "ready"
    assert (await client.get("/v1/usage")).json()["pages"]["held"] > 3
    assert (await house.fsck(repair=False, deep=False, strict=True))["findings"] == []


async def test_of_documents_that_are_read_together_those_fail_that_have_no_room(
    house: House, client: httpx2.AsyncClient
) -> None:
    await house.library.set_quota(await house.owner(), pages=2)
    files = [("file", (f"{number}.md", f"# Part {number}\n\nThe valve.\n".encode())) for number in range(4)]
    sent = (await client.post("/v1/documents", files=files, timeout=60)).json()["items"]
    ended = [await settled(client, each["id"]) for each in sent]
    assert sorted(each["state"] for each in ended) == ["failed", "failed", "ready", "ready"]
    assert {each["problem"]["code"] for each in ended if each["problem"]} == {"quota-exceeded"}
    assert (await client.get("/v1/usage")).json()["pages"]["held"] == 2


def test_the_command_shows_and_sets(pincite_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_MODEL", "none")

    def quota(*words: str, code: int = 0) -> dict[str, dict[str, int | None]]:
        result = CliRunner().invoke(app, ["tenants", "quota", *words, "--json"])
        assert result.exit_code == code, result.output
        return {} if code else json.loads(result.stdout)

    tenants = json.loads(CliRunner().invoke(app, ["tenants", "list", "--json"]).stdout)["items"]
    assert quota(tenants[0]["id"], "--documents", "3", "--bytes", "1000")["documents"] == {"held": 0, "most": 3}
    assert quota(tenants[0]["name"], "--documents", "none")["documents"]["most"] is None
    assert quota(tenants[0]["id"])["size_bytes"] == {"held": 0, "most": 1000}, "the others stay"
    assert quota(tenants[0]["id"], "--pages", "many", code=2) == {}
    assert quota("nobody", code=4) == {}
