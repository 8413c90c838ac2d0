"""Legal holds on the command line: on nothing else than what is named, and released however many there are."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pincite.app.cli.main import app
from pincite.app.settings import read_settings
from pincite.app.wiring import open_house
from pincite.guard import FileType


def hold(*words: str) -> tuple[int, Any]:
    result = CliRunner().invoke(app, ["hold", *words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_hold_on_another_tenant_is_not_one_on_the_own(pincite_home: Path) -> None:
    rival = json.loads(CliRunner().invoke(app, ["tenants", "create", "Rival", "--json"]).stdout)["id"]
    for words in (("set", "tenant", rival, "--reason", "a matter"), ("set", "tenant", "Rival", "--reason", "a matter")):
        code, said = hold(*words)
        assert (code, "--as" in said["problem"]["remedy"]) == (2, True)
    assert hold("list")[1]["items"] == []
    own = hold("set", "tenant", "--reason", "a matter")[1]["id"]
    assert hold("release", "tenant", rival)[0] == 2
    assert [each["id"] for each in hold("list")[1]["items"]] == [own]
    assert hold("release", "tenant", own)[0] == 0


def test_of_many_holds_that_on_a_removed_document_can_be_released(pincite_home: Path) -> None:
    async def words() -> AsyncIterator[bytes]:
        yield b"# Rules\n"

    async def fill() -> str:
        async with open_house(read_settings(home=pincite_home, model="none", log_level="error")) as house:
            owner, library = await house.owner(), house.library
            for number in range(200):
                home = await library.create_collection(owner, f"c{number}")
                await library.hold(owner, "collection", home.id, "a matter")
            await library.create_collection(owner, "free")
            blob = await house.blobs.put(owner, words(), max_bytes=100)
            told = await library.register_upload(
                owner, collection="free", source="rules.md", blob=blob, file_type=FileType.MARKDOWN
            )
            await library.remove(owner, told.document.id)
            await library.hold(owner, "document", told.document.id, "a matter")
            return told.document.id

    document = asyncio.run(fill())
    assert len(hold("list")[1]["items"]) == 201
    assert hold("release", "document", document) == (0, {"kind": "document", "id": document})


def test_who_sets_a_hold_on_what_is_held_learns_that_one_reason_took_the_others_place(pincite_home: Path) -> None:
    assert hold("set", "tenant", "--reason", "Matter [1]")[1]["before"] is None
    told = CliRunner().invoke(app, ["hold", "set", "tenant", "--reason", "Matter [2]"])
    assert (told.exit_code, "its reason was: Matter [1]" in told.stdout) == (0, True), told.output
    assert hold("set", "tenant", "--reason", "Matter [3]")[1]["before"] == "Matter [2]"
    assert [each["reason"] for each in hold("list")[1]["items"]] == ["Matter [3]"]
