"""Rerankers: windows of any embedder, a cross-encoder from a folder, rerank APIs over HTTP, a chat model in a list."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.doubles.onnx_models import write_model
from tests.doubles.provider import Provider, serve

from pincite.core import Scope, Unavailable
from pincite.gateway import ModelError, StaticEmbedder
from pincite.gateway.adapters.memory import MemoryMeter, ScriptedChat
from pincite.gateway.adapters.rerank_cross import CrossEncoder
from pincite.gateway.adapters.rerank_http import note_told, plan_of
from pincite.gateway.adapters.rerank_judge import ListJudge
from pincite.gateway.adapters.rerank_late import LateInteraction
from pincite.gateway.adapters.rerank_windows import WindowReranker, windows
from pincite.gateway.calls import Underway
from pincite.gateway.domain import ModelNotConfigured, Overloaded
from pincite.gateway.rerankers import RerankerParts, make_reranker
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded, Spend

SCOPE = Scope("acme", "ada")
QUESTION = "When does the ferry leave?"
PASSAGES = [
    "The hotel has a garden. Breakfast is served in the hall. Dogs are welcome in every room of the house.",
    "Hven is an island. " * 12 + "The ferry leaves the quay at nine. " + "There are sheep on the hills. " * 12,
    "Bicycles can be rented. The museum shows instruments of the astronomer who lived there.",
]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serve() as running:
        yield running


def _parts(meter: MemoryMeter | None = None, **settings: Any) -> RerankerParts:
    meter = meter or MemoryMeter()
    return RerankerParts(ModelSettings(**settings), {}, lambda _: StaticEmbedder(), None, meter)


async def test_a_sentence_deep_in_a_passage_counts_as_much_as_its_first() -> None:
    scores = await WindowReranker("windows:static", StaticEmbedder()).rerank(SCOPE, QUESTION, PASSAGES)
    assert int(scores.argmax()) == 1
    assert scores.shape == (3,)
    assert np.all((scores >= 0) & (scores <= 1))
    assert (await WindowReranker("w", StaticEmbedder()).rerank(SCOPE, QUESTION, [])).shape == (0,)


@given(st.text(max_size=400))
def test_windows_hold_every_word_until_there_are_too_many(text: str) -> None:
    found = windows(text)
    assert len(found) <= 12
    if len(found) < 12:
        assert set(text.split()) == {word for window in found for word in window.split()}


def _tiny_cross_encoder(folder: Path, *, outputs: int) -> Path:
    """Make a real ONNX graph: the logit grows with the sum of the token ids of the pair."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "[SEP]": 1, "ferry": 50, "[PAD]": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [SEP]", pair="$A [SEP] $B [SEP]", special_tokens=[("[SEP]", 1)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", outputs])
    weight = helper.make_tensor(
        "weight", TensorProto.FLOAT, [1, outputs], [0.1 * (place + 1) for place in range(outputs)]
    )
    axes = helper.make_tensor("axes", TensorProto.INT64, [1], [1])
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["as_float", "axes"], ["total"], keepdims=1),
        helper.make_node("MatMul", ["total", "weight"], ["logits"]),
    ]
    graph = helper.make_graph(nodes, "tiny", [ids], [logits], [weight, axes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(folder / "model.onnx"))
    return folder


@pytest.mark.parametrize("outputs", [1, 2])
async def test_a_cross_encoder_reads_question_and_passage_together(tmp_path: Path, outputs: int) -> None:
    folder = _tiny_cross_encoder(tmp_path, outputs=outputs)
    scores = await CrossEncoder(folder).rerank(SCOPE, QUESTION, ["no boat", "the ferry and the ferry", "a ferry"])
    assert [int(place) for place in np.argsort(-scores)] == [1, 2, 0]
    assert np.all((scores >= 0) & (scores <= 1))


async def test_a_folder_with_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="3 numbers a pair"):
        CrossEncoder(_tiny_cross_encoder(tmp_path, outputs=3))
    with pytest.raises(Unavailable):
        CrossEncoder(tmp_path / "nothing")


async def test_late_interaction_finds_the_like_of_each_token(tmp_path: Path) -> None:
    write_model(tmp_path / "tokens")
    late = LateInteraction(tmp_path / "tokens")
    passages = ["engine oil", "holiday leave days", "soup", "leave soup days oil"] * 3
    scores = await late.rerank(SCOPE, "leave days", passages)
    assert scores.shape == (12,)
    assert set(np.argsort(-scores)[:6] % 4) == {1, 3}
    assert np.allclose(scores[:4], (await late.rerank(SCOPE, "leave days", passages[:4])))
    assert np.all((scores >= 0) & (scores <= 1))
    assert (await late.rerank(SCOPE, "leave days", [])).shape == (0,)


async def test_late_interaction_needs_vectors_of_tokens(tmp_path: Path) -> None:
    write_model(tmp_path / "pooled", output="sentence_embedding")
    with pytest.raises(Unavailable, match="no vectors of tokens"):
        LateInteraction(tmp_path / "pooled")


@pytest.mark.parametrize("name", ["cohere:rerank-v4", "jina:jina-reranker-v3"])
async def test_a_rerank_api_is_asked_over_http(provider: Provider, name: str) -> None:
    parts = _parts(reranker_base_url=f"{provider.url}/v1", reranker_api_key=SecretStr("good-key"))
    reranker = make_reranker(name, parts)
    assert reranker is not None
    assert reranker.name == name
    scores = await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    assert int(scores.argmax()) == 1
    provider.behaviour.fail_times, provider.behaviour.status = 1, 429
    assert int((await reranker.rerank(SCOPE, QUESTION, PASSAGES)).argmax()) == 1
    provider.behaviour.fail_times, provider.behaviour.status = 5, 500
    with pytest.raises(ModelError, match="refused with 500"):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    provider.behaviour.fail_times, provider.behaviour.html = 0, True
    with pytest.raises(ModelError, match="no ranking"):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    wrong = make_reranker(name, _parts(reranker_base_url=f"{provider.url}/v1", reranker_api_key=SecretStr("bad")))
    provider.behaviour.html = False
    assert wrong is not None
    with pytest.raises(ModelError, match="401"):
        await wrong.rerank(SCOPE, QUESTION, PASSAGES)


@pytest.mark.parametrize(
    ("name", "prices", "pico_usd"),
    [
        ("jina:jina-reranker-v3", "jina:jina-reranker-v3=0.05/0", None),
        ("cohere:rerank-v4", "cohere:rerank-v4=2/kcalls", 2_000_000_000),
    ],
)
async def test_what_a_rerank_api_costs_is_in_the_ledger(
    provider: Provider, name: str, prices: str, pico_usd: int | None
) -> None:
    meter = MemoryMeter()
    at = {"reranker_base_url": f"{provider.url}/v1", "reranker_api_key": SecretStr("good-key")}
    reranker = make_reranker(name, _parts(meter, prices=prices, **at))
    assert reranker is not None
    await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    ((call,), (spent,)) = meter.calls, meter.settled
    assert (call.kind, call.model, call.priced, call.purpose.stage) == ("rerank", name, True, "rerank")
    assert spent.spend.pico_usd <= call.bound.pico_usd
    assert spent.spend.tokens <= call.bound.tokens
    assert spent.pico_usd == (pico_usd if pico_usd is not None else spent.input_tokens * 50_000)
    provider.behaviour.fail_times, provider.behaviour.status = 9, 500
    with pytest.raises(ModelError):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    assert [each.spend for each in meter.settled[1:]] == [Spend()] * 2, "what was refused costs nothing"
    meter.refuses = BudgetExceeded("Nothing is left.")
    asked = len(provider.requests)
    with pytest.raises(BudgetExceeded):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    assert len(provider.requests) == asked


async def test_a_rerank_api_without_a_price_has_none_and_keeps_to_its_limits(provider: Provider) -> None:
    meter = MemoryMeter()
    at = {"reranker_base_url": f"{provider.url}/v1", "reranker_api_key": SecretStr("good-key")}
    reranker = make_reranker("jina:jina-reranker-v3", _parts(meter, limits="requests=6/h", **at))
    assert reranker is not None
    await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    assert not meter.calls[0].priced
    assert meter.settled[0].pico_usd is None
    with pytest.raises(Overloaded, match="More is asked of jina"):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)


@pytest.mark.parametrize(
    ("reply", "best"),
    [("2, 3, 1", 1), ("[3] > [1]", 2), ("The best is 1.", 0), ("99, 2", 1)],
)
async def test_a_chat_model_names_the_order(reply: str, best: int) -> None:
    scores = await ListJudge(ScriptedChat(lambda _: [reply])).rerank(SCOPE, QUESTION, PASSAGES)
    assert int(scores.argmax()) == best


async def test_a_chat_model_that_names_none_is_no_reranker() -> None:
    with pytest.raises(ModelError, match="ranked no passage"):
        await ListJudge(ScriptedChat(lambda _: ["I cannot do that."])).rerank(SCOPE, QUESTION, PASSAGES)


@pytest.mark.parametrize("name", ["judge", "cohere:x", "windows", "cross:", "magic", "jina:"])
def test_what_cannot_be_made_says_why(name: str) -> None:
    with pytest.raises(ModelNotConfigured) as raised:
        make_reranker(name, _parts())
    assert raised.value.remedy


def test_none_is_none() -> None:
    assert make_reranker("none", _parts()) is None


@pytest.mark.parametrize(
    ("told", "tokens", "calls"),
    [
        ({"usage": {"total_tokens": 812}}, 812, 1),
        ({"meta": {"billed_units": {"total_tokens": 812}}}, 812, 1),
        ({"meta": {"billed_units": {"search_units": 2}}}, None, 2),
        ({"meta": {"billed_units": {"search_units": None}}}, None, 1),
        ({"usage": {"total_tokens": None}}, None, 1),
        ({"meta": {"billed_units": {"search_units": 1e999}}}, None, 1),
        ({"meta": {"billed_units": {}}}, None, 1),
        ({"usage": "much"}, None, 1),
        ({}, None, 1),
    ],
)
def test_what_a_ranking_came_to_is_read_of_any_reply_and_is_never_nothing(
    told: dict[str, Any], tokens: int | None, calls: int
) -> None:
    plan = plan_of(QUESTION, PASSAGES, 10.0)
    underway = Underway("call-1")
    note_told(underway, plan, json.dumps({"results": [], **told}).encode())
    spent = underway.spent or plan.expected
    assert (spent.tokens, spent.calls) == (tokens or plan.expected.tokens, calls)
    assert spent.tokens


async def test_a_reranker_that_is_not_there_costs_nothing() -> None:
    meter = MemoryMeter()
    reranker = make_reranker("jina:m", _parts(meter, reranker_base_url="http://127.0.0.1:9", prices="jina:m=1/1"))
    assert reranker is not None
    with pytest.raises(ModelError, match="did not answer"):
        await reranker.rerank(SCOPE, QUESTION, PASSAGES)
    assert {each.spend for each in meter.settled} == {Spend()}
