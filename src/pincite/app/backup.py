"""Backup and restore of a whole installation: rows of every table and the bytes of every blob, in one tar file.

The search index and unfinished jobs are not in it: both are derived and made again after a restore. A backup is
taken in one database snapshot while the server runs, and may be restored into either database engine.
"""

import asyncio
import base64
import contextlib
import errno
import io
import json
import os
import tarfile
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Table as SqlTable
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Conflict, Database, ErrorKind, InvalidInput, PinciteError, Scope, StorageFull, Table, utc_now
from pincite.core.blobs import BlobStore
from pincite.core.scope import EVERY_TENANT

FORMAT = 1
_ROWS_AT_ONCE = 500
# Heartbeats belong to processes that will be gone; outcomes of evaluations and replies of models are made again.
_LEFT_OUT = frozenset(
    {
        "jobs_workers",
        "evals_outcomes",
        "library_waiting",
        "app_replays",
        "app_limits",
        "accounts_tries",
        "answers_asked",
        "gateway_replies",
    }
)
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds or a restore brought back."""

    path: str
    rows: int
    blobs: int
    size_bytes: int


class UnusableBackup(PinciteError):
    """The file is not a whole Pincite backup."""

    code = "unusable-backup"
    kind = ErrorKind.INVALID


async def write_backup(
    database: Database, blobs: BlobStore, scopes: list[Scope], target: Path, progress: Progress
) -> BackupReport:
    """Write a backup to `target`, which appears only when it is whole.

    Args:
        database: the source of rows, read in one snapshot.
        blobs: the source of bytes.
        scopes: one system scope a tenant.
        target: where the tar file goes; must not exist.
        progress: called with a table's or tenant's name and a count, for a progress bar.

    Raises:
        Conflict: `target` exists.
        InvalidInput: its folder is not there or cannot be written.
        StorageFull: the disk is full.
    """
    if target.exists():
        raise Conflict(f"{target} exists already.", remedy="Choose another name or remove it.")
    partial = target.with_name(target.name + ".partial")
    rows = blob_count = 0
    with _writable(target):
        try:
            with _private(partial) as file, tarfile.open(fileobj=file, mode="w") as archive:
                rows, blob_count = await _write_all(database, blobs, scopes, archive, target.parent, progress)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return BackupReport(str(target), rows, blob_count, target.stat().st_size)


async def _write_all(
    database: Database,
    blobs: BlobStore,
    scopes: list[Scope],
    archive: tarfile.TarFile,
    folder: Path,
    progress: Progress,
) -> tuple[int, int]:
    """Write rows, spooled in `folder`, then files, then what there is of both; returns how many there are."""
    counts: dict[str, int] = {}
    async with database.read(EVERY_TENANT, one_moment=True) as session:
        for table in _tables():
            counts[table.name] = await _write_table(session, table, archive, folder)
            progress(table.name, counts[table.name])
    blob_count = 0
    for scope in scopes:
        async for blob in blobs.list(scope):
            async with blobs.local_path(scope, blob.sha256) as path:
                await asyncio.to_thread(archive.add, path, f"blobs/{scope.tenant}/{blob.sha256}")
            blob_count += 1
            progress(blob.sha256, blob.size_bytes)
    manifest = {"format": FORMAT, "created_at": utc_now().isoformat(), "tables": counts, "blobs": blob_count}
    _add(archive, "manifest.json", json.dumps(manifest).encode())
    return sum(counts.values()), blob_count


def _private(path: Path) -> BinaryIO:
    """Open a new file that none but us may read: everybody's documents will be in it."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


@contextlib.contextmanager
def _writable(target: Path) -> Iterator[None]:
    """Say what stands in the way of writing a file. Raises: StorageFull, InvalidInput."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            remedy = "Free some space, or write it to another disk."
            raise StorageFull(f"The disk is full, so {target} was not written.", remedy=remedy) from error
        message = f"{target} cannot be written: {error.strerror or error}."
        raise InvalidInput(message, remedy="Choose a folder that is there and that you may write to.") from error


async def read_backup(database: Database, blobs: BlobStore, source: Path, progress: Progress) -> BackupReport:
    """Bring a backup back into an installation that has no rows yet.

    Raises:
        UnusableBackup: the file is damaged, cut off or something else.
        Conflict: the installation is not empty.
    """
    await _refuse_unless_empty(database)
    try:
        with tarfile.open(source, "r") as archive:
            manifest = _manifest(archive)
            for name in _blob_names(archive):
                _, tenant, sha256 = name.split("/")
                await _restore_blob(blobs, Scope(tenant, "system"), sha256, _member(archive, name))
                progress(sha256, 1)
            rows = 0
            async with database.transaction(EVERY_TENANT) as session:
                for table in _tables():
                    restored = await _restore_table(session, table, archive)
                    if restored != manifest["tables"].get(table.name, 0):
                        raise UnusableBackup(f"The backup's rows of {table.name} are not whole.")
                    rows += restored
                    progress(table.name, restored)
    except (tarfile.TarError, OSError, KeyError, ValueError) as error:
        raise UnusableBackup(f"{source} cannot be read as a backup: {error}.", remedy="Use another copy.") from error
    return BackupReport(str(source), rows, int(manifest["blobs"]), source.stat().st_size)


def _tables() -> list[SqlTable]:
    return [table for table in Table.metadata.sorted_tables if table.name not in _LEFT_OUT]


async def _rows(session: AsyncSession, table: SqlTable) -> AsyncIterator[dict[str, Any]]:
    result = await session.stream(select(table).execution_options(yield_per=_ROWS_AT_ONCE))
    async for row in result.mappings():
        yield {name: _plain(value) for name, value in row.items()}


async def _write_table(session: AsyncSession, table: SqlTable, archive: tarfile.TarFile, folder: Path) -> int:
    """Spool a table to disk first: a tar member's size must be known before its bytes, and tables may be large."""
    count = 0
    with tempfile.TemporaryFile(dir=folder) as spool:
        async for row in _rows(session, table):
            spool.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            count += 1
        info = tarfile.TarInfo(f"tables/{table.name}.jsonl")
        info.size = spool.tell()
        info.mode = 0o600
        spool.seek(0)
        await asyncio.to_thread(archive.addfile, info, spool)
    return count


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$time": value.isoformat()}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    return value


def _rich(value: Any, *, takes_nul: bool) -> Any:
    match value:
        case str() if not takes_nul:
            return value.replace("\0", "\ufffd")
        case {"$time": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"$bytes": str(content)}:
            return base64.b64decode(content)
        case _:
            return value


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o600
    archive.addfile(info, io.BytesIO(content))


async def _refuse_unless_empty(database: Database) -> None:
    async with database.read(EVERY_TENANT) as session:
        for table in _tables():
            if await session.scalar(select(func.count()).select_from(table)):
                raise Conflict(
                    "There is data here already; a restore would mix the two.",
                    remedy="Restore into an empty PINCITE_HOME (or an empty database).",
                )


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_member(archive, "manifest.json").read())
    if manifest.get("format") != FORMAT:
        raise UnusableBackup("The backup has a format that this version does not read.")
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> BinaryIO:
    found = archive.extractfile(name)
    if found is None:
        raise UnusableBackup(f"The backup has no {name}.")
    return found  # type: ignore[return-value]


def _blob_names(archive: tarfile.TarFile) -> list[str]:
    return [name for name in archive.getnames() if name.startswith("blobs/") and name.count("/") == 2]


async def _restore_table(session: AsyncSession, table: SqlTable, archive: tarfile.TarFile) -> int:
    """Bring a table's rows back. SQLite may have kept NUL, which PostgreSQL does not: there it becomes one U+FFFD."""
    takes_nul = session.get_bind().dialect.name == "sqlite"
    count = 0
    batch: list[dict[str, Any]] = []
    for line in _member(archive, f"tables/{table.name}.jsonl"):
        if not line.strip():
            continue
        row: dict[str, Any] = json.loads(line)
        batch.append({name: _rich(value, takes_nul=takes_nul) for name, value in row.items()})
        count += 1
        if len(batch) == _ROWS_AT_ONCE:
            await session.execute(insert(table), batch)
            batch = []
    if batch:
        await session.execute(insert(table), batch)
    return count


async def _restore_blob(blobs: BlobStore, scope: Scope, sha256: str, content: BinaryIO) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for piece in _pieces(content):
            yield piece

    stored = await blobs.put(scope, chunks(), max_bytes=1 << 50)
    if stored.sha256 != sha256:
        raise UnusableBackup(f"The backup's bytes of {sha256[:12]} are damaged.", remedy="Use another copy.")


def _pieces(content: BinaryIO, size: int = 1 << 20) -> Iterator[bytes]:
    while piece := content.read(size):
        yield piece
