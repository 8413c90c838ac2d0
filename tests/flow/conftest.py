"""The whole application in this process: real SQLite, real index, real files, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider, serve

from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house

FINAL = {"ready", "failed"}


@pytest.fixture
async def house(pincite_home: Path) -> AsyncIterator[House]:
    """Every room, wired as the program wires them, with a worker and without a model."""
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error"), work=True) as opened:
        yield opened


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """An HTTP client that holds the owner's API key."""
    async with signed_in(house) as opened:
        yield opened


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of models on a loopback port, told what to do through its `behaviour`."""
    with serve() as running:
        yield running


@asynccontextmanager
async def signed_in(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """Open an HTTP client of a house that holds the owner's API key."""
    made = await house.accounts.create_key(await house.owner(), "tests")
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {made.secret}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as opened:
        yield opened


@asynccontextmanager
async def house_with_model(home: Path, provider: Provider, **given: Any) -> AsyncIterator[House]:
    """Open every room over a folder, with a worker, the provider's model, and more settings where some are given."""
    settings = read_settings(
        home=home,
        model="openai:test-model",
        model_base_url=f"{provider.url}/v1",
        model_api_key="good-key",
        log_level="error",
        **given,
    )
    async with open_house(settings, work=True) as opened:
        yield opened


@asynccontextmanager
async def client_with_model(home: Path, provider: Provider, **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """Open a client of such a house."""
    async with house_with_model(home, provider, **given) as house, signed_in(house) as opened:
        yield opened


async def add(client: httpx2.AsyncClient, name: str, content: bytes) -> dict[str, Any]:
    """Upload one file and wait until it is read; returns the document."""
    return await settled(client, (await upload(client, name, content)).json()["items"][0]["id"])


async def upload(client: httpx2.AsyncClient, name: str, content: bytes) -> httpx2.Response:
    """Upload one file."""
    return await client.post("/v1/documents", files={"file": (name, content)}, timeout=60)


async def settled(client: httpx2.AsyncClient, document_id: str, *, within_s: float = 30) -> dict[str, Any]:
    """Wait until a document is ready or has failed, and return it."""
    async with asyncio.timeout(within_s):
        while True:
            document: dict[str, Any] = (await client.get(f"/v1/documents/{document_id}")).json()
            if document["state"] in FINAL:
                return document
            await asyncio.sleep(0.05)
