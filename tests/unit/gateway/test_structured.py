"""Replies that must be JSON of a schema: what fits, what is repaired, what a hostile schema or reply can do."""

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatRequest, Message, Shape, TextDelta
from pincite.gateway.adapters.memory import ScriptedChat
from pincite.gateway.domain import ReplyMisshapen, SchemaUnusable
from pincite.gateway.structured import ShapedChat, check_of

SCOPE = Scope("acme", "ada")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "near": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["city"],
    "additionalProperties": False,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
PLACE = st.recursive(
    st.fixed_dictionaries({"city": st.text()}),
    lambda inner: st.fixed_dictionaries({"city": st.text(), "near": st.lists(inner, max_size=3)}),
    max_leaves=8,
)


def asked(schema: dict[str, Any]) -> ChatRequest:
    return ChatRequest("", (Message("user", "Where?"),), reply=Shape("place", schema))


async def told(model: ScriptedChat, schema: dict[str, Any]) -> tuple[list[str], ChatFinished]:
    texts: list[str] = []
    ends: list[ChatFinished] = []
    async for event in ShapedChat(model).stream(SCOPE, asked(schema)):
        if isinstance(event, TextDelta):
            texts.append(event.text)
        elif isinstance(event, ChatFinished):
            ends.append(event)
    (end,) = ends
    return texts, end


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_told_from_what_fits(text: str) -> None:
    problem = check_of(Shape("x", {"type": "object", "required": ["a"]}))(text)
    try:
        value = json.loads(text)
    except ValueError:
        assert problem
        return
    assert (problem is None) == (isinstance(value, dict) and "a" in value)


@given(PLACE, st.integers())
def test_a_schema_that_refers_to_itself_is_held_to(place: dict[str, Any], wrong: int) -> None:
    check = check_of(Shape("place", SCHEMA))
    assert check(json.dumps(place)) is None
    assert check(json.dumps({**place, "city": wrong})) is not None
    assert check(json.dumps({**place, "near": [{"city": "a"}, {"town": "b"}]})) is not None


async def test_a_reply_that_fits_is_told_whole_and_one_that_does_not_is_asked_for_again() -> None:
    replies = iter(["Sorry: ", '{"city": "Oslo"}'])
    model = ScriptedChat(lambda _: list(next(replies)))
    texts, end = await told(model, SCHEMA)
    assert texts == ['{"city": "Oslo"}']
    assert [len(each.messages) for each in model.requests] == [1, 3]
    assert end.cost_usd == Decimal("0.002"), "both requests are paid"


async def test_a_reply_that_never_fits_is_a_failure() -> None:
    model = ScriptedChat(lambda _: ["[", "]"])
    with pytest.raises(ReplyMisshapen):
        await told(model, SCHEMA)
    assert len(model.requests) == 2


async def test_a_reply_nested_without_end_is_a_failure_and_no_crash() -> None:
    model = ScriptedChat(lambda _: ["[" * 100_000, "]" * 100_000])
    with pytest.raises(ReplyMisshapen):
        await told(model, SCHEMA)


def test_nothing_is_fetched_for_a_schema(tmp_path: Path) -> None:
    elsewhere = tmp_path / "schema.json"
    elsewhere.write_text('{"type": "object"}')
    with pytest.raises(SchemaUnusable, match=r"cannot be used: it refers to \S+, and nothing is fetched\.$"):
        check_of(Shape("x", {"$ref": elsewhere.as_uri()}))


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": -Infinity}'])
def test_what_python_alone_reads_is_no_json(text: str) -> None:
    assert "no value of it" in (check_of(Shape("any", {"type": "object"}))(text) or "")


def test_a_pattern_takes_time_linear_in_the_text() -> None:
    check = check_of(Shape("x", {"type": "string", "pattern": "^(a+)+$"}))
    began = time.perf_counter()
    assert check(json.dumps("a" * 50_000 + "!")) is not None
    assert time.perf_counter() - began < 2
    with pytest.raises(SchemaUnusable):
        check_of(Shape("x", {"type": "string", "pattern": "(?=a)b"}))


@pytest.mark.parametrize("schema", [{"type": 5}, {"$ref": "#/no/such"}, {"pattern": "("}, {"minimum": "x"}])
def test_what_is_no_schema_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaUnusable):
        check_of(Shape("x", schema))


def test_a_schema_nested_without_end_is_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(5_000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(SchemaUnusable):
        check_of(Shape("x", schema))
