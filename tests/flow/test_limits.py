"""Too many requests over HTTP: what is counted of whom, what is told, what is noted; what is refused is not read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pincite.accounts.audit_chain import Wanted
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.core import Scope
from pincite.core.trail import Entry


@asynccontextmanager
async def limited(home: Path, **limits: int) -> AsyncIterator[House]:
    """Open every room with limits of our own, the others off."""
    off = dict.fromkeys((f"limit_{each}" for each in ("address", "sign_in", "key", "read", "write", "ask")), 0)
    given: dict[str, Any] = {"home": home, "model": "none", "log_level": "error", **off, **limits}
    async with open_house(read_settings(**given), work=False) as house:
        yield house


@asynccontextmanager
async def client_of(house: House, address: str = "192.0.2.1", key: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client that comes from an address, with a key where one is given."""
    transport = httpx2.ASGITransport(create_app(house), raise_app_exceptions=False, client=(address, 4000))
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


async def new_key(house: House) -> str:
    """Make a key of the owner's."""
    return (await house.accounts.create_key(await house.owner(), "tests")).secret


def who_of(scope: Scope) -> str:
    """Return whom a user's requests are counted for."""
    return f"{scope.tenant}\n{scope.user}"


async def noted(house: House) -> list[Entry]:
    """Return what was noted of limits."""
    return await house.audit.entries(await house.owner(), Wanted(action="request.limited"))


async def test_a_user_is_told_how_limits_stand_and_when_to_come_again(pincite_home: Path) -> None:
    async with (
        limited(pincite_home, limit_read=2, limit_key=50) as house,
        client_of(house, key=await new_key(house)) as client,
    ):
        first = await client.get("/v1/status")
        assert first.headers["RateLimit-Policy"] == '"key";q=50;w=60, "read";q=2;w=60'
        assert first.headers["RateLimit"] == '"key";r=49;t=60, "read";r=1;t=60'
        assert (await client.get("/v1/collections")).status_code == 200
        refused = [await client.get("/v1/collections") for _ in range(3)]
        problem = refused[0].json()
        assert [each.status_code for each in refused] == [429] * 3
        assert problem["code"] == "too-many-requests"
        assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
        assert refused[0].headers["Content-Type"] == "application/problem+json"
        assert refused[0].headers["RateLimit"].startswith('"read";r=0;t=')
        assert f"Wait {refused[0].headers['Retry-After']} s" in problem["remedy"]
        assert (await client.post("/v1/collections", json={"name": "new"})).status_code == 201, "writing is another"
        entries = await noted(house)
        assert [(each.object_id, each.outcome) for each in entries] == [("GET /v1/collections", "denied")], "once"


async def test_asking_is_counted_apart_and_two_keys_of_one_user_together(pincite_home: Path) -> None:
    async with (
        limited(pincite_home, limit_ask=2) as house,
        client_of(house, key=await new_key(house)) as one,
        client_of(house, key=await new_key(house)) as two,
    ):
        assert (await one.get("/v1/search", params={"q": "a"})).status_code == 200
        asked = await two.post("/v1/answers", json={"question": "What?"})
        assert asked.status_code < 300
        assert (await one.get("/v1/search", params={"q": "a"})).status_code == 429
        assert (await one.get("/v1/status")).status_code == 200
        assert "RateLimit" not in (await one.get("/v1/status")).headers, "what is off is not told of"


async def test_a_key_has_a_limit_of_its_own(pincite_home: Path) -> None:
    async with (
        limited(pincite_home, limit_key=1) as house,
        client_of(house, key=await new_key(house)) as one,
        client_of(house, key=await new_key(house)) as two,
    ):
        assert [(await one.get("/v1/status")).status_code for _ in range(2)] == [200, 429]
        assert (await two.get("/v1/status")).status_code == 200


async def test_an_address_is_counted_before_it_is_asked_who_it_is(pincite_home: Path) -> None:
    async with (
        limited(pincite_home, limit_address=3) as house,
        client_of(house, key="pin_wrong") as client,
        client_of(house, "192.0.2.2") as other,
    ):
        assert [(await client.get("/v1/status")).status_code for _ in range(5)] == [401] * 3 + [429] * 2
        assert (await other.get("/v1/status")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200, "health checks come from one address"
        assert (await client.get("/readyz")).status_code == 200
        entries = await noted(house)
        assert [(each.actor, each.client) for each in entries] == [("", "192.0.2.1")]


async def test_addresses_of_one_network_are_one(pincite_home: Path) -> None:
    async with limited(pincite_home, limit_address=1) as house:
        codes: list[int] = []
        for address in ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1", "::ffff:192.0.2.9", "192.0.2.9"):
            async with client_of(house, address) as client:
                codes.append((await client.get("/v1/status")).status_code)
        assert codes == [401, 429, 401, 401, 429]


async def test_signing_in_has_fewer(pincite_home: Path) -> None:
    async with limited(pincite_home, limit_sign_in=2) as house, client_of(house) as client:
        tries = [await client.post("/v1/session", json={"token": "wrong"}) for _ in range(3)]
        assert [each.status_code for each in tries] == [401, 401, 429]
        by_password = await client.post("/v1/session/password", json={"email": "a@example.com", "password": "x" * 12})
        assert by_password.status_code == 429


async def test_what_is_refused_is_not_read(pincite_home: Path) -> None:
    async with limited(pincite_home, limit_write=1) as house:
        app, key = create_app(house), (await new_key(house)).encode()
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("the body was asked for")

        async def send(message: Any) -> None:
            sent.append(message)

        names = [
            (b"host", b"localhost"),
            (b"authorization", b"Bearer " + key),
            (b"content-type", b"multipart/form-data; boundary=b"),
        ]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/documents",
            "query_string": b"",
            "headers": names,
            "client": ("192.0.2.1", 1),
        }
        await house.limits.take({"write": who_of(await house.owner())})
        await app(scope, receive, send)
        assert [each.get("status") for each in sent] == [429, None]


async def test_a_request_that_is_answered_from_before_is_counted_once(pincite_home: Path) -> None:
    async with (
        limited(pincite_home, limit_write=3, limit_read=10) as house,
        client_of(house, key=await new_key(house)) as client,
    ):
        headers = {"Idempotency-Key": "one"}
        sent = [await client.post("/v1/collections", json={"name": "new"}, headers=headers) for _ in range(2)]
        assert [each.status_code for each in sent] == [201, 201]
        assert sent[1].headers["RateLimit"] == '"write";r=1;t=60'


async def test_a_broken_file_of_counts_is_made_anew(pincite_home: Path) -> None:
    pincite_home.mkdir(exist_ok=True)
    (pincite_home / "limits.db").write_bytes(b"no database" * 1000)
    async with limited(pincite_home, limit_read=1) as house, client_of(house, key=await new_key(house)) as client:
        assert [(await client.get("/v1/status")).status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("proxies", ["10.0.0.1", "10.0.0.0/8, ::1", ""])
def test_proxies_are_addresses_or_networks(pincite_home: Path, proxies: str) -> None:
    assert read_settings(home=pincite_home, proxies=proxies).proxies == proxies
