"""With the strict setting a model's unsupported sentences are left out, and the documents speak instead."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import settled, upload

from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import open_house

RULES = b"""# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning.
Tickets cost 80 kroner and are sold on board by the mate.
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        yield running


@pytest.fixture
async def client(pincite_home: Path, provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    settings = read_settings(
        home=pincite_home,
        model="openai:test-model",
        model_base_url=f"{provider.url}/v1",
        model_api_key="good-key",
        unsupported="drop",
        log_level="error",
    )
    async with open_house(settings, work=True) as house:
        made = await house.accounts.create_key(await house.owner(), "tests")
        transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {made.secret}"}
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as opened:
            uploaded = (await upload(opened, "rules.md", RULES)).json()["items"][0]
            await settled(opened, uploaded["id"])
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
