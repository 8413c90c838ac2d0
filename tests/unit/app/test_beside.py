"""The keeper of the worker beside a server goes on whatever keeps the worker from being begun, and stops at once."""

import asyncio
from pathlib import Path

import pytest

from pincite.app import beside
from pincite.app.beside import Beside
from pincite.app.settings import read_settings


class Failing(Beside):
    """A keeper whose worker fails to begin in many ways, then ends at once, then works."""

    def __init__(self, home: Path) -> None:
        super().__init__(read_settings(home=home))
        self.begun = 0

    async def _once(self) -> str:
        self.begun += 1
        if self.begun <= 3:
            raise (OSError("no process"), RuntimeError("can't start new thread"), MemoryError())[self.begun - 1]
        if self.begun > 4:
            await self._ended.wait()
        return "exit code 1"


async def test_whatever_keeps_it_from_beginning_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(beside, "_PAUSE_S", 0.01)
    kept = Failing(tmp_path)
    keeping = asyncio.create_task(kept.keep())
    async with asyncio.timeout(10):
        while kept.begun < 5:
            await asyncio.sleep(0.01)
        assert not keeping.done()
        kept.end()
        await keeping
    assert kept.begun == 5


async def test_it_stops_amid_a_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_PAUSE_S", 60.0)
    kept = Failing(tmp_path)
    keeping = asyncio.create_task(kept.keep())
    await asyncio.sleep(0.05)
    assert kept.begun == 1
    kept.end()
    await asyncio.wait_for(keeping, 5)
    assert kept.begun == 1
