"""Replies that must be JSON of a schema: gathered, checked, asked for once more where they do not fit.

A provider that holds its models to a schema is told it (`adapters/mapping.py`); whether it did is found out here.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from pincite.core import Scope
from pincite.gateway.domain import (
    ChatFinished,
    ChatRequest,
    Message,
    ReplyMisshapen,
    Restarted,
    SchemaUnusable,
    Shape,
    TextDelta,
)
from pincite.gateway.over import ChatOver

_LONGEST_PROBLEM = 500
_FENCED = re.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*", re.DOTALL | re.IGNORECASE)
_AGAIN = """Your reply cannot be used: {problem}
Reply again to the same, with one JSON value that fits the schema and with nothing before or behind it."""

_OURS = "ValueError: "  # before what is said below of what a schema refers to

Check = Callable[[str], str | None]
"""Says what is wrong with a text, None where it fits."""


@dataclass(frozen=True, slots=True)
class _Reply:
    """A whole reply."""

    text: str
    end: ChatFinished


class ShapedChat(ChatOver):
    """A chat model whose replies fit the shape that they are asked in; the model under it is asked twice at most."""

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        """Yield deltas and then one `ChatFinished`; of a reply that must fit a shape there is one delta, checked.

        A reply that calls tools, or is cut off where it may be, is told as it is.

        Raises: SchemaUnusable; ReplyMisshapen; ModelError.
        """
        if request.reply is None:
            async with aclosing(self._model.stream(scope, request)) as events:
                async for event in events:
                    yield event
            return
        check = await asyncio.to_thread(check_of, request.reply)
        # Nothing of it is told before its end, and so there is nothing that could not be taken back.
        reply = await self._fitting(scope, replace(request, told_at_once=False), check)
        if reply.text:
            yield TextDelta(reply.text)
        yield reply.end

    async def _fitting(self, scope: Scope, request: ChatRequest, check: Check) -> _Reply:
        first = await self._gathered(scope, request)
        problem = await _problem(first, check)
        if problem is None:
            return first
        told = (Message("assistant", first.text), Message("user", _AGAIN.format(problem=problem)))
        again = replace(request, messages=(*request.messages, *told))
        if self.cascade is not None and request.tier is None:
            again = replace(again, tier="strong", because="the reply before did not have the shape")
        second = await self._gathered(scope, again)
        problem = await _problem(second, check)
        if problem is not None:
            raise ReplyMisshapen(
                f"{self.name} did not reply in the shape that was asked for: {problem}",
                remedy="Ask for a simpler schema, or use another model.",
            )
        return replace(second, end=_together(first.end, second.end))

    async def _gathered(self, scope: Scope, request: ChatRequest) -> _Reply:
        text, end = "", None
        async with aclosing(self._model.stream(scope, request)) as events:
            async for event in events:
                if isinstance(event, ChatFinished):
                    end = event
                else:
                    text = text + event.text if isinstance(event, TextDelta) else ""
        assert end is not None, "a stream ends with ChatFinished, or raises"
        fenced = _FENCED.fullmatch(text)
        return _Reply(text if fenced is None else fenced[1], end)


def check_of(shape: Shape) -> Check:
    """Return what tells whether a text is JSON of a schema. Blocks for as long as it takes to read the schema.

    Nothing is fetched for it, and patterns are of the kind that takes time linear in the text.

    Raises: SchemaUnusable.
    """
    import jsonschema_rs

    schema = dict(shape.schema)
    try:
        validator = jsonschema_rs.validator_for(
            schema, retriever=_nothing_else, pattern_options=jsonschema_rs.RegexOptions(size_limit=1 << 20)
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        said = str(error).partition("\n")[0].rpartition(_OURS)[2][:_LONGEST_PROBLEM].rstrip(".")
        raise SchemaUnusable(
            f"The JSON schema cannot be used: {said}.", remedy="Send a whole schema without references to others."
        ) from error

    def problem(text: str) -> str | None:
        try:
            value: Any = json.loads(text, parse_constant=_no_json)
        except (ValueError, RecursionError) as error:
            return f"it is not JSON ({str(error)[:_LONGEST_PROBLEM]})."
        found = next(iter(validator.iter_errors(value)), None)
        if found is None:
            return None
        where = "/".join(map(str, found.instance_path)) or "the value"
        return f"{where}: {found.message[:_LONGEST_PROBLEM]}."

    return problem


async def _problem(reply: _Reply, check: Check) -> str | None:
    if reply.end.calls or reply.end.reason != "stop":
        return None
    return await asyncio.to_thread(check, reply.text)


def _nothing_else(uri: str) -> Any:
    raise ValueError(f"it refers to {uri}, and nothing is fetched.")


def _no_json(word: str) -> Any:
    raise ValueError(f"{word} is no value of it")


def _together(first: ChatFinished, second: ChatFinished) -> ChatFinished:
    cost = None if first.cost_usd is None or second.cost_usd is None else first.cost_usd + second.cost_usd
    return replace(second, usage=first.usage + second.usage, cost_usd=cost)
