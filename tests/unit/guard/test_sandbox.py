"""The confined child: whatever it does harms no other document. What it tries in vain is in `tests/adversary/`."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.adversary.attacker import Attacker

from pincite.guard import DocumentReader, FileType, ParserCrashed
from pincite.guard.sandbox import ChildPool
from pincite.guard.service import _Pools
from pincite.guard.settings import GuardSettings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")


@pytest.fixture
async def attacker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Attacker]:
    monkeypatch.setenv("SECRET_KEY", "do not pass on")
    made = Attacker(tmp_path)
    yield made
    await made.pool.close()


async def test_it_can_read_the_given_file_and_knows_no_secret(attacker: Attacker) -> None:
    message = await attacker.attempt("assert source.file.read() == b'the given file'")
    assert message["outcome"] == "done"
    assert message["folder"] == "/"
    assert "SECRET_KEY" not in message["environment"]
    assert not any(name.startswith("PINCITE") for name in message["environment"])


async def test_threads_are_for_what_reads_pictures(attacker: Attacker, tmp_path: Path) -> None:
    code = "import threading; t = threading.Thread(target=lambda: None); t.start(); t.join()"
    assert (await attacker.attempt(code))["outcome"] == "RuntimeError"
    seeing = Attacker(tmp_path, settings=GuardSettings(memory_limit_mb=256, ocr=True))
    assert (await seeing.attempt(code))["outcome"] == "done"
    await seeing.pool.close()


async def test_the_memory_limit_ends_one_child_while_another_goes_on(attacker: Attacker) -> None:
    slow = asyncio.create_task(attacker.attempt("import time; time.sleep(1)"))
    await asyncio.sleep(0.3)
    with pytest.raises(ParserCrashed, match="memory") as caught:
        await attacker.attempt("x = bytearray(1 << 30)")
    assert caught.value.remedy
    assert (await slow)["outcome"] == "done"


async def test_an_endless_loop_is_killed_at_its_deadline_and_the_next_document_proceeds(attacker: Attacker) -> None:
    with pytest.raises(ParserCrashed, match="longer than the limit"):
        await attacker.attempt("while True: pass", timeout_s=1.0)
    began = time.perf_counter()
    assert (await attacker.attempt("pass"))["outcome"] == "done"
    assert time.perf_counter() - began < 1.0


@pytest.mark.parametrize(
    "code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)", "import os; os._exit(3)"]
)
async def test_a_crash_is_an_error_of_that_document_alone(attacker: Attacker, code: str) -> None:
    with pytest.raises(ParserCrashed, match="crashed") as caught:
        await attacker.attempt(code)
    assert "Traceback" not in caught.value.message
    assert (await attacker.attempt("pass"))["outcome"] == "done"


async def test_children_are_reused_replaced_and_ended(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Hello there.")
    settings = GuardSettings(children=1, viewers=1, jobs_per_child=3, idle_s=0.2)
    reader = DocumentReader(settings)
    pids: list[int] = []
    for _ in range(4):
        async for _batch in reader.read(file, FileType.TEXT):
            pids += [child._process.pid for child in reader._here().readers._all]
    assert len(set(pids)) == 2
    assert pids[0] == pids[1] == pids[2] != pids[3]
    await asyncio.sleep(0.6)
    assert not is_running(pids[3]), "an idle child ends"
    await reader.close()


async def test_a_reader_that_is_warm_starts_nothing_for_the_first_document(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Hello there.")
    reader = DocumentReader(GuardSettings(children=1, viewers=1))
    await reader.warm()
    pools = reader._here()
    started = {child._process.pid for child in pools.readers._all | pools.viewers._all}
    assert len(started) == 2
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    for pool, more in ((pools.readers, 5), (pools.viewers, 0)):
        (child,) = pool._all
        assert os.getpriority(os.PRIO_PROCESS, child._process.pid) == min(19, ours + more), "readers yield to viewers"
    await reader.sniff(file, "a.txt")
    async for _batch in reader.read(file, FileType.TEXT):
        pass
    assert {child._process.pid for child in pools.readers._all | pools.viewers._all} == started
    await reader.close()


async def test_a_parser_that_does_not_start_stops_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = tmp_path / "broken.py"
    entry.write_text("raise SystemExit(1)")
    reader = DocumentReader(GuardSettings())
    pools = _Pools(*(ChildPool(GuardSettings(), size=1, entry=entry) for _ in range(2)))
    monkeypatch.setattr(reader, "_here", lambda: pools)
    await reader.warm()
    for pool in (pools.readers, pools.viewers):
        await pool.close()


async def test_a_reader_that_is_left_halfway_ends_its_child(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("A sentence that goes on. " * 400_000)
    reader = DocumentReader(GuardSettings(children=1))
    pages = reader.read(file, FileType.TEXT)
    first = await anext(pages)
    assert first.pages[0].number == 1
    (child,) = reader._here().readers._all
    await pages.aclose()
    assert not is_running(child._process.pid)
    assert [batch async for batch in reader.read(file, FileType.TEXT)]
    await reader.close()


async def test_a_slow_caller_holds_the_child_back(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_text("A sentence that goes on. " * 780_000)
    reader = DocumentReader(GuardSettings(children=1))
    pages = reader.read(file, FileType.TEXT)
    await anext(pages)
    await asyncio.sleep(0.5)
    (child,) = reader._here().readers._all
    assert child._process.stdout is not None
    assert len(child._process.stdout._buffer) < 4 << 20  # type: ignore[attr-defined]
    await pages.aclose()
    await reader.close()


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_readers_work_from_several_event_loops(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Hello there.")
    reader = DocumentReader(GuardSettings())

    async def read() -> str:
        text = "".join([page.text async for batch in reader.read(file, FileType.TEXT) for page in batch.pages])
        await reader.close()
        return text

    assert asyncio.run(read()) == asyncio.run(read()) == "Hello there."


async def test_a_child_that_opened_ones_document_opens_no_others(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("Hello there.")
    reader = DocumentReader(GuardSettings(children=1, viewers=2))
    await reader.warm()
    viewers = reader._here().viewers
    seen: list[tuple[str, int]] = []
    for whose in ("one", "one", "other", "one", "third", "other"):
        before = {child: child.jobs for child in viewers._all}
        await reader.sniff(file, "a.txt", whose=whose)
        (used,) = (child for child in viewers._all if child.alive and child.jobs > before.get(child, 0))
        seen.append((whose, used._process.pid))
    assert len({pid for _, pid in seen[:4]}) == 2, "who comes again has his child again"
    for _, pid in seen:
        assert len({whose for whose, used in seen if used == pid}) == 1
    assert sum(child.alive for child in viewers._all) <= 2
    await reader.close()
