"""Reads pieces of text of a reply by OpenAI's protocol as they are; all else that is in it is read by the libraries.

Most of what a stream holds are pieces of text, of which only the text matters. To make objects of each, and to pass
these through all that knows other kinds of events, takes many times as long as to read it. Where something else comes,
the libraries go on from there.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, cast

from pincite.gateway.adapters.mapping import text_of

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletionChunk
    from pydantic_ai.models.openai import OpenAIChatModel

# What pydantic-ai puts into marks of chat templates and takes out again by what stands around it.
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff]")
_TEXTS = ("role", "content")
_IN_A_ROW = 8


class Piece:
    """An event that holds a piece of text and nothing else that counts."""

    __slots__ = ("data", "text")

    def __init__(self, data: dict[str, Any], text: str) -> None:
        self.data = data
        self.text = text

    @property
    def model(self) -> Any:
        """The model's name, as its provider says it."""
        return self.data.get("model")

    def after(self, last: "Piece | None") -> "Piece":
        """Return it with what was said before of the reply, and not again: the tier that it is made by."""
        tier = None if last is None or self.data.get("service_tier") else last.data.get("service_tier")
        return self if tier is None else Piece({**self.data, "service_tier": tier}, self.text)

    def saying(self, text: str) -> "Piece":
        """Return what the libraries are to know of a stream that was read up to here: all but its text.

        They look at no more of that than its last character.
        """
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        return Piece({**self.data, "choices": [choice]}, text)


def piece_of(data: dict[str, Any]) -> Piece | None:
    """Return an event as a piece of text, None where it is more than that or anything else."""
    choices = data.get("choices")
    if data.get("usage") is not None or data.get("moderation") is not None or not isinstance(choices, list):
        return None
    choice: Any = cast("list[Any]", choices)[0] if choices else None
    if not isinstance(choice, dict):
        return None
    said = cast("dict[str, Any]", choice)
    delta = said.get("delta")
    if said.get("finish_reason") is not None or said.get("logprobs") is not None or not isinstance(delta, dict):
        return None
    told = cast("dict[str, Any]", delta)
    text = told.get("content")
    if not isinstance(text, str) or any(told[name] is not None for name in told if name not in _TEXTS):
        return None
    return None if not text.isascii() and _INVISIBLE.search(text) else Piece(data, text)


def chunk_of(data: dict[str, Any]) -> "ChatCompletionChunk":
    """Return an event as OpenAI's library does: what keeps to the protocol is made by pydantic's core."""
    from openai.types.chat import ChatCompletionChunk
    from pydantic import ValidationError

    try:
        return ChatCompletionChunk.model_validate(data)
    except ValidationError:  # of a server that keeps to the protocol about
        return ChatCompletionChunk.construct(**data)


class _Rest:
    """The events of a stream from one on, as the libraries know them, or what it failed of."""

    def __init__(self, held: list[Any], failed: Exception | None, source: Any) -> None:
        self._held = held
        self._failed = failed
        self.source = source

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self._held:
            each = self._held.pop(0)
        elif self._failed is not None:
            raise self._failed
        else:
            each = await anext(self.source)
        return chunk_of(each.data) if isinstance(each, Piece) else each


def in_pieces(kind: "type[OpenAIChatModel]") -> "type[OpenAIChatModel]":
    """Return that kind of model, whose streams give pieces of text as `str` and all else as pydantic-ai's events."""
    from httpx2 import HTTPError
    from openai import APIError
    from pydantic_ai.models.openai import OpenAIStreamedResponse
    from pydantic_ai.profiles import DEFAULT_THINKING_TAGS

    class Streamed(OpenAIStreamedResponse):
        _events: AsyncIterator[Any] | None = None

        def __aiter__(self) -> AsyncIterator[Any]:
            if self._events is None:
                self._events = self._read()
            return self._events

        async def _read(self) -> AsyncIterator[Any]:
            source: Any = self._response.source
            profile, last, failed, said, told = self._model_profile, None, None, "", 0
            opens, _ = profile.get("thinking_tags", DEFAULT_THINKING_TAGS)
            keeps_blanks = not profile.get("ignore_streamed_leading_whitespace", False)
            held: list[Any] = [await self._response.peek()]
            while keeps_blanks and held and isinstance(each := held[0], Piece) and each.text != opens:
                last, said = each.after(last), each.text[-1:] or said
                if each.text:
                    yield each.text
                    if not told % _IN_A_ROW:  # what came at once is read without a wait: the others have their turn
                        await asyncio.sleep(0)
                    told += 1
                try:
                    held = [await anext(source)]
                except StopAsyncIteration:
                    held = []
                except (APIError, HTTPError, ValueError) as error:  # which the libraries name
                    held, failed = [], error
            before = [] if last is None else [last.saying(said)]
            self._response = cast("Any", _Rest([*before, *held], failed, source))
            async for event in super().__aiter__():
                if said and text_of(event):
                    said = ""  # it is what was seen
                else:
                    yield event

    class InPieces(kind):
        @property
        def _streamed_response_cls(self) -> type[OpenAIStreamedResponse]:
            return Streamed

    return InPieces
