"""OpenAI's responses: made, read, followed, stopped and deleted. Translation only.

An assistant's response is an answer: it is stored, its conversation can go on, and it goes on without its reader. So
does a model's where it is to be stored; else it is stored nowhere.
"""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from pincite.accounts import CurrentScope, watched
from pincite.answers.domain import Answer, AnswerEvent, AnswerState, AskRequest
from pincite.answers.openai.caching import Kept
from pincite.answers.openai.catalogue import Catalogue
from pincite.answers.openai.completions import Told, check_whole, gathered
from pincite.answers.openai.domain import Kind, ParameterRefused, assistant_of
from pincite.answers.openai.following import in_turn, what_stands
from pincite.answers.openai.images import MOST_BODY_BYTES, read_in, refuse_long_rest, refuse_stored
from pincite.answers.openai.parameters import question_of, request_of
from pincite.answers.openai.raw import RawModels
from pincite.answers.openai.response_bodies import (
    ResponseBody,
    chat_of,
    contents_of,
    in_its_words,
    refuse_beside_effort,
    renamed,
)
from pincite.answers.openai.response_events import after, answer_events, reply_events
from pincite.answers.openai.responses import (
    Deleted,
    Fields,
    Frame,
    ResponseResource,
    answer_response,
    frame_of,
    reply_response,
)
from pincite.answers.openai.streams import (
    CLIENT_GONE,
    STREAM,
    ErrorBody,
    begun,
    first_event,
    patience_of,
    streamed,
    while_there,
)
from pincite.answers.seats import Seated
from pincite.answers.service import Answers
from pincite.core import Scope, new_id
from pincite.core.keeping import KeptUse
from pincite.gateway import ChatRequest

Id = Annotated[str, Path(max_length=64)]
StartingAfter = Annotated[int, Query(ge=-1, le=10**9, description="With `stream`: the number of the last event seen.")]


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
            max_body_size=MOST_BODY_BYTES,
        )
        add(
            "/responses/{answer_id}",
            self.response,
            methods=["GET"],
            response_model=ResponseResource,
            responses=STREAM,
            summary="Read a stored response, or follow it",
        )
        add("/responses/{answer_id}", self.delete, methods=["DELETE"], summary="Delete a stored response")
        add(
            "/responses/{answer_id}/cancel",
            self.cancel,
            methods=["POST"],
            response_model=ResponseResource,
            summary="Stop a stored response",
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
        """Answer from the documents with citations (`pincite/...`), or let the chat model itself reply."""
        found = await self._catalogue.find(scope, body.model, Kind.ASSISTANT, Kind.CHAT)
        if body.background and body.store is False:
            said = "What goes on in the background is stored, to be read."
            raise ParameterRefused("background", said, remedy="Leave out `store`, or `background`.")
        await refuse_long_rest(request, contents_of(body), "input")
        if body.stream:
            seat.take(scope)
        if found.kind is Kind.ASSISTANT:
            answer, ignored = await self._answer(scope, body, kept)
        elif body.store or body.background:
            asked = await _chat_request(body, kept)
            refuse_stored(asked, "background" if body.background else "store")
            answer, ignored = await self._raw.store(scope, body.model, asked, _echo(body)), ()
        else:
            return await self._reply(request, scope, body, kept)
        told = Told(self._base(request), ignored)
        frame = frame_of(answer, _asked(body))
        if body.stream:
            events = watched(request, scope, self._answers.events(scope, answer.id))
            begun = streamed(answer_events(frame, events, told), events, self._told, ends=False)
            begun.headers["Content-Location"] = f"/v1/responses/{answer.id}?stream=true"
            return begun
        response.headers["Content-Location"] = f"/v1/responses/{answer.id}"
        if body.background:
            return answer_response(frame, answer, told)
        final = await self._answers.wait(scope, answer.id)
        if final.state is not AnswerState.CANCELLED:
            check_whole(final)
        return answer_response(frame, final, told)

    async def response(
        self,
        request: Request,
        scope: CurrentScope,
        answer_id: Id,
        seat: Seated,
        stream: bool = False,
        starting_after: StartingAfter = -1,
    ) -> Any:
        """Return an answer as a response, as far as it is known; or its events, from the first or after a number."""
        answer = await self._answers.get(scope, answer_id)
        frame, told = frame_of(answer, answer.echo), Told(self._base(request))
        if not stream:
            return answer_response(frame, answer, told)
        seat.take(scope)
        events = watched(request, scope, self._answers.events(scope, answer.id))
        seen: AsyncIterator[AnswerEvent] = events
        if answer.state is not AnswerState.RUNNING:
            try:
                held, is_anew = await while_there(request, what_stands(events))
            except ClientDisconnect:
                return Response(status_code=CLIENT_GONE)
            finally:
                await events.aclose()
            seen, starting_after = in_turn(held), -1 if is_anew else starting_after
        return streamed(after(answer_events(frame, seen, told), starting_after), events, self._told, ends=False)

    async def delete(self, scope: CurrentScope, answer_id: Id) -> Deleted:
        """Delete a response; one of several in a conversation goes with that."""
        await self._answers.delete_alone(scope, answer_id)
        return Deleted(id=answer_id)

    async def cancel(self, request: Request, scope: CurrentScope, answer_id: Id) -> ResponseResource:
        """Stop an answer, whoever waits for it; its text so far is kept."""
        await self._answers.cancel(scope, answer_id)
        answer = await self._answers.wait(scope, answer_id)
        return answer_response(frame_of(answer, answer.echo), answer, Told(self._base(request)))

    async def _answer(self, scope: Scope, body: ResponseBody, kept: KeptUse) -> tuple[Answer, tuple[str, ...]]:
        """Begin an assistant's answer; returns it and the parameters that are not heeded."""
        with in_its_words(body):
            question = question_of(chat_of(body))
        before = body.previous_response_id
        conversation = None if before is None else (await self._answers.get(scope, before)).conversation
        asked = AskRequest(
            question.text,
            conversation,
            turns=question.turns,
            steady=True,
            assistant=assistant_of(body.model),
            kept=kept,
            echo=_echo(body),
        )
        return await self._answers.start(scope, asked), tuple(renamed(each, body) for each in question.ignored)

    async def _reply(self, request: Request, scope: Scope, body: ResponseBody, kept: KeptUse) -> Any:
        asked = await _chat_request(body, kept)
        frame = Frame(f"resp_{new_id()}", int(time.time()), body.model, _asked(body))
        with in_its_words(body):
            events = self._raw.reply(scope, body.model, asked, streams=bool(body.stream))
        try:
            if not body.stream:
                return reply_response(frame, *await while_there(request, gathered(events)))
            followed = watched(request, scope, events)
            first = await while_there(request, begun(first_event(followed), followed, patience_of(request)))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        return streamed(reply_events(frame, first), first, self._told, ends=False)

    def _base(self, request: Request) -> str:
        return (self._public_url or str(request.base_url)).rstrip("/")


async def _chat_request(body: ResponseBody, kept: KeptUse) -> ChatRequest:
    """Return what a model is asked. Raises: ParameterRefused."""
    if body.previous_response_id:
        said = "Of what a model was asked before, nothing is kept to go on from."
        raise ParameterRefused("previous_response_id", said, remedy="Send all of the input.")
    refuse_beside_effort(body)
    with in_its_words(body):
        return replace(await read_in(contents_of(body), lambda: request_of(chat_of(body))), kept=kept)


def _echo(body: ResponseBody) -> Fields:
    """Return what a response that is stored repeats of the request whenever it is read."""
    return {name: value for name in ("metadata", "background") if (value := getattr(body, name)) is not None}


def _asked(body: ResponseBody) -> Fields:
    """Return what a response repeats of the request for it."""
    names = ("instructions", "max_output_tokens", "previous_response_id", "temperature", "tool_choice", "top_p")
    told: Fields = {name: getattr(body, name) for name in (*names, "metadata", "parallel_tool_calls", "background")}
    told["tools"] = [each.model_dump(mode="json") for each in body.tools or ()]
    if body.tool_choice is not None and not isinstance(body.tool_choice, str):
        told["tool_choice"] = body.tool_choice.model_dump(mode="json")
    return {name: value for name, value in told.items() if value is not None}
