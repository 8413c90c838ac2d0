"""Another embedder in the whole application: the setting, the commands' doors, a provider that fails, and a backup."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doubles.provider import Provider, serve

from pincite.app.backup import read_backup, write_backup
from pincite.app.doctor import examine
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import House, open_house
from pincite.core import PinciteError
from pincite.gateway import StaticEmbedder
from pincite.library import RevisionState
from pincite.retrieval import Query

TEXT = "# Ferry rules\n\nThe ferry to Hven leaves at nine every morning.\n\n# Dogs\n\nDogs travel on deck.\n"
QUESTION = "When does the ferry leave?"
STATIC = StaticEmbedder().model_id


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        running.behaviour.keys = frozenset({"good-key"})
        yield running


def _settings(home: Path, embedder: str, provider: Provider | None = None) -> Settings:
    url = None if provider is None else f"{provider.url}/v1"
    key = None if provider is None else "good-key"
    given: dict[str, Any] = {"embedder": embedder, "embedder_base_url": url, "embedder_api_key": key}
    return read_settings(home=home, model="none", log_level="error", **given)


async def _add(house: House, name: str, text: str = TEXT) -> None:
    async def once() -> AsyncIterator[bytes]:
        yield text.encode()

    scope = await house.owner()
    collection = await house.ensure_collection(scope, "default")
    received = await house.ingest.receive(scope, collection=collection, source=name, stream=once())
    while (
        document := await house.library.document(scope, received.document.id)
    ).latest.state is not RevisionState.READY:
        assert document.latest.problem is None
        await asyncio.sleep(0.02)
    await house.ingest.filled(scope, patience_s=1.0)


async def _builds(house: House) -> list[tuple[str, str]]:
    found = await house.library.generations(await house.owner())
    return sorted((each.generation.model_id, each.state.value) for each in found)


async def test_a_provider_of_embeddings_takes_over_and_can_be_taken_back(
    pincite_home: Path, provider: Provider
) -> None:
    async with open_house(_settings(pincite_home, "static"), work=True) as house:
        await _add(house, "rules.md")
        assert await _builds(house) == [(STATIC, "active")]
    async with open_house(_settings(pincite_home, "openai:test-model", provider), work=True) as house:
        (looked,) = await house.forecast()
        assert (looked["embedder"], looked["instead_of"]) == ("openai:test-model", STATIC)
        assert looked["chunks"] > 0
        assert looked["cost_usd"] is None  # an address of one's own has no known price
        assert await house.reindex(lambda _: None) == looked["chunks"]
        assert await _builds(house) == [("openai:test-model", "active"), (STATIC, "fast")]
        await _add(house, "more.md", TEXT.replace("Hven", "Landskrona"))
        scope = await house.owner()
        found = await house.retrieval.find(scope, Query(QUESTION))
        assert {each.passage.source for each in found.passages} == {"rules.md", "more.md"}
        assert (await house.fsck(repair=False, deep=False))["findings"] == []

        provider.behaviour.fail_times, provider.behaviour.status = 1_000, 500
        found = await house.retrieval.find(scope, Query(QUESTION))
        assert found.passages[0].cosine is not None, "built-in vectors stand in"
        provider.behaviour.fail_times = 0

        assert await house.go_back() == [STATIC]
        assert await _builds(house) == [("openai:test-model", "retired"), (STATIC, "active")]
    async with open_house(_settings(pincite_home, "static"), work=True) as house:
        assert await house.confirm() == 1
        assert await _builds(house) == [(STATIC, "active")]
        with pytest.raises(PinciteError, match="No earlier index"):
            await house.go_back()


async def test_a_backup_of_two_tiers_comes_back_whole(pincite_home: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar"
    async with open_house(_settings(pincite_home, "minilm"), work=True) as house:
        await _add(house, "rules.md")
        await write_backup(house.database, house.blobs, await house.system_scopes(), target, lambda *_: None)
    async with open_house(_settings(tmp_path / "other", "minilm"), bootstrap=False) as other:
        await read_backup(other.database, other.blobs, target, lambda *_: None)
        await other.reindex(lambda _: None)
        assert [state for _, state in await _builds(other)] == ["active", "fast"]
        found = await other.retrieval.find(await other.owner(), Query(QUESTION))
        assert found.passages
        assert (await other.fsck(repair=False, deep=False))["findings"] == []


@pytest.mark.parametrize(("name", "state"), [("static", "ok"), ("minilm", "ok"), ("bogus", "bad"), ("onnx:/no", "bad")])
async def test_the_doctor_looks_at_the_embedder(pincite_home: Path, name: str, state: str) -> None:
    found = {each.what: each for each in await examine(_settings(pincite_home, name), {})}
    assert found["Embedder"].state == state
    assert bool(found["Embedder"].remedy) == (state == "bad")


@pytest.mark.parametrize(("name", "state"), [("windows:static", "ok"), ("bogus", "bad"), ("cross:/no", "bad")])
async def test_the_doctor_looks_at_the_reranker(pincite_home: Path, name: str, state: str) -> None:
    settings = _settings(pincite_home, "static").model_copy(update={"reranker": name})
    found = {each.what: each for each in await examine(settings, {})}
    assert found["Reranker"].state == state
    assert bool(found["Reranker"].remedy) == (state == "bad")


async def test_the_doctor_says_that_the_index_has_other_vectors(pincite_home: Path) -> None:
    async with open_house(_settings(pincite_home, "static"), work=True) as house:
        await _add(house, "rules.md")
    for name, told in (("static", False), ("minilm", True)):
        found = {each.what: each for each in await examine(_settings(pincite_home, name), {})}
        assert ("Vectors" in found) is told
        if told:
            assert "and none of all-minilm" in found["Vectors"].found
            assert "pincite reindex" in found["Vectors"].remedy


async def test_an_embedder_that_is_none_stops_the_start(pincite_home: Path) -> None:
    with pytest.raises(PinciteError, match="no embedder"):
        async with open_house(_settings(pincite_home, "bogus")):
            pytest.fail("it started")
