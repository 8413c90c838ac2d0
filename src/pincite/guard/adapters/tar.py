"""TAR, gzipped or not, and a single gzipped document: members as in a ZIP. Runs in the child only.

Read as a stream; nothing is written, links and devices are passed over.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from pincite.guard.adapters.text import decode
from pincite.guard.adapters.zip import is_clutter, pages_of_members, too_large
from pincite.guard.archives import MAX_MEMBERS, TAR_BLOCK, is_tar, too_many
from pincite.guard.domain import PageText, UnreadableDocument
from pincite.guard.members import Member
from pincite.guard.source import Allowance, Opened, ReadLimits, Source

_GZIP = b"\x1f\x8b"
_DAMAGES = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, OverflowError)
_REMEDY = "Pack it again and upload that copy, or upload the documents inside."


def open_source(source: Source) -> Opened:
    """Open a tape archive or what gzip packed."""
    head = source.file.read(TAR_BLOCK)
    source.file.seek(0)
    if not head.startswith(_GZIP):
        return Opened(_tar(source, source.file))
    stream = _Counted(source.file, source.allowance)
    try:
        packed = stream.peek(TAR_BLOCK)
    except _DAMAGES as error:
        raise _damaged() from error
    if is_tar(packed):
        return Opened(_tar(source, stream))
    member = Member(_name_in(head) or "the document inside", partial(_whole, stream, source.limits))
    return Opened(pages_of_members(source, iter((member,))))


def _name_in(head: bytes) -> str:
    """Return the file's name that gzip kept, "" where it kept none: RFC 1952, 2.3."""
    at = 10 + (2 + int.from_bytes(head[10:12], "little") if head[3] & 4 else 0)
    return decode(head[at : head.find(b"\0", at)]) if head[3] & 8 else ""


class _Counted(gzip.GzipFile):
    """Unpacks gzip and counts it against the allowance. Raises: UnreadableDocument."""

    def __init__(self, file: BinaryIO, allowance: Allowance) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._allowance = allowance

    def read(self, size: int | None = -1) -> bytes:
        most = self._allowance.bytes_left + 1
        data = super().read(most if size is None or size < 0 else min(size, most))
        self._allowance.spend(unpacked_bytes=len(data))
        return data


def _tar(source: Source, stream: BinaryIO | gzip.GzipFile) -> Iterator[PageText]:
    try:
        opened = tarfile.open(fileobj=stream, mode="r|")  # noqa: SIM115 (the file is the caller's)
        yield from pages_of_members(source, _members(source, opened))
    except _DAMAGES as error:
        raise _damaged() from error


def _members(source: Source, opened: tarfile.TarFile) -> Iterator[Member]:
    """Yield members; each has to be read before the next is asked for."""
    for count, info in enumerate(opened, start=1):
        if count > MAX_MEMBERS:
            raise too_many()
        source.allowance.spend(members=1)
        if info.isreg() and not info.issparse() and not is_clutter(info.name):
            yield Member(info.name, partial(_load, opened, info, source.limits))


def _load(opened: tarfile.TarFile, info: tarfile.TarInfo, limits: ReadLimits) -> bytes:
    if info.size > limits.max_member_bytes:
        raise too_large(limits)
    file = opened.extractfile(info)
    try:
        return file.read() if file is not None else b""
    except _DAMAGES as error:
        raise _damaged() from error


def _whole(stream: io.BufferedIOBase, limits: ReadLimits) -> bytes:
    try:
        data = stream.read(limits.max_member_bytes + 1)
    except _DAMAGES as error:
        raise _damaged() from error
    if len(data) > limits.max_member_bytes:
        raise too_large(limits)
    return data


def _damaged() -> UnreadableDocument:
    return UnreadableDocument("The archive is damaged or truncated.", remedy=_REMEDY)
