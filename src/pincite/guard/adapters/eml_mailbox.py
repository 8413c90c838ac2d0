"""Takes the messages out of a mailbox of many (mbox), one after another. Runs in the child only.

Source of the rules: RFC 4155. Programs differ in how they mark a line of a message that begins as a new one does, so a
message is only taken to begin behind an empty line, with a time, and where a field of mail follows.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

BEGINS = b"From "
"""What a mailbox begins with, and each message in it."""

_ENVELOPE = re.compile(rb"From \S[^\r\n]{0,500}\d:\d\d[^\r\n]{0,100}\r?\n")
_FIELD = re.compile(rb"[!-9;-~]{1,100}:")
_MAX_LINE = 1 << 20


def messages(file: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """Yield the messages of a mailbox, None for one that is larger than `max_bytes`.

    What does not begin as a message does counts as one.
    """
    held = _Held(max_bytes)
    waiting = b""
    may_begin, begun = True, False
    for line in iter(lambda: file.readline(_MAX_LINE), b""):
        if waiting and _FIELD.match(line):
            if begun:
                yield held.take()
            begun = True
        else:
            held.add(waiting)
        waiting = line if may_begin and _ENVELOPE.fullmatch(line) else b""
        if not waiting:
            held.add(line)
            begun = begun or bool(line.strip())
        may_begin = not line.strip(b"\r\n")
    held.add(waiting)
    yield held.take()


class _Held:
    """A message in the making, of bounded size."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lines: list[bytes] = []
        self._size = 0

    def add(self, line: bytes) -> None:
        self._size += len(line)
        if self._size > self._max_bytes:
            self._lines.clear()
        elif line:
            self._lines.append(line)

    def take(self) -> bytes | None:
        whole = b"".join(self._lines) if self._size <= self._max_bytes else None
        self._lines, self._size = [], 0
        return whole
