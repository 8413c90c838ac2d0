"""A real server of a house and the official clients for it, sync and async; what a flow test asks through them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import uvicorn
from openai import AsyncOpenAI, OpenAI

from pincite.app.web import create_app
from pincite.app.wiring import House

HANDBOOK = (
    b"# Ferries\n\nDogs travel free of charge on the lower deck. \xf0\x9f\x9a\xa2 The ferry leaves at nine. "
    b"Bicycles cost 4 EUR for each crossing.\n\n# Crew\n\nThe captain is called Ines and began in 2019.\n"
)
QUESTION = "What do dogs pay on the lower deck?"


@dataclass(frozen=True)
class Clients:
    """The official clients of one user of a running server; untyped, since tests send what the types forbid."""

    url: str
    key: str
    whole: Any
    sync: Any

    def http(self) -> httpx2.AsyncClient:
        """Return a plain client with the same key."""
        return httpx2.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=30)


@asynccontextmanager
async def serving(house: House) -> AsyncIterator[str]:
    """Run a server of a house on a loopback port, as `pincite serve` runs one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(house), log_level="critical", lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await running


@asynccontextmanager
async def clients_of(url: str, key: str) -> AsyncIterator[Clients]:
    """Open the official clients with a key."""
    given: dict[str, Any] = {"base_url": f"{url}/v1", "api_key": key, "max_retries": 0, "timeout": 30}
    async with AsyncOpenAI(**given) as client:
        with OpenAI(**given) as sync:
            yield Clients(url, key, client, sync)


@asynccontextmanager
async def opened(house: House) -> AsyncIterator[Clients]:
    """Serve a house and open clients of its owner's."""
    made = await house.accounts.create_key(await house.owner(), "tests")
    async with serving(house) as url, clients_of(url, made.secret) as clients:
        yield clients
