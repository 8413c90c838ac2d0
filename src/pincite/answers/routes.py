"""The HTTP face of answers and conversations: translation only.

A stream is a view of the log: it may be cut and taken up again at any event, by any number of clients.
"""

import json
import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import format_sse_event

from pincite.accounts import CurrentScope, Door, Permission, Requirement, requires, watched
from pincite.answers.domain import AnswerEvent, AskRequest
from pincite.answers.event_stream import EVENTS, EventStream
from pincite.answers.openai.routes import OpenAiRoutes
from pincite.answers.schemas import (
    AnswerBody,
    Ask,
    ConversationBody,
    ConversationList,
    ConversationWithAnswers,
    Started,
    Title,
    answer_resource,
    conversation_body,
)
from pincite.answers.seats import Seated, Seats
from pincite.answers.service import Answers
from pincite.core import InvalidInput, PinciteError, get_logger
from pincite.core.ids import id_cursor

__all__ = ["AnswerRoutes", "OpenAiRoutes", "Seats"]

LastEventId = Annotated[
    str | None,
    Header(json_schema_extra={"maxLength": 64}, description="The last event seen; the stream goes on after it."),
]
Id = Annotated[str, Path(max_length=64)]
log = get_logger(__name__)


def seen(last_event_id: LastEventId = None) -> int:
    """Return the number of the event to go on after, 0 for the beginning. Raises: InvalidInput."""
    if not last_event_id:
        return 0
    if re.fullmatch(r"[0-9]{1,9}", last_event_id) is None:
        raise InvalidInput(
            "Last-Event-ID is not one of this stream.", remedy="Leave it out to start from the beginning."
        )
    return int(last_event_id)


class AnswerRoutes:
    """Routes of answers and conversations."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(prefix="/v1", tags=["answers"], dependencies=[requires(Permission.READ)])
        add = router.add_api_route
        add(
            "/answers",
            self.ask,
            methods=["POST"],
            response_model=AnswerBody,
            responses={202: {"model": Started, "description": "Begun; `stream` was asked for."}},
            summary="Ask a question",
        )
        add("/answers/{answer_id}", self.answer, methods=["GET"], response_model=AnswerBody, summary="Read an answer")
        router.add_api_route(
            "/answers/{answer_id}/events",
            self._events(),
            methods=["GET"],
            status_code=200,
            response_class=Response,  # which describes nothing by itself
            responses={200: {"description": "Events as they come.", "content": {"text/event-stream": EVENTS}}},
            summary="Follow an answer",
        )
        add(
            "/answers/{answer_id}/cancel",
            self.cancel,
            methods=["POST"],
            status_code=202,
            response_class=Response,
            summary="Stop an answer",
        )
        add(
            "/conversations",
            self.conversations,
            methods=["GET"],
            response_model=ConversationList,
            summary="List conversations",
        )
        add(
            "/conversations/{conversation_id}",
            self.conversation,
            methods=["GET"],
            response_model=ConversationWithAnswers,
            summary="Read a conversation",
        )
        add(
            "/conversations/{conversation_id}",
            self.rename_conversation,
            methods=["PATCH"],
            response_model=ConversationBody,
            summary="Rename a conversation",
        )
        add(
            "/conversations/{conversation_id}",
            self.delete_conversation,
            methods=["DELETE"],
            status_code=204,
            summary="Delete a conversation",
        )
        return router

    async def ask(self, request: Request, response: Response, scope: CurrentScope, body: Ask) -> Any:
        """Answer a question; every sentence of the answer is pinned, or the answer says that the documents do not."""
        collections = None if body.collections is None else tuple(body.collections)
        asked = AskRequest(
            body.question,
            body.conversation,
            collections,
            body.model,
            tier=body.tier,
            assistant=body.assistant,
            kept="renew" if body.fresh else "use",
        )
        begun = await self._answers.start(scope, asked)
        if body.stream:
            events = f"/v1/answers/{begun.id}/events"
            return JSONResponse({"id": begun.id, "conversation": begun.conversation, "events": events}, 202)
        await self._answers.wait(scope, begun.id)
        response.headers["Content-Location"] = f"/v1/answers/{begun.id}"
        # A model takes its time; who asks may have lost a role or a group meanwhile.
        door: Door = request.app.state.door
        now = await door.prove(request)
        await Requirement(Permission.READ)(now)
        return answer_resource(await self._answers.get(now, begun.id))

    async def answer(self, scope: CurrentScope, answer_id: Id) -> AnswerBody:
        """Return an answer; while it is running, what is known of it."""
        return answer_resource(await self._answers.get(scope, answer_id))

    async def cancel(self, scope: CurrentScope, answer_id: Id) -> Response:
        """Stop an answer; its text so far is kept."""
        await self._answers.cancel(scope, answer_id)
        return Response(status_code=202)

    async def conversations(
        self,
        scope: CurrentScope,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=64)] = None,
    ) -> ConversationList:
        """Return your conversations, newest first."""
        found = await self._answers.conversations(scope, before=id_cursor(cursor), limit=limit + 1)
        items = [ConversationBody(**conversation_body(each)) for each in found[:limit]]
        return ConversationList(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    async def conversation(self, scope: CurrentScope, conversation_id: Id) -> ConversationWithAnswers:
        """Return a conversation with its answers in order."""
        found, answers = await self._answers.conversation(scope, conversation_id)
        return ConversationWithAnswers(
            **conversation_body(found), answers=[answer_resource(answer) for answer in answers]
        )

    async def rename_conversation(self, scope: CurrentScope, conversation_id: Id, body: Title) -> ConversationBody:
        """Give a conversation another title than its first question."""
        renamed = await self._answers.rename_conversation(scope, conversation_id, body.title)
        return ConversationBody(**conversation_body(renamed))

    async def delete_conversation(self, scope: CurrentScope, conversation_id: Id) -> Response:
        """Delete a conversation with its answers."""
        await self._answers.delete_conversation(scope, conversation_id)
        return Response(status_code=204)

    def _events(self) -> Any:
        """Make the streaming route; what it is asked is checked before the stream begins, so that 404 is 404."""

        async def found(scope: CurrentScope, answer_id: Id) -> str:
            return await self._answers.find(scope, answer_id)

        async def events(
            request: Request,
            scope: CurrentScope,
            found_id: Annotated[str, Depends(found)],
            after: Annotated[int, Depends(seen)],
            seat: Seated,
        ) -> Response:
            """Stream the answer's events from its first, or after `Last-Event-ID`, until its end."""
            seat.take(scope)
            return EventStream(_blocks(watched(request, scope, self._answers.events(scope, found_id, after))))

        return events


async def _blocks(events: AsyncGenerator[AnswerEvent]) -> AsyncGenerator[bytes]:
    async with aclosing(events):
        try:
            async for event in events:
                yield format_sse_event(event=event.name, id=str(event.seq), data_str=json.dumps(event.data))
        except PinciteError as error:
            # The reply has begun, so a status is too late; the client comes back with its last id, and gets it then.
            log.info("stream.cut", code=error.code, problem=error.message)
