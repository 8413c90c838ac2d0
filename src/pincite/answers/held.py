"""Holds the text of a draft back until it was found fit, sentence by sentence; nothing else of it changes.

What is fit is decided in `moderation.py`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from pincite.answers.domain import Answer
from pincite.answers.drafting import Draft, DraftEvent
from pincite.answers.moderation import Moderation
from pincite.core import Scope

# What was shown before a sentence is looked at with it: a phrase may begin there.
_BEFORE = 200


class Held:
    """The events of one draft, as they may be seen.

    Args:
        draft: the answer in the making.
        moderation: says what may be shown.
        scope: who asks.
    """

    def __init__(self, draft: Draft, moderation: Moderation, scope: Scope) -> None:
        self._draft = draft
        self._moderation = moderation
        self._scope = scope
        self._shown = ""
        self._waiting = ""
        self._pins = 0

    @property
    def answer(self) -> Answer:
        """The draft's answer, as far as it was shown."""
        made = self._draft.answer
        if not self._moderation.active or made.text == self._shown:
            return made
        return replace(made, text=self._shown, pins=made.pins[: self._pins], nearest=(), older=())

    async def events(self) -> AsyncGenerator[DraftEvent]:
        """Yield the draft's events, text by the sentence. Raises: AnswerRefused, ModerationFailed, and the draft's."""
        async with aclosing(self._draft.events()) as events:
            async for event in events:
                for fit in await self._fit(*event):
                    yield fit
        for fit in await self._released(len(self._waiting)):
            yield fit

    async def _fit(self, name: str, data: Mapping[str, Any]) -> Sequence[DraftEvent]:
        """Return what may be seen now that an event came: text waits until a pin says that its sentence is whole."""
        if not self._moderation.active:
            return ((name, data),)
        if name == "answer.restarted":
            self._shown, self._waiting, self._pins = "", "", 0
        if name == "answer.delta":
            self._waiting += data["text"]
            return ()
        if name != "answer.pin":
            return ((name, data),)
        released = await self._released(data["claim"][1] - len(self._shown))
        self._pins += 1
        return (*released, (name, data))

    async def _released(self, chars: int) -> Sequence[DraftEvent]:
        text = self._waiting[: max(0, chars)]
        if not text:
            return ()
        await self._moderation.sentence(self._scope, self._shown[-_BEFORE:] + text)
        self._waiting = self._waiting[len(text) :]
        self._shown += text
        return (("answer.delta", {"text": text}),)
