"""What the simulated provider replies to the prompts that Pincite really sends."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from tests.doubles.provider import Provider, serve

from pincite.core import Scope
from pincite.gateway import ChatModel, Models
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.adapters.opinion_chat import ChatOpinion
from pincite.gateway.adapters.question_chat import QuestionWriter
from pincite.gateway.adapters.rerank_judge import ListJudge
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("acme", "ada")
QUESTION = "When does the ferry leave?"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        yield running


@pytest.fixture(params=["openai", "anthropic"])
def model(provider: Provider, request: pytest.FixtureRequest) -> ChatModel:
    name = f"{request.param}:test-model"
    base = provider.url if request.param == "anthropic" else f"{provider.url}/v1"
    settings = ModelSettings(model=name, base_url=base, api_key=SecretStr("good-key"))
    chosen = Models(settings, {}, Discovery(name, ()), MemoryMeter()).choose(None)
    assert chosen is not None
    return chosen


async def test_a_claim_is_supported(model: ChatModel) -> None:
    opinion = await ChatOpinion(model).judge(SCOPE, "The ferry leaves at nine.", "It leaves at nine.")
    assert opinion.chance == 1.0


async def test_passages_are_ranked_as_they_stand(model: ChatModel) -> None:
    scores = await ListJudge(model).rerank(SCOPE, QUESTION, ["The ferry leaves at nine.", "Dogs sail free.", "Oil."])
    assert scores[0] > scores[1] > scores[2] > 0


async def test_a_question_stays_as_it_is(model: ChatModel) -> None:
    writer = QuestionWriter(model)
    for written in (
        writer.passage(SCOPE, QUESTION),
        writer.queries(SCOPE, QUESTION, 3),
        writer.parts(SCOPE, QUESTION, 3),
    ):
        said, call = await written
        assert list(said) == [QUESTION]
        assert call is not None
