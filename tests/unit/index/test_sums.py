"""Checksums beside a table's files: noted by several at once, and not left half written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pincite.index.adapters import lance_sums


def test_several_may_note_at_once(tmp_path: Path) -> None:
    for n in range(20):
        (tmp_path / f"{n}.lance").write_bytes(bytes([n]) * 100)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lance_sums.note, [tmp_path] * 16)) == [None] * 16
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lance"] == [lance_sums.SUMS]
    (tmp_path / "7.lance").write_bytes(b"x" * 100)
    assert lance_sums.damaged(tmp_path) == ["7.lance"]


def test_sums_that_cannot_be_put_in_place_leave_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "1.lance").write_bytes(b"one")
    (tmp_path / lance_sums.SUMS).mkdir()
    with pytest.raises(IsADirectoryError):
        lance_sums.note(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"1.lance", lance_sums.SUMS}
