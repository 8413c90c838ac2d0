"""Tables of the command line: ids can be copied, names are whole, and to a program each row is a line."""

import re
from pathlib import Path

import pytest
from tests.forked import pincite, pincite_json

ID = re.compile(r"\b[0-9a-f]{32}\b")
NAME = "the-minutes-of-the-annual-general-meeting-of-the-harbour-pilots-association-2026.md"


@pytest.fixture
def environment(pincite_home: Path) -> dict[str, str]:
    return {"PINCITE_HOME": str(pincite_home), "PINCITE_MODEL": "none"}


def test_to_a_program_each_document_is_a_line(environment: dict[str, str], tmp_path: Path) -> None:
    for name in (NAME, "rules.md"):
        (tmp_path / name).write_text("# Rules\n\nThe ferry leaves at nine.\n")
        assert pincite(["add", str(tmp_path / name)], environment).returncode == 0
    said = pincite(["list"], {**environment, "COLUMNS": "60"}).stdout
    (line,) = [each for each in said.splitlines() if NAME in each]
    assert "ready" in line
    assert "…" not in said


@pytest.mark.parametrize("columns", ["120", "80", "40"])
def test_on_a_terminal_of_any_width_an_id_is_whole(environment: dict[str, str], columns: str) -> None:
    terminal = {**environment, "FORCE_COLOR": "1", "COLUMNS": columns}
    assert pincite(["budgets", "set", "tenant", "--usd", "5"], environment).returncode == 0
    for words in (["users", "list"], ["budgets", "list"], ["tenants", "list"]):
        said = re.sub(r"\x1b\[[0-9;]*m", "", pincite(words, terminal).stdout)
        assert ID.search(said), f"{words} at {columns}: {said}"
        assert "…" not in said
        assert columns == "40" or all(len(line) <= int(columns) for line in said.splitlines())


def test_documents_of_one_name_can_be_told_apart_and_removed(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("# Rules\n\nThe ferry leaves at nine.\n")
    for collection in ("ferries", "piers"):
        assert pincite(["add", str(tmp_path / "rules.md"), "-c", collection], environment).returncode == 0
    assert "Say which by its id" in pincite(["remove", "rules.md"], environment).stderr
    said = pincite(["list"], environment).stdout
    (line,) = [each for each in said.splitlines() if "piers" in each]
    found = ID.search(line)
    assert found
    assert pincite(["remove", found[0]], environment).returncode == 0
    left = pincite_json(["list"], environment)["items"]
    assert [(each["source"], each["collection"]) for each in left] == [("rules.md", "ferries")]
