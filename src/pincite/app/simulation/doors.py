"""The doors of the provider: a request comes in, is noted, and is answered, refused, cut or left without an answer.

A door is an ASGI application of its own, since no response of a framework may be broken off at a given byte.
"""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any, cast

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from pincite.app.simulation import anthropic, lists, openai
from pincite.app.simulation.domain import Asked, Decides, Dropped, Kind, Refusal, Told, Wire
from pincite.app.simulation.instances import UnusableSchema
from pincite.app.simulation.log import Record, RequestLog
from pincite.app.simulation.refusing import refusal_body, refusal_headers, unusable
from pincite.app.simulation.sending import JSON, Sending
from pincite.app.simulation.turns import Turn, answer_of, read_tokens, reported

BODY_BYTES = 64 << 20
"""Most bytes of a request."""
_PAGE = b"<html><body><h1>It works!</h1></body></html>"
_CHAT = {Wire.OPENAI: (openai.stream, openai.whole), Wire.ANTHROPIC: (anthropic.stream, anthropic.whole)}


class _Unreadable(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, message)


class Door:
    """One path of the provider.

    Args:
        kind: what is asked for there.
        wire: whose protocol it speaks.
        decides: says what is done.
        log: what is noted.
    """

    def __init__(self, kind: Kind, wire: Wire, decides: Decides, log: RequestLog) -> None:
        self._kind = kind
        self._wire = wire
        self._decides = decides
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; returns without having ended the answer where it is cut."""
        request = Request(scope, receive)
        try:
            asked, told = await self._read(request)
        except ClientDisconnect:
            return
        refusal = told.refusal or unusable(asked) or _unanswerable(asked, told)
        charged = 0 if refusal is not None or told.page else read_tokens(asked)
        record = self._log.begin(asked, input_tokens=charged, faults=told.faults)
        if told.keeps_prompts and charged and asked.kind is Kind.CHAT:
            record.prompt = self._log.prompts.look(asked)
        try:
            await _while_there(receive, _answered(asked, told, refusal, Sending(send, told, record), record))
        finally:
            record.cut()

    async def _read(self, request: Request) -> tuple[Asked, Told]:
        headers = request.headers
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        key = bearer if self._wire is Wire.OPENAI else headers.get("x-api-key", bearer)
        client_id = headers.get("x-client-request-id")
        try:
            body = await _json(request)
        except _Unreadable as error:
            return Asked(self._kind, self._wire, {}, key, client_id), Told(refusal=error.refusal)
        asked = Asked(self._kind, self._wire, body, key, client_id)
        return asked, self._decides.decide(asked)


def _unanswerable(asked: Asked, told: Told) -> Refusal | None:
    try:
        if asked.kind is Kind.CHAT:
            answer_of(asked, told)
    except UnusableSchema:
        return Refusal(400, "Invalid schema of a tool or a response format.")
    return None


async def _answered(asked: Asked, told: Told, refusal: Refusal | None, sending: Sending, record: Record) -> None:
    await asyncio.sleep(told.latency_s)
    if told.hang:
        await asyncio.Event().wait()
    try:
        if told.page:
            record.refuse()
            await sending.whole(200, _PAGE, "text/html")
        elif refusal is not None:
            record.refuse()
            body = refusal_body(asked.wire, refusal, record.id)
            await sending.json(refusal.status, body, refusal_headers(asked.wire, refusal))
        elif asked.kind is Kind.CHAT:
            await _chat(Turn(asked, told, answer_of(asked, told), record), sending)
        else:
            await _alone(asked, told, sending, record)
    except Dropped:
        await sending.leave()
        return
    record.finish()


async def _chat(turn: Turn, sending: Sending) -> None:
    stream, whole = _CHAT[turn.asked.wire]
    if turn.asked.body.get("stream"):
        await sending.stream(stream(turn))
    else:
        await _sent(turn.told, await whole(turn), sending)


async def _alone(asked: Asked, told: Told, sending: Sending, record: Record) -> None:
    if asked.kind is Kind.EMBEDDINGS:
        reply = lists.embeddings(asked, told)
    else:
        reply = lists.rerank(asked) if asked.kind is Kind.RERANK else lists.moderations(asked, told)
    usage = reported(told, record.input_tokens, 0)
    named = {} if usage is None else lists.usage_of(asked.kind, usage)
    record.reported = usage if named else None
    await _sent(told, {**reply, **named}, sending)


async def _sent(told: Told, value: dict[str, Any], sending: Sending) -> None:
    if told.malformed_after is None:
        await sending.json(200, value)
    else:
        body = json.dumps(value).encode()
        await sending.whole(200, body[: len(body) // 2], JSON)


async def _json(request: Request) -> dict[str, Any]:
    """Return the object that was sent. Raises: _Unreadable, ClientDisconnect."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > BODY_BYTES:
            raise _Unreadable(413, "The request is too large.")
    try:
        value = json.loads(read)
    except (ValueError, RecursionError):
        raise _Unreadable(400, "We could not parse the JSON body of your request.") from None
    if not isinstance(value, dict):
        raise _Unreadable(400, "The body of a request is an object.")
    return cast("dict[str, Any]", value)


async def _while_there(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work; where the client leaves before its end, it is broken off."""
    async with asyncio.TaskGroup() as group:
        working = group.create_task(work)
        watching = group.create_task(_watch(receive, working))
        working.add_done_callback(lambda _: watching.cancel())


async def _watch(receive: Receive, working: "asyncio.Task[None]") -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    working.cancel()
