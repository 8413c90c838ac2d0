"""The whole application in a process of tests, asked without a client library, and a reader of its streams.

What is asked and what must come of it is with the tests.
"""

import asyncio
import codecs
from collections.abc import Coroutine, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import open_house

T = TypeVar("T")
Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered, as far as it was waited for."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream; `id` is the last one that was sent."""

    id: str
    name: str
    data: str


class EventReader:
    """Reads a stream of events as browsers do (HTML, 9.2.6), from pieces cut anywhere."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._line = ""
        self._after_return = False
        self._id = self._name = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that a piece completes."""
        found: list[Event] = []
        for letter in self._decoder.decode(piece):
            if letter == "\n" and self._after_return:
                self._after_return = False
                continue
            self._after_return = letter == "\r"
            if letter not in "\r\n":
                self._line += letter
                continue
            line, self._line = self._line, ""
            if line:
                self._field(*line.partition(":"))
            elif self._data or self._name:
                if self._data:
                    found.append(Event(self._id, self._name or "message", "\n".join(self._data)))
                self._name, self._data = "", []
        return found

    def _field(self, name: str, _: str, value: str) -> None:
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value


class App:
    """The whole application in a loop of its own, asked directly: what a client library would not send arrives too."""

    def __init__(self, runner: asyncio.Runner, home: Path) -> None:
        self._runner = runner
        self._open = AsyncExitStack()
        # Limits of requests are on, and never reached: a hundred thousand cases come from one key.
        limits: dict[str, Any] = {f"limit_{name}": 10_000_000 for name in ("address", "key", "read", "write", "ask")}
        read = read_settings(home=home, model="none", log_level="error", **limits)
        self.house = runner.run(self._open.enter_async_context(open_house(read, work=False)))
        self.owner = runner.run(self.house.owner())
        self.key = runner.run(self.house.accounts.create_key(self.owner, "tests")).secret
        self._app = create_app(self.house)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what some work of the house gives."""
        return self._runner.run(work)

    def close(self) -> None:
        """Close all."""
        self._runner.run(self._open.aclose())

    def ask(self, method: str, path: str, query: bytes, headers: Headers, body: bytes) -> Reply:
        """Return the answer to a request; a stream is left when it has begun."""
        return self._runner.run(self._asked(method, path, query, headers, body, to_end=False))

    def read(self, path: str, headers: Headers) -> Reply:
        """Return the answer to a request with the key, to its end."""
        known = [(b"host", b"localhost"), (b"authorization", f"Bearer {self.key}".encode())]
        return self._runner.run(self._asked("GET", path, b"", [*known, *headers], b"", to_end=True))

    async def _asked(
        self, method: str, path: str, query: bytes, headers: Headers, body: bytes, *, to_end: bool
    ) -> Reply:
        statuses, bodies = list[int](), list[bytes]()
        begun, given = asyncio.Event(), [{"type": "http.request", "body": body}]
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
                 "raw_path": path.encode(), "query_string": query, "root_path": "", "scheme": "http",
                 "headers": headers, "server": ("localhost", 80), "client": ("127.0.0.1", 1)}  # fmt: skip

        async def receive() -> dict[str, Any]:
            if given:
                return given.pop()
            await begun.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])
            else:
                bodies.append(message.get("body", b""))
            if not to_end:
                begun.set()

        async with asyncio.timeout(20):
            await self._app(scope, receive, send)
        return Reply(statuses[0], b"".join(bodies))
