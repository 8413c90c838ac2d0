"""Uploaded bytes by their sha256: a folder, or a bucket by URL, each tenant under its own prefix.

Which revision the bytes belong to is the library's business.
"""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pincite.core.errors import ErrorKind, PinciteError
from pincite.core.scope import Scope


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
        staging: a local folder for what is being received; default is inside the store's own folder.
        timeout_s: longest one request to a bucket may take.
    """

    def __init__(self, url: str, *, staging: Path | None = None, timeout_s: float = 60.0) -> None:
        raise NotImplementedError

    async def put(self, scope: Scope, chunks: AsyncIterable[bytes], *, max_bytes: int) -> BlobRef:
        """Store a stream of bytes; whole and durable when this returns, nothing left behind when it raises.

        Raises: UploadTooLarge, StorageFull, Unavailable.
        """
        raise NotImplementedError

    @asynccontextmanager
    async def local_path(self, scope: Scope, sha256: str) -> AsyncIterator[Path]:
        """Give the bytes as a local file for the block (not to be changed). Raises: NotFound, Unavailable."""
        raise NotImplementedError
        yield Path()

    async def read(self, scope: Scope, sha256: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Yield bytes [start, end). Raises: NotFound, Unavailable."""
        raise NotImplementedError
        yield b""

    async def exists(self, scope: Scope, sha256: str) -> bool:
        """Say whether the bytes are there."""
        raise NotImplementedError

    async def delete(self, scope: Scope, sha256: str) -> None:
        """Delete the bytes; none is not an error."""
        raise NotImplementedError

    async def list(self, scope: Scope) -> AsyncIterator[BlobEntry]:
        """Yield the tenant's blobs."""
        raise NotImplementedError
        yield BlobEntry("", 0, datetime.min)

    async def verify(self, scope: Scope, sha256: str) -> bool:
        """Read the bytes again and say whether they still have that sha256. Raises: NotFound, Unavailable."""
        raise NotImplementedError
