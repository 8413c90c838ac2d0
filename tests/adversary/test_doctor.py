"""`pincite doctor` names each wall around parsers, whether it stands here, and what to do where it does not."""

import sys
from pathlib import Path

import pytest

from pincite.app.doctor import examine
from pincite.app.settings import read_settings
from pincite.app.wiring import open_house
from pincite.guard import DocumentReader
from pincite.guard.walls import WALLS


@pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")
async def test_each_wall_is_named_and_was_tried(pincite_home: Path) -> None:
    found = {each.what: each for each in await examine(read_settings(home=pincite_home, model="none"), {})}
    assert {f"Parser, {name}" for name in WALLS} <= found.keys()
    for name in WALLS:
        assert (found[f"Parser, {name}"].state, found[f"Parser, {name}"].remedy) == ("ok", "")


async def test_it_says_whether_anybody_reads_documents(pincite_home: Path) -> None:
    settings = read_settings(home=pincite_home, model="none", log_level="error")
    found = {each.what: each for each in await examine(settings, {})}
    assert found["Workers"].state == "note"
    assert "pincite worker" in found["Workers"].remedy
    async with open_house(settings, work=True):
        found = {each.what: each for each in await examine(settings, {})}
        assert (found["Workers"].state, found["Workers"].remedy) == ("ok", "")


async def test_a_wall_that_does_not_stand_is_said_with_what_to_do(
    pincite_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walls(_reader: DocumentReader) -> dict[str, tuple[str, bool]]:
        return {"network": ("opens no connection", False), "files": ("reads the document", True)}

    monkeypatch.setattr(DocumentReader, "walls", walls)
    found = {each.what: each for each in await examine(read_settings(home=pincite_home, model="none"), {})}
    assert found["Parser, files"].state == "ok"
    open_door = found["Parser, network"]
    assert open_door.state == ("bad" if sys.platform == "linux" else "note")
    assert "landlock" in open_door.remedy
