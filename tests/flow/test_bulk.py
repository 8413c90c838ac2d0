"""What comes between thousands of files and the library: storage that fails, files and batches that go, odd names."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pincite.app.cli.documents import add_paths
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Scope, StorageFull, Unavailable


def folder(tmp_path: Path, files: int, name: str = "notes") -> Path:
    found = tmp_path / name
    found.mkdir(parents=True)
    for number in range(files):
        (found / f"note-{number:03d}.md").write_text(f"# Note {number}\n\nThe valve of unit {number} is red.\n")
    return found


async def bulk(house: House, path: Path) -> list[dict[str, Any]]:
    return await add_paths(house, await house.owner(), [path], collection="default", quiet=True, batch="import")


async def test_a_disk_that_is_full_is_said_as_such(house: House, tmp_path: Path) -> None:
    async def full(*_arguments: Any, **_named: Any) -> Any:
        raise StorageFull("The disk is full.", remedy="Free some space.")

    library: Any = house.library
    library.register_uploads = full
    with pytest.raises(StorageFull):
        await bulk(house, folder(tmp_path, 3))


async def test_a_database_that_is_away_for_a_moment_is_waited_for(house: House, tmp_path: Path) -> None:
    library: Any = house.library
    register, unchanged, failures = library.register_uploads, library.unchanged, []

    def failing(call: Any) -> Any:
        async def once(*arguments: Any, **named: Any) -> Any:
            if call not in failures:
                failures.append(call)
                raise Unavailable("The database did not answer in time.", remedy="Try again.")
            return await call(*arguments, **named)

        return once

    library.register_uploads, library.unchanged = failing(register), failing(unchanged)
    lines = await bulk(house, folder(tmp_path, 3))
    assert [line["state"] for line in lines] == ["ready"] * 3
    assert failures == [unchanged, register]


async def test_a_document_that_is_removed_between_two_questions_has_a_line(house: House, tmp_path: Path) -> None:
    path = folder(tmp_path, 3)
    jobs: Any = house.jobs
    enqueue = jobs.enqueue

    async def lost(*_arguments: Any, **_named: Any) -> None:
        """Queue nothing: the documents wait."""

    jobs.enqueue = lost
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(3):
            await bulk(house, path)
    jobs.enqueue = enqueue
    library: Any = house.library
    unchanged = library.unchanged

    async def removed(scope: Scope, *arguments: Any) -> Any:
        known = await unchanged(scope, *arguments)
        assert len(known) == 3
        await library.remove(scope, known["note-001.md"][0])
        return known

    library.unchanged = removed
    await house.ingest.sweep()
    lines = await bulk(house, path)
    assert [line["state"] for line in lines] == ["ready", "failed", "ready"]
    assert "removed" in lines[1]["problem"]["message"]


async def test_a_document_that_is_removed_before_its_sender_hears_of_it_has_a_line(
    house: House, tmp_path: Path
) -> None:
    library: Any = house.library
    register = library.register_uploads

    async def removed(scope: Scope, *arguments: Any) -> Any:
        registered = await register(scope, *arguments)
        await house.ingest.remove(scope, registered[1].document.id)
        await asyncio.sleep(0.5)  # the feed has said so
        return registered

    library.register_uploads = removed
    async with asyncio.timeout(20):
        lines = await bulk(house, folder(tmp_path, 3))
    assert [line["state"] for line in lines] == ["ready", "failed", "ready"]


async def test_a_batch_that_is_forgotten_meanwhile_keeps_its_name(house: House, tmp_path: Path) -> None:
    library: Any = house.library
    unchanged, forgotten = library.unchanged, []

    async def forget(scope: Scope, *arguments: Any) -> Any:
        if not forgotten:
            (batch,) = (await library.batches(scope)).items
            await library.forget_batch(scope, batch.id)
            forgotten.append(batch.id)
        return await unchanged(scope, *arguments)

    library.unchanged = forget
    await bulk(house, folder(tmp_path, 3))
    assert [batch.name for batch in (await library.batches(await house.owner())).items] == ["import"]


async def test_names_that_are_no_text_links_and_what_is_no_file(house: House, tmp_path: Path) -> None:
    path = folder(tmp_path, 1)
    Path(os.fsdecode(os.fsencode(path) + b"/caf\xe9.md")).write_text("# Menu\n\nThe soup is hot.\n")
    Path(os.fsdecode(os.fsencode(path) + b"/na\xefve.md")).write_text("")
    (path / "loop").symlink_to(path)
    (path / "nowhere.md").symlink_to(tmp_path / "gone.md")
    (path / "linked.md").symlink_to(folder(tmp_path, 1, "elsewhere") / "note-000.md")
    os.mkfifo(path / "pipe.md")
    for _ in range(2):
        lines = await bulk(house, path)
        json.dumps(lines, ensure_ascii=False).encode()  # it can be printed
        states = {line["source"]: line["state"] for line in lines}
        ready = dict.fromkeys(("caf\ufffd.md", "linked.md", "note-000.md"), "ready")
        assert states == ready | {"na\ufffdve.md": "failed"}


async def test_an_interrupt_ends_it_and_the_next_run_goes_on(pincite_home: Path, tmp_path: Path) -> None:
    path = folder(tmp_path, 130)
    environment = {**os.environ, "PINCITE_MODEL": "none"}
    command = [sys.executable, "-m", "pincite.app.cli", "add", "--json", "--bulk", str(path)]
    stopped = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    blobs = pincite_home / "blobs"
    while not blobs.exists() or sum(1 for _ in blobs.rglob("*")) < 20:
        assert stopped.poll() is None, stopped.communicate()
        await asyncio.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, complained = await asyncio.to_thread(lambda: stopped.communicate(timeout=60))
    assert stopped.returncode == 130, complained
    assert "Traceback" not in complained
    settings = read_settings(home=pincite_home, model="none", log_level="error")
    async with open_house(settings, work=True) as house:
        lines = await bulk(house, path)
        assert len({line["id"] for line in lines}) == 130
        assert {line["state"] for line in lines} == {"ready"}
