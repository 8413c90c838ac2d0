"""A hijacked parser tries to get out: network, files, processes, limits. Each attempt works where no wall stands."""

import os
import platform
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.adversary.attacker import Attacker
from tests.adversary.attempts import CALLS, FILES, LIMITS, NETWORK, PROCESSES, RAISED

from pincite.guard import DocumentReader, ParserCrashed
from pincite.guard.settings import GuardSettings
from pincite.guard.walls import WALLS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")
on_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="calls are numbered as on x86-64")


class Surroundings:
    """What lies around a parser: another's document, servers that hear who speaks to them, the server's own process."""

    def __init__(self, folder: Path, held: ExitStack) -> None:
        self.folder = folder
        self.victim = folder / "victim.txt"
        self.signals: list[int] = []
        self._held = held
        local = folder.parent / "s"
        self._servers = [
            self._listening(socket.AF_INET, ("127.0.0.1", 0)),
            self._listening(socket.AF_INET6, ("::1", 0)),
            self._listening(socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM),
            self._listening(socket.AF_UNIX, str(local)),
            self._listening(socket.AF_UNIX, f"\0pincite-{os.getpid()}"),
        ]
        self.given: dict[str, Any] = {
            "victim": str(self.victim),
            "folder": str(folder),
            "link": str(folder.parent / "link"),
            "parent": os.getpid(),
            "ports": [server.getsockname()[1] for server in self._servers[:3]],
            "places": [str(local), f"pincite-{os.getpid()}"],
        }
        (folder.parent / "link").symlink_to(self.victim)
        before = signal.signal(signal.SIGURG, lambda number, _frame: self.signals.append(number))
        held.callback(signal.signal, signal.SIGURG, before)

    def _listening(self, family: int, address: Any, kind: int = socket.SOCK_STREAM) -> socket.socket:
        server = self._held.enter_context(socket.socket(family, kind))
        server.bind(address)
        server.setblocking(False)
        if kind == socket.SOCK_STREAM:
            server.listen()
        return server

    def laid_out(self) -> list[Any]:
        """Put the document there; returns how all looks."""
        for path in self.folder.iterdir():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.victim.write_text("another's document")
        self.victim.chmod(0o600)
        return self.looks()

    def looks(self) -> list[Any]:
        """Return what of the folder may not change."""
        stats = [(path.name, path.lstat()) for path in sorted(self.folder.iterdir())]
        return [(name, s.st_ino, s.st_mode, s.st_nlink, s.st_size, s.st_mtime_ns, s.st_uid) for name, s in stats]

    def heard(self) -> int:
        """Return how many servers were spoken to since the last time."""
        heard = 0
        for server in self._servers:
            try:
                server.accept()[0].close() if server.type == socket.SOCK_STREAM else server.recv(10)
            except BlockingIOError:
                continue
            heard += 1
        return heard


@pytest.fixture
def around(tmp_path: Path) -> Iterator[Surroundings]:
    folder = tmp_path / "documents"
    folder.mkdir()
    with ExitStack() as held:
        yield Surroundings(folder, held)
        for left in (Path("/dev/shm/pincite-probe"), Path(os.__file__).parent / "pincite-probe.tmp"):
            left.unlink(missing_ok=True)


@pytest.fixture
async def hijacked(tmp_path: Path) -> AsyncIterator[Attacker]:
    made = Attacker(tmp_path)
    yield made
    await made.pool.close()


@pytest.fixture
async def free(tmp_path: Path) -> AsyncIterator[Attacker]:
    made = Attacker(tmp_path, free=True)
    yield made
    await made.pool.close()


ATTEMPTS = {**NETWORK, **FILES, **PROCESSES, **LIMITS}


async def test_nothing_that_it_tries_comes_to_anything(hijacked: Attacker, around: Surroundings) -> None:
    came_through: list[str] = []
    for name, code in {**ATTEMPTS, **RAISED}.items():
        before = around.laid_out()
        outcome = (await hijacked.attempt("import os\n" + code, **around.given))["outcome"]
        if outcome == "done" or around.looks() != before:
            came_through.append(f"{name}: {outcome}")
    assert came_through == []
    assert around.heard() == 0
    assert around.signals == []
    assert hijacked.document.stat().st_mode & 0o777


async def test_each_of_these_works_where_no_wall_stands(free: Attacker, around: Surroundings) -> None:
    refused: list[str] = []
    for name, code in ATTEMPTS.items():
        around.laid_out()
        hidden = hidden_by_the_system(name)
        outcome = (await free.attempt("import os\n" + code, **around.given))["outcome"]
        free.document.chmod(0o600)
        if outcome != "done" and not hidden:
            refused.append(f"{name}: {outcome}")
    assert refused == [], "what nobody can do proves nothing"
    assert around.heard() == len(around.given["ports"]) + len(around.given["places"])
    assert around.signals == [signal.SIGURG]


def hidden_by_the_system(name: str) -> bool:
    """Whether others than the owner of the machine are refused this anyway."""
    return name == "a file beside the program" and not os.access(Path(os.__file__).parent, os.W_OK)


@on_x86
async def test_calls_that_reading_does_not_take_do_not_exist(hijacked: Attacker) -> None:
    code = "for name, number in calls.items():\n    try: call(number, -1, 0, 0, 0, 0, 0)\n"
    code += "    except OSError as error: told.append([name, error.errno])\n    else: told.append([name, 0])"
    told = dict((await hijacked.attempt(code, calls=CALLS))["told"])
    assert told.keys() == CALLS.keys()
    assert {name: number for name, number in told.items() if number not in {1, 38}} == {}


@on_x86
async def test_calls_of_another_architecture_end_it(hijacked: Attacker) -> None:
    code = (
        "import mmap\ncode = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "code.write(bytes.fromhex('b814000000cd80c3'))\n"  # mov eax, 20 (getpid); int 0x80; ret
        "import ctypes; ctypes.CFUNCTYPE(int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()"
    )
    with pytest.raises(ParserCrashed, match="crashed"):
        await hijacked.attempt(code)


async def test_it_has_no_descriptor_but_its_own(hijacked: Attacker, around: Surroundings) -> None:
    around.laid_out()
    code = "import os\nfor n in range(64):\n    try: s = os.fstat(n)\n    except OSError: continue\n"
    code += "    told.append([s.st_ino, s.st_mode & 0o170000])"
    with around.victim.open("rb") as secret:
        os.set_inheritable(secret.fileno(), True)
        told = [tuple(each) for each in (await hijacked.attempt(code))["told"]]
        assert os.fstat(secret.fileno()).st_ino not in [inode for inode, _ in told]
    regular = [inode for inode, kind in told if kind == 0o100000]
    assert regular == [hijacked.document.stat().st_ino]
    kinds = sorted(kind for _, kind in told if kind != 0o100000)
    assert kinds.count(0o140000) == 1, "one socket, for requests"
    assert kinds.count(0o010000) == 1, "one pipe, for answers"
    assert set(kinds) <= {0o140000, 0o010000, 0o020000}


async def test_the_kernel_says_that_it_has_no_rights_and_a_network_of_its_own(hijacked: Attacker) -> None:
    await hijacked.attempt("pass")
    (child,) = hijacked.pool._all
    place = Path(f"/proc/{child._process.pid}")
    said = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
    assert {int(said[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
    assert (said["NoNewPrivs"], said["Seccomp"]) == ("1", "2")
    if "namespaces" in child.confined and os.geteuid() == 0:  # others may not look
        for kind in ("net", "ipc", "user"):
            assert (place / "ns" / kind).readlink() != Path(f"/proc/self/ns/{kind}").readlink(), kind


async def test_processor_time_ends_it(hijacked: Attacker) -> None:
    with pytest.raises(ParserCrashed, match="processor time"):
        await hijacked.attempt("while True: pass", cpu_s=0.1)


async def test_the_walls_are_named_and_stand(hijacked: Attacker) -> None:
    reader = DocumentReader(GuardSettings(children=1, viewers=1))
    found = await reader.walls()
    await reader.close()
    assert {name: stands for name, (_, stands) in found.items()} == dict.fromkeys(WALLS, True)


async def test_a_wall_that_does_not_stand_is_seen(free: Attacker) -> None:
    told = (await free.attempt("from pincite.guard.walls import standing; told += standing()"))["told"]
    assert set(told) <= {"processor time"}
