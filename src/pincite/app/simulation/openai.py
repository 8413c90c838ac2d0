"""OpenAI's protocol for chats, as far as it is answered: as a stream and whole.

What is answered is decided in `turns.py`; bytes are made here, and sent in `sending.py`.
"""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

from pincite.app.simulation.turns import Turn

_BROKEN = b"data: {broken\n\n"


async def stream(turn: Turn) -> AsyncIterator[bytes]:
    """Return a chat's answer as the events of a stream."""
    told = turn.told
    for each in told.before if told.raw is None else told.raw:
        yield each
    if told.raw is not None:
        return
    yield _chunk(turn, {"role": "assistant", "content": None if turn.answer.tool else ""})
    if turn.answer.tool is not None:
        function = {"name": turn.answer.tool, "arguments": ""}
        call = {"index": 0, "id": f"call_{turn.record.id}", "type": "function", "function": function}
        yield _chunk(turn, {"tool_calls": [call]})
    async for piece in turn.pieces():
        yield _BROKEN if piece.broken else _chunk(turn, _delta(turn, piece.text))
    for each in told.after:
        yield each
    if told.no_finish:
        return
    yield _chunk(turn, {}, finish=turn.answer.finish)
    wanted = turn.asked.body.get("stream_options")
    if isinstance(wanted, dict) and cast("dict[str, Any]", wanted).get("include_usage"):
        usage = turn.usage()
        if usage is not None:
            yield sse({**_head(turn, "chat.completion.chunk"), "choices": [], "usage": _usage(turn, usage)})
    yield b"data: [DONE]\n\n"


async def whole(turn: Turn) -> dict[str, Any]:
    """Return a chat's answer as one JSON value."""
    text = "".join([piece.text async for piece in turn.pieces() if not piece.broken])
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if turn.answer.tool is not None:
        function = {"name": turn.answer.tool, "arguments": text}
        call = {"id": f"call_{turn.record.id}", "type": "function", "function": function}
        message |= {"content": None, "tool_calls": [call]}
    finish = None if turn.told.no_finish else turn.answer.finish
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    usage, reply = turn.usage(), {**_head(turn, "chat.completion"), "choices": [choice]}
    return reply if usage is None else {**reply, "usage": _usage(turn, usage)}


def sse(data: dict[str, Any]) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _head(turn: Turn, kind: str) -> dict[str, Any]:
    head = {"id": turn.record.id, "object": kind, "created": int(time.time()), "model": turn.asked.model}
    tier = turn.asked.body.get("service_tier")
    return {**head, "service_tier": tier} if isinstance(tier, str) else head


def _chunk(turn: Turn, delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return sse({**_head(turn, "chat.completion.chunk"), "choices": [choice]})


def _delta(turn: Turn, text: str) -> dict[str, Any]:
    if turn.answer.tool is None:
        return {"content": text}
    return {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}


def _usage(turn: Turn, usage: tuple[int, int]) -> dict[str, Any]:
    named = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    if not turn.told.keeps_prompts:
        return named
    return {**named, "prompt_tokens_details": {"cached_tokens": min(usage[0], turn.record.prompt.read)}}
