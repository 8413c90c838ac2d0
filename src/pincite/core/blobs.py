"""Uploaded bytes by their sha256: a folder, or a bucket by URL, each tenant under its own prefix.

Which revision the bytes belong to is the library's business.
"""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from pincite.core.errors import ErrorKind, InvalidInput, NotFound, PinciteError, StorageFull, Unavailable
from pincite.core.ids import new_id
from pincite.core.scope import Scope

_PIECE_BYTES = 1 << 20
_SLOWEST_BYTES_A_SECOND = 1 << 20
_TENANT = re.compile(r"[A-Za-z0-9_-]{1,100}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REMEDY = "Try again; `pincite doctor` says whether the place where files are kept can be reached."


@dataclass(frozen=True, slots=True)
class BlobRef:
    """What names stored bytes: their sha256 in hexadecimal, and their length."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BlobEntry:
    """Stored bytes as found in a listing."""

    sha256: str
    size_bytes: int
    modified_at: datetime


class UploadTooLarge(PinciteError):
    """More bytes came than are allowed; none were kept."""

    code = "upload-too-large"
    kind = ErrorKind.TOO_LARGE


class BlobStore:
    """Content-addressed bytes. The same bytes of two tenants are stored twice, so neither can notice the other.

    Args:
        url: a folder's path or `file://` URL, `s3://bucket/prefix`, `gs://...`, `az://...`, or `memory://` (tests).
        staging: a local folder for what is being received; default is inside the store's own folder, or the
            system's temporary folder for a bucket.
        timeout_s: longest one request to a bucket may take; a transfer of n MB may take n seconds more.
    """

    def __init__(self, url: str, *, staging: Path | None = None, timeout_s: float = 60.0) -> None:
        self._timeout_s = timeout_s
        self._folder = _folder_of(url)
        self._store = _open_store(url, self._folder)
        inside = self._folder / ".staging" if self._folder is not None else None
        self._staging = staging or inside or Path(tempfile.gettempdir()) / "pincite-staging"

    async def put(self, scope: Scope, chunks: AsyncIterable[bytes], *, max_bytes: int) -> BlobRef:
        """Store a stream of bytes; whole and durable when this returns, nothing left behind when it raises.

        Raises: UploadTooLarge, StorageFull, Unavailable.
        """
        prefix = _prefix(scope)
        with _disk_errors():
            staged = await asyncio.to_thread(self._stage)
        try:
            blob = await self._receive(staged, chunks, max_bytes)
            await self._settle(staged, f"{prefix}/{blob.sha256[:2]}/{blob.sha256}", blob.size_bytes)
            return blob
        finally:
            staged.unlink(missing_ok=True)

    @asynccontextmanager
    async def local_path(self, scope: Scope, sha256: str) -> AsyncGenerator[Path]:
        """Give the bytes as a local file for the block (not to be changed). Raises: NotFound, Unavailable."""
        if self._folder is not None:
            path = self._folder / _key(scope, sha256)
            if not await asyncio.to_thread(path.is_file):
                raise _missing()
            yield path
            return
        with _disk_errors():
            staged = await asyncio.to_thread(self._stage)
        try:
            async for piece in self.read(scope, sha256):
                with _disk_errors():
                    await asyncio.to_thread(_append, staged, piece)
            yield staged
        finally:
            staged.unlink(missing_ok=True)

    async def read(self, scope: Scope, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield bytes [start, end), in pieces of about 1 MB. Raises: NotFound, Unavailable."""
        key = _key(scope, sha256)
        if end is not None and end <= start:
            return
        options: obstore.GetOptions = {}
        if end is not None:
            options = {"range": (start, end)}
        elif start:
            options = {"range": {"offset": start}}
        async with self._request():
            got = await obstore.get_async(self._store, key, options=options)
        stream = got.stream(min_chunk_size=_PIECE_BYTES)
        while True:
            async with self._request():
                piece = await anext(stream, None)
            if piece is None:
                return
            yield bytes(piece)

    async def exists(self, scope: Scope, sha256: str) -> bool:
        """Say whether the bytes are there. Raises: Unavailable."""
        return await self.size(scope, sha256) is not None

    async def size(self, scope: Scope, sha256: str) -> int | None:
        """Return how many bytes are stored, None if they are not there. Raises: Unavailable."""
        try:
            async with self._request():
                return (await obstore.head_async(self._store, _key(scope, sha256)))["size"]
        except NotFound:
            return None

    async def delete(self, scope: Scope, sha256: str) -> None:
        """Delete the bytes; none is not an error. Raises: Unavailable."""
        with contextlib.suppress(NotFound):
            async with self._request():
                await obstore.delete_async(self._store, _key(scope, sha256))

    async def list(self, scope: Scope) -> AsyncIterator[BlobEntry]:
        """Yield the tenant's blobs. Raises: Unavailable."""
        pages = aiter(obstore.list(self._store, prefix=_prefix(scope)))  # pyright: ignore[reportUnknownMemberType]
        while True:
            try:
                async with self._request():
                    page = await anext(pages, None)
            except NotFound:
                return
            if page is None:
                return
            for entry in page:
                name = entry["path"].rsplit("/", 1)[-1]
                if _SHA256.fullmatch(name):
                    yield BlobEntry(name, entry["size"], entry["last_modified"])

    async def verify(self, scope: Scope, sha256: str) -> bool:
        """Read the bytes again and say whether they still have that sha256. Raises: NotFound, Unavailable."""
        digest = hashlib.sha256()
        async for piece in self.read(scope, sha256):
            await asyncio.to_thread(digest.update, piece)
        return digest.hexdigest() == sha256

    async def reach(self) -> None:
        """Ask for the beginning of a list of what is there. Raises: Unavailable."""
        pages = aiter(obstore.list(self._store, chunk_size=1))  # pyright: ignore[reportUnknownMemberType]
        with contextlib.suppress(NotFound):  # a prefix under which nothing was put yet
            async with self._request():
                await anext(pages, None)

    async def clean_staging(self, older_than_s: float = 86_400.0) -> int:
        """Delete what uploads that were cut off by a crash have left; returns how many files."""
        return await asyncio.to_thread(_clean, self._staging, older_than_s)

    def _stage(self) -> Path:
        self._staging.mkdir(parents=True, exist_ok=True, mode=0o700)
        staged = self._staging / f"put-{new_id()}"
        staged.touch(mode=0o600, exist_ok=False)
        return staged

    async def _receive(self, staged: Path, chunks: AsyncIterable[bytes], max_bytes: int) -> BlobRef:
        digest = hashlib.sha256()
        held = bytearray()
        size = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > max_bytes:
                raise UploadTooLarge(
                    f"The file is larger than the {max_bytes / (1 << 20):g} MB that are allowed.",
                    remedy="Split it, or raise the limit PINCITE_MAX_UPLOAD_MB.",
                )
            held += chunk
            if len(held) >= _PIECE_BYTES:
                await self._write(staged, bytes(held), digest)
                held.clear()
        await self._write(staged, bytes(held), digest)
        return BlobRef(digest.hexdigest(), size)

    async def _write(self, staged: Path, piece: bytes, digest: Any) -> None:
        with _disk_errors():
            await asyncio.to_thread(_append, staged, piece)
        if len(piece) < 65_536:
            digest.update(piece)
        else:
            await asyncio.to_thread(digest.update, piece)

    async def _settle(self, staged: Path, key: str, size: int) -> None:
        if self._folder is not None:
            with _disk_errors():
                await asyncio.to_thread(_move_durably, staged, self._folder, key)
            return
        async with self._request(extra_s=size / _SLOWEST_BYTES_A_SECOND):
            await obstore.put_async(self._store, key, staged)

    @asynccontextmanager
    async def _request(self, extra_s: float = 0.0) -> AsyncGenerator[None]:
        """Bound one request in time and turn the store's errors into ours."""
        try:
            async with asyncio.timeout(self._timeout_s + extra_s):
                yield
        except FileNotFoundError as error:
            raise _missing() from error
        except TimeoutError as error:
            raise Unavailable("The place where files are kept did not answer in time.", remedy=_REMEDY) from error
        except (BaseError, OSError) as error:
            raise Unavailable("The place where files are kept refused a request.", remedy=_REMEDY) from error


def _folder_of(url: str) -> Path | None:
    if url.startswith("file://"):
        return Path(url.removeprefix("file://")).absolute()
    return None if "://" in url else Path(url).absolute()


def _open_store(url: str, folder: Path | None) -> ObjectStore:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder)
    if url.startswith("memory://"):
        return MemoryStore()
    try:
        return from_url(url)
    except BaseError as error:
        remedy = "Use a folder, or s3://bucket/prefix, gs://bucket/prefix or az://container/prefix."
        raise InvalidInput("The address of the place where files are kept cannot be used.", remedy=remedy) from error


def _prefix(scope: Scope) -> str:
    if not _TENANT.fullmatch(scope.tenant):
        raise InvalidInput("The tenant's id cannot name a folder.")
    return scope.tenant


def _key(scope: Scope, sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise _missing()
    return f"{_prefix(scope)}/{sha256[:2]}/{sha256}"


def _missing() -> NotFound:
    return NotFound("The file's bytes are not there.", remedy="Run `pincite fsck`, then upload the file again.")


@contextlib.contextmanager
def _disk_errors() -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFull(
                "The disk is full, so the file was not stored.", remedy="Free some space and upload it again."
            ) from error
        raise Unavailable(f"The file could not be stored: {error.strerror}.", remedy=_REMEDY) from error


def _append(path: Path, piece: bytes) -> None:
    # Opened anew for each piece, and never created: a cancelled upload's last write must not bring its file back.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view) :]
    finally:
        os.close(descriptor)


def _move_durably(staged: Path, folder: Path, key: str) -> None:
    """Rename into place with the file and every folder on the way flushed, so that a power cut keeps all or nothing."""
    target = folder / key
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _flush(staged)
    staged.replace(target)
    for path in (target.parent, target.parent.parent, folder):
        _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _clean(staging: Path, older_than_s: float) -> int:
    before = time.time() - older_than_s
    count = 0
    for path in staging.glob("put-*"):
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                count += 1
    return count
