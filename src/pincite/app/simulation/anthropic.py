"""Anthropic's protocol, as far as it is answered: messages, as a stream and whole.

What is answered is decided in `turns.py`; bytes are made here, and sent in `sending.py`.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

from pincite.app.simulation.openai import sse
from pincite.app.simulation.turns import Turn, reported

_FINISH = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "refusal"}
_BROKEN = b"event: content_block_delta\ndata: {broken\n\n"


async def stream(turn: Turn) -> AsyncIterator[bytes]:
    """Return an answer as the events of a stream."""
    begun = reported(turn.told, turn.record.input_tokens, 1)
    start: dict[str, Any] = {**_message(turn), "content": [], "stop_reason": None}
    yield _event("message_start", {"message": start if begun is None else {**start, "usage": _usage(turn, begun)}})
    tool = turn.answer.tool
    block = {"type": "text", "text": ""} if tool is None else _called(turn, {})
    yield _event("content_block_start", {"index": 0, "content_block": block})
    kind, name = ("text_delta", "text") if tool is None else ("input_json_delta", "partial_json")
    async for piece in turn.pieces():
        delta = {"type": kind, name: piece.text}
        yield _BROKEN if piece.broken else _event("content_block_delta", {"index": 0, "delta": delta})
    yield _event("content_block_stop", {"index": 0})
    if turn.told.no_finish:
        return
    usage = turn.usage()
    ended = {"delta": {"stop_reason": _finish(turn), "stop_sequence": None}}
    yield _event("message_delta", ended if usage is None else {**ended, "usage": {"output_tokens": usage[1]}})
    yield _event("message_stop", {})


async def whole(turn: Turn) -> dict[str, Any]:
    """Return an answer as one JSON value."""
    text = "".join([piece.text async for piece in turn.pieces() if not piece.broken])
    content = {"type": "text", "text": text} if turn.answer.tool is None else _called(turn, json.loads(text))
    finish = None if turn.told.no_finish else _finish(turn)
    usage = turn.usage()
    message = {**_message(turn), "content": [content], "stop_reason": finish}
    return message if usage is None else {**message, "usage": _usage(turn, usage)}


def _message(turn: Turn) -> dict[str, Any]:
    named = {"id": f"msg_{turn.record.id}", "type": "message", "role": "assistant", "model": turn.asked.model}
    return {**named, "stop_sequence": None}


def _called(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{turn.record.id}", "name": turn.answer.tool, "input": arguments}


def _finish(turn: Turn) -> str:
    return _FINISH.get(turn.answer.finish, turn.answer.finish)


def _usage(turn: Turn, usage: tuple[int, int]) -> dict[str, int]:
    if not turn.told.keeps_prompts:
        return {"input_tokens": usage[0], "output_tokens": usage[1]}
    prompt = turn.record.prompt  # Anthropic's input is what is neither read from its cache nor put into it
    named = {"cache_read_input_tokens": prompt.read, "cache_creation_input_tokens": prompt.kept}
    return {"input_tokens": max(0, usage[0] - prompt.read - prompt.kept), "output_tokens": usage[1], **named}


def _event(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\n".encode() + sse({"type": name, **data})
