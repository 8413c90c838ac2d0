"""The check of what Pincite is made of: which licences it lets through, and which versions it says are vulnerable."""

import json
import os
import zipfile
from pathlib import Path

import pytest

import supply
from supply import Part, affects, allowed, spoken

ALLOW = frozenset({"MIT", "Apache-2.0", "BSD-3-Clause"})


@pytest.mark.parametrize(
    ("licence", "taken"),
    [
        ("MIT", True),
        ("mit", True),
        ("MIT AND Apache-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("GPL-3.0-only OR AGPL-3.0-only", False),
        ("MIT AND (GPL-3.0-only OR Apache-2.0)", False),
        ("Apache-2.0 WITH LLVM-exception", False),
        ("", False),
        ("whatever it says", False),
    ],
)
def test_a_licence_is_taken_only_where_all_of_it_may_be_passed_on(licence: str, taken: bool) -> None:
    assert allowed(licence, ALLOW) is taken


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("MIT License", "MIT"),
        ("Apache Software License", "Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("BSD License", "BSD-3-Clause"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("GNU Affero General Public License v3", "GNU Affero General Public License v3"),
        ("Not the MIT", "Not the MIT"),
    ],
)
def test_what_a_package_says_in_words(said: str, meant: str) -> None:
    assert spoken(said) == meant


def advisory(*events: dict[str, str], versions: tuple[str, ...] = (), name: str = "Some_Thing") -> dict[str, object]:
    package = {"ecosystem": "PyPI", "name": name}
    ranges = [{"type": "ECOSYSTEM", "events": list(events)}] if events else []
    return {"id": "OSV-1", "affected": [{"package": package, "ranges": ranges, "versions": list(versions)}]}


@pytest.mark.parametrize(
    ("version", "hit"),
    [("0.9", False), ("1.0", True), ("1.9", True), ("1.10rc1", True), ("1.10", False), ("2.1", True)],
)
def test_a_version_is_vulnerable_from_where_it_began_to_where_it_was_mended(version: str, hit: bool) -> None:
    told = advisory({"introduced": "1.0"}, {"fixed": "1.10"}, {"introduced": "2.0"}, {"last_affected": "2.1"})
    assert affects(told, Part("PyPI", "some-thing", version, "MIT")) is hit


def test_other_names_ecosystems_and_what_was_withdrawn_are_left_alone() -> None:
    told = advisory({"introduced": "0"})
    assert affects(told, Part("PyPI", "some-thing", "1", "MIT"))
    assert not affects(told, Part("npm", "some-thing", "1", "MIT"))
    assert not affects(told, Part("PyPI", "some-things", "1", "MIT"))
    assert not affects({**told, "withdrawn": "2026-01-01"}, Part("PyPI", "some-thing", "1", "MIT"))
    assert affects(advisory(versions=("1.2",)), Part("PyPI", "some-thing", "1.2", "MIT"))


def test_data_at_hand_is_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    if not os.environ.get("UV"):
        uv = supply.ROOT / ".boot" / "bin" / "uv"
        if uv.exists():
            monkeypatch.setenv("UV", str(uv))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("OSV-1.json", json.dumps(advisory({"introduced": "0"}, name="fastapi")))
        archive.writestr("OSV-2.json", json.dumps(advisory({"introduced": "0"}, {"fixed": "0.1"}, name="uvicorn")))
    monkeypatch.setenv("OSV_DATA", str(tmp_path))
    assert supply.check() == 1
    said = capfd.readouterr().out
    assert "fastapi" in said
    assert "OSV-1" in said
    assert "OSV-2" not in said
    (tmp_path / "all.zip").unlink()
    assert supply.check() == 0
