"""An editor who is no admin, and in groups, does with many documents at once what owners do, on both databases.

What an owner asks for has no predicate of grants in it; what others ask for has, and the databases must take it.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import settled

from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.library.grants import Grant, GranteeKind, Level

MANY = 12


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def house(request: pytest.FixtureRequest, pincite_home: Path) -> AsyncIterator[House]:
    """Every room on one of the databases, with a worker."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    async with open_house(settings, work=True) as opened:
        yield opened


@pytest.fixture
async def editor(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an editor who may change the collection `shared` by a group, and manages `own`, which they made."""
    owner = await house.owner()
    user, token = await house.people.invite(owner, name="Ada", role="editor", email="ada@example.com")
    groups = [await house.people.create_group(owner, name) for name in ("legal", "sales", "team")]
    for group in groups:
        await house.people.set_members(owner, group.id, [user.id])
    shared = await house.library.create_collection(owner, "shared")
    await house.library.grant(owner, "collection", shared.id, Grant(GranteeKind.GROUP, groups[0].id, Level.EDITOR))
    assert token is not None
    session = await house.accounts.redeem(token)
    made = await house.accounts.create_key(await house.accounts.authenticate(bearer=None, session=session), "tests")
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {made.secret}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as opened:
        assert (await opened.post("/v1/collections", json={"name": "own"})).status_code == 201
        yield opened


async def _sent(client: httpx2.AsyncClient, collection: str, word: str) -> list[str]:
    """Send many documents in one request; returns their ids."""
    files = [("file", (f"{word}-{n}.md", f"# {word} {n}\n\nThe {word} holds {n} bar.\n".encode())) for n in range(MANY)]
    reply = await client.post("/v1/documents", files=files, data={"collection": collection, "batch": word}, timeout=60)
    assert reply.status_code == 202, reply.text
    return [each["id"] for each in reply.json()["items"]]


async def _asked(client: httpx2.AsyncClient, method: str, path: str, status: int = 200, **given: Any) -> Any:
    reply = await client.request(method, path, timeout=60, **given)
    assert reply.status_code == status, f"{method} {path}: {reply.text[:500]}"
    return reply.json() if reply.content else None


async def test_many_at_once(editor: httpx2.AsyncClient) -> None:
    sent = {
        collection: await _sent(editor, collection, word) for collection, word in (("shared", "pump"), ("own", "valve"))
    }
    for action in ("pause", "retry", "cancel", "retry"):
        for collection in sent:
            await _asked(editor, "POST", f"/v1/documents/{action}", 202, json={"collection": collection})
    await _asked(
        editor,
        "POST",
        "/v1/documents/pause",
        202,
        json={"documents": [each for some in sent.values() for each in some]},
    )
    for action in ("resume", "pause", "resume", "retry"):
        await _asked(editor, "POST", f"/v1/batches/pump/{action}", 202)
    await _asked(
        editor,
        "POST",
        "/v1/documents/retry",
        202,
        json={"documents": [each for some in sent.values() for each in some]},
    )
    async with asyncio.timeout(60):
        for document in (each for some in sent.values() for each in some):
            assert (await settled(editor, document))["state"] == "ready"
    assert len((await _asked(editor, "GET", "/v1/documents", params={"limit": 100}))["items"]) == 2 * MANY
    assert {each["name"] for each in (await _asked(editor, "GET", "/v1/collections"))["items"]} == {"shared", "own"}
    assert len((await _asked(editor, "GET", "/v1/search", params={"q": "how many bar does the pump hold"}))["hits"]) > 1
    answer = await _asked(editor, "POST", "/v1/answers", json={"question": "How many bar does the pump 7 hold?"})
    assert answer["pins"]
    again = await _sent(editor, "shared", "pump")
    assert sorted(again) == sorted(sent["shared"]), "the same bytes are the same documents"
    for document in sent["shared"][:3]:
        await _asked(editor, "DELETE", f"/v1/documents/{document}", 204)
    left = (await _asked(editor, "GET", "/v1/documents", params={"limit": 100}))["items"]
    assert {each["id"] for each in left} == {*sent["shared"][3:], *sent["own"]}
    await _asked(editor, "DELETE", "/v1/batches/pump", 204)
