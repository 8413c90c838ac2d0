"""`pincite doctor`: a database as it stands, the buckets that errors name it for, and whether models can be reached."""

import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.provider import Provider
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


def with_model(home: Path, address: str, name: str = "openai:test-model", **given: Any) -> Settings:
    return read_settings(home=home, model=name, model_base_url=address, model_api_key="sk-secret", **given)


async def test_it_says_whether_the_model_can_be_reached(pincite_home: Path, provider: Provider) -> None:
    host = provider.url.removeprefix("http://")
    for name, address, state, said in (
        ("openai:test-model", f"{provider.url}/v1", "ok", f"{host} answers, and has it"),
        ("openai:test-modle", f"{provider.url}/v1", "note", "does not list it"),
        ("openai:test-model", provider.url, "note", "status 404"),
        ("anthropic:claude-haiku-4-5", provider.url, "ok", "has it"),
        ("ollama:test-model", provider.url, "ok", "has it"),
        ("openai:test-model", "http://127.0.0.1:9/v1", "bad", "127.0.0.1:9 does not answer"),
    ):
        found = (await looked_at(with_model(pincite_home, address, name)))[name]
        assert (found.state, found.remedy != "") == (state, state != "ok"), found
        assert said in found.found


async def test_it_says_that_a_key_is_rejected_and_shows_none(pincite_home: Path) -> None:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://user:password@127.0.0.1:{server.server_port}/v1"
        found = (await looked_at(with_model(pincite_home, address)))["openai:test-model"]
        server.shutdown()
    assert (found.state, found.found) == ("bad", f"127.0.0.1:{server.server_port} rejects the key")
    assert "sk-secret" not in str(found)


@pytest.mark.parametrize("address", ["localhost:8000", "/v1", "ftp://host/v1", "http://", "http://host:99999/v1"])
async def test_an_address_that_is_none_is_told_before_anybody_asks(
    pincite_home: Path, tmp_path: Path, address: str
) -> None:
    found = (await looked_at(with_model(pincite_home, address)))["Model"]
    assert (found.state, found.found) == ("bad", "The address of openai is none.")
    assert "http://" in found.remedy
    routes = tmp_path / "routes.toml"
    routes.write_text(f'[[routes.a]]\nmodel = "openai:ours"\nbase_url = "{address}"\n', encoding="utf-8-sig")
    settings = read_settings(home=pincite_home, model="route:a", model_routes=routes)
    assert (await looked_at(settings))["Model"].found == "The address of openai:ours is none."


@pytest.mark.parametrize(
    ("given", "what", "said"),
    [
        ({"model_prices": "openai:test-model=nan/1"}, "Calls of models", "is no price"),
        ({"model_limits": "requests=many/min"}, "Calls of models", "is no limit"),
        ({"second_opinion": "judge:nobody"}, "Second opinion", "`nobody`"),
        ({"reranker": "late:/no/such/folder"}, "Reranker", "/no/such/folder"),
        ({"moderation": "openai:"}, "Moderation", "moderation"),
    ],
)
async def test_it_says_what_a_server_would_not_start_with(
    pincite_home: Path, provider: Provider, given: dict[str, Any], what: str, said: str
) -> None:
    found = await looked_at(with_model(pincite_home, f"{provider.url}/v1", **given))
    assert found[what].state == "bad"
    assert said in f"{found[what].found} {found[what].remedy}"
    assert found[what].remedy


@pytest.mark.postgres
async def test_a_database_of_jobs_that_does_not_answer_is_told(pincite_home: Path, postgres_url: str) -> None:
    address = postgres_url.replace("postgresql+asyncpg://", "postgresql://", 1)
    for jobs_url, state in ((address, "ok"), ("postgresql://u:hidden@127.0.0.1:1/x", "bad")):
        settings = read_settings(home=pincite_home, model="none", log_level="error", jobs_url=jobs_url)
        jobs = (await looked_at(settings))["Jobs"]
        assert jobs.state == state
        assert "hidden" not in f"{jobs.found} {jobs.remedy}"
    assert "PINCITE_JOBS_URL" in jobs.remedy
