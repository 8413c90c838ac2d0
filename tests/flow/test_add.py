"""`pincite add`: many files at once, in their order; what is there already is not read again; a second run goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pincite.app.cli.documents import add_paths
from pincite.app.wiring import House
from pincite.ingest.turns import MOST


def add(home: Path, folder: Path, *options: str) -> tuple[int, list[dict[str, Any]]]:
    environment = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
    command = [sys.executable, "-m", "pincite.app.cli", "add", "--json", *options, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_many_files_are_added_in_order_and_only_what_changed_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(40):
        (folder / f"note-{number:02d}.md").write_text(f"# Note {number}\n\nThe valve of unit {number} is red.\n")
    (folder / "note-20.md").write_text("")
    (folder / "note-30.md").write_text("---\ntitle: nothing\n---\n")
    code, lines = add(tmp_path / "home", folder, "--bulk")
    assert code == 1
    assert [line["source"] for line in lines] == [f"note-{number:02d}.md" for number in range(40)]
    failed = {line["source"]: line["problem"]["code"] for line in lines if line["state"] != "ready"}
    assert failed == {"note-20.md": "empty-upload", "note-30.md": "unreadable-document"}
    (folder / "note-20.md").write_text("# Note 20\n\nNow it says something.\n")
    (folder / "note-30.md").unlink()
    again, after = add(tmp_path / "home", folder)
    assert again == 0
    assert len(after) == 39
    same = {line["id"] for line in lines} & {line["id"] for line in after}
    assert len(same) == 38
    assert {line["seconds"] for line in after if line["id"] in same} <= {line["seconds"] for line in lines}


async def test_two_files_that_are_one_document_have_a_line_each(house: House, tmp_path: Path) -> None:
    for name in ("caf\u00e9.md", "cafe\u0301.md"):  # one name, composed and decomposed
        (tmp_path / "menus").mkdir(exist_ok=True)
        (tmp_path / "menus" / name).write_text(f"# Menu\n\nThe soup of {name!r} is hot.\n")
    lines = await add_paths(house, await house.owner(), [tmp_path / "menus"], collection="default", quiet=True)
    assert [line["state"] for line in lines] == ["ready", "ready"]
    assert all(line["source"].endswith("caf\u00e9.md") for line in lines)


async def test_small_files_that_come_together_are_read_together_and_wait_behind_nobody(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(12):
        (folder / f"note-{number:02d}.md").write_text(f"# Note {number}\n\nThe valve of unit {number} is red.\n")
    (folder / "note-12.md").write_text("---\ntitle: nothing\n---\n")
    jobs: Any = house.jobs
    enqueue, priorities = jobs.enqueue, list[int]()

    async def noting(*arguments: Any, priority: int, **named: Any) -> None:
        priorities.append(priority)
        await enqueue(*arguments, priority=priority, **named)

    jobs.enqueue = noting
    scope = await house.owner()
    first = await add_paths(house, scope, [folder], collection="default", quiet=True)
    jobs.enqueue = enqueue
    assert [line["state"] for line in first] == ["ready"] * 12 + ["failed"]
    assert len(priorities) == 1  # one job for all of them
    assert priorities[0] < MOST
    (folder / "note-12.md").unlink()
    again = await add_paths(house, scope, [folder], collection="default", quiet=True)
    assert again == first[:12]


async def test_linked_folders_are_left_out_and_said(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, elsewhere = tmp_path / "notes", tmp_path / "elsewhere"
    for place in (folder, elsewhere):
        place.mkdir()
        (place / f"{place.name}.md").write_text(f"# {place.name}\n\nThe valve is red.\n")
    (folder / "more").symlink_to(elsewhere)
    (folder / "again").symlink_to(folder)
    scope = await house.owner()
    lines = await add_paths(house, scope, [folder], collection="default", quiet=True)
    assert [line["source"] for line in lines] == ["notes.md"]
    # What is logged comes to the same place, and how much of it, tests before this one have said.
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert [line.split(" is ")[0] for line in said] == [str(folder / "again"), str(folder / "more")]
    named = await add_paths(house, scope, [folder / "more"], collection="default", quiet=True)
    assert [line["source"] for line in named] == ["elsewhere.md"]


async def test_what_programs_leave_in_a_folder_is_added_only_where_it_is_named(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    for name in ("plan.md", "~$plan.docx", "plan.tmp", "Thumbs.db"):
        (folder / name).write_text(f"What is in {name}.")
    owner = await house.owner()
    for paths, wanted in (([folder], ["plan.md"]), ([folder / "plan.tmp"], ["plan.tmp"])):
        lines = await add_paths(house, owner, paths, collection="default", quiet=True)
        assert [line["source"] for line in lines] == wanted


def test_documents_are_removed_all_or_none_where_one_is_not_there(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(3):
        (folder / f"note-{number}.md").write_text(f"# Note {number}\n\nThe valve of unit {number} is red.\n")
    home = tmp_path / "home"
    add(home, folder)

    def pincite(*words: str) -> tuple[int, str, str]:
        environment = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"}
        command = [sys.executable, "-m", "pincite.app.cli", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
        return done.returncode, done.stdout, done.stderr

    code, _, said = pincite("remove", "note-0.md", "note-9.md", "note-1.md")
    assert code != 0
    assert "There is no document note-9.md." in said
    left = {each["source"] for each in json.loads(pincite("list", "--json")[1])["items"]}
    assert left == {"note-0.md", "note-1.md", "note-2.md"}
    assert pincite("remove", "note-0.md", "note-0.md", "note-1.md")[0] == 0
    assert [each["source"] for each in json.loads(pincite("list", "--json")[1])["items"]] == ["note-2.md"]
