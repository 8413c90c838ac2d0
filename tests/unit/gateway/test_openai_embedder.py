"""Embeddings over real HTTP: batches, order, limits of the provider, failures and what they cost in time."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.doubles.provider import Provider, serve

from pincite.app.simulation.texts import vector_of
from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.adapters.openai_embedder import OpenAIEmbedder
from pincite.gateway.prices import PriceBook, rates_of
from pincite.gateway.providers import Connection
from pincite.ledger import Spent

SCOPE = Scope("acme", "ada")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        yield running


def _embedder(provider: Provider, name: str = "test-model", key: str = "good-key", **limits: Any) -> OpenAIEmbedder:
    return OpenAIEmbedder(name, Connection(f"{provider.url}/v1", key), MemoryMeter(), PriceBook(), **limits)


async def test_vectors_are_of_unit_length_and_in_order(provider: Provider) -> None:
    embedder = _embedder(provider)
    texts = ["leave", "", "a long walk", "  ", "engine"]
    vectors = await embedder.embed(SCOPE, texts)
    assert vectors.shape == (5, 8)
    assert embedder.dimensions == 8
    for text, vector in zip(texts, vectors, strict=True):
        wanted = np.array(vector_of(text)) if text.strip() else np.zeros(8)
        assert vector == pytest.approx(wanted / max(1e-12, float(np.linalg.norm(wanted))), abs=1e-6)


async def test_many_texts_go_in_several_requests_and_long_ones_in_more(provider: Provider) -> None:
    embedder = _embedder(provider)
    texts = [f"text number {number}" for number in range(600)]
    vectors = await embedder.embed(SCOPE, texts)
    assert [len(request["input"]) for request in provider.requests] == [256, 256, 88]
    assert [text for request in provider.requests for text in request["input"]] == texts
    assert vectors.shape == (600, 8)
    provider.requests.clear()
    await embedder.embed(SCOPE, ["long words " * 4_000] * 6)
    assert [len(request["input"]) for request in provider.requests] == [3, 3]


async def test_nothing_is_asked_for_nothing(provider: Provider) -> None:
    assert (await _embedder(provider, "text-embedding-3-small").embed(SCOPE, [])).shape == (0, 1536)
    assert provider.requests == []


@pytest.mark.parametrize("status", [429, 500, 503, 408])
async def test_a_failure_that_passes_is_tried_again(provider: Provider, status: int) -> None:
    provider.behaviour.fail_times, provider.behaviour.status = 2, status
    provider.behaviour.headers = {"retry-after-ms": "20"}
    assert (await _embedder(provider).embed(SCOPE, ["leave"])).shape == (1, 8)
    assert len(provider.requests) == 3


async def test_it_waits_as_long_as_it_is_told(provider: Provider) -> None:
    provider.behaviour.fail_times, provider.behaviour.status, provider.behaviour.retry_after_s = 1, 429, 1
    started = time.monotonic()
    await _embedder(provider).embed(SCOPE, ["leave"])
    assert 1.0 <= time.monotonic() - started < 3.0


@pytest.mark.parametrize("kind", ["requests", "tokens"])
async def test_it_waits_before_the_limit_instead_of_running_into_it(provider: Provider, kind: str) -> None:
    provider.behaviour.headers = {f"x-ratelimit-remaining-{kind}": "0", f"x-ratelimit-reset-{kind}": "400ms"}
    started = time.monotonic()
    await _embedder(provider).embed(SCOPE, ["leave"] * 300)
    assert len(provider.requests) == 2
    assert 0.4 <= time.monotonic() - started < 2.0


async def test_a_question_does_not_wait_for_the_limit(provider: Provider) -> None:
    embedder = _embedder(provider)
    provider.behaviour.headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m0s"}
    await embedder.embed(SCOPE, ["leave"])
    started = time.monotonic()
    with pytest.raises(Unavailable, match="More is asked of openai"):
        await embedder.embed(SCOPE, ["How much leave?"], query=True)
    assert time.monotonic() - started < 1.0


@pytest.mark.parametrize(
    ("key", "name", "message", "named"),
    [
        ("bad-key", "test-model", "key for openai:test-model was rejected", "PINCITE_EMBEDDER_API_KEY"),
        ("good-key", "no-model", "knows no model openai:no-model", "PINCITE_EMBEDDER"),
    ],
)
async def test_what_will_not_pass_is_said_at_once(
    provider: Provider, key: str, name: str, message: str, named: str
) -> None:
    with pytest.raises(Unavailable, match=message) as error:
        await _embedder(provider, name, key).embed(SCOPE, ["leave"])
    assert named in error.value.remedy
    assert "bad-key" not in f"{error.value} {error.value.remedy}"
    assert len(provider.requests) == 1


async def test_it_gives_up_after_some_tries(provider: Provider) -> None:
    provider.behaviour.fail_times, provider.behaviour.status = 100, 429
    provider.behaviour.headers = {"retry-after-ms": "1"}
    with pytest.raises(Unavailable, match="limits our rate"):
        await _embedder(provider).embed(SCOPE, ["leave"])
    assert len(provider.requests) == 6


@pytest.mark.parametrize(
    "vectors",
    [[], [[1.0]], [[1.0, 2.0]] * 3, [[1.0], [1.0, 2.0]], [[], []], [["x"], ["y"]], [[1e60], [1e60]]],
)
async def test_a_reply_that_is_not_vectors_is_refused(provider: Provider, vectors: list) -> None:
    provider.behaviour.vectors = vectors
    with pytest.raises(Unavailable, match="not vectors"):
        await _embedder(provider).embed(SCOPE, ["leave", "oil"])


async def test_a_web_page_is_refused(provider: Provider) -> None:
    provider.behaviour.html = True
    with pytest.raises(Unavailable, match="not vectors"):
        await _embedder(provider).embed(SCOPE, ["leave"])


async def test_silence_ends_in_time(provider: Provider) -> None:
    provider.behaviour.first_delay_s = 5.0
    started = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        await _embedder(provider, timeout_s=0.2).embed(SCOPE, ["leave"], query=True)
    assert time.monotonic() - started < 3.0


async def test_an_address_where_nobody_answers_says_so() -> None:
    meter = MemoryMeter()
    prices = PriceBook(rates_of("openai:test-model=1/1"))
    embedder = OpenAIEmbedder("test-model", Connection("http://127.0.0.1:9/v1", "key"), meter, prices)
    with pytest.raises(Unavailable, match="connection to openai:test-model failed"):
        await embedder.embed(SCOPE, ["leave"], query=True)
    assert meter.settled == [Spent()] * len(meter.calls), "what never came costs nothing"


async def test_who_is_told_to_come_again_waits_also_where_it_is_no_limit(provider: Provider) -> None:
    provider.behaviour.fail_times, provider.behaviour.status, provider.behaviour.retry_after_s = 1, 503, 1
    started = time.monotonic()
    await _embedder(provider).embed(SCOPE, ["leave"])
    assert 1.0 <= time.monotonic() - started < 3.0
    provider.behaviour.fail_times, provider.behaviour.retry_after_s = 1, 30
    started = time.monotonic()
    with pytest.raises(Unavailable):
        await _embedder(provider).embed(SCOPE, ["How much?"], query=True)
    assert time.monotonic() - started < 1.0
