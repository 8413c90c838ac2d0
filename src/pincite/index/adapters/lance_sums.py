"""Checksums of a table's files, kept beside them: the engine itself does not notice a bit that flipped.

Its files are written once and never changed, so a sum that does not fit any more is damage. Folders only; a bucket has
checksums of its own.
"""

import json
import os
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from pincite.core import new_id

SUMS = "_sums.json"
_PIECE_BYTES = 1 << 20
# A file of another process that is being written is noted another time.
_SETTLED_S = 0.2
_CHANGING = "_hint.json"  # only says where to look first

Sum = list[int]  # bytes, CRC-32: enough against decay, at a gigabyte or more a second


def note(table: Path) -> None:
    """Write down the sums of files that are new, and forget those of files that are gone. Blocks.

    Raises: OSError.
    """
    found = {str(path.relative_to(table)): path for path in _files(table)}
    known = _known(table) or {}
    fresh = {name: path for name, path in found.items() if name not in known}
    if not fresh and known.keys() <= found.keys():
        return
    before = {name: _stamp(path) for name, path in fresh.items()}
    time.sleep(_SETTLED_S)
    sums = {name: one for name, one in known.items() if name in found}
    for name, path in fresh.items():
        one = _sum(path)
        if one is not None and before[name] is not None and before[name] == _stamp(path):
            sums[name] = one
    written = table / f"{SUMS}.{new_id()}"  # several may note at once: handles, processes, machines
    try:
        written.write_text(json.dumps(sums))
        written.replace(table / SUMS)
    finally:
        written.unlink(missing_ok=True)


def damaged(table: Path) -> list[str]:
    """Return the files that are not what was written, or that cannot be read; none where nothing is known. Blocks."""
    known = _known(table)
    if known is None:
        return [SUMS] if (table / SUMS).exists() else []
    wrong: list[str] = []
    for name, one in sorted(known.items()):
        path = table / name
        found = _sum(path)
        if found != one and path.exists():  # files of old versions go at any time
            wrong.append(name)
    return wrong


def _files(table: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(table):
        for name in names:
            if not name.endswith(_CHANGING) and not name.startswith(SUMS):
                yield Path(folder, name)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def _sum(path: Path) -> Sum | None:
    """Return the file's sum, None where it cannot be read."""
    size = crc = 0
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                size += len(piece)
                crc = zlib.crc32(piece, crc)
    except OSError:
        return None
    return [size, crc]


def _known(table: Path) -> dict[str, Sum] | None:
    """Return what was noted, None where that is nothing or cannot be read."""
    try:
        found: dict[str, Sum] = json.loads((table / SUMS).read_bytes())
        return {name: [int(size), int(crc)] for name, (size, crc) in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return None
