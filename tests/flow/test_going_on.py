"""The command line goes on with a conversation: a follow-up is understood by what was asked before it."""

from pathlib import Path

import pytest
from tests.forked import pincite, pincite_json

TEXT = """# Hotels

| City | Limit per night |
| --- | --- |
| London | 190 pounds |
| Amsterdam | 185 euros |
"""


@pytest.fixture
def environment(pincite_home: Path, tmp_path: Path) -> dict[str, str]:
    environment = {"PINCITE_HOME": str(pincite_home), "PINCITE_MODEL": "none"}
    (tmp_path / "travel.md").write_text(TEXT)
    assert pincite(["add", str(tmp_path / "travel.md")], environment).returncode == 0
    return environment


def test_a_follow_up_is_asked_in_the_last_conversation_or_in_one_by_its_id(environment: dict[str, str]) -> None:
    nowhere = pincite(["ask", "And in Amsterdam?", "--conversation", "last"], environment)
    assert nowhere.returncode != 0
    assert "Ask without `--conversation` first." in nowhere.stderr
    first = pincite_json(["ask", "How high is the limit for a hotel in London?"], environment)
    for which in ("last", first["conversation"]):
        then = pincite_json(["ask", "And in Amsterdam?", "--conversation", which], environment)
        assert then["conversation"] == first["conversation"]
        assert then["pins"][0]["spans"][0]["quote"] == "Amsterdam | 185 euros"
    assert pincite(["ask", "And in Amsterdam?", "--conversation", "0" * 32], environment).returncode != 0


def test_what_rows_have_in_common_is_printed_once(environment: dict[str, str]) -> None:
    answer = pincite(["ask", "How high is the limit for a hotel?"], environment)
    lines = answer.stdout.split("\n")
    assert lines[:4] == [
        "| City | Limit per night |",
        "| --- | --- |",
        "| London | 190 pounds [1] |",
        "| Amsterdam | 185 euros [2] |",
    ]
    assert lines[5:11] == [
        "[1] travel.md, Hotels",
        "    “London | 190 pounds”",
        "    “City | Limit per night”",
        "[2] travel.md, Hotels",
        "    “Amsterdam | 185 euros”",
        "",
    ]
