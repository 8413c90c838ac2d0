"""With a second opinion set, the provider is asked about an uncertain sentence, and the pin says who judged."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model

from pincite.app.settings import BadSettings, read_settings

RULES = b"""# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning.
Dogs travel free of charge on the lower deck.
"""
QUESTION = "What do dogs pay on the ferry?"
UNSURE = "Dogs sail on the ferry free of charge as guests of the captain [1]."


@pytest.fixture
async def client(pincite_home: Path, provider: Provider) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(pincite_home, provider, second_opinion="judge:openai:gpt-5-mini") as opened:
        await add(opened, "rules.md", RULES)
        yield opened


def _told(provider: Provider, opinion: str) -> None:
    provider.behaviour.replies = {"test-model": UNSURE, "gpt-5-mini": opinion}


async def test_the_pin_says_who_judged(client: httpx2.AsyncClient, provider: Provider) -> None:
    _told(provider, "unsupported")
    answer = (await client.post("/v1/answers", json={"question": QUESTION})).json()
    assert [(pin["verdict"], pin["judge"]) for pin in answer["pins"]] == [("partial", "judge:openai:gpt-5-mini")]
    assert answer["pins"][0]["spans"]
    kept = (await client.get(f"/v1/answers/{answer['id']}")).json()
    assert kept["pins"] == answer["pins"]
    # The double says that a token is four characters, of the answer and of the opinion.
    assert answer["usage"]["output_tokens"] == len(UNSURE) // 4 + len("unsupported") // 4


async def test_a_judge_that_fails_leaves_the_first_verdict(client: httpx2.AsyncClient, provider: Provider) -> None:
    _told(provider, "I would rather not say.")
    answer = (await client.post("/v1/answers", json={"question": QUESTION})).json()
    assert answer["state"] == "completed"
    assert [(pin["verdict"], pin["judge"]) for pin in answer["pins"]] == [("supported", None)]


@pytest.mark.parametrize("band", ["low", "0.8-0.2", "0.2", "0-2"])
def test_a_band_that_is_none_is_refused(band: str) -> None:
    with pytest.raises(BadSettings):
        read_settings(second_opinion_band=band)
