"""Sends many files: in groups, what is there already by its sha256 left out, the rest in one transaction each.

What becomes of the documents is waited for in `adding.py`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pincite.app.wiring import House
from pincite.core import PinciteError, Scope, StorageFull, Unavailable
from pincite.core.together import all_of
from pincite.ingest import Received, Staged
from pincite.library import Document, RevisionState

_GROUP_FILES = 64
_GROUP_BYTES = 8 << 20
_GROUPS_AT_ONCE = 2
_STAGED_AT_ONCE = 8
_WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0)

T = TypeVar("T")

Sent = Document | PinciteError | tuple[str, RevisionState]
"""What became of a file: its document; why it was refused; or the id and state of the document that it is already."""


async def patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do something again for most of a minute while storage does not answer: a database may be starting again."""
    for wait_s in _WAITS_S:
        try:
            return await work()
        except Unavailable:
            await asyncio.sleep(wait_s)
    return await work()


_File = tuple[int, Path, str]
_Group = list[_File]


class BulkSender:
    """Sends files into one collection.

    Args:
        house: the rooms.
        scope: the asker.
        home: the collection's id, and the batch's name where they are one, which waits for all that is none; a batch
            that is forgotten meanwhile is made again.
        pieces: reads a file.
        take: is told what became of each, by its place.
    """

    def __init__(
        self,
        house: House,
        scope: Scope,
        home: tuple[str, str | None],
        pieces: Callable[[Path], AsyncIterator[bytes]],
        take: Callable[[int, Sent], Awaitable[None]],
    ) -> None:
        self._house = house
        self._scope = scope
        self._collection, self._batch = home
        self._refusal: PinciteError | None = None
        self._pieces = pieces
        self._take = take
        self._staging = asyncio.Semaphore(_STAGED_AT_ONCE)
        self._gathered = _Gathering()

    async def send(self, files: Sequence[tuple[Path, str]]) -> None:
        """Send all, two groups at once. Raises: StorageFull, Unavailable, NotFound (the collection)."""
        groups = _groups(files)

        async def some() -> None:
            for group in groups:
                if self._refusal is None:
                    await self._send(group)
                else:
                    await self._hand_on(group)

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(_GROUPS_AT_ONCE):
                    tasks.create_task(some())
            await self._hand_on(self._gathered.rest())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from failed  # the first failure ends it, and is said as itself

    async def _send(self, group: _Group) -> None:
        """Leave out what is known; the rest is handed on together with that of other groups."""
        hashes = await asyncio.to_thread(_hashes, group)
        known = await patiently(lambda: self._house.library.unchanged(self._scope, self._collection, hashes))
        for file in group:
            position, _, source = file
            if source in known:
                await self._take(position, known[source])
            elif full := self._gathered.add(file):
                await self._hand_on(full)

    async def _hand_on(self, new: _Group) -> None:
        """Store and register files; once the batch was cancelled nobody wants the rest."""
        if self._refusal is not None:
            for position, _, _ in new:
                await self._take(position, self._refusal)
            return
        staged = await all_of(self._stage(path, source) for _, path, source in new)
        arrivals: list[tuple[int, str, Staged]] = []
        for (position, _, source), became in zip(new, staged, strict=True):
            if isinstance(became, PinciteError):
                await self._take(position, became)
            else:
                arrivals.append((position, source, became))
        if not arrivals:
            return
        received = await self._register([(source, each) for _, source, each in arrivals])
        for (position, _, _), became in zip(arrivals, received, strict=True):
            await self._take(position, became.document if isinstance(became, Received) else became)

    async def _register(self, arrivals: Sequence[tuple[str, Staged]]) -> Sequence[Received | PinciteError]:
        try:
            return await patiently(
                lambda: self._house.ingest.register_many(
                    self._scope,
                    arrivals,
                    collection=self._collection,
                    bulk=self._batch is not None,
                    batch=self._batch,
                )
            )
        except PinciteError as error:
            if error.code != "batch-cancelled":
                raise
            self._refusal = error
            return [error] * len(arrivals)

    async def _stage(self, path: Path, source: str) -> Staged | PinciteError:
        """Store a file's bytes; the error that the file is at fault for. Raises: StorageFull, Unavailable."""
        async with self._staging:
            try:
                return await patiently(lambda: self._house.ingest.stage(self._scope, source, self._pieces(path)))
            except (StorageFull, Unavailable):
                raise
            except PinciteError as error:
                return error


class _Gathering:
    """Puts files together into groups of bounded number and size."""

    def __init__(self) -> None:
        self._group: _Group = []
        self._bytes = 0

    def add(self, file: _File) -> _Group:
        """Add one; returns the group that is full by it, mostly none."""
        size = _size(file[1])
        full = self.rest() if self._group and self._bytes + size > _GROUP_BYTES else []
        self._group.append(file)
        self._bytes += size
        return full or (self.rest() if len(self._group) >= _GROUP_FILES else [])

    def rest(self) -> _Group:
        """Return those that are left, and begin anew."""
        group, self._group, self._bytes = self._group, [], 0
        return group


def _groups(files: Sequence[tuple[Path, str]]) -> Iterator[_Group]:
    """Yield (place, file, name) in groups of bounded number and size."""
    gathered = _Gathering()
    for position, (path, source) in enumerate(files):
        if group := gathered.add((position, path, source)):
            yield group
    if group := gathered.rest():
        yield group


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # it is said when it is read


def _hashes(group: _Group) -> dict[str, str]:
    """Return the sha256 of the files that can be read, by name."""
    hashes: dict[str, str] = {}
    for _, path, source in group:
        try:
            with path.open("rb") as file:
                hashes[source] = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            continue
    return hashes
