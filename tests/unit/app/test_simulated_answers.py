"""What the simulated provider answers, and what its log keeps: pure parts, without a server."""

import json
from typing import Any

import jsonschema_rs  # comes with schemathesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.drafting import ABSTAINED
from pincite.app.simulation import Asked, Told
from pincite.app.simulation.domain import Kind, Wire
from pincite.app.simulation.instances import UnusableSchema, smallest
from pincite.app.simulation.log import RequestLog, State
from pincite.app.simulation.texts import (
    IMAGE_TOKENS,
    LOW_IMAGE_TOKENS,
    length_of,
    pieces,
    sensible_reply,
    strings_of,
    tokens_of,
)
from pincite.app.simulation.turns import answer_of, read_tokens, reported

VERDICT = {
    "type": "object",
    "properties": {"verdict": {"enum": ["supported", "partial"]}, "why": {"type": "string", "minLength": 12}},
    "required": ["verdict", "why"],
    "additionalProperties": False,
}
SCHEMAS: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "string", "maxLength": 3},
    {"type": "integer", "minimum": 4, "maximum": 9},
    {"type": "integer", "exclusiveMinimum": 4},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    {"type": "number", "maximum": -2},
    {"type": ["null", "string"]},
    {"type": "array", "items": VERDICT, "minItems": 2},
    {"anyOf": [{"type": "boolean"}, {"type": "string"}]},
    {"const": {"a": [1]}},
    {"properties": {"a": {"type": "null"}}, "required": ["a"]},
    {"allOf": [VERDICT, {"properties": {"when": {"type": "string", "format": "date"}}, "required": ["when"]}]},
    {
        "$defs": {"pin": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
        "type": "object",
        "properties": {"pins": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/pin"}}},
        "required": ["pins"],
    },
    VERDICT,
]


def chat(wire: Wire = Wire.OPENAI, **body: Any) -> Asked:
    return Asked(Kind.CHAT, wire, {"model": "m", "messages": [{"role": "user", "content": "Hm?"}], **body})


@pytest.mark.parametrize("schema", SCHEMAS[:11] + SCHEMAS[12:])
def test_an_instance_keeps_to_its_schema(schema: dict[str, Any]) -> None:
    jsonschema_rs.validate(schema, smallest(schema))


def test_of_several_schemas_what_they_ask_for_together_is_there() -> None:
    made = smallest(SCHEMAS[11])
    assert made["verdict"] == "supported"
    assert made["when"] == "2026-01-31"


@pytest.mark.parametrize("schema", [None, True, [], {"$ref": "#/nowhere"}, {"$ref": "#"}, {"enum": []}, {"type": []}])
def test_what_is_no_schema_ends(schema: Any) -> None:
    json.dumps(smallest(schema))


def test_what_holds_itself_ends_soon() -> None:
    both = {"left": {"$ref": "#"}, "right": {"$ref": "#"}}
    assert smallest({"type": "object", "properties": both, "required": ["left", "right"]})["left"]["left"] is None
    itself = {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}
    assert smallest(itself) is None
    assert len(smallest({"type": "array", "minItems": 10**9, "items": {"type": "string", "minLength": 10**9}})) == 100


@pytest.mark.parametrize(
    "schema", [{"type": "object", "required": 3}, {"anyOf": {"a": 1}}, {"type": "array", "minItems": "x"}]
)
def test_what_cannot_be_read_as_a_schema_is_said(schema: Any) -> None:
    with pytest.raises(UnusableSchema):
        smallest(schema)


@pytest.mark.parametrize("wire", list(Wire))
def test_a_schema_is_replied_to_with_an_instance(wire: Wire) -> None:
    if wire is Wire.OPENAI:
        asked = chat(response_format={"type": "json_schema", "json_schema": {"name": "v", "schema": VERDICT}})
    else:
        asked = chat(wire, output_config={"format": {"type": "json_schema", "schema": VERDICT}})
    jsonschema_rs.validate(VERDICT, json.loads(answer_of(asked, Told()).text))
    assert answer_of(asked, Told(reply="As told.")).text == "As told."
    assert json.loads(answer_of(chat(response_format={"type": "json_object"}), Told()).text) == {}


@pytest.mark.parametrize(
    ("choice", "called"),
    [
        ("required", "first"),
        ({"type": "function", "function": {"name": "second"}}, "second"),
        ({"type": "function", "function": {"name": "third"}}, None),
        ("auto", None),
        ("none", None),
        (None, None),
    ],
)
def test_a_tool_is_called_where_one_must_be(choice: Any, called: str | None) -> None:
    tools = [{"type": "function", "function": {"name": name, "parameters": VERDICT}} for name in ("first", "second")]
    answer = answer_of(chat(tools=tools, tool_choice=choice), Told())
    assert answer.tool == called
    assert answer.finish == ("stop" if called is None else "tool_calls")
    if called is not None:
        jsonschema_rs.validate(VERDICT, json.loads(answer.text))


@pytest.mark.parametrize(
    ("choice", "called"), [({"type": "any"}, "a"), ({"type": "tool", "name": "b"}, "b"), ({"type": "auto"}, None)]
)
def test_so_it_is_in_the_other_protocol(choice: dict[str, str], called: str | None) -> None:
    tools = [{"name": name, "input_schema": VERDICT} for name in ("a", "b")]
    assert answer_of(chat(Wire.ANTHROPIC, tools=tools, tool_choice=choice), Told()).tool == called


def test_a_reply_that_is_an_object_becomes_the_arguments() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": VERDICT}}]
    asked = chat(tools=tools, tool_choice="required")
    assert answer_of(asked, Told(reply='{"verdict": "partial"}')).text == '{"verdict": "partial"}'
    assert answer_of(asked, Told(reply="Hm.")).text == answer_of(asked, Told()).text


def test_a_text_ends_at_the_limit_or_runs_far_over_it() -> None:
    told = Told(reply="word " * 100)
    cut = answer_of(chat(max_tokens=10), told)
    assert (tokens_of(len(cut.text)), cut.finish) == (10, "length")
    assert answer_of(chat(max_completion_tokens=1_000), told).finish == "stop"
    long = answer_of(chat(max_tokens=10), Told(reply="word", times=20, keeps_limit=False))
    assert (tokens_of(len(long.text)), long.finish) == (200, "stop")
    assert len(answer_of(chat(), Told(reply="word", times=20, keeps_limit=False)).text) == 80


def test_the_reply_cites_the_passages_that_it_was_shown() -> None:
    fence = "<<0123456789abcdef>>"
    shown = "\n".join(
        f"{fence} [{number}] {name}\nThe {name} leaves from the northern quay at {number} o'clock. More follows here."
        for number, name in ((1, "ferry"), (2, "steamer"), (3, "rowing boat"))
    )
    asked = [{"role": "user", "content": [{"type": "text", "text": f"{shown}\n{fence} end"}]}]
    assert sensible_reply(asked) == (
        "The ferry leaves from the northern quay at 1 o'clock [1]. "
        "The steamer leaves from the northern quay at 2 o'clock [2]."
    )
    assert sensible_reply([{"role": "user", "content": f"{fence} passages begin\n{fence} passages end"}]) == ABSTAINED
    assert sensible_reply([{"role": "user", "content": None}]) == ABSTAINED
    assert sensible_reply([{"role": "user", "content": " When does it leave? "}]) == "When does it leave?"


@given(st.text(), st.integers(1, 9), st.integers(0, 9))
def test_pieces_are_the_whole_text(text: str, most: int, block: int) -> None:
    assert "".join(pieces(text, most, block)) == text


_JSON = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(_JSON)
def test_all_strings_of_a_request_are_counted_but_no_names(value: Any) -> None:
    def count(each: Any) -> int:
        if isinstance(each, dict):
            return sum(map(count, each.values()))
        return sum(map(count, each)) if isinstance(each, list) else len(each) if isinstance(each, str) else 0

    assert length_of(value) == count(value)


def test_what_is_reported_may_be_wrong_or_nothing() -> None:
    assert reported(Told(), 100, 10) == (100, 10)
    assert reported(Told(usage=0.5), 100, 11) == (50, 6)
    assert reported(Told(usage=0.0), 100, 10) == (0, 0)
    assert reported(Told(usage=None), 100, 10) is None
    assert read_tokens(chat(system="x" * 400)) > 100
    assert read_tokens(Asked(Kind.MODERATIONS, Wire.OPENAI, {"input": "x" * 400})) == 0


def _named(log: RequestLog, client_id: str | None = None) -> str:
    asked = Asked(Kind.CHAT, Wire.OPENAI, {"model": "m"}, client_request_id=client_id)
    return log.begin(asked, input_tokens=7, faults=()).id


def test_the_log_forgets_the_oldest_and_what_they_were_called() -> None:
    log = RequestLog(most=3)
    ids = [_named(log, client_id) for client_id in ("a", "b", "a", None, "c")]
    assert [each.id for each in log.newest()] == ids[:1:-1]
    assert [each.id for each in log.newest(before=ids[3])] == [ids[2]]
    last = log.find("a")
    assert last is not None
    assert last.id == ids[2]
    assert log.find("b") is None
    assert log.find(ids[0]) is None
    found = log.find(ids[4])
    assert found is not None
    assert found.client_request_id == "c"
    with pytest.raises(KeyError):
        log.newest(before=ids[0])


def test_names_of_clients_are_kept_to_a_bound() -> None:
    log = RequestLog()
    _named(log, "x" * 50_000)
    found = log.find("x" * 50_000)
    assert found is not None
    assert len(found.client_request_id or "") == 200


def test_a_request_ends_once() -> None:
    log = RequestLog()
    _named(log, "a")
    record = log.find("a")
    assert record is not None
    record.output_tokens = 5
    record.finish()
    record.cut()
    assert (record.state, record.input_tokens, record.output_tokens) == (State.DONE, 7, 5)
    _named(log, "b")
    refused = log.find("b")
    assert refused is not None
    refused.refuse()
    refused.cut()
    assert (refused.state, refused.input_tokens, refused.output_tokens) == (State.REFUSED, 0, 0)


def _asked(wire: Wire, *parts: dict[str, Any]) -> Asked:
    return Asked(Kind.CHAT, wire, {"messages": [{"role": "user", "content": list(parts)}]})


def test_an_image_is_so_many_tokens_in_either_protocol_whatever_its_bytes() -> None:
    text: dict[str, Any] = {"type": "text", "text": "What is this?"}
    plain: dict[str, Any] = {}
    alone = read_tokens(_asked(Wire.OPENAI, text))
    for data in ("AAAA", "A" * 100_000):
        plain = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}
        low = {"type": "image_url", "image_url": {**plain["image_url"], "detail": "low"}}
        theirs = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}
        assert read_tokens(_asked(Wire.OPENAI, text, plain)) == alone + IMAGE_TOKENS
        assert read_tokens(_asked(Wire.OPENAI, text, low, plain)) == alone + LOW_IMAGE_TOKENS + IMAGE_TOKENS
        assert read_tokens(_asked(Wire.ANTHROPIC, text, theirs)) == alone + IMAGE_TOKENS
        record = RequestLog().begin(_asked(Wire.ANTHROPIC, text, theirs, plain), input_tokens=0, faults=())
        assert record.shown()["images"] == 2
        assert data not in str(record.shown())
    held = "".join(strings_of([text, plain]))
    assert len(held) == len("textWhat is this?") + 4 * IMAGE_TOKENS
    assert held != "".join(strings_of([text, {**plain, "image_url": {"url": "data:image/png;base64,BBBB"}}]))
