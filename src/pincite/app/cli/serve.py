"""`pincite serve` and `pincite worker`: the server with a worker beside it, and a process that only reads documents.

The HTTP application itself is made in `web.py`.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn

from pincite.app.beside import LET_GO_S, Beside, reading_beside
from pincite.app.cli.acting import installed
from pincite.app.cli.output import err, out, run
from pincite.app.front import BoundedHttp
from pincite.app.listening import bound
from pincite.app.settings import Settings, read_settings
from pincite.app.warming import keep_loaded, warming
from pincite.app.web import create_app
from pincite.app.wiring import House
from pincite.core import InvalidInput

# Longest that open connections hold up the end; with what closes after them it stays under ten seconds.
_STOP_S = 5


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    model: Annotated[str | None, typer.Option(help="`none`, `auto` or `provider:name`.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Documents read at once beside it; 0 leaves them to others.")
    ] = None,
) -> None:
    """Serve the web app and the API, and read uploaded documents."""
    run(_serve(read_settings(host=host, port=port, model=model, workers=workers)))


def worker(
    attached: Annotated[
        bool,
        typer.Option(
            "--attached",
            help="Begin with the first line of standard input and stop where that ends: for who starts it and may die.",
        ),
    ] = False,
) -> None:
    """Read uploaded documents for servers on the same database; run as many as you like."""

    async def work() -> None:
        settings = read_settings()
        begun, stopped = asyncio.Event(), asyncio.Event()
        if attached:
            _follow_standard_input(begun, stopped)
            await begun.wait()
            if stopped.is_set():
                return
        async with installed(settings, work=True) as house, warming(_loaded(house)):
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stopped.set)
            if not attached:
                err().print(f"Reading documents for {settings.home}. Ctrl-C stops.")
            await stopped.wait()

    run(work())


async def _serve(settings: Settings) -> None:
    with contextlib.closing(bind(settings)) as listener:
        await serve_on(listener, settings)


async def serve_on(listener: socket.socket, settings: Settings) -> None:
    """Serve on a bound socket until the process is told to stop, with a worker beside it unless there are others."""
    async with contextlib.AsyncExitStack() as closing:
        beside = await closing.enter_async_context(reading_beside(settings)) if settings.workers > 0 else None
        house = await closing.enter_async_context(installed(settings))
        if beside is not None:
            beside.begin()
        # The first search and the first upload need not wait for these, nor the server for any.
        await closing.enter_async_context(warming(_loaded(house), house.reader.warm(reads=False)))
        await announce(house, settings, listener)
        await serve_until_stopped(house, listener, beside)


async def _loaded(house: House) -> None:
    """Have the search engine there, the largest part of what a process loads after its start."""
    await house.index.warm()
    keep_loaded()


async def serve_until_stopped(house: House, listener: socket.socket, beside: Beside | None = None) -> None:
    """Serve the HTTP application until the process is told to stop, and with it what works beside it."""
    config = uvicorn.Config(
        create_app(house),
        http=BoundedHttp,
        forwarded_allow_ips=[each.strip() for each in house.settings.proxies.split(",") if each.strip()],
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_S,
        server_header=False,
    )
    await _Server(config, beside).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that returns when it is told to stop.

    As it comes it sends the signal to its own process once more, which ends that before the rooms are closed: jobs
    would wait for the worker's silence, not go on elsewhere at once.
    """

    def __init__(self, config: uvicorn.Config, beside: Beside | None) -> None:
        super().__init__(config)
        self._beside = beside

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop, and let what works beside it do so meanwhile."""
        if self._beside is not None:
            self._beside.end()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take the signals while it serves; afterwards they end the process, so that a second one is heard."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


async def announce(house: House, settings: Settings, listener: socket.socket) -> None:
    """Say where the server is and, as long as nobody has signed in, with which link to enter."""
    host, port = listener.getsockname()[:2]
    url = settings.public_url or f"http://{host}:{port}"
    address_file(settings).write_text(url, encoding="utf-8")
    console = out()
    console.print(f"Pincite is at {url}")
    if await house.accounts.never_signed_in():
        console.print(f"Sign in once with {await house.sign_in_link(url)}")
    else:
        console.print("Need a sign-in link? Run `pincite keys sign-in-link`.")


def address_file(settings: Settings) -> Path:
    """Return where the last server on this data folder wrote its address, for `pincite keys sign-in-link`."""
    return settings.home / "address"


def bind(settings: Settings) -> socket.socket:
    """Bind the listening socket before anything else starts. Raises: Conflict, naming the port that is taken."""
    return bound(settings.host, settings.port)


def _follow_standard_input(begun: asyncio.Event, stopped: asyncio.Event) -> None:
    """Let a worker begin with the first of its standard input and stop when that ends.

    Raises:
        InvalidInput: it has none.
    """
    if sys.stdin is None:  # its descriptor is closed
        raise InvalidInput(
            "There is no standard input that could end.", remedy="Leave out --attached, or start the worker with one."
        )
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()

    def listen() -> None:
        # A thread, since nobody is left to end a process whose loop has come to a halt.
        with contextlib.suppress(OSError):
            while os.read(descriptor, 1024):
                loop.call_soon_threadsafe(begun.set)
        with contextlib.suppress(RuntimeError):  # it stops already
            loop.call_soon_threadsafe(stopped.set)
            loop.call_soon_threadsafe(begun.set)
        time.sleep(LET_GO_S)
        os._exit(1)

    threading.Thread(target=listen, name="standard-input", daemon=True).start()
