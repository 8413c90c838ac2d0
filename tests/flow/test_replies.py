"""What holds for every reply and every request whatever it is about: headers, methods, kinds, fields, failures."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import signed_in

from pincite.app import problems
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house

NOSNIFF = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "DENY"}
ENDLESS = "/events"


@pytest.fixture
async def house(pincite_home: Path) -> AsyncIterator[House]:
    """Every room, without a worker."""
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error"), work=False) as opened:
        yield opened


@pytest.fixture
async def stranger(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who is not signed in."""
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


async def paths(client: httpx2.AsyncClient) -> list[str]:
    described = (await client.get("/openapi.json")).json()["paths"]
    found = [path.replace("{page}", "1").replace("{", "").replace("}", "") for path in described]
    return [*(each for each in found if not each.endswith(ENDLESS)), "/", "/openapi.json", "/assets/no", "/v1/no"]


async def test_every_reply_says_what_it_is_and_how_it_may_be_shown(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient
) -> None:
    tried = 0
    for path in await paths(client):
        for asker, method in ((client, "GET"), (client, "POST"), (stranger, "GET")):
            reply = await asker.request(method, path)
            tried += 1
            headers, policy = reply.headers, reply.headers["content-security-policy"]
            assert {name: headers.get(name) for name in NOSNIFF} == NOSNIFF, path
            for each in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                assert each in policy, path
            kind = headers.get("content-type", "")
            assert bool(kind) == bool(reply.content), f"{method} {path}"
            assert not kind.startswith("text/") or "charset=utf-8" in kind, f"{method} {path}"
            for line in reply.content.splitlines() if kind.endswith("jsonl") else [reply.content]:
                assert "json" not in kind or json.loads(line.decode("utf-8")) is not None
    assert tried > 150


async def test_methods_that_no_route_has_do_nothing(client: httpx2.AsyncClient) -> None:
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG"):
        for path in ("/", "/healthz", "/v1/session", "/v1/documents"):
            reply = await client.request(method, path, headers={"X-Echo": "canary"})
            assert reply.status_code in {404, 405}, f"{method} {path}"
            assert "canary" not in reply.text + repr(reply.headers)
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        over = await client.get("/v1/users", headers={header: "POST"})
        assert over.status_code == 200, header


async def test_fields_that_a_request_is_not_asked_for_change_nothing(client: httpx2.AsyncClient) -> None:
    made = (await client.post("/v1/users", json={"name": "Ada", "role": "viewer"})).json()
    user = {name: value for name, value in made.items() if name != "token"}
    more = {"id": "taken", "tenant": "another", "roles": ["owner"], "service": True, "groups": ["g"], "password": "x"}
    assert (await client.patch(f"/v1/users/{user['id']}", json={"name": "Ada L.", **more})).status_code in {200, 422}
    (kept,) = [each for each in (await client.get("/v1/users")).json()["items"] if each["name"].startswith("Ada")]
    assert kept["id"] == user["id"]
    assert kept == {**user, "name": kept["name"]}


async def test_a_parameter_that_is_given_twice_is_one_and_a_body_is_no_query(client: httpx2.AsyncClient) -> None:
    for _ in range(2):
        await client.post("/v1/groups", json={"name": f"g{_}"})
    assert (await client.get("/v1/users?limit=1&limit=99999")).status_code == 422
    assert len((await client.get("/v1/users?limit=99999&limit=1")).json()["items"]) == 1
    assert (await client.post("/v1/groups?name=query", json={})).status_code == 422


async def test_an_unexpected_failure_says_nothing_of_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[dict[str, Any]] = []

    class Log:
        def error(self, _event: str, **said: Any) -> None:
            logged.append(said)

    async def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("SELECT canary FROM /srv/canary")

    monkeypatch.setattr(problems, "get_logger", lambda _: Log())
    monkeypatch.setattr(house.accounts, "current_user", fails)
    async with signed_in(house) as client:
        reply = await client.get("/v1/session")
        assert (await client.get("/healthz")).status_code == 200
    assert (reply.status_code, reply.json()["code"]) == (500, "internal")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not [each for each in ("canary", "ZeroDivision", "Traceback") if each in reply.text]
    (kept,) = logged
    assert kept["request_id"] == reply.headers["x-request-id"] == reply.json()["request_id"]
    assert isinstance(kept["exc_info"], ZeroDivisionError)
