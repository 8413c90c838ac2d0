"""Speaks IMAP (RFC 3501) by the standard library, in threads, to an address that was checked before.

Only reads: the folder is opened by EXAMINE and bodies are peeked at, so nothing becomes read or moves.
"""

import asyncio
import base64
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from pincite.sources.domain import DISTRUSTED, ItemGone, ItemRefused, SourceUnreachable

_TIMEOUT_S = 60.0
_PIECE = 1 << 20
_MOST = 128 << 20  # bytes that one question is answered with: the sizes of a million messages
_LINE = 100  # bytes that a line takes in memory besides its own
_ENTRY = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_FOREIGN = re.compile(r"([^\x20-\x7e]+)")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is and how to get in. `address` was checked; `host` is what the certificate must name.

    `tls` is None where the connection is not encrypted.
    """

    host: str
    port: int
    address: str
    user: str
    password: str
    tls: ssl.SSLContext | None


class Mailbox:
    """A folder of one account. Use it from one task at a time.

    Args:
        account: see `Account`.
        folder: its name as it is sent, see `sent_name`.
        limit_s: longest time for one answer.
    """

    def __init__(self, account: Account, folder: str, *, limit_s: float = 4 * _TIMEOUT_S) -> None:
        self._account = account
        self._folder = folder
        self._limit_s = limit_s
        self._client: _Checked | None = None
        self._line: socket.socket | None = None
        self._valid = ""

    async def open(self) -> str:
        """Connect, sign in and open the folder; returns what its ids are valid for. Raises: SourceUnreachable."""
        self._valid = await self._ask(self._open)
        return self._valid

    async def sizes(self) -> dict[int, int]:
        """Return the size in bytes of each message by its id, without those marked as deleted."""
        return await self._ask(self._sizes)

    async def read(self, uid: int) -> AsyncIterator[bytes]:
        """Give a message piece by piece. Raises: SourceUnreachable, ItemGone, ItemRefused.

        A line that broke with the message before is opened again.
        """
        start = 0
        while True:
            piece = await self._ask(partial(self._piece, uid, start))
            if piece:
                yield piece
            start += len(piece)
            if len(piece) < _PIECE:
                return

    async def close(self) -> None:
        """Leave."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(SourceUnreachable):
                await self._ask(partial(_leave, client))
        self._hang_up()

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.to_thread(question)
        except asyncio.CancelledError:
            self._hang_up()
            raise
        except ssl.SSLCertVerificationError as error:
            message = f"The certificate of {self._account.host} cannot be trusted: {error.verify_message}."
            raise SourceUnreachable(message, remedy=DISTRUSTED) from error
        except (imaplib.IMAP4.error, OSError, TimeoutError) as error:
            self._hang_up()
            raise SourceUnreachable(
                f"The mail server {self._account.host} refused or did not answer: {_shown(error)}",
                remedy="Check the host, the user, the password and the folder.",
            ) from error

    def _hang_up(self) -> None:
        """End the thread that waits for the server, which could keep it busy with a byte a minute."""
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _picked_up(self, line: socket.socket) -> None:
        self._line = line

    def _open(self) -> str:
        account = self._account
        self._client = _Checked(account, self._picked_up)
        self._client.sign_in(account.user, account.password)
        kind, said = self._client.select(_quoted(self._folder), readonly=True)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"no folder {self._folder}: {said!r}")
        found = self._client.response("UIDVALIDITY")[1]
        return found[0].decode("ascii", "replace") if found and found[0] else "0"

    def _sizes(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for line in _lines(self._command("FETCH", "1:*", "(UID FLAGS RFC822.SIZE)")):
            uid, size = _ENTRY.search(line), _SIZE.search(line)
            if uid and size and b"\\Deleted" not in line:
                found[int(uid[1])] = int(size[1])
        return found

    def _piece(self, uid: int, start: int) -> bytes:
        if self._line is None:
            self._open_again()
        try:
            said = self._command("FETCH", str(uid), f"(UID BODY.PEEK[]<{start}.{_PIECE}>)")
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:  # it answers, and so the others can be had
            raise ItemRefused(
                f"The mail server {self._account.host} does not give away the message {uid}: {_shown(error)}",
                remedy="Look at it in a program for mail.",
            ) from error
        for part in said:
            if isinstance(part, tuple):
                return bytes(part[1])
        if start == 0:
            raise ItemGone(f"The message {uid} was deleted meanwhile.")
        return b""

    def _open_again(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                client.shutdown()
        if self._open() != self._valid:
            raise imaplib.IMAP4.error(f"the folder {self._folder} was made anew meanwhile")

    def _command(self, name: str, *arguments: str) -> list[bytes | tuple[bytes, bytes] | None]:
        if self._client is None:
            raise imaplib.IMAP4.error("not connected")
        kind, said = self._client.uid(name, *arguments)
        if kind != "OK":
            raise imaplib.IMAP4.error(f"{name}: {said!r}")
        return said


class _Checked(imaplib.IMAP4):
    """A client that connects to the address it is given, and to no name; TLS checks the name all the same.

    What the server says is bounded: the pieces that were asked for are, and so is all that it says to one question.
    """

    def __init__(self, account: Account, picked_up: Callable[[socket.socket], None]) -> None:
        self._account = account
        self._picked_up = picked_up
        self._left = _MOST
        super().__init__(account.host, account.port, timeout=_TIMEOUT_S)

    def sign_in(self, user: str, password: str) -> None:
        """Sign in by LOGIN, which has ASCII alone, or by PLAIN (RFC 4616), which has UTF-8."""
        if user.isascii() and password.isascii():
            self.login(_quoted(user), password)
        else:
            said = f"\0{user}\0{password}".encode("utf-8", "surrogateescape")
            self.authenticate("PLAIN", lambda _: said)

    def uid(self, command: str, *args: str) -> tuple[str, list[Any]]:
        self._left = _MOST
        return super().uid(command, *args)

    def read(self, size: int) -> bytes:
        self._spend(size if size <= _PIECE else _MOST + 1)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line) + _LINE)
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("it says more than was asked for")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        account = self._account
        plain = socket.create_connection((account.address, account.port), timeout or _TIMEOUT_S)
        self._picked_up(plain)
        if account.tls is None:
            return plain
        safe = account.tls.wrap_socket(plain, server_hostname=account.host, do_handshake_on_connect=False)
        self._picked_up(safe)
        safe.do_handshake()
        return safe


def sent_name(folder: str) -> str:
    """Return a folder's name as it is sent: letters beyond ASCII by modified UTF-7 (RFC 3501, 5.1.3).

    A name of ASCII alone is taken as spelled like that already.
    """
    if folder.isascii():
        return folder
    parts = _FOREIGN.split(folder)
    parts[::2] = [plain.replace("&", "&-") for plain in parts[::2]]
    parts[1::2] = [f"&{_utf7(foreign)}-" for foreign in parts[1::2]]
    return "".join(parts)


def _utf7(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-be"), b"+,").rstrip(b"=").decode("ascii")


def _shown(error: BaseException) -> str:
    return "".join(char if char.isprintable() else "?" for char in str(error))[:200]


def _lines(said: list[bytes | tuple[bytes, bytes] | None]) -> list[bytes]:
    return [part if isinstance(part, bytes) else part[0] for part in said if part is not None]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _leave(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except (imaplib.IMAP4.error, OSError):
        client.shutdown()
