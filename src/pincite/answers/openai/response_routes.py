"""OpenAI's responses: made, read and stopped. Translation only.

An assistant's response is an answer: it is stored, its conversation can go on, and it goes on without its reader. A
model's is stored nowhere.
"""

import time
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.requests import ClientDisconnect

from pincite.accounts import CurrentScope, watched
from pincite.answers.domain import AskRequest
from pincite.answers.openai.caching import Kept
from pincite.answers.openai.catalogue import Catalogue
from pincite.answers.openai.completions import Told, check_whole, gathered
from pincite.answers.openai.domain import Kind, ParameterRefused
from pincite.answers.openai.parameters import question_of, request_of
from pincite.answers.openai.raw import RawModels
from pincite.answers.openai.response_bodies import ResponseBody, chat_of, in_its_words, renamed
from pincite.answers.openai.response_events import answer_events, reply_events
from pincite.answers.openai.responses import (
    Fields,
    Frame,
    ResponseResource,
    answer_response,
    frame_of,
    reply_response,
)
from pincite.answers.openai.streams import CLIENT_GONE, STREAM, ErrorBody, begun, streamed, while_there
from pincite.answers.seats import Seated
from pincite.answers.service import Answers
from pincite.core import Scope, new_id
from pincite.core.keeping import KeptUse

Id = Annotated[str, Path(max_length=64)]


class ResponseRoutes:
    """Routes of responses.

    Args:
        answers: what assistants answer with.
        catalogue: the models.
        raw: asks the models themselves.
        told: how an error is written that comes in the middle of a stream.
        public_url: where people reach this installation; as each request says where it is None.
    """

    def __init__(
        self, answers: Answers, catalogue: Catalogue, raw: RawModels, told: ErrorBody, public_url: str | None
    ) -> None:
        self._answers = answers
        self._catalogue = catalogue
        self._raw = raw
        self._told = told
        self._public_url = public_url

    def add_to(self, router: APIRouter) -> None:
        """Add the routes to those of OpenAI's protocol, which declare their permission."""
        add = router.add_api_route
        add(
            "/responses",
            self.respond,
            methods=["POST"],
            response_model=ResponseResource,
            responses=STREAM,
            summary="Make a response",
        )
        add(
            "/responses/{answer_id}",
            self.response,
            methods=["GET"],
            response_model=ResponseResource,
            summary="Read an assistant's response",
        )
        add(
            "/responses/{answer_id}/cancel",
            self.cancel,
            methods=["POST"],
            response_model=ResponseResource,
            summary="Stop an assistant's response",
        )

    async def respond(
        self,
        request: Request,
        response: Response,
        scope: CurrentScope,
        body: ResponseBody,
        kept: Kept,
        seat: Seated,
    ) -> Any:
        """Answer from the documents with citations (`pincite/default`), or let the chat model itself reply."""
        found = self._catalogue.find(body.model, Kind.ASSISTANT, Kind.CHAT)
        if body.stream:
            seat.take(scope)
        if found.kind is Kind.CHAT:
            return await self._reply(request, scope, body, kept)
        with in_its_words():
            question = question_of(chat_of(body))
        if body.background and body.stream:
            raise ParameterRefused("background", "It is either streamed or read later.", remedy="Leave one out.")
        before = body.previous_response_id
        conversation = None if before is None else (await self._answers.get(scope, before)).conversation
        asked = AskRequest(question.text, conversation, turns=question.turns, steady=True, kept=kept)
        answer = await self._answers.start(scope, asked)
        told = Told(self._base(request), tuple(map(renamed, question.ignored)))
        frame = frame_of(answer, _asked(body))
        if body.stream:
            events = watched(request, scope, self._answers.events(scope, answer.id))
            return streamed(answer_events(frame, events, told), events, self._told, ends=False)
        response.headers["Content-Location"] = f"/v1/responses/{answer.id}"
        if body.background:
            return answer_response(frame, answer, told)
        final = await self._answers.wait(scope, answer.id)
        check_whole(final)
        return answer_response(frame, final, told)

    async def response(self, request: Request, scope: CurrentScope, answer_id: Id) -> ResponseResource:
        """Return an answer as a response, as far as it is known."""
        answer = await self._answers.get(scope, answer_id)
        return answer_response(frame_of(answer, {}), answer, Told(self._base(request)))

    async def cancel(self, request: Request, scope: CurrentScope, answer_id: Id) -> ResponseResource:
        """Stop an answer, whoever waits for it; its text so far is kept."""
        await self._answers.cancel(scope, answer_id)
        answer = await self._answers.wait(scope, answer_id)
        return answer_response(frame_of(answer, {}), answer, Told(self._base(request)))

    async def _reply(self, request: Request, scope: Scope, body: ResponseBody, kept: KeptUse) -> Any:
        for name in ("previous_response_id", "background"):
            if getattr(body, name):
                raise ParameterRefused(name, "Replies of models are stored nowhere.", remedy="Send all of the input.")
        with in_its_words():
            asked = replace(request_of(chat_of(body)), kept=kept)
        frame = Frame(f"resp_{new_id()}", int(time.time()), body.model, _asked(body))
        events = self._raw.reply(scope, body.model, asked)
        try:
            if not body.stream:
                return reply_response(frame, *await while_there(request, gathered(events)))
            followed = watched(request, scope, events)
            first = await while_there(request, begun(followed))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        return streamed(reply_events(frame, first), followed, self._told, ends=False)

    def _base(self, request: Request) -> str:
        return (self._public_url or str(request.base_url)).rstrip("/")


def _asked(body: ResponseBody) -> Fields:
    """Return what a response repeats of the request for it."""
    names = ("instructions", "max_output_tokens", "previous_response_id", "temperature", "tool_choice", "top_p")
    told: Fields = {name: getattr(body, name) for name in (*names, "metadata", "parallel_tool_calls", "background")}
    told["tools"] = [each.model_dump(mode="json") for each in body.tools or ()]
    if body.tool_choice is not None and not isinstance(body.tool_choice, str):
        told["tool_choice"] = body.tool_choice.model_dump(mode="json")
    return {name: value for name, value in told.items() if value is not None}
