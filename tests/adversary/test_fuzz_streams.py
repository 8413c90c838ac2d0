"""Fuzzes the event protocol on both sides: what an answer's log holds is what is read of it, however the stream is cut
and from wherever it is taken up; and what a provider streams is what a model said, or a failure that is explained.

`FUZZ=whole` (`make fuzz`) makes it a hundred thousand cases each. The web app's reader is fuzzed with its own tests.
"""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from tests.adversary.cases import CUTS, Target, cut, pieces, stretched
from tests.adversary.test_fuzz import CASES, WHOLE, fuzz
from tests.adversary.whole_app import App, Event, EventReader
from tests.doubles.provider import Behaviour, Provider

from pincite.answers import store
from pincite.answers.domain import Answer, AnswerEvent, AnswerState, Conversation
from pincite.answers.shapes import last_event
from pincite.core import Scope, new_id, utc_now
from pincite.gateway.adapters.chat import ProviderChat
from pincite.gateway.domain import ChatFinished, ChatRequest, Message, ModelError, TextDelta
from pincite.gateway.prices import PriceBook
from pincite.gateway.providers import Connection
from pincite.gateway.registry import PROVIDERS
from pincite.gateway.settings import ModelSettings

pytestmark = pytest.mark.timeout(0 if WHOLE else 120)
FEWER = CASES if WHOLE else 40  # of cases that are each a request

_TEXTS = stretched(
    pieces(
        "data: ", "id: 7", "event: answer.completed", ":", "\r", "\n", "\r\n", "\n\n", "\u2028", "\x85",
        "\ufeff", "\x0b", "é", "🚢",
        "{}", '"', "\\", "\\u0000", "\x7f", "retry: 0", " ", "</script>", most=8,
    ),
    2_000,
).map(lambda text: text.replace("\0", "").encode("utf-8", "replace").decode())  # fmt: skip
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=4,
)
_LOGS = st.lists(
    st.tuples(st.just("answer.delta"), st.fixed_dictionaries({"text": _TEXTS}))
    | st.tuples(st.sampled_from(("answer.started", "answer.pin")), st.dictionaries(_TEXTS, _JSON, max_size=3)),
    max_size=6,
)
_SEEN = (
    st.integers(-3, 12).map(str)
    | st.sampled_from(
        ("", "999999999", "1000000000", "9" * 19, "9" * 5000, "00", "+1", "1e1", "1.0", "0x1", " 1", "\xb2")
    )
    | pieces("0", "1", "-", "٣", "²", "\x00", "NaN", ",", "id", most=4)
)


@pytest.fixture(scope="module")
def conversation(app: App) -> Conversation:
    """A conversation for the answers whose logs are read."""
    now = utc_now()
    made = Conversation(new_id(), "Who?", now, now, 0)

    async def add() -> Conversation:
        async with app.house.database.transaction(app.owner) as session:
            await store.add_conversation(session, app.owner, made)
        return made

    return app.run(add())


async def _logged(app: App, conversation: Conversation, log: list[tuple[str, Any]]) -> tuple[str, list[AnswerEvent]]:
    """Store a finished answer with such a log; returns its id and what is to be read."""
    answer = Answer(id=new_id(), conversation=conversation.id, question="Who?", created_at=utc_now())
    final = replace(answer, state=AnswerState.COMPLETED, text="It is so.")
    events = [AnswerEvent(number, *each) for number, each in enumerate((*log, last_event(final)), 1)]
    async with app.house.database.transaction(app.owner) as session:
        await store.add_answer(session, app.owner, answer, "here")
        await store.finish(session, app.owner, final)
        await store.append(session, answer.id, events)
    return answer.id, events


def _read(body: bytes, places: list[int]) -> list[Event]:
    reader, found = EventReader(), list[Event]()
    for piece in cut(body.decode("latin-1"), places):
        found += reader.feed(piece.encode("latin-1"))
    return found


def test_what_was_logged_is_what_is_read_from_wherever(app: App, conversation: Conversation) -> None:
    def check(case: tuple[list[tuple[str, Any]], str, list[int]]) -> None:
        log, seen, places = case
        answer_id, events = app.run(_logged(app, conversation, log))
        header = seen.encode("utf-8", "replace")
        reply = app.read(f"/v1/answers/{answer_id}/events", [(b"last-event-id", header)])
        if seen and re.fullmatch(r"[0-9]{1,9}", header.decode("latin-1")) is None:
            assert reply.status == 422
            assert json.loads(reply.body)["remedy"]
            return
        assert reply.status == 200
        found = _read(reply.body, places)
        assert [(int(each.id), each.name, json.loads(each.data)) for each in found] == [
            (each.seq, each.name, dict(each.data)) for each in events[int(seen or 0) :]
        ]
        assert sum(each.name in {"answer.completed", "answer.failed"} for each in found) == (
            int(seen or 0) < len(events)
        )

    fuzz(Target(st.tuples(_LOGS, _SEEN, CUTS), check), FEWER)


def test_documents_are_followed_from_wherever_or_refused(app: App) -> None:
    def check(seen: str) -> None:
        header = [(b"host", b"localhost"), (b"authorization", f"Bearer {app.key}".encode()),
                  (b"last-event-id", seen.encode("utf-8", "replace"))]  # fmt: skip
        reply = app.ask("GET", "/v1/documents/events", b"", header, b"")
        is_number = re.fullmatch(r"[0-9]{1,16}", seen.encode("utf-8", "replace").decode("latin-1")) is not None
        assert reply.status == (200 if is_number else 422), reply

    fuzz(Target(_SEEN, check), FEWER)


class Chat:
    """A model of the provider's, in a loop of its own."""

    def __init__(self, runner: asyncio.Runner, provider: Provider) -> None:
        self._runner = runner
        self.provider = provider
        connection = Connection(f"{provider.url}/v1", "good-key")
        self._model = ProviderChat(PROVIDERS["openai"], "test-model", connection, ModelSettings(), PriceBook())

    def ask(self, raw: list[bytes], *, timeout_s: float = 60.0) -> tuple[str, bool]:
        """Return what was made of a stream, and whether it was whole."""
        self.provider.behaviour = Behaviour(raw=tuple(raw))
        return self._runner.run(self._asked(timeout_s))

    async def _asked(self, timeout_s: float) -> tuple[str, bool]:
        said, ends = "", 0
        request = ChatRequest("", (Message("user", "Who?"),), max_tokens=100_000, timeout_s=timeout_s)
        try:
            async for event in self._model.stream(Scope("t", "u"), request):
                assert not ends
                if isinstance(event, ChatFinished):
                    ends += 1
                    continue
                assert isinstance(event, TextDelta)
                event.text.encode()
                assert "\0" not in event.text
                said += event.text
        except ModelError:
            return said, False
        return said, ends == 1


@pytest.fixture(scope="module")
def chat(provider: Provider) -> Iterator[Chat]:
    with asyncio.Runner() as runner:
        yield Chat(runner, provider)


def _frame(data: str, end: str, noise: str) -> str:
    return f"{noise}{end}data: {data}{end}{end}" if noise else f"data:{data}{end}{end}"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "test-model", "choices": [choice]}


_ENDS = st.sampled_from(("\n", "\r\n", "\r"))
_NOISE = st.sampled_from(("", "", ": still there", "retry: 10", "id: 7", ":", "unknown: x"))
_SAID = stretched(
    pieces("Dogs travel free", "[1]", ". ", "\n", "\r", "\u2028", "é", "🚢", "\ud83d", "\ude00", "\0", '"',
    "data: ", "[DONE]", most=8), 2_000
)  # fmt: skip


def test_what_a_model_said_is_what_is_read_however_its_provider_sends_it(chat: Chat) -> None:
    def check(case: tuple[list[str], list[str], list[str], bool, list[int]]) -> None:
        said, ends, noises, is_ascii, places = case
        chunks = [*(_chunk({"content": each}) for each in said), _chunk({}, "stop")]
        sent = ""
        for number, each in enumerate(chunks):
            told = json.dumps(each, ensure_ascii=is_ascii or not _storable(json.dumps(each, ensure_ascii=False)))
            sent += _frame(told, ends[number % len(ends)], noises[number % len(noises)])
        raw = f"{sent}data: [DONE]\n\n".encode()
        text, is_whole = chat.ask([each.encode("latin-1") for each in cut(raw.decode("latin-1"), places)])
        told = "".join(said).replace("\0", "\ufffd")
        expected = told.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        assert is_whole
        assert text == expected

    cases = st.tuples(
        st.lists(_SAID, max_size=5), st.lists(_ENDS, min_size=1, max_size=3), st.lists(_NOISE, min_size=1, max_size=3),
        st.booleans(), CUTS,
    )  # fmt: skip
    fuzz(Target(cases, check), FEWER)


def _storable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


_GARBAGE = st.lists(
    st.sampled_from((
        b"data: ", b"data:", b"\n", b"\r\n", b"\r", b"\n\n", b"event: error\n", b"event: \xff", b": ",
        b"id: 1\n", b"{", b"}", b"[DONE]",
        b"null", b"[]", b'{"choices":[]}', b'{"choices":[{"index":0,"delta":{"content":"a"}}]}',
        b'{"choices":null}', b'{"error":"no"}',
        b'{"error":{"message":"no"}}', b'{"choices":[{"index":-1,"delta":{"content":7}}]}',
        b'{"choices":[{"delta":null}]}', b"\xf0\x9f",
        b'"\\ud800"', b"\0", b"\xef\xbb\xbf", b"x" * 70_000,
        b'{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}', b"1e999",
        json.dumps(_chunk({"content": "b"})).encode(), json.dumps(_chunk({}, "stop")).encode(), b"[" * 5000,
    ))
    | st.binary(max_size=6),
    max_size=10,
)  # fmt: skip


def test_whatever_else_a_provider_sends_is_a_failure_that_is_explained(chat: Chat) -> None:
    def check(raw: list[bytes]) -> None:
        # So short that nothing is tried again.
        chat.ask(raw, timeout_s=0.45)

    fuzz(Target(_GARBAGE, check), FEWER)
