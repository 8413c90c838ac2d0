"""Between our values and OpenAI's: turns, citations whose indexes hold for any letters, requests, chunks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.domain import Answer, AnswerEvent, AnswerState, Pin, PinSpan, Turn, Verdict
from pincite.answers.openai.citations import citations_of, pinned
from pincite.answers.openai.completions import Told, answer_chunks, whole_answer
from pincite.answers.openai.domain import ParameterRefused
from pincite.answers.openai.parameters import question_of, request_of
from pincite.answers.openai.schemas import ChatBody
from pincite.answers.shapes import last_event
from pincite.core import utc_now
from pincite.gateway import Message, ToolCall

TEXTS = st.lists(st.text(alphabet=st.sampled_from("a é\u0301字🚢👩🏽‍🚀\n\u202e.")), min_size=1, max_size=6)


def answer_of(claims: list[str], gap: str = " ") -> tuple[Answer, list[str]]:
    """Return an answer of claims, each pinned to a quote of its own but for every third."""
    text, pins = "", list[Pin]()
    for number, claim in enumerate(claims):
        start = len(text)
        text += claim
        spans = () if number % 3 == 2 else (PinSpan("d", "r", "a.md", 1, 0, 5, f"quote {number}", "page 1"),)
        pins.append(Pin((start, len(text)), Verdict.SUPPORTED if spans else Verdict.UNSUPPORTED, 0.9, spans))
        text += gap
    answer = Answer("a1", "c1", "Why?", utc_now(), text=text, state=AnswerState.COMPLETED, pins=tuple(pins))
    return answer, claims


@given(TEXTS)
def test_an_index_counts_whole_characters_whatever_they_are(claims: list[str]) -> None:
    answer, _ = answer_of(claims)
    found = citations_of(answer, "http://here")
    cited = [claim for number, claim in enumerate(claims) if number % 3 != 2]
    assert [answer.text[each.start_index : each.end_index] for each in found] == cited
    assert [answer.text[slice(*each)] for each in pinned(answer, ()).unsupported] == claims[2::3]
    assert all(each.url == "http://here/v1/passages/r/content#page=1" for each in found)


async def _events(answer: Answer, pieces: list[str]) -> AsyncIterator[AnswerEvent]:
    for number, piece in enumerate(pieces, 1):
        yield AnswerEvent(number, "answer.delta", {"text": piece})
    yield AnswerEvent(len(pieces) + 1, *last_event(answer))


@pytest.mark.parametrize("covered", [False, True])
async def test_chunks_are_the_whole_in_pieces(covered: bool) -> None:
    answer, claims = answer_of(["Dogs 🐕 pay nothing.", "Ferries leave.", "So it is."])
    pieces = [] if covered else [f"{each} " for each in claims]
    told = Told("http://here", ("temperature",), with_usage=True)
    chunks = [each async for each in answer_chunks(answer, _events(answer, pieces), told)]
    whole = whole_answer(answer, told)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(each.get("content", "") for each in deltas) == whole.choices[0].message.content == answer.text
    assert deltas[-1]["annotations"] == [each.model_dump(mode="json") for each in whole.choices[0].message.annotations]
    assert whole.pincite is not None
    assert chunks[-2]["pincite"] == whole.pincite.model_dump(mode="json")
    assert chunks[-1]["usage"]["total_tokens"] == whole.usage.total_tokens
    assert {chunk["id"] for chunk in chunks} == {answer.id}


def body_of(*messages: dict[str, Any], **more: Any) -> ChatBody:
    return ChatBody.model_validate({"model": "m", "messages": list(messages), **more})


def said(role: str, text: str | None, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": text, **more}


def test_what_was_said_before_becomes_turns() -> None:
    parts = [{"type": "text", "text": "And"}, {"type": "text", "text": "cats?"}]
    found = question_of(
        body_of(
            *(said("system", "Be brief."), said("user", "Hello."), said("user", "What do dogs pay?")),
            *(said("assistant", "Nothing."), said("assistant", "Again."), {"role": "user", "content": parts}),
            max_tokens=7,
        )
    )
    assert found.text == "And\ncats?"
    assert found.turns == (Turn("Hello.\n\nWhat do dogs pay?", "Nothing."),)
    assert found.ignored == ("max_tokens", "messages.system")


@given(st.lists(st.sampled_from(["user", "assistant", "system", "developer"]), min_size=1, max_size=12))
def test_any_order_of_roles_is_a_question_or_a_refusal(roles: list[str]) -> None:
    body = body_of(*(said(role, f"{role} {at}") for at, role in enumerate(roles)))
    spoken = [each for each in roles if each in {"user", "assistant"}]
    if not spoken or spoken[-1] == "assistant":
        with pytest.raises(ParameterRefused):
            question_of(body)
        return
    found = question_of(body)
    words = " ".join([found.text, *(turn.question for turn in found.turns)])
    assert all(f"user {at}" in words for at, role in enumerate(roles) if role == "user")


def test_a_tools_result_goes_with_the_call_that_asked_for_it() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked = [said("user", "Go."), said("assistant", None, tool_calls=[call]), said("tool", "7", tool_call_id="c1")]
    request = request_of(body_of(*asked))
    known = ToolCall("c1", "f", "{}")
    assert request.messages == (
        Message("user", "Go."),
        Message("assistant", "", (known,)),
        Message("tool", "7", (known,)),
    )
    with pytest.raises(ParameterRefused):
        request_of(body_of(asked[0], asked[2], asked[1]))
