"""What tests of directories share: the rooms that it takes, a directory's key, and what directories send."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pincite.accounts import Accounts, Audit, Door, Factors, People
from pincite.accounts.routes import AccountRoutes
from pincite.app.problems import install
from pincite.app.provider_web import ProviderWeb
from pincite.core import Database, Scope

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True)
class Rooms:
    """Who there is, and the application over it; `key` is a directory's."""

    accounts: Accounts
    people: People
    app: FastAPI
    owner: Scope
    key: str


@pytest.fixture
async def rooms(tables_url: str) -> AsyncIterator[Rooms]:
    database, app = Database(tables_url), FastAPI()
    accounts, people, factors = Accounts(database), People(database), Factors(database, b"k" * 32, ProviderWeb([]))
    app.state.door = Door(accounts)
    app.include_router(AccountRoutes(accounts, people, factors, Audit(database)).router())
    install(app)
    await accounts.bootstrap()
    owner = await accounts.owner_scope()
    key = (await accounts.create_key(owner, "directory", permissions=["scim"])).secret
    yield Rooms(accounts, people, app, owner, key)
    await database.close()


@pytest.fixture
async def scim(rooms: Rooms) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with the directory's key."""
    transport = httpx2.ASGITransport(app=rooms.app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {rooms.key}", "Content-Type": "application/scim+json"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost/scim/v2", headers=headers) as opened:
        yield opened


async def made(scim: httpx2.AsyncClient, username: str = "ada@example.com", **more: Any) -> dict[str, Any]:
    told = {"userName": username, "displayName": "Ada", "externalId": "x-1", **more}
    reply = await scim.post("/Users", json=told)
    assert reply.status_code == 201, reply.text
    return reply.json()


async def patched(scim: httpx2.AsyncClient, path: str, *operations: dict[str, Any]) -> httpx2.Response:
    return await scim.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})


async def named(scim: httpx2.AsyncClient, text: str) -> tuple[int, list[str]]:
    reply = await scim.get("/Users", params={"filter": text})
    assert reply.status_code == 200, reply.text
    return reply.json()["totalResults"], [each["id"] for each in reply.json()["Resources"]]
