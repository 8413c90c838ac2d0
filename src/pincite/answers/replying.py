"""A model's own reply that is kept: made as every answer is, with a log that can be followed, left and stopped.

No document is looked at, so that nothing of it is pinned: its mode says so. What is kept of what was asked is the last
that the user said. How a reply is told in OpenAI's protocol is in `openai/`.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from pincite.answers.domain import Answer, ReplyEnd
from pincite.core import Scope
from pincite.gateway import ChatFinished, ChatModel, ChatRequest, TextDelta


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """What a model itself is asked.

    Args:
        model: by the name that it was asked for.
        chat: the model.
        request: what.
    """

    model: str
    chat: ChatModel
    request: ChatRequest

    @property
    def said(self) -> str:
        """What the user said last; "" where that is the result of a tool."""
        return next((each.text for each in reversed(self.request.messages) if each.role == "user"), "")


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
        self.answer = answer

    async def events(self) -> AsyncGenerator[tuple[str, Mapping[str, Any]]]:
        """Yield the text as it comes. Raises: ModelError, and what else the model does."""
        begun = self.answer
        async with aclosing(self._asked.chat.stream(self._scope, self._asked.request)) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    self.answer = replace(self.answer, text=self.answer.text + event.text)
                    yield "answer.delta", {"text": event.text}
                elif isinstance(event, ChatFinished):
                    self.answer = _ended(self.answer, event)
                else:
                    self.answer = begun
                    yield "answer.restarted", {"reason": event.reason}


def _ended(answer: Answer, end: ChatFinished) -> Answer:
    return replace(
        answer,
        usage=end.usage,
        cost_usd=end.cost_usd,
        cached=end.cached,
        ended=ReplyEnd(end.reason, end.calls),
    )
