"""The listening socket: that answers leave at once."""

import asyncio
import socket

import pytest

from pincite.app.cli.serve import bind
from pincite.app.settings import Settings
from pincite.core import Conflict


async def test_what_is_written_to_a_client_leaves_at_once() -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        accepted.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bind(Settings(host="127.0.0.1", port=0)) as listener:
        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            try:
                assert await asyncio.wait_for(accepted, 10), "each answer would wait 40 ms for an acknowledgement"
            finally:
                writer.close()


def test_a_port_that_is_taken_is_named() -> None:
    with bind(Settings(host="127.0.0.1", port=0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Conflict, match=f"127.0.0.1:{port}"):
            bind(Settings(host="127.0.0.1", port=port))
