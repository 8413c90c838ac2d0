"""Opens compound files (OLE2: Outlook messages, old Office files) through olefile, bounded. Runs in the child only.

What their streams mean is in `adapters/`.
"""

import struct
from typing import Any

import olefile

from pincite.guard.domain import UnreadableDocument
from pincite.guard.source import Source

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# olefile raises its own errors and lets through what odd tables make of its arithmetic.
_DAMAGES = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError, struct.error)

Path = tuple[str, ...]


class Compound:
    """A compound file: streams by their path of storages. Raises, on opening and on reading: UnreadableDocument."""

    def __init__(self, source: Source) -> None:
        self._source = source
        try:
            self._ole: Any = olefile.OleFileIO(source.file)
            entries: list[list[str]] = self._ole.listdir(streams=True, storages=True)
        except _DAMAGES as error:
            raise _damaged() from error
        self._paths = {tuple(part.casefold() for part in entry): tuple(entry) for entry in entries}

    @property
    def names(self) -> list[str]:
        """The names of the outermost streams and storages."""
        return [path[0] for path in self._paths.values() if len(path) == 1]

    def children(self, storage: Path) -> list[str]:
        """Return the names of what lies directly in a storage, () for the outermost."""
        depth = len(storage)
        within = tuple(part.casefold() for part in storage)
        return [path[-1] for folded, path in self._paths.items() if len(path) == depth + 1 and folded[:depth] == within]

    def read(self, path: Path) -> bytes:
        """Read a stream; "" when there is none."""
        known = self._paths.get(tuple(part.casefold() for part in path))
        if known is None:
            return b""
        try:
            size = int(self._ole.get_size(list(known)))
            if size > self._source.size_bytes:  # a chain that runs in a circle never ends by itself
                raise _damaged()
            self._source.allowance.spend(unpacked_bytes=size)
            return bytes(self._ole.openstream(list(known)).read())
        except _DAMAGES as error:
            raise _damaged() from error


def _damaged() -> UnreadableDocument:
    return UnreadableDocument(
        "The file is damaged or truncated.",
        remedy="Open it in the program it was made with, save it again and upload that copy.",
    )
