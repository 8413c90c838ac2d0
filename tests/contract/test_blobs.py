"""What every blob store does alike: a folder, and the memory of tests (whose code path is that of a bucket)."""

import asyncio
import errno
import hashlib
import os
import random
import resource
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pincite.core import InvalidInput, NotFound, Scope, StorageFull
from pincite.core.blobs import BlobRef, BlobStore, UploadTooLarge

SCOPE = Scope("tenant-1", "u")
OTHER = Scope("tenant-2", "u")
LIMIT = 50_000_000


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return BlobStore(str(tmp_path / "blobs"))
    return BlobStore("memory://", staging=tmp_path / "staging")


async def pieces(data: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def whole(blobs: BlobStore, scope: Scope, sha256: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in blobs.read(scope, sha256, start, end)])


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("size", [0, 1, 69_999, 1 << 20, 3_500_001])
async def test_bytes_come_back_as_they_went_in(blobs: BlobStore, size: int) -> None:
    data = random.Random(size).randbytes(size)
    ref = await blobs.put(SCOPE, pieces(data), max_bytes=LIMIT)
    assert ref == BlobRef(hashlib.sha256(data).hexdigest(), size)
    assert await whole(blobs, SCOPE, ref.sha256) == data
    assert await blobs.exists(SCOPE, ref.sha256)
    assert await blobs.size(SCOPE, ref.sha256) == size
    assert await blobs.verify(SCOPE, ref.sha256)
    async with blobs.local_path(SCOPE, ref.sha256) as path:
        assert path.read_bytes() == data


@pytest.mark.parametrize(("start", "end"), [(0, 1), (5, 5), (999, 2_000_000), (1_999_999, None), (0, None), (7, 9)])
async def test_a_range_is_that_range(blobs: BlobStore, start: int, end: int | None) -> None:
    data = random.Random(1).randbytes(2_000_000)
    ref = await blobs.put(SCOPE, pieces(data), max_bytes=LIMIT)
    assert await whole(blobs, SCOPE, ref.sha256, start, end) == data[start:end]


async def test_the_same_bytes_twice_are_stored_once(blobs: BlobStore) -> None:
    first, second = await asyncio.gather(
        blobs.put(SCOPE, pieces(b"same" * 1000), max_bytes=LIMIT),
        blobs.put(SCOPE, pieces(b"same" * 1000, 7), max_bytes=LIMIT),
    )
    assert first == second
    assert [entry.sha256 async for entry in blobs.list(SCOPE)] == [first.sha256]


async def test_another_tenant_notices_nothing(blobs: BlobStore) -> None:
    ref = await blobs.put(SCOPE, pieces(b"secret"), max_bytes=LIMIT)
    assert not await blobs.exists(OTHER, ref.sha256)
    assert [entry async for entry in blobs.list(OTHER)] == []
    with pytest.raises(NotFound) as foreign:
        await whole(blobs, OTHER, ref.sha256)
    with pytest.raises(NotFound) as missing:
        await whole(blobs, SCOPE, "0" * 64)
    assert str(foreign.value) == str(missing.value)
    await blobs.put(OTHER, pieces(b"secret"), max_bytes=LIMIT)
    await blobs.delete(OTHER, ref.sha256)
    assert await blobs.exists(SCOPE, ref.sha256)


async def test_deleting_is_final_and_may_be_repeated(blobs: BlobStore) -> None:
    ref = await blobs.put(SCOPE, pieces(b"x"), max_bytes=LIMIT)
    await blobs.delete(SCOPE, ref.sha256)
    await blobs.delete(SCOPE, ref.sha256)
    assert not await blobs.exists(SCOPE, ref.sha256)
    assert await blobs.size(SCOPE, ref.sha256) is None
    with pytest.raises(NotFound):
        async with blobs.local_path(SCOPE, ref.sha256):
            pass
    with pytest.raises(NotFound):
        await blobs.verify(SCOPE, ref.sha256)


async def test_too_much_is_refused_and_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 100_000

    with pytest.raises(UploadTooLarge):
        await blobs.put(SCOPE, endless(), max_bytes=3_000_000)
    assert taken == 31, "reading stops as soon as it is too much"
    assert files_under(tmp_path) == []
    assert (await blobs.put(SCOPE, pieces(b"x" * 3_000_000), max_bytes=3_000_000)).size_bytes == 3_000_000


async def test_the_limit_is_said_in_the_unit_that_it_is_set_in(blobs: BlobStore) -> None:
    with pytest.raises(UploadTooLarge, match="larger than the 3 MB that are allowed"):
        await blobs.put(SCOPE, pieces(b"x" * (3 << 20 | 1)), max_bytes=3 << 20)


async def test_an_upload_that_breaks_off_leaves_nothing(blobs: BlobStore, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(SCOPE, broken(), max_bytes=LIMIT)

    async def stuck() -> AsyncIterator[bytes]:
        yield b"x" * 2_000_000
        await asyncio.sleep(60)

    task = asyncio.create_task(blobs.put(SCOPE, stuck(), max_bytes=LIMIT))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert files_under(tmp_path) == []
    assert [entry async for entry in blobs.list(SCOPE)] == []


@pytest.mark.parametrize("name", ["../etc/passwd", "", "0" * 63, "G" * 64, "0" * 64 + "/.."])
async def test_only_a_sha256_names_bytes(blobs: BlobStore, name: str) -> None:
    with pytest.raises(NotFound):
        await whole(blobs, SCOPE, name)
    assert not await blobs.exists(SCOPE, name)


@pytest.mark.parametrize("tenant", ["..", "a/b", "", "ä", ".staging"])
async def test_a_tenant_cannot_name_another_folder(blobs: BlobStore, tenant: str) -> None:
    with pytest.raises(InvalidInput):
        await blobs.put(Scope(tenant, "u"), pieces(b"x"), max_bytes=LIMIT)


@contextmanager
def files_no_longer_than(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_takes_no_more_is_said_and_nothing_is_half_written(blobs: BlobStore, tmp_path: Path) -> None:
    # The kernel refuses the write in the middle of a file, as it does on a full disk.
    with files_no_longer_than(1_500_000), pytest.raises(StorageFull) as caught:
        await blobs.put(SCOPE, pieces(b"x" * 4_000_000), max_bytes=LIMIT)
    assert caught.value.remedy
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno in {errno.ENOSPC, errno.EFBIG}
    assert files_under(tmp_path) == []
    await blobs.put(SCOPE, pieces(b"x" * 4_000_000), max_bytes=LIMIT)


async def test_damaged_bytes_are_noticed(tmp_path: Path) -> None:
    blobs = BlobStore(f"file://{tmp_path}/blobs")
    ref = await blobs.put(SCOPE, pieces(b"x" * 1000), max_bytes=LIMIT)
    async with blobs.local_path(SCOPE, ref.sha256) as path:
        path.write_bytes(b"x" * 999 + b"y")
    assert not await blobs.verify(SCOPE, ref.sha256)


async def test_what_a_crash_left_behind_is_cleaned_later(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path / "blobs"))
    staging = tmp_path / "blobs" / ".staging"
    staging.mkdir()
    old, young = staging / "put-old", staging / "put-young"
    for path in (old, young):
        path.write_bytes(b"x")
    day_ago = time.time() - 100_000
    os.utime(old, (day_ago, day_ago))
    assert await blobs.clean_staging() == 1
    assert files_under(staging) == [young]


def test_an_address_that_means_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        BlobStore("gopher://x/y")


async def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    import tracemalloc

    blobs = BlobStore(str(tmp_path / "blobs"))

    async def large() -> AsyncIterator[bytes]:
        for _ in range(400):
            yield bytes(65_536)

    tracemalloc.start()
    try:
        ref = await blobs.put(SCOPE, large(), max_bytes=LIMIT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ref.size_bytes == 400 * 65_536
    assert peak < 8_000_000
