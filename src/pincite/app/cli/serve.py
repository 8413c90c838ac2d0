"""`pincite serve` and `pincite worker`: the server, and a process that only reads documents.

The HTTP application itself is made in `web.py`.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from pincite.app.cli.acting import installed
from pincite.app.cli.output import err, out, run
from pincite.app.front import BoundedHttp
from pincite.app.settings import Settings, read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House
from pincite.core import Conflict

# Longest that open connections hold up the end; with what closes after them it stays under ten seconds.
_STOP_S = 5


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
    model: Annotated[str | None, typer.Option(help="`none`, `auto` or `provider:name`.")] = None,
    workers: Annotated[int | None, typer.Option(help="Documents read at once here; 0 leaves it to workers.")] = None,
) -> None:
    """Serve the web app and the API, and read uploaded documents."""
    run(_serve(read_settings(host=host, port=port, model=model, workers=workers)))


def worker() -> None:
    """Read uploaded documents for servers on the same database; run as many as you like."""

    async def work() -> None:
        settings = read_settings()
        async with installed(settings, work=True):
            err().print(f"Reading documents for {settings.home}. Ctrl-C stops.")
            await _stop_signal()

    run(work())


async def _serve(settings: Settings) -> None:
    listener = bind(settings)
    with contextlib.closing(listener):
        async with installed(settings, work=settings.workers > 0) as house:
            await announce(house, settings, listener)
            await serve_until_stopped(house, listener)


async def serve_until_stopped(house: House, listener: socket.socket) -> None:
    """Serve the HTTP application on a bound socket until the process is told to stop."""
    config = uvicorn.Config(
        create_app(house),
        http=BoundedHttp,
        forwarded_allow_ips=[each.strip() for each in house.settings.proxies.split(",") if each.strip()],
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_STOP_S,
        server_header=False,
    )
    await _Server(config).serve(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that returns when it is told to stop.

    As it comes it sends the signal to its own process once more, which ends that before the rooms are closed: jobs
    would wait for the worker's silence, not go on elsewhere at once.
    """

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
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            remedy="Stop what uses the port, or choose another with --port.",
        ) from None
    listener.listen(2048)
    return listener


async def _stop_signal() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
