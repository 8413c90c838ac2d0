"""A small IMAP server on this machine that speaks what reading a folder needs (RFC 3501), over a socket."""

import asyncio
import base64
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_PART = re.compile(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>")


@dataclass(slots=True)
class MailServer:
    """One account with one folder. `given` are the messages whose bodies were sent, a piece an entry.

    `refused` are messages that it does not give away, `deadly` those that it hangs up over.
    """

    user: str
    password: str
    port: int = 0
    valid: int = 7
    messages: dict[int, bytes] = field(default_factory=dict[int, bytes])
    folder: str = "INBOX"
    deleted: set[int] = field(default_factory=set[int])
    refused: set[int] = field(default_factory=set[int])
    deadly: set[int] = field(default_factory=set[int])
    given: list[int] = field(default_factory=list[int])
    said: list[str] = field(default_factory=list[str])
    down: bool = False

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            writer.write(b"* OK ready\r\n")
            while line := (await reader.readline()).decode().strip():
                tag, command = line.split(" ", 1)
                self.said.append(command)
                if self.down:
                    return
                if command == "AUTHENTICATE PLAIN":
                    writer.write(b"+ \r\n")
                    command += " " + base64.b64decode(await reader.readline()).decode()
                writer.write(self._answer(tag, command))
                await writer.drain()
                if command == "LOGOUT":
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, tag: str, command: str) -> bytes:
        done = f"{tag} OK done\r\n".encode()
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n" + done
        if command.startswith("LOGIN"):
            right = command == f'LOGIN "{self.user}" "{self.password}"'
            return done if right else f"{tag} NO wrong password\r\n".encode()
        if command.startswith("AUTHENTICATE"):
            right = command == f"AUTHENTICATE PLAIN \0{self.user}\0{self.password}"
            return done if right else f"{tag} NO wrong password\r\n".encode()
        if command == f'EXAMINE "{self.folder}"':
            return f"* {len(self.messages)} EXISTS\r\n* OK [UIDVALIDITY {self.valid}] valid\r\n".encode() + done
        if command.startswith("UID FETCH 1:*"):
            return b"".join(self._size(place, uid) for place, uid in enumerate(sorted(self.messages), 1)) + done
        if command.startswith("EXAMINE"):
            return f"{tag} NO no such folder\r\n".encode()
        if command.startswith("UID FETCH"):
            uid = int(command.split()[2])
            if uid in self.deadly:
                raise ConnectionResetError
            refused = f"{tag} NO [SERVERBUG] it is damaged\r\n".encode()
            return refused if uid in self.refused else self._body(uid, command) + done
        return (b"* BYE\r\n" if command == "LOGOUT" else b"") + done

    def _size(self, place: int, uid: int) -> bytes:
        flags = "\\Deleted" if uid in self.deleted else "\\Seen"
        return f"* {place} FETCH (UID {uid} FLAGS ({flags}) RFC822.SIZE {len(self.messages[uid])})\r\n".encode()

    def _body(self, uid: int, command: str) -> bytes:
        asked = _PART.search(command)
        if uid not in self.messages or asked is None:
            return b""
        start, length = int(asked[1]), int(asked[2])
        piece = self.messages[uid][start : start + length]
        self.given.append(uid)
        return f"* 1 FETCH (UID {uid} BODY[]<{start}> {{{len(piece)}}}\r\n".encode() + piece + b")\r\n"


@asynccontextmanager
async def serving_mail(user: str, password: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """Open a server for the block."""
    mail = MailServer(user, password)
    server = await asyncio.start_server(mail.handle, "127.0.0.1", 0, ssl=tls)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
