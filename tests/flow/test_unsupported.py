"""With the strict setting a model's unsupported sentences are left out, and the documents speak instead."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model

RULES = b"""# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning.
Tickets cost 80 kroner and are sold on board by the mate.
"""


@pytest.fixture
async def client(pincite_home: Path, provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(pincite_home, provider, unsupported="drop") as opened:
        await add(opened, "rules.md", RULES)
        yield opened


async def _ask(client: httpx2.AsyncClient, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/v1/answers", json={"question": question})).json()
    for pin in answer["pins"]:
        start, end = pin["claim"]
        assert answer["answer"][start:end].strip()
        assert pin["verdict"] != "unsupported"
    return answer


async def test_an_unsupported_sentence_is_left_out(client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.reply = "The ferry leaves at nine every morning [1]. The captain was born in Trondheim [1]."
    answer = await _ask(client, "When does the ferry leave?")
    assert answer["answer"].startswith("The ferry leaves at nine every morning.")
    assert "Trondheim" not in answer["answer"]
    assert answer["dropped_sentences"] == 1


async def test_the_documents_speak_where_nothing_remains(client: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.reply = "Whales sing beneath Antarctic glaciers all winter [1]."
    answer = await _ask(client, "What do tickets cost?")
    assert "80 kroner" in answer["answer"]
    assert answer["pins"][0]["spans"][0]["quote"] in answer["answer"]
    assert answer["dropped_sentences"] == 1


async def test_it_abstains_where_the_documents_say_nothing_either(
    client: httpx2.AsyncClient, provider: Provider
) -> None:
    provider.behaviour.reply = "Whales sing beneath Antarctic glaciers all winter [1]."
    answer = await _ask(client, "Which whales sing beneath glaciers?")
    assert answer["abstained"]
    assert answer["reason"] == "weak-evidence"
    assert "Whales" not in answer["answer"]
