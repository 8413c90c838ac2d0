"""One turn of a chat: what is answered, its text piece by piece in time, and what usage is told of it.

How the two protocols spell it is in `openai.py` and `anthropic.py`.
"""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pincite.app.simulation.domain import Asked, Dropped, Kind, Told, Wire
from pincite.app.simulation.instances import smallest
from pincite.app.simulation.log import Record
from pincite.app.simulation.texts import TOKEN_CHARS, length_of, pieces, sensible_reply, tokens_of

_READ = ("messages", "system", "tools", "input", "query", "documents")
_LONGEST = 16 << 20
_LIMITS = ("max_completion_tokens", "max_tokens")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a chat is answered with.

    Args:
        text: the reply; of a tool, its arguments as JSON.
        tool: the name of the tool that is called, or None.
        finish: why it ends, in OpenAI's words.
    """

    text: str
    tool: str | None
    finish: str


@dataclass(frozen=True, slots=True)
class Piece:
    """The next of a text; `broken` says that broken JSON comes in its place."""

    text: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """An answer under way."""

    asked: Asked
    told: Told
    answer: Answer
    record: Record

    async def pieces(self) -> AsyncIterator[Piece]:
        """Return the text as it comes, each piece at its time. Raises: Dropped, where that was told."""
        told, loop = self.told, asyncio.get_running_loop()
        due, said = loop.time(), 0
        for number, text in enumerate(pieces(self.answer.text, told.piece_chars, told.block_chars)):
            if told.drop_after is not None and number >= told.drop_after:
                raise Dropped
            if told.malformed_after is not None and number >= told.malformed_after:
                yield Piece(text, broken=True)
            due += told.piece_s + told.token_s * len(text) / TOKEN_CHARS
            await asyncio.sleep(max(0.0, due - loop.time()))
            said += len(text)
            self.record.output_tokens = tokens_of(said)
            yield Piece(text)

    def usage(self) -> tuple[int, int] | None:
        """Return the tokens in and out that are reported, and note them; None where none are."""
        self.record.reported = reported(self.told, self.record.input_tokens, self.record.output_tokens)
        return self.record.reported


def reported(told: Told, input_tokens: int, output_tokens: int) -> tuple[int, int] | None:
    """Return the usage that is reported of what is charged."""
    factor = told.usage
    if factor is None or factor == 1:
        return None if factor is None else (input_tokens, output_tokens)
    return math.ceil(input_tokens * factor), math.ceil(output_tokens * factor)


def read_tokens(asked: Asked) -> int:
    """Return how many tokens of a request are charged: all that it holds; moderations cost nothing."""
    if asked.kind is Kind.MODERATIONS:
        return 0
    return tokens_of(sum(length_of(asked.body.get(name)) for name in _READ))


def answer_of(asked: Asked, told: Told) -> Answer:
    """Return what a chat is answered with: the tool that it must call, JSON of the schema it asks for, or a text."""
    tool = _tool(asked)
    if tool is not None:
        return Answer(_arguments(tool, told.reply), str(tool.get("name", "")), "tool_calls")
    schema = _schema(asked)
    text = told.reply
    if text is None:
        text = sensible_reply(asked.body["messages"]) if schema is None else json.dumps(smallest(schema))
    limits = [most for name in _LIMITS if isinstance(most := asked.body.get(name), int) and most > 0]
    if told.times > 1:
        wanted = min(_LONGEST, math.ceil(told.times * (limits[0] * TOKEN_CHARS if limits else len(text))))
        text = (f"{text} " * math.ceil(wanted / (len(text) + 1)))[:wanted]
    if told.keeps_limit and limits and tokens_of(len(text)) > limits[0]:
        return Answer(text[: limits[0] * TOKEN_CHARS], None, "length")
    return Answer(text, None, told.finish)


def _tool(asked: Asked) -> Mapping[str, Any] | None:
    """Return the tool that must be called: the one that is named, or the first where any will do."""
    chosen, tools = asked.body.get("tool_choice"), asked.body.get("tools")
    if not isinstance(tools, list):
        return None
    offered = [_described(cast("dict[str, Any]", each)) for each in cast("list[Any]", tools) if isinstance(each, dict)]
    if isinstance(chosen, dict):
        given = cast("dict[str, Any]", chosen)
        name = _described(given).get("name")
        if name is None and given.get("type") != "any":
            return None
        offered = [each for each in offered if name in (None, each.get("name"))]
    elif chosen != "required":
        return None
    return offered[0] if offered else None


def _described(tool: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of a tool: within `function` in OpenAI's words, at once in Anthropic's."""
    inner = tool.get("function")
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else tool


def _arguments(tool: Mapping[str, Any], reply: str | None) -> str:
    try:
        if isinstance(json.loads(reply or ""), dict):
            return reply or ""
    except ValueError:
        pass
    return json.dumps(smallest(tool.get("parameters", tool.get("input_schema"))) or {})


def _schema(asked: Asked) -> Any:
    """Return the schema that a reply must keep to, or None."""
    names = ("response_format",) if asked.wire is Wire.OPENAI else ("output_config", "output_format")
    for name in names:
        told = asked.body.get(name)
        if isinstance(told, dict):
            form = cast("dict[str, Any]", told)
            form = cast("dict[str, Any]", form.get("format", form))
            if form.get("type") == "json_object":
                return {"type": "object"}
            if form.get("type") == "json_schema":
                inner = cast("dict[str, Any]", form.get("json_schema", form))
                return inner.get("schema", {})
    return None
