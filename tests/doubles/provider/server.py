"""The double's server: uvicorn in a thread, told what to do through a `Behaviour` value."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.doubles.provider.replies import pieces, sensible_reply, vector_of

_BROKEN = "\x00broken"


@dataclass(slots=True)
class Behaviour:
    """What the provider does; tests change it while it runs.

    Args:
        reply: the text, or None for a sensible one.
        replies: the text by model, before `reply`.
        first_delay_s: wait before the first byte.
        piece_delay_s: wait before each piece.
        piece_chars: most characters of a piece; of a `block_chars` there, as many whatever they are.
        fail_times: answer this many requests with `status` first.
        status: status of a failure.
        retry_after_s: sent with a failure.
        headers: sent with every embedding, and with a failure.
        vectors: what embeddings are replied with instead of sensible ones.
        drop_after: close the connection after this many pieces.
        no_finish: end the stream without a finish reason.
        finish: the finish reason that an OpenAI stream ends with.
        malformed_after: send broken JSON after this many pieces.
        flags: the word that makes a text fall into each category of moderation.
        html: answer 200 with a web page.
        before, after: sent as they are before and behind the text of an OpenAI stream.
        script: says what to do with a request, in place of all this.
    """

    reply: str | None = None
    replies: dict[str, str] = field(default_factory=dict)
    first_delay_s: float = 0.0
    piece_delay_s: float = 0.0
    piece_chars: int = 4
    block_chars: int = 0
    fail_times: int = 0
    status: int = 500
    retry_after_s: int | None = None
    drop_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    no_finish: bool = False
    finish: str = "stop"
    malformed_after: int | None = None
    html: bool = False
    vectors: Any = None
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = ()
    raw: tuple[bytes, ...] | None = None
    script: "Callable[[dict[str, Any]], Behaviour] | None" = None
    flags: dict[str, str] = field(default_factory=dict)
    keys: frozenset[str] = frozenset({"good-key"})
    models: frozenset[str] = frozenset(
        {"test-model", "text-embedding-3-small", "gpt-5-mini", "claude-haiku-4-5"}
        | {"rerank-v4", "jina-reranker-v3", "omni-moderation-latest"}
    )

    def scripted(self, body: dict[str, Any]) -> "Behaviour":
        """Return what is done with a request."""
        return self if self.script is None else self.script(body)


@dataclass(slots=True)
class Provider:
    """The running double: where it is, what it does, what it was asked."""

    url: str
    behaviour: Behaviour = field(default_factory=Behaviour)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    closed_early: int = 0


class _Routes:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def tags(self, _request: Request) -> Response:
        return JSONResponse({"models": [{"name": name} for name in sorted(self._provider.behaviour.models)]})

    async def openai(self, request: Request) -> Response:
        refusal = await self._refusal(request, request.headers.get("authorization", "").removeprefix("Bearer "))
        if refusal is not None:
            return refusal
        body = await request.json()
        told = self._provider.behaviour.scripted(body)
        if told.html:
            return Response("<html><body>It works!</body></html>", media_type="text/html")
        reply = told.replies.get(body["model"]) or told.reply or sensible_reply(body["messages"])
        if not body.get("stream"):
            return JSONResponse(_openai_whole(reply))
        return StreamingResponse(self._openai_stream(told, reply), media_type="text/event-stream")

    async def embeddings(self, request: Request) -> Response:
        refusal = await self._refusal(request, request.headers.get("authorization", "").removeprefix("Bearer "))
        if refusal is not None:
            return refusal
        told, body = self._provider.behaviour, self._provider.requests[-1]
        if any(not text.strip() for text in body["input"]):
            return _error(400, "invalid_request_error", "input cannot be an empty string")
        vectors = [vector_of(text) for text in body["input"]] if told.vectors is None else told.vectors
        rows = [{"object": "embedding", "index": place, "embedding": row} for place, row in enumerate(vectors)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        # A provider may answer in any order: the index says which is which.
        reply = {"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage}
        return JSONResponse(reply, headers=told.headers)

    async def rerank(self, request: Request) -> Response:
        """Judge documents by the words that they share with the query, as Cohere and Jina answer."""
        refusal = await self._refusal(request, request.headers.get("authorization", "").removeprefix("Bearer "))
        if refusal is not None:
            return refusal
        body = self._provider.requests[-1]
        asked = set(body["query"].lower().rstrip("?").split())
        shares = [len(asked & set(text.lower().split())) / len(asked) for text in body["documents"]]
        results = [{"index": place, "relevance_score": share} for place, share in enumerate(shares)]
        return JSONResponse({"results": sorted(results, key=lambda each: -each["relevance_score"])})

    async def moderations(self, request: Request) -> Response:
        """Flag what holds one of the words that it was told, as OpenAI answers."""
        refusal = await self._refusal(request, request.headers.get("authorization", "").removeprefix("Bearer "))
        if refusal is not None:
            return refusal
        text = self._provider.requests[-1]["input"].lower()
        named = {name: word in text for name, word in self._provider.behaviour.flags.items()}
        result = {"flagged": any(named.values()), "categories": {**named, "spam": False}, "category_scores": {}}
        return JSONResponse({"id": "modr-1", "model": "omni-moderation-latest", "results": [result]})

    async def anthropic(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        refusal = await self._refusal(request, request.headers.get("x-api-key", bearer))
        if refusal is not None:
            return refusal
        body = await request.json()
        told = self._provider.behaviour.scripted(body)
        reply = told.reply or sensible_reply(body["messages"])
        return StreamingResponse(self._anthropic_stream(told, reply), media_type="text/event-stream")

    async def _refusal(self, request: Request, key: str) -> Response | None:
        told = self._provider.behaviour
        body = await request.json()
        self._provider.requests.append(body)
        self._provider.headers.append(dict(request.headers))
        await asyncio.sleep(told.first_delay_s)
        if told.html:
            return Response("<html><body>It works!</body></html>", media_type="text/html")
        if key not in told.keys | {"ollama"}:
            return _error(401, "invalid_api_key", f"Incorrect API key provided: {key}")
        if body.get("model") not in told.models:
            return _error(404, "model_not_found", "The model does not exist")
        if told.fail_times > 0:
            told.fail_times -= 1
            headers = {} if told.retry_after_s is None else {"retry-after": str(told.retry_after_s)}
            return _error(told.status, "failed", "told to fail", {**headers, **told.headers})
        return None

    async def _openai_stream(self, told: Behaviour, reply: str) -> AsyncIterator[bytes]:
        for each in told.before if told.raw is None else told.raw:
            yield each
        if told.raw is not None:
            return
        async for text in self._told(told, reply):
            yield b"data: {broken\n\n" if text == _BROKEN else _sse(_openai_chunk({"content": text}))
        for each in told.after:
            yield each
        if not told.no_finish:
            yield _sse(_openai_chunk({}, finish=told.finish))
            yield _sse({**_openai_chunk({}), "choices": [], "usage": _usage(reply)})
            yield b"data: [DONE]\n\n"

    async def _anthropic_stream(self, told: Behaviour, reply: str) -> AsyncIterator[bytes]:
        usage = {"input_tokens": 100, "output_tokens": 1}
        message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "claude-haiku-4-5"}
        start = {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield _named("message_start", {"message": start})
        yield _named("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})
        async for text in self._told(told, reply):
            yield _named("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": text}})
        yield _named("content_block_stop", {"index": 0})
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        yield _named("message_delta", {"delta": ended, "usage": {"output_tokens": len(reply) // 4}})
        yield _named("message_stop", {})

    async def _told(self, told: Behaviour, reply: str) -> AsyncIterator[str]:
        finished = False
        try:
            for number, text in enumerate(pieces(reply, told.piece_chars, told.block_chars)):
                if told.drop_after is not None and number >= told.drop_after:
                    raise ConnectionResetError("told to drop")
                if told.malformed_after is not None and number >= told.malformed_after:
                    yield _BROKEN
                await asyncio.sleep(told.piece_delay_s)
                yield text
            finished = True
        finally:
            self._provider.closed_early += not finished


def _error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": {"message": message, "type": code, "code": code}}, status, headers)


def _openai_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "test-model", "choices": [choice]}


def _openai_whole(reply: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
    whole = {"id": "c1", "object": "chat.completion", "created": 1, "model": "test-model", "choices": [choice]}
    return {**whole, "usage": _usage(reply)}


def _usage(reply: str) -> dict[str, int]:
    out = len(reply) // 4
    return {"prompt_tokens": 100, "completion_tokens": out, "total_tokens": 100 + out}


def _sse(data: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _named(name: str, data: dict[str, Any]) -> bytes:
    return f"event: {name}\n".encode() + _sse({"type": name, **data})


@contextlib.contextmanager
def serve() -> Iterator[Provider]:
    """Run the double on a free loopback port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
    routes = _Routes(provider)
    app = Starlette(
        routes=[
            Route("/api/tags", routes.tags),
            Route("/v1/chat/completions", routes.openai, methods=["POST"]),
            Route("/v1/embeddings", routes.embeddings, methods=["POST"]),
            Route("/v1/rerank", routes.rerank, methods=["POST"]),
            Route("/v1/moderations", routes.moderations, methods=["POST"]),
            Route("/v1/messages", routes.anthropic, methods=["POST"]),
        ]
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(10)
