"""`pincite doctor` on a cluster's settings: a database as it stands, and the buckets that errors name it for."""

import sqlite3
from pathlib import Path

import pytest
from tests.faults.bucket import NAME, Bucket

from pincite.app.doctor import Finding, examine
from pincite.app.settings import Settings, read_settings


async def looked_at(settings: Settings) -> dict[str, Finding]:
    return {each.what: each for each in await examine(settings, {})}


@pytest.mark.postgres
async def test_a_new_database_is_nothing_wrong(postgres_url: str, tmp_path: Path) -> None:
    address = postgres_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    found = await looked_at(read_settings(home=tmp_path / "home", model="none", database_url=address))
    assert found["Database"].state == "ok"
    assert "empty" in found["Database"].found
    assert "PINCITE_SECRET_KEY" in found["Secret key"].remedy, "on another machine it would be another"


@pytest.mark.parametrize(("version", "state", "said"), [("0001", "note", "earlier"), ("9999", "bad", "newer")])
async def test_it_says_whose_database_it_is(pincite_home: Path, version: str, state: str, said: str) -> None:
    with sqlite3.connect(pincite_home / "pincite.db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
        connection.execute("DELETE FROM alembic_version")
        connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
    found = (await looked_at(read_settings(home=pincite_home, model="none")))["Database"]
    assert (found.state, said in found.found, bool(found.remedy)) == (state, True, True)


async def test_it_says_whether_buckets_can_be_reached(kept: Bucket, pincite_home: Path) -> None:
    places = {"blobs_url": f"s3://{NAME}/pincite", "index_url": f"s3://{NAME}/index"}
    settings = read_settings(home=pincite_home, model="none", **places)
    found = await looked_at(settings)
    assert (found["Uploaded files"].state, found["Search index"].state) == ("ok", "ok")
    kept.failing = "refuse"
    found = await looked_at(settings)
    for what, setting in (("Uploaded files", "PINCITE_BLOBS_URL"), ("Search index", "PINCITE_INDEX_URL")):
        assert found[what].state == "bad"
        assert "503" in found[what].found, "why is not said"
        assert setting in found[what].remedy


async def test_a_folder_of_its_own_is_looked_at_and_not_made(pincite_home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "share" / "files"
    found = await looked_at(read_settings(home=pincite_home, model="none", blobs_url=str(elsewhere)))
    assert found["Uploaded files"].state == "ok"
    assert not elsewhere.exists()
