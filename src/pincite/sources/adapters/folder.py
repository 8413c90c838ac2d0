"""A folder on this machine, with all below it; a change in it is noticed at once where the system tells.

Links are not followed, so nothing outside is read; hidden files are left out, and what programs make for themselves.
"""

import asyncio
import errno
import fnmatch
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from pincite.sources.domain import (
    Found,
    ItemGone,
    ItemRefused,
    Pattern,
    Place,
    Recall,
    SourceUnreachable,
    Tools,
    Trouble,
)
from pincite.sources.names import is_byproduct
from pincite.sources.notes import Notes
from pincite.sources.paths import whole_path

_PIECE = 1 << 20
_AT_ONCE = 500
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.ELOOP})


class FolderOptions(BaseModel):
    """What a folder takes besides its path."""

    model_config = ConfigDict(extra="forbid")

    only: list[Pattern] = Field(
        [], max_length=100, description="Patterns such as `*.pdf`; a file must fit one of them."
    )
    hidden: bool = Field(False, description="Read files and folders too whose name begins with a dot.")


class FolderSource:
    """Files by their path in the folder; one has changed when its time or size has."""

    kind: ClassVar[str] = "folder"
    options: ClassVar[type[BaseModel]] = FolderOptions
    every_s: ClassVar[int] = 300
    forgets: bool = True
    one_by_one: ClassVar[bool] = False
    partly: Trouble | None = None

    def __init__(self, place: Place, options: FolderOptions, tools: Tools) -> None:
        self._root = whole_path(place.location)
        self._options = options
        self._forced = place.forced
        self._notes = Notes(tools.cache / self.kind / place.source_id, 0)

    @classmethod
    def local_path(cls, location: str) -> Path | None:
        """Return the folder. Raises: BadSource."""
        return whole_path(location)

    def watched(self) -> Path | None:
        """Return the folder."""
        return self._root

    async def find(self, _recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show the files. Raises: SourceUnreachable, at the end where only a part of the folder could be listed."""
        denied: list[str] = []
        mounts: set[str] = set()
        files = self._files(denied, mounts)
        while some := await asyncio.to_thread(lambda: list(islice(files, _AT_ONCE))):
            for path, mark in some:
                spelled = os.fsencode(path.relative_to(self._root))
                key = spelled.decode("utf-8", "backslashreplace").replace(os.sep, "/")
                yield Found(key, _readable(spelled).replace(os.sep, "/"), mark, partial(_pieces, path))
        if denied:
            raise SourceUnreachable(
                f"{len(denied)} folders could not be listed, {denied[0]} among them.", remedy="Check their permissions."
            )
        await self._refuse_unmounted(mounts)

    async def _refuse_unmounted(self, mounts: set[str]) -> None:
        """Refuse to take for gone what is on disks that were mounted in the folder, and are not now."""
        kept = await self._notes.read() or {}
        noted: set[str] = set(kept.get("mounts", ()) if kept.get("root") == str(self._root) else ())
        missing: set[str] = set() if self._forced else noted - mounts
        if mounts | missing != noted:
            await self._notes.write({"root": str(self._root), "mounts": sorted(mounts | missing)})
        if missing:
            raise SourceUnreachable(
                f"What was mounted at {min(missing)} is not there.",
                remedy="Mount it. If it is gone for good, `pincite sources sync NAME --delete` removes its documents.",
            )

    def _files(self, denied: list[str], mounts: set[str]) -> Iterator[tuple[Path, str]]:
        self._refuse_missing()
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            try:
                below = len(waiting)
                yield from self._inside(folder, waiting)
                mounts.update(_mounted(folder, waiting[below:]))
            except OSError:  # not listed, or listed and not entered; one that is gone by now may be a disk that is
                denied.append(str(folder))

    def _refuse_missing(self) -> None:
        try:
            is_there = self._root.is_dir()
        except OSError as error:
            raise SourceUnreachable(
                f"The folder {self._root} cannot be looked at: {error.strerror}.",
                remedy="Check the permissions of all folders on the way, and that its disk is mounted.",
            ) from error
        if not is_there:
            raise SourceUnreachable(
                f"The folder {self._root} is not there.", remedy="Check its path, and that its disk is mounted."
            )

    def _inside(self, folder: Path, waiting: list[Path]) -> Iterator[tuple[Path, str]]:
        """Yield the files of one folder, and note the folders in it. Raises: OSError."""
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            if entry.name.startswith(".") and not self._options.hidden:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif is_byproduct(entry.name):
                continue
            elif entry.is_file(follow_symlinks=False) and self._is_wanted(entry.name):
                yield from _stamped(entry)

    def _is_wanted(self, name: str) -> bool:
        return not self._options.only or any(fnmatch.fnmatch(name, pattern) for pattern in self._options.only)


def _readable(spelled: bytes) -> str:
    """Return a path as text; what is no UTF-8 was most likely written by an older Windows."""
    try:
        return spelled.decode("utf-8")
    except UnicodeDecodeError:
        return spelled.decode("cp1252", "replace")


def _mounted(folder: Path, inside: Sequence[Path]) -> Iterator[str]:
    """Yield those of the folders in one that are on another device. Raises: OSError."""
    device = folder.stat().st_dev if inside else 0
    for each in inside:
        with suppress(FileNotFoundError):
            if each.lstat().st_dev != device:
                yield os.fsdecode(each)


def _stamped(entry: "os.DirEntry[str]") -> Iterator[tuple[Path, str]]:
    try:
        stat = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return  # deleted since the folder was listed
    yield Path(entry.path), f"{stat.st_mtime_ns}:{stat.st_size}"


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    try:
        descriptor = await asyncio.to_thread(os.open, path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except FileNotFoundError:
        raise ItemGone(f"{path.name} was deleted meanwhile.") from None
    except OSError as error:
        # A file that may not be read, or became a link: the disk is well.
        kind = ItemRefused if error.errno in _REFUSED else SourceUnreachable
        raise kind(f"{path.name} cannot be read: {error.strerror}.", remedy="Check its permissions.") from error
