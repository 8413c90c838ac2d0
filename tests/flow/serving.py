"""A house behind a real server, in the loop of a test: what only a socket shows."""

import asyncio

import httpx2
import uvicorn

from pincite.app.front import BoundedHttp
from pincite.app.listening import bound
from pincite.app.web import create_app
from pincite.app.wiring import House


class Served:
    """A house behind a real server in this loop.

    Args:
        house: whose application it is.
        key: of its owner.
    """

    def __init__(self, house: House, key: str) -> None:
        self.house = house
        self.key = key
        self._listener = bound("127.0.0.1", 0)
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(create_app(house), http=BoundedHttp, lifespan="off", log_level="critical")
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[self._listener]))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str | None = None) -> httpx2.AsyncClient:
        """Return a client with a key, the owner's by default."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=60)

    async def stop(self) -> None:
        """End it."""
        self._server.should_exit = True
        await self._serving
        self._listener.close()


async def served(house: House) -> Served:
    """Serve a house."""
    return Served(house, (await house.accounts.create_key(await house.owner(), "tests")).secret)
