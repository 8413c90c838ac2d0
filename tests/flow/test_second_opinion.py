"""With a second opinion set, the provider is asked about an uncertain sentence, and the pin says who judged."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from tests.doubles.provider import Provider, serve
from tests.flow.conftest import settled, upload

from pincite.app.settings import BadSettings, read_settings
from pincite.app.web import create_app
from pincite.app.wiring import open_house

RULES = b"""# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning.
Dogs travel free of charge on the lower deck.
"""
QUESTION = "What do dogs pay on the ferry?"
UNSURE = "Dogs sail on the ferry free of charge as guests of the captain [1]."


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
        second_opinion="judge:openai:gpt-5-mini",
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
