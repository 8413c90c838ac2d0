"""Folders and files that may not be read: the rest of the place is, and nothing is taken for gone."""

import asyncio
import ctypes
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.forked import finished
from tests.unit.sources.kept import QUICK, kept

from pincite.sources import RunState, SourcesSettings

_VERSION = 0x20080522
_READS_ALL = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


def be_nobody_special() -> None:
    """Give up reading what nobody allows, which whoever runs tests as root may do. Before there are threads."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head, sets = (ctypes.c_uint32 * 2)(_VERSION, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, sets) == 0
    for which in range(3):  # effective, permitted, inheritable
        sets[which] &= ~_READS_ALL
    assert libc.capset(head, sets) == 0


def look(home: str, folder: str, times: int, settings: SourcesSettings) -> None:
    """Keep a folder in step and print what each run came to; in a process of its own."""
    be_nobody_special()
    asyncio.run(_look(Path(home), folder, times, settings))


async def _look(home: Path, folder: str, times: int, settings: SourcesSettings) -> None:
    async with kept(home, settings=settings) as room:
        await room.add("folder", folder)
        for _ in range(times):
            done = await room.sync()
            said = done.run.trouble.message if done.run.trouble else ""
            counts = done.run.counts
            print(json.dumps([done.run.state, counts.added + counts.changed, counts.failed, done.items, said]))


def runs(home: Path, folder: Path, times: int, settings: SourcesSettings = QUICK) -> list[list[Any]]:
    home.mkdir()
    process = finished(look, (str(home), str(folder), times, settings))
    assert process.returncode == 0, process.stderr[-3000:]
    return [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]


def test_a_folder_that_may_be_listed_and_not_entered_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "sub" / "deeper").mkdir(parents=True)
    (folder / "sub" / "x.txt").write_text("Hidden.")
    (folder / "ok.txt").write_text("The valve of unit 7 is red.")
    (folder / "sub").chmod(0o400)
    try:
        (state, read, failed, items, said), *_ = runs(tmp_path / "home", folder, 1)
    finally:
        (folder / "sub").chmod(0o700)
    assert (state, read, failed, items) == ("failed", 1, 0, 1)
    assert "2 folders could not be listed" in said
    assert str(folder / "sub") in said


def test_files_that_may_not_be_read_do_not_make_the_folder_one_that_is_down(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(8):
        (folder / f"a{number}.txt").write_text("Secret.")
        (folder / f"a{number}.txt").chmod(0)
    for number in range(4):
        (folder / f"b{number}.txt").write_text(f"Valve {number} is red.")
    few = SourcesSettings(batch=3, look_s=QUICK.look_s)
    assert runs(tmp_path / "home", folder, 2, few) == [["done", 4, 8, 4, ""], ["done", 0, 8, 4, ""]]


async def test_what_programs_leave_beside_documents_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    left = ["~$plan.docx", ".~lock.plan.odt#", "~WRL0001.tmp", "half.pdf.crdownload", "half.pdf.part", "notes.md~"]
    left += ["Thumbs.db", "desktop.ini", "sub/DESKTOP.INI", "plan.TMP", ".notes.md.swp", "._plan.docx"]
    for name in (*left, "plan.md", "part.md", "tmp", "~approx.md", "sub/$budget.txt"):
        (folder / name).write_text(f"What is in {name}.")
    (tmp_path / "home").mkdir()
    async with kept(tmp_path / "home") as room:
        await room.add("folder", str(folder), hidden=True)
        done = await room.sync()
        assert (done.run.state, done.run.counts.failed) == (RunState.DONE, 0)
        assert {name.removeprefix("place/") for name in await room.texts()} == {
            "plan.md",
            "part.md",
            "tmp",
            "~approx.md",
            "sub/$budget.txt",
        }


def mount_and_look(home: str, folder: str) -> None:
    """Keep a folder in step in which a disk comes and goes; in a process and a namespace of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    disk = os.fsencode(folder) + b"/disk"

    def mount() -> None:
        assert libc.mount(b"none", disk, b"tmpfs", 0, None) == 0, os.strerror(ctypes.get_errno())
        for number in range(4):
            (Path(folder) / "disk" / f"d{number}.txt").write_text(f"Valve {number} is red.")

    def unmount() -> None:
        assert libc.umount2(disk, 0) == 0, os.strerror(ctypes.get_errno())

    asyncio.run(_mount_and_look(Path(home), folder, mount, unmount))


async def _mount_and_look(home: Path, folder: str, mount: Callable[[], None], unmount: Callable[[], None]) -> None:
    async with kept(home) as room:
        await room.add("folder", folder)
        for step in (mount, unmount, mount, unmount, (Path(folder) / "disk").rmdir):
            step()
            done = await room.sync()
            print(json.dumps([done.run.state, done.items, done.run.trouble.message if done.run.trouble else ""]))
        done = await room.sync(delete=True)
        print(json.dumps([done.run.state, done.items, ""]))


def test_what_is_on_a_disk_that_is_not_mounted_is_not_taken_for_gone(tmp_path: Path) -> None:
    own = ["unshare", "--user", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*own, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount anything")
    folder, home = tmp_path / "files", tmp_path / "home"
    (folder / "disk").mkdir(parents=True)
    home.mkdir()
    for number in range(12):
        (folder / f"{number}.txt").write_text(f"Pump {number} is blue.")
    call = f"from {__name__} import mount_and_look as look; look({str(home)!r}, {str(folder)!r})"
    process = subprocess.run([*own, sys.executable, "-c", call], check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr[-3000:]
    said = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]
    away = ["failed", 16, f"What was mounted at {folder}/disk is not there."]
    whole = ["done", 16, ""]
    assert said == [whole, away, whole, away, away, ["done", 12, ""]]
