"""A second opinion is asked about what is uncertain, never outranks a rule, costs what it costs, and fails softly."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.onnx_models import write_inference_model

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.second_opinion import SecondOpinion, evidence_around, revised
from pincite.answers.verdicts.rules import Difference, DifferenceKind
from pincite.answers.verdicts.verify import Alignment, Verifier
from pincite.core import Scope, Unavailable
from pincite.gateway import ModelError
from pincite.gateway.adapters.memory import ScriptedChat
from pincite.gateway.adapters.opinion_chat import ChatOpinion
from pincite.gateway.adapters.opinion_nli import EntailmentModel
from pincite.gateway.domain import ModelNotConfigured
from pincite.gateway.opinions import make_claim_judge

SCOPE = Scope("acme", "ada")
PAGE = (
    "The ferry to Hven leaves the northern quay at nine every morning.",
    "Dogs travel free of charge on the lower deck.",
    "Tickets cost 80 kroner and are sold on board by the mate.",
    "Children under seven pay nothing.",
)
UNSURE = "Dogs sail on the ferry free of charge as guests of the captain."
WRONG = "Tickets cost 90 kroner and are sold on board by the mate."
EVERY = (0.0, 1.0)


def _found() -> list[Candidate]:
    found: list[Candidate] = []
    at = 0
    for text in PAGE:
        found.append(Candidate(0, 1, at, at + len(text), text, "Ferry rules", "", ""))
        at += len(text) + 1
    return found


def _judge(reply: str) -> tuple[ScriptedChat, SecondOpinion]:
    chat = ScriptedChat(lambda _: [reply])
    return chat, SecondOpinion(ChatOpinion(chat), band=EVERY)


async def _asked(second: SecondOpinion, claim: str) -> tuple[Alignment, Alignment, str | None]:
    first = Verifier(_found(), {}).verify(claim)
    reviewed, judge = await second.begin(SCOPE, _found()).review(claim, first)
    return first, reviewed, judge


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [("supported", Verdict.SUPPORTED), ("Partial", Verdict.PARTIAL), ("Unsupported.", Verdict.PARTIAL)],
)
async def test_the_opinion_decides_where_the_score_does_not(reply: str, verdict: Verdict) -> None:
    chat = ScriptedChat(lambda _: [reply])
    first, reviewed, judge = await _asked(SecondOpinion(ChatOpinion(chat)), UNSURE)
    assert first.verdict is Verdict.SUPPORTED
    assert reviewed.verdict is verdict
    assert (reviewed.score > first.score) is (verdict is Verdict.SUPPORTED)
    assert judge == "judge:memory:scripted"
    sent = chat.requests[0].messages[-1].text
    assert UNSURE in sent
    assert PAGE[1] in sent


async def test_what_a_rule_objects_to_is_not_even_asked_about() -> None:
    chat, second = _judge("supported")
    first, reviewed, judge = await _asked(second, WRONG)
    assert first.differs
    assert reviewed == first
    assert judge is None
    assert not chat.requests


@given(chance=st.floats(0, 1), score=st.floats(0, 1), verdict=st.sampled_from([Verdict.PARTIAL, Verdict.UNSUPPORTED]))
def test_no_opinion_lifts_what_a_rule_objects_to(chance: float, score: float, verdict: Verdict) -> None:
    candidates = tuple(_found()[:1])
    first = Alignment(candidates, verdict, score, (Difference(DifferenceKind.FIGURE, "90"),), candidates)
    assert revised(first, chance) == first


@given(chance=st.floats(0, 1), score=st.floats(0, 1), verdict=st.sampled_from(Verdict))
def test_an_opinion_lifts_to_supported_or_lowers_by_one(chance: float, score: float, verdict: Verdict) -> None:
    candidates = tuple(_found()[:1])
    spans = () if verdict is Verdict.UNSUPPORTED else candidates
    made = revised(Alignment(spans, verdict, score, (), candidates), chance)
    steps = [Verdict.UNSUPPORTED, Verdict.PARTIAL, Verdict.SUPPORTED]
    if chance >= 0.5:
        assert made.verdict is Verdict.SUPPORTED
    else:
        assert 0 <= steps.index(verdict) - steps.index(made.verdict) <= 1
        assert made.verdict is not Verdict.SUPPORTED
    assert bool(made.spans) == (made.verdict is not Verdict.UNSUPPORTED)
    assert min(score, chance) <= made.score <= max(score, chance)


async def test_what_is_sure_is_not_asked_about() -> None:
    chat = ScriptedChat(lambda _: ["unsupported"])
    _, reviewed, judge = await _asked(SecondOpinion(ChatOpinion(chat)), PAGE[0])
    assert reviewed.verdict is Verdict.SUPPORTED
    assert judge is None
    assert not chat.requests


@pytest.mark.parametrize("reply", ["", "It is supported, I think.", "yes", "supported unsupported"])
async def test_a_reply_that_is_no_verdict_changes_nothing(reply: str) -> None:
    _, second = _judge(reply)
    first, reviewed, judge = await _asked(second, UNSURE)
    assert reviewed == first
    assert judge is None


async def test_a_judge_that_is_late_or_failed_is_not_asked_again() -> None:
    slow = ScriptedChat(lambda _: ["supported"], pause_s=5)
    failing = ScriptedChat(lambda _: [], fails=ModelError("It broke."))
    for chat in (slow, failing):
        reviews = SecondOpinion(ChatOpinion(chat), band=EVERY, timeout_s=0.02).begin(SCOPE, _found())
        first = Verifier(_found(), {}).verify(UNSURE)
        for _ in range(3):
            assert await reviews.review(UNSURE, first) == (first, None)
        assert len(chat.requests) == 1


async def test_opinions_are_counted_and_paid_for() -> None:
    chat = ScriptedChat(lambda _: ["supported"])
    reviews = SecondOpinion(ChatOpinion(chat), band=EVERY, most=2).begin(SCOPE, _found())
    first = Verifier(_found(), {}).verify(UNSURE)
    judges = [(await reviews.review(UNSURE, first))[1] for _ in range(3)]
    assert judges == ["judge:memory:scripted", "judge:memory:scripted", None]
    assert reviews.spent.cost_usd == Decimal("0.002")
    assert reviews.spent.usage.output_tokens == 4


def test_the_evidence_is_in_the_documents_order_with_its_neighbours() -> None:
    found = _found()
    assert evidence_around([found[3], found[1]], found).splitlines() == ["Ferry rules", *PAGE]
    assert evidence_around([found[0]], found).splitlines() == ["Ferry rules", PAGE[0], PAGE[1]]


async def _chances(folder: Path, claims: Sequence[str]) -> list[float]:
    model = EntailmentModel(folder)
    return [(await model.judge(SCOPE, "days", claim)).chance for claim in claims]


async def test_an_inference_model_of_a_folder_is_read_by_its_labels(tmp_path: Path) -> None:
    for number, labels in enumerate((["entailment", "neutral", "contradiction"], ["CONTRADICTION", "x", "ENTAILMENT"])):
        folder = tmp_path / str(number)
        write_inference_model(folder, len(labels))
        config = {"id2label": {str(place): label for place, label in enumerate(labels)}}
        (folder / "config.json").write_text(json.dumps(config))
        few, many = await _chances(folder, ["days", "soup soup soup"])
        assert 0 < few < 1
        # The logits of the double fall with the ids of the words for the first label and rise for the last.
        assert (few > many) is (labels[0] == "entailment")
        assert EntailmentModel(folder).name == f"nli:{number}"


async def test_an_inference_model_gives_the_opinion(tmp_path: Path) -> None:
    write_inference_model(tmp_path, 1)
    _, reviewed, judge = await _asked(SecondOpinion(EntailmentModel(tmp_path), band=EVERY), UNSURE)
    assert judge == f"nli:{tmp_path.name}"
    assert reviewed.verdict is Verdict.SUPPORTED


@pytest.mark.parametrize("config", [{}, {"id2label": {"0": "entailment", "1": "entailment too", "2": "x"}}])
def test_a_folder_whose_labels_say_nothing_is_refused(tmp_path: Path, config: dict[str, object]) -> None:
    write_inference_model(tmp_path, 3)
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Unavailable, match="no model of inference"):
        EntailmentModel(tmp_path)


@pytest.mark.parametrize("name", ["judge", "judge:", "nli", "nli:", "magic"])
def test_what_cannot_be_made_says_why(name: str) -> None:
    with pytest.raises(ModelNotConfigured) as raised:
        make_claim_judge(name, lambda _: None)
    assert raised.value.remedy


def test_none_is_nobody_and_a_name_is_that_model() -> None:
    chat = ScriptedChat(lambda _: [])
    assert make_claim_judge("none", lambda _: chat) is None
    asked: list[str | None] = []
    for name in ("judge", "judge:openai:other"):
        made = make_claim_judge(name, lambda wanted: asked.append(wanted) or chat)
        assert made is not None
    assert asked == [None, "openai:other"]
