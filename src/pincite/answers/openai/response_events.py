"""Responses event by event, in the order and with the numbers that OpenAI's clients expect.

What is in the events is made in `responses.py`.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from pincite.answers.domain import AnswerEvent
from pincite.answers.openai.completions import Told
from pincite.answers.openai.domain import begun_anew, ended_early
from pincite.answers.openai.responses import (
    Fields,
    Frame,
    answer_response,
    file_citations,
    reply_response,
    text_part,
)
from pincite.answers.shapes import answer_from
from pincite.core import PinciteError
from pincite.gateway import ChatFinished, TextDelta, ToolCall

Event = tuple[str | None, Fields]
_ENDS = {"completed": "response.completed", "incomplete": "response.incomplete"}


class Events:
    """Makes the events of one response.

    Args:
        frame: what the response is from its beginning.
    """

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._number = -1
        self._text: str | None = None
        self._items = 0

    def begin(self) -> Iterator[Event]:
        """Yield what comes before all else."""
        resource = self._frame.resource("in_progress").model_dump(mode="json")
        yield self._event("response.created", response=resource)
        yield self._event("response.in_progress", response=resource)

    def delta(self, text: str) -> Iterator[Event]:
        """Yield a piece of text, after what opens a message."""
        if self._text is None:
            self._text = ""
            yield self._event("response.output_item.added", output_index=0, item=self._frame.message([], "in_progress"))
            yield self._event("response.content_part.added", **self._place, part=text_part(""))
        self._text += text
        yield self._event("response.output_text.delta", **self._place, delta=text, logprobs=[])

    def close(self, annotations: Sequence[Fields]) -> Iterator[Event]:
        """Yield what closes the message, if one was opened."""
        if self._text is None:
            return
        for number, each in enumerate(annotations):
            yield self._event(
                "response.output_text.annotation.added", **self._place, annotation_index=number, annotation=each
            )
        part = text_part(self._text, annotations)
        yield self._event("response.output_text.done", **self._place, text=self._text, logprobs=[])
        yield self._event("response.content_part.done", **self._place, part=part)
        yield self._event("response.output_item.done", output_index=0, item=self._frame.message([part]))
        self._items = 1

    def call(self, call: ToolCall) -> Iterator[Event]:
        """Yield a call."""
        item, at = self._frame.call(call), self._items
        self._items += 1
        place = {"output_index": at, "item_id": item["id"]}
        begun = {**item, "arguments": "", "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=at, item=begun)
        yield self._event("response.function_call_arguments.delta", **place, delta=call.arguments)
        yield self._event("response.function_call_arguments.done", **place, arguments=call.arguments, name=call.name)
        yield self._event("response.output_item.done", output_index=at, item=item)

    def end(self, resource: Fields) -> Event:
        """Return the last event."""
        return self._event(_ENDS.get(resource["status"], "response.failed"), response=resource)

    def broken_off(self, error: PinciteError) -> Event:
        """Return the last event of one who follows no further. It has the number of the one before: the log goes on."""
        self._number -= 1
        return self.end(self._frame.failed(error).model_dump(mode="json"))

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text or ""

    @property
    def _place(self) -> Fields:
        return {"item_id": self._frame.message_id, "output_index": 0, "content_index": 0}

    def _event(self, kind: str, **data: object) -> Event:
        self._number += 1
        return kind, {"type": kind, "sequence_number": self._number, **data}


async def after(events: AsyncGenerator[Event], number: int) -> AsyncGenerator[Event]:
    """Yield those of a response's events whose number is greater: they have the same numbers for each who follows.

    That it failed is told in any case: one who was broken off has that number already, and the log may have gone on.
    """
    async with aclosing(events):
        async for kind, data in events:
            if data["sequence_number"] > number or kind == "response.failed":
                yield kind, data


async def answer_events(frame: Frame, events: AsyncIterator[AnswerEvent], told: Told) -> AsyncGenerator[Event]:
    """Yield an answer's events while it is made."""
    made = Events(frame)
    for each in made.begin():
        yield each
    async for event in events:
        if event.name == "answer.restarted" and made.text:
            yield made.broken_off(begun_anew())
            return
        if event.name == "answer.delta":
            for each in made.delta(event.data["text"]):
                yield each
        if event.name in {"answer.completed", "answer.failed"}:
            for each in _last(frame, made, event, told):
                yield each
            return
    yield made.broken_off(ended_early())


def _last(frame: Frame, made: Events, event: AnswerEvent, told: Told) -> Iterator[Event]:
    final = answer_from(event.data)
    if final.text and not made.text:  # it is covered, and told in one piece
        yield from made.delta(final.text)
    if event.name == "answer.completed":
        yield from made.close(file_citations(final, told.base_url))
        for call in () if final.ended is None else final.ended.calls:
            yield from made.call(call)
    yield made.end(answer_response(frame, final, told).model_dump(mode="json"))


async def reply_events(frame: Frame, events: AsyncIterator[TextDelta | ChatFinished]) -> AsyncIterator[Event]:
    """Yield a model's reply as it comes; what fails in the middle is the last event."""
    made = Events(frame)
    for each in made.begin():
        yield each
    try:
        async for event in events:
            for each in made.delta(event.text) if isinstance(event, TextDelta) else _end(frame, made, event):
                yield each
            if isinstance(event, ChatFinished):
                return
        raise ended_early()
    except PinciteError as error:
        yield made.end(frame.failed(error).model_dump(mode="json"))


def _end(frame: Frame, made: Events, end: ChatFinished) -> Iterator[Event]:
    yield from made.close(())
    for call in end.calls:
        yield from made.call(call)
    yield made.end(reply_response(frame, made.text, end).model_dump(mode="json"))
