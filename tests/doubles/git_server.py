"""Git over https on this machine: git's own server program behind TLS, with a token that it wants to see."""

import asyncio
import base64
import contextlib
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class GitServer:
    """The repositories below a folder, for whoever has the token. `asked` are the paths, refused ones too."""

    root: Path
    token: str
    port: int = 0
    asked: list[str] = field(default_factory=list[str])

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
            self.asked.append(target)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            writer.write(await self._answer(method, target, headers, body))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        wanted = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        if headers.get("authorization") != f"Basic {wanted}":
            return b"HTTP/1.1 401 no\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        path, _, query = target.partition("?")
        environment = {
            "PATH": os.defpath,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
        }
        pipe = asyncio.subprocess.PIPE
        program = await asyncio.create_subprocess_exec(
            "git", "http-backend", stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL, env=environment
        )
        try:
            said, _ = await program.communicate(body)
        finally:  # also where the server closes meanwhile
            with contextlib.suppress(ProcessLookupError):
                program.kill()
            await program.wait()
        lines, _, content = said.partition(b"\r\n\r\n")
        return b"HTTP/1.1 200 ok\r\n" + lines + b"\r\nconnection: close\r\n\r\n" + content


@asynccontextmanager
async def serving_git(root: Path, token: str, tls: ssl.SSLContext) -> AsyncIterator[GitServer]:
    """Open a server for the block."""
    double = GitServer(root, token)
    server = await asyncio.start_server(double.handle, "127.0.0.1", 0, ssl=tls)
    double.port = server.sockets[0].getsockname()[1]
    try:
        yield double
    finally:
        server.close()
