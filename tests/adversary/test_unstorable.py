"""Characters that PostgreSQL cannot store, wherever a client can put them: a clear refusal, not an error of ours."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from tests.flow.conftest import add, signed_in

from pincite.app.backup import read_backup, write_backup
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.core.scope import EVERY_TENANT
from pincite.sources import NewSource
from pincite.sources.domain import BadSource

pytestmark = pytest.mark.postgres
NUL, HALF = "a\x00b", "a\ud800b"
JSON = b'{"valve": "red\\u0000 and \\ud800 round"}'


@pytest.fixture
async def house(postgres_url: str, pincite_home: Path) -> AsyncIterator[House]:
    settings = read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings) as opened:
        yield opened


async def test_they_are_refused_in_paths_queries_headers_and_bodies(house: House) -> None:
    key = (await house.accounts.create_key(await house.owner(), "k")).secret
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    said: dict[str, int] = {}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        document = (await client.get("/openapi.json")).json()
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                filled = path
                for each in operation.get("parameters", []):
                    if each["in"] == "path":
                        given = {"page": "1", "grantee_kind": "user"}.get(each["name"], "a%00b")
                        filled = filled.replace("{" + each["name"] + "}", given)
                if "/events" not in path:
                    said[f"{method} {path}"] = (await client.request(method, filled, json={})).status_code
        bodies = {
            "/v1/collections": {"name": NUL},
            "/v1/answers": {"question": NUL, "collections": [NUL], "stream": False},
            "/v1/users": {"name": NUL, "role": "viewer", "email": f"{NUL}@example.com"},
            "/v1/groups": {"name": NUL},
            "/v1/keys": {"name": NUL},
            "/v1/batches": {"name": NUL},
            "/v1/sources": {"name": NUL, "kind": "web", "location": f"http://{NUL}/", "collection": NUL},
        }
        for path, body in bodies.items():
            for text in (NUL, HALF):
                content = json.dumps(body).replace("\\u0000", "\\u0000" if text is NUL else "\\ud800")
                reply = await client.post(path, content=content, headers={"content-type": "application/json"})
                said[f"post {path} {text!r}"] = reply.status_code
        said["search"] = (await client.get("/v1/search", params={"q": NUL, "collection": NUL})).status_code
        said["cursor"] = (await client.get("/v1/documents", params={"cursor": NUL, "collection": NUL})).status_code
        data = {"collection": NUL, "source": NUL}
        said["upload"] = (await client.post("/v1/documents", data=data, files={"file": (NUL, b"x")})).status_code
    assert len(said) > 70
    assert [f"{name}: {status}" for name, status in said.items() if status >= 500] == []


async def test_numbers_that_no_column_keeps_are_refused(pincite_home: Path, postgres_url: str, tmp_path: Path) -> None:
    settings = read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        document = await add(client, "valve.md", b"# Valves\n\nThe valve is red.\n")
        for number in (2**31, -(2**31) - 1, 2**53):
            cursor = base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")
            reply = await client.get(f"/v1/documents/{document['id']}/pages", params={"cursor": cursor})
            assert (reply.status_code, reply.json()["code"]) == (422, "invalid-input"), number
        folder = NewSource("far", "folder", str(tmp_path), "default", {}, 10**15)
        with pytest.raises(BadSource, match="rhythm"):
            await house.sources.add(await house.owner(), folder, anywhere=True)


async def test_they_stand_as_one_that_can_be_stored_in_what_documents_say(
    pincite_home: Path, postgres_url: str
) -> None:
    settings = read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        document = await add(client, "valve.json", JSON)
        assert (document["state"], document["problem"]) == ("ready", None)
        (hit,) = (await client.get("/v1/search", params={"q": "valve"})).json()["hits"]
        assert hit["text"] == "valve: red\ufffd and ? round"


async def test_what_sqlite_has_kept_of_them_comes_over_to_postgres(
    pincite_home: Path, postgres_url: str, tmp_path: Path
) -> None:
    target = tmp_path / "backup.tar"
    old = read_settings(home=pincite_home, model="none", log_level="error")
    async with open_house(old, work=True) as house, signed_in(house) as client:
        await add(client, "valve.md", b"# Valves\n\nThe valve is red and round.\n")
        async with house.database.transaction(EVERY_TENANT) as session:  # as earlier versions read JSON
            for table in ("library_pages", "library_chunks"):
                await session.execute(text(f"UPDATE {table} SET text = replace(text, 'red', 'r' || char(0) || 'd')"))
        await write_backup(house.database, house.blobs, await house.system_scopes(), target, lambda _name, _done: None)
    new = read_settings(home=tmp_path / "new", database_url=postgres_url, model="none", log_level="error")
    async with open_house(new, bootstrap=False) as house:
        await read_backup(house.database, house.blobs, target, lambda _name, _done: None)
        await house.reindex(lambda _: None)
        async with signed_in(house) as client:
            (hit,) = (await client.get("/v1/search", params={"q": "valve"})).json()["hits"]
        assert "The valve is r\ufffdd and round." in hit["text"]
        assert (await house.fsck(repair=False, strict=True, deep=True))["findings"] == []
