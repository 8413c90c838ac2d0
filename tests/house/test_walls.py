"""The walls in `importlinter.ini` stand for the house as it is: no room and no table is forgotten."""

from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "pincite"
ROOMS = sorted(p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists())


def walls() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "importlinter.ini")
    return parser


def test_every_room_has_its_place_in_the_order() -> None:
    layers = walls()["importlinter:contract:order"]["layers"]
    assert sorted(name for name in layers.replace("|", " ").split()) == ROOMS


@pytest.mark.parametrize("room", [r for r in ROOMS if (PACKAGE / r / "tables.py").exists()])
def test_every_rooms_tables_are_private(room: str) -> None:
    contract = walls()[f"importlinter:contract:tables_{room}"]
    assert contract["protected_modules"] == f"pincite.{room}.tables"
    assert contract["allowed_importers"].split() == [f"pincite.{room}.store"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for_in_about_ten_lines(room: str) -> None:
    lines = [line for line in (PACKAGE / room / "README.md").read_text().splitlines() if line.strip()]
    assert lines[0] == f"# {room}"
    assert 3 <= len(lines) <= 14
