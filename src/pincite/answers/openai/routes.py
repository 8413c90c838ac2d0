"""OpenAI's routes: models, chat completions and embeddings. Translation only.

Of an assistant the answer goes on whether or not anybody waits for it, and of a model a reply that is to be stored; any
other reply of a model ends where whoever asked goes away.
"""

import time
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from starlette.requests import ClientDisconnect

from pincite.accounts import CurrentScope, Permission, requires, watched
from pincite.answers.domain import Answer, AnswerMode, AskRequest
from pincite.answers.openai.caching import Kept
from pincite.answers.openai.catalogue import Catalogue
from pincite.answers.openai.completions import (
    Heading,
    Told,
    answer_chunks,
    gathered,
    reply_chunks,
    whole_answer,
    whole_reply,
)
from pincite.answers.openai.domain import AnswerNotWhole, Kind, Served, assistant_of
from pincite.answers.openai.embeddings import EmbeddingBody, EmbeddingList, listed, texts_of
from pincite.answers.openai.following import first_of
from pincite.answers.openai.images import MOST_BODY_BYTES, read_in, refuse_long_rest
from pincite.answers.openai.parameters import contents_of, question_of, request_of
from pincite.answers.openai.raw import RawModels
from pincite.answers.openai.response_routes import ResponseRoutes
from pincite.answers.openai.schemas import ChatBody, Completion, CompletionDeleted, ModelBody, ModelList
from pincite.answers.openai.streams import (
    CLIENT_GONE,
    STREAM,
    ErrorBody,
    begun,
    first_event,
    patience_of,
    streamed,
    unnamed,
    while_there,
)
from pincite.answers.seats import Seated
from pincite.answers.service import Answers
from pincite.core import PinciteError, Scope, new_id
from pincite.core.keeping import KeptUse
from pincite.gateway import ChatRequest, Embedders, Models
from pincite.ledger import Ledger

ModelName = Annotated[str, Path(max_length=200)]
Id = Annotated[str, Path(max_length=64)]


class OpenAiRoutes:
    """Routes that clients of OpenAI's API know.

    Args:
        answers: what assistants answer with.
        catalogue: the models.
        raw: asks the models themselves.
        told: how an error is written that comes in the middle of a stream.
        public_url: where people reach this installation; as each request says where it is None.
    """

    def __init__(
        self,
        answers: Answers,
        catalogue: Catalogue,
        raw: RawModels,
        told: ErrorBody,
        public_url: str | None,
    ) -> None:
        self._answers = answers
        self._catalogue = catalogue
        self._raw = raw
        self._told = told
        self._public_url = public_url

    @classmethod
    def of(
        cls, answers: Answers, models: tuple[Models, Embedders], ledger: Ledger, told: ErrorBody, url: str | None
    ) -> "OpenAiRoutes":
        """Make them of the rooms that they stand on.

        Args:
            answers: what assistants answer with.
            models: the chat models, and the embedders.
            ledger: notes who asked which model.
            told: how an error is written that comes in the middle of a stream.
            url: where people reach this installation; as each request says where it is None.
        """
        catalogue = Catalogue(*models, answers.assistants)
        return cls(answers, catalogue, RawModels(ledger, catalogue, answers), told, url)

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(prefix="/v1", tags=["openai"], dependencies=[requires(Permission.READ)])
        add = router.add_api_route
        add("/models", self.models, methods=["GET"], response_model=ModelList, summary="List models")
        add("/models/{model:path}", self.model, methods=["GET"], response_model=ModelBody, summary="Read a model")
        add(
            "/chat/completions",
            self.complete,
            methods=["POST"],
            response_model=Completion,
            response_model_exclude_none=True,
            responses=STREAM,
            summary="Complete a chat",
            max_body_size=MOST_BODY_BYTES,
        )
        add(
            "/chat/completions/{answer_id}",
            self.completion,
            methods=["GET"],
            response_model=Completion,
            response_model_exclude_none=True,
            responses=STREAM,
            summary="Read a stored chat completion, or follow it",
        )
        add(
            "/chat/completions/{answer_id}",
            self.delete,
            methods=["DELETE"],
            response_model=CompletionDeleted,
            summary="Delete a stored chat completion",
        )
        add(
            "/embeddings",
            self.embeddings,
            methods=["POST"],
            response_model=EmbeddingList,
            summary="Embed texts",
        )
        ResponseRoutes(self._answers, self._catalogue, self._raw, self._told, self._public_url).add_to(router)
        return router

    async def models(self, scope: CurrentScope) -> ModelList:
        """Return the assistants, the chat model of this installation where it has one, and its embedder."""
        return ModelList(data=[_model(each) for each in await self._catalogue.served(scope)])

    async def model(self, scope: CurrentScope, model: ModelName) -> ModelBody:
        """Return one of them."""
        return _model(await self._catalogue.find(scope, model))

    async def complete(
        self,
        request: Request,
        response: Response,
        scope: CurrentScope,
        body: ChatBody,
        kept: Kept,
        seat: Seated,
    ) -> Any:
        """Answer from the documents with citations (`pincite/...`), or let the chat model itself reply."""
        found = await self._catalogue.find(scope, body.model, Kind.ASSISTANT, Kind.CHAT)
        await refuse_long_rest(request, contents_of(body), "messages")
        if body.stream:
            seat.take(scope)
        if found.kind is Kind.CHAT and not body.store:
            return await self._reply(request, scope, body, kept)
        ignored: tuple[str, ...] = ()
        if found.kind is Kind.CHAT:
            answer = await self._raw.store(scope, body.model, await _request_of(body, kept), {})
        else:
            question = question_of(body)
            ignored = question.ignored
            by = assistant_of(found.id)
            asked = AskRequest(question.text, turns=question.turns, steady=True, assistant=by, kept=kept)
            answer = await self._answers.start(scope, asked)
        told = Told(self._base(request), ignored, _with_usage(body))
        if body.stream:
            return await self._followed(request, scope, answer, told)
        response.headers["Content-Location"] = f"/v1/chat/completions/{answer.id}"
        return whole_answer(await self._answers.wait(scope, answer.id), told)

    async def completion(
        self,
        request: Request,
        scope: CurrentScope,
        answer_id: Id,
        seat: Seated,
        stream: bool = False,
        include_usage: bool = False,
    ) -> Any:
        """Return an answer that has come to its end as a chat completion; or its chunks, from the first."""
        answer: Answer = await self._answers.get(scope, answer_id)
        told = Told(self._base(request), with_usage=include_usage)
        if not stream:
            if answer.mode is AnswerMode.REPLY and answer.problem is not None:
                raise AnswerNotWhole.by(answer.problem, later=True)
            return whole_answer(answer, told)
        seat.take(scope)
        return await self._followed(request, scope, answer, told)

    async def delete(self, scope: CurrentScope, answer_id: Id) -> CompletionDeleted:
        """Delete a chat completion; one of several answers in a conversation goes with that."""
        await self._answers.delete_alone(scope, answer_id)
        return CompletionDeleted(id=answer_id)

    async def _followed(self, request: Request, scope: Scope, answer: Answer, told: Told) -> Response:
        """Return the chunks of an answer, or of a reply, as they come; where a reply fails at once, that is told."""
        place = f"/v1/chat/completions/{answer.id}?stream=true{'&include_usage=true' if told.with_usage else ''}"
        events = watched(request, scope, self._answers.events(scope, answer.id))
        try:
            seen = await while_there(request, first_of(answer, events, patience_of(request)))
        except ClientDisconnect:
            await events.aclose()
            return Response(status_code=CLIENT_GONE, headers={"Content-Location": place})
        except PinciteError:
            await events.aclose()
            raise
        made = streamed(unnamed(answer_chunks(answer, seen, told)), seen, self._told)
        made.headers["Content-Location"] = place
        return made

    async def embeddings(self, scope: CurrentScope, body: EmbeddingBody) -> EmbeddingList:
        """Return a vector of each text, as this installation makes them of passages or of questions."""
        await self._catalogue.find(scope, body.model, Kind.EMBEDDER)
        texts = texts_of(body, self._catalogue.embedder.dimensions)
        vectors = await self._raw.embed(scope, texts, query=body.input_type == "query")
        return listed(body, texts, vectors)

    async def _reply(self, request: Request, scope: Scope, body: ChatBody, kept: KeptUse) -> Any:
        asked = await _request_of(body, kept)
        heading = Heading(f"chatcmpl-{new_id()}", int(time.time()), body.model)
        events = self._raw.reply(scope, body.model, asked, streams=bool(body.stream))
        try:
            if not body.stream:
                return whole_reply(heading, *await while_there(request, gathered(events)))
            followed = watched(request, scope, events)
            first = await while_there(request, begun(first_event(followed), followed, patience_of(request)))
        except ClientDisconnect:
            return Response(status_code=CLIENT_GONE)
        return streamed(unnamed(reply_chunks(heading, first, with_usage=_with_usage(body))), first, self._told)

    def _base(self, request: Request) -> str:
        return (self._public_url or str(request.base_url)).rstrip("/")


async def _request_of(body: ChatBody, kept: KeptUse) -> ChatRequest:
    """Return what a model is asked. Raises: ParameterRefused."""
    return replace(await read_in(contents_of(body), lambda: request_of(body)), kept=kept)


def _with_usage(body: ChatBody) -> bool:
    return body.stream_options is not None and bool(body.stream_options.include_usage)


def _model(served: Served) -> ModelBody:
    return ModelBody(id=served.id, created=0, owned_by=served.owner, pincite=served.kind.value)
