"""A model's own reply that is stored: made as every answer is, with a log that can be followed, left and stopped.

No document is looked at, so that nothing of it is pinned: its mode says so. Of what was asked, the last that the user
said is stored. How a reply is told in OpenAI's protocol is in `openai/`.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pincite.answers.domain import Answer, ReplyEnd
from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatModel, ChatRequest, TextDelta
from pincite.retrieval import MAX_QUESTION_CHARS

STORED_FOR = timedelta(days=30)
"""After so long they are deleted, as OpenAI does."""


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """What a model itself is asked.

    Args:
        model: by the name that it was asked for.
        chat: the model.
        request: what.
        echo: what the reply repeats of the request when it is read.
    """

    model: str
    chat: ChatModel
    request: ChatRequest
    echo: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def question(self) -> str:
        """What the user said last, as far as it is stored."""
        last = next((each.text for each in reversed(self.request.messages) if each.role == "user"), "")
        return last.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MAX_QUESTION_CHARS]


class ReplyDraft:
    """One reply in the making.

    Args:
        scope: who asks.
        answer: as it begins.
        asked: what, of which model.
    """

    def __init__(self, scope: Scope, answer: Answer, asked: ReplyRequest) -> None:
        self._scope = scope
        self._asked = asked
        self._begun = answer
        self._pieces: list[str] = []
        self._end: ChatFinished | None = None

    @property
    def answer(self) -> Answer:
        """The reply as far as it has come."""
        so_far, end = replace(self._begun, text="".join(self._pieces)), self._end
        if end is None:
            return so_far
        ended = ReplyEnd(end.reason, end.calls)
        return replace(so_far, usage=end.usage, cost_usd=end.cost_usd, cached=end.cached, ended=ended)

    async def events(self) -> AsyncGenerator[tuple[str, Mapping[str, Any]]]:
        """Yield the text as it comes. Raises: ModelError, and what else the model does."""
        async with aclosing(self._asked.chat.stream(self._scope, self._asked.request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    self._pieces.append(event.text)
                    yield "answer.delta", {"text": event.text}
                elif isinstance(event, ChatFinished):
                    self._end = event
                else:
                    self._pieces.clear()
                    yield "answer.restarted", {"reason": event.reason}


def said_in(request: ChatRequest) -> str:
    """Return all that the user said, which is what is looked at before a model is asked."""
    return "\n\n".join(each.text for each in request.messages if each.role == "user")
