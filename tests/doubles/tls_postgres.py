"""TLS in front of a PostgreSQL that has none: takes libpq's request for it, and passes on what comes through."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TLS, _GSS = (80877103).to_bytes(4, "big"), (80877104).to_bytes(4, "big")


@dataclass(slots=True)
class TlsPostgres:
    """Where it listens on loopback, and how many sessions came encrypted and in the clear."""

    port: int = 0
    encrypted: int = 0
    plain: int = 0


@contextlib.contextmanager
def tls_postgres(context: ssl.SSLContext, server_socket: Path) -> Iterator[TlsPostgres]:
    """Listen in a thread of its own, in front of the server's Unix socket."""
    served, loop, tasks = TlsPostgres(), asyncio.new_event_loop(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(8)
        while first[4:] == _GSS:
            writer.write(b"N")
            first = await reader.readexactly(8)
        if first[4:] == _TLS:
            writer.write(b"S")
            await writer.start_tls(context)
            served.encrypted, first = served.encrypted + 1, b""
        else:
            served.plain += 1
        up_reader, up_writer = await asyncio.open_unix_connection(str(server_socket))
        up_writer.write(first)
        await asyncio.wait(
            {asyncio.ensure_future(_pass_on(reader, up_writer)), asyncio.ensure_future(_pass_on(up_reader, writer))},
            return_when=asyncio.FIRST_COMPLETED,
        )
        for each in (up_writer, writer):
            each.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def guarded() -> None:
            with contextlib.suppress(OSError, EOFError):  # a client that does not like the certificate
                await serve(reader, writer)
            writer.close()

        task = loop.create_task(guarded())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = loop.run_until_complete(asyncio.start_server(connected, "127.0.0.1", 0))
    served.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while some := await reader.read(65_536):
            writer.write(some)
            await writer.drain()
