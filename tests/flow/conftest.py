"""The whole application in this process: real SQLite, real index, real files, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

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
    made = await house.accounts.create_key(await house.owner(), "tests")
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {made.secret}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as opened:
        yield opened


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
