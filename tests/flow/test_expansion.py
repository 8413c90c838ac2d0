"""With an expansion set, what the chat model writes is searched with; one that fails or dawdles changes nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model

TEXTS = {
    "vet.md": b"# Animals\n\nA veterinarian must vaccinate every hound before it boards, against rabies.\n",
    "food.md": b"# Meals\n\nPorridge and herring are served in the saloon until ten, and soup after noon.\n",
    "dogs.md": b"# Gangway\n\nThe gangway dogs are iron hooks that hold the gangway to the quay in a swell.\n",
}
QUESTION = "What do my dogs need at the gangway?"


@asynccontextmanager
async def opened(home: Path, provider: Provider, expansion: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(home, provider, expansion=expansion) as client:
        for name, text in TEXTS.items():
            await add(client, name, text)
        yield client


async def score(client: httpx2.AsyncClient, source: str) -> float:
    found = (await client.get("/v1/search", params={"q": QUESTION})).json()
    return {hit["source"]: float(hit["score"]) for hit in found["hits"]}[source]


@pytest.mark.parametrize(
    ("expansion", "written"),
    [
        ("passage", "Every hound is vaccinated against rabies and distemper by a veterinarian before it boards."),
        ("queries", "1. vaccinate hound rabies\n2. veterinarian distemper before boarding\n\n"),
    ],
)
async def test_what_the_model_writes_is_searched_with_and_a_failure_is_borne(
    pincite_home: Path, provider: Provider, expansion: str, written: str
) -> None:
    provider.behaviour.reply = written
    async with opened(pincite_home, provider, expansion) as client:
        with_model = await score(client, "vet.md")
        assert QUESTION in str(provider.requests[-1]["messages"])
        provider.behaviour.fail_times, provider.behaviour.status = 100, 500
        assert with_model > await score(client, "vet.md") + 0.1


async def test_the_parts_that_a_model_finds_are_searched_for_apart_and_the_call_is_paid_for(
    pincite_home: Path, provider: Provider
) -> None:
    provider.behaviour.reply = "1. When is soup served?\n2. What must a veterinarian do?"
    async with opened(pincite_home, provider, "parts") as client:
        found = (await client.get("/v1/search", params={"q": "Everything on soup, animals.", "limit": 3})).json()
        assert {hit["source"] for hit in found["hits"][:3]} >= {"food.md", "vet.md"}
        asked = len(provider.requests)
        question = {"question": "Everything on soup, animals.", "model": "none"}
        quoted = (await client.post("/v1/answers", json=question)).json()
        assert len(provider.requests) == asked + 1
        assert quoted["usage"]["output_tokens"] > 0
        provider.behaviour.reply = None
        worded = (await client.post("/v1/answers", json={"question": "When is soup served?"})).json()
        alone = provider.requests[-1]
    assert "When is soup served?" in str(alone["messages"])
    assert worded["usage"]["input_tokens"] > quoted["usage"]["input_tokens"]


async def test_without_an_expansion_no_model_is_asked(pincite_home: Path, provider: Provider) -> None:
    async with opened(pincite_home, provider, "none") as client:
        await score(client, "vet.md")
    assert not provider.requests
