"""What tests of sign-in providers share: the rooms that it takes, browsers, and the way to a provider and back."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from tests.doubles.identity import CLIENT, SECRET, Identity, identity

from pincite.accounts import Accounts, Audit, Door, Factors, People
from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.routes import AccountRoutes
from pincite.accounts.settings import NewProvider, ProviderSettings
from pincite.app.problems import install
from pincite.app.provider_web import ProviderWeb
from pincite.core import Database

OURS = {"Sec-Fetch-Site": "same-origin"}
LINKED = ProviderSettings(link_by_email=True)
CREATING = ProviderSettings(create=True, domains=("example.com",))


@dataclass(frozen=True)
class Rooms:
    """What signing in takes of the house, and the application over it."""

    accounts: Accounts
    people: People
    factors: Factors
    app: FastAPI
    database: Database


@asynccontextmanager
async def opened_rooms(url: str) -> AsyncIterator[Rooms]:
    """Open the rooms over a database that has every table."""
    database, web, app = Database(url), ProviderWeb([]), FastAPI()
    factors = Factors(database, b"k" * 32, web, PasswordHasher(time_cost=1, memory_kib=64))
    rooms = Rooms(Accounts(database), People(database), factors, app, database)
    app.state.door = Door(rooms.accounts)
    app.include_router(AccountRoutes(rooms.accounts, rooms.people, rooms.factors, Audit(database)).router())
    install(app)
    await rooms.accounts.bootstrap()
    yield rooms
    await web.close()
    await database.close()


def new_browser(house: Rooms) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=house.app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=OURS)


@pytest.fixture
def provider() -> Iterator[Identity]:
    """A provider that runs on loopback."""
    with identity() as running:
        yield running


@pytest.fixture
async def browser(house: Rooms) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that nobody is signed in with, for tests that have a `house`."""
    async with new_browser(house) as opened:
        yield opened


async def added(house: Rooms, provider: Identity, settings: ProviderSettings = LINKED, **more: Any) -> str:
    given = {"label": "Example", "issuer": provider.issuer, "client_id": CLIENT, "secret": SECRET, **more}
    wanted = NewProvider(**given, settings=settings)
    return (await house.factors.federation.providers.add(await house.accounts.owner_scope(), wanted)).id


async def begun(browser: httpx2.AsyncClient, provider_id: str, **body: Any) -> dict[str, str]:
    """Begin to sign in, and return what the provider is asked with."""
    reply = await browser.post(f"/v1/session/providers/{provider_id}", json=body)
    assert reply.status_code == 200, reply.text
    return dict(parse_qsl(urlsplit(reply.json()["url"]).query))


async def sign_in(browser: httpx2.AsyncClient, provider: Identity, provider_id: str, **body: Any) -> httpx2.Response:
    asked = await begun(browser, provider_id, **body)
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    return await browser.post("/v1/session/provider", json=answer)


async def invited(house: Rooms, role: str = "editor", email: str = "ada@example.com") -> str:
    return (await house.people.invite(await house.accounts.owner_scope(), name="Ada", role=role, email=email))[0].id


async def expect_refused(browser: httpx2.AsyncClient, reply: httpx2.Response) -> None:
    assert (reply.status_code, reply.json()["code"]) == (401, "sign-in-refused"), reply.text
    assert reply.json()["remedy"]
    assert "pincite_session" not in browser.cookies
    assert (await browser.get("/v1/session")).status_code == 401
