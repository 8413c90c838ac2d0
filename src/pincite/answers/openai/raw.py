"""The models of this installation themselves: chat without documents, and vectors. Asked by people, noted, moderated.

Which models those are is said in `catalogue.py`; how they are reached is the gateway's business.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.answers.domain import Answer
from pincite.answers.openai.catalogue import Catalogue
from pincite.answers.openai.images import refuse_stored, refuse_unseen
from pincite.answers.replying import ReplyRequest, said_in
from pincite.answers.service import Answers
from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatRequest, ModelError, TextDelta
from pincite.ledger import Ledger


class RawModels:
    """Asks models on behalf of people.

    Args:
        ledger: notes who asked which model.
        catalogue: the models.
        answers: knows what may be asked and shown.
    """

    def __init__(self, ledger: Ledger, catalogue: Catalogue, answers: Answers) -> None:
        self._ledger = ledger
        self._catalogue = catalogue
        self._answers = answers

    def reply(
        self, scope: Scope, model: str, request: ChatRequest, *, streams: bool
    ) -> AsyncIterator[TextDelta | ChatFinished]:
        """Return a model's reply and its end: as it comes where it `streams`, and else when it is whole.

        Where replies are moderated, the text comes when it was found fit. What comes as it is made cannot be taken
        back: no other model takes over then.

        Raises: ParameterRefused at once, where it has images and what is asked is moderated. Then, ModelUnknown,
        QuestionRefused, AnswerRefused, ModerationFailed, SchemaUnusable, ModelError.
        """
        if self._answers.moderation.active:
            refuse_unseen(request)
        return self._replied(scope, model, request, streams=streams)

    async def _replied(
        self, scope: Scope, model: str, request: ChatRequest, *, streams: bool
    ) -> AsyncIterator[TextDelta | ChatFinished]:
        chat = self._catalogue.chat(model)
        await self._answers.admit(scope, said_in(request))
        self._ledger.note_with_next(scope, "model.asked", ("model", model[:200]))
        moderation = self._answers.moderation
        if streams and not moderation.active:
            async with aclosing(chat.stream(scope, replace(request, told_at_once=True))) as events:
                async for event in events:
                    yield _joined(event)
            return
        held: list[TextDelta | ChatFinished] = []
        async with aclosing(chat.stream(scope, request)) as events:
            async for event in events:
                if isinstance(event, TextDelta | ChatFinished):
                    held.append(event)
                else:
                    held.clear()  # nothing was told yet of what is void
        text = "".join(event.text for event in held if isinstance(event, TextDelta))
        await moderation.sentence(scope, text)
        for event in held:
            yield event

    async def store(self, scope: Scope, model: str, request: ChatRequest, echo: Mapping[str, Any]) -> Answer:
        """Begin a model's reply that is stored, and goes on without its reader.

        Raises: ParameterRefused, where it has images; ModelUnknown, and what `Answers.reply` does.
        """
        refuse_stored(request, "store")
        return await self._answers.reply(scope, ReplyRequest(model, self._catalogue.chat(model), request, echo))

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool) -> NDArray[np.float32]:
        """Return a vector of each text, by the embedder in use. Raises: Unavailable."""
        embedder = self._catalogue.embedder
        await self._ledger.note_now(scope, "model.asked", ("model", embedder.model_id[:200]))
        return await embedder.embed(scope, texts, query=query)


def _joined(event: object) -> TextDelta | ChatFinished:
    """Pass what this protocol can tell, which takes nothing back. Raises: ModelError where a reply begins anew."""
    if isinstance(event, TextDelta | ChatFinished):
        return event
    raise ModelError("The model broke off amid its reply.", remedy="Ask again.")
