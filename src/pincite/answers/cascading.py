"""Answers by tiers of models: the cheap one begins, and the strong one answers in its place where that is not enough.

What is enough is said by the route (`gateway/cascade.py`); how a tier writes is the business of `wording.py`.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from pincite.answers.drafting import DraftEvent
from pincite.core import PinciteError, get_logger
from pincite.gateway import Tier

RESTARTED = "answer.restarted"

log = get_logger(__name__)


class Cascade(Protocol):
    """Says which tier a question is for."""

    def at_once(self, tenant: str, kind: str, confidence: float) -> str | None:
        """Return why the strong tier is asked at once, None where the cheap one is."""
        ...

    def in_place(self, unsupported: int, sentences: int, refusal: float | None) -> str | None:
        """Return why the strong tier is asked in place of what was written, None where that stands."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """Which tier is to write (None: as the route has them) and why; `in_place` of what was written already."""

    tier: Tier | None
    because: str | None = None
    in_place: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of a question before it is answered.

    Args:
        tenant: whose it is.
        kind: of thing that it wants.
        confidence: the chance, 0..1, that the passages answer it.
        steady: nothing is shown that may be taken back.
    """

    tenant: str
    kind: str = "anything"
    confidence: float = 0.0
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Worth:
    """What is known of what was written: how many sentences, those that no passage carries, whether it refuses.

    `strong` says that the strong tier wrote it, because the cheap one could not.
    """

    unsupported: int
    sentences: int
    refuses: bool
    strong: bool = False


async def cascaded(
    cascade: Cascade, asked: Asked, worded: Callable[[Wish], AsyncGenerator[DraftEvent]], worth: Callable[[], Worth]
) -> AsyncGenerator[DraftEvent]:
    """Yield the events of an answer.

    Args:
        cascade: says which tier it is for.
        asked: the question.
        worded: writes by a tier; in place of something else its first event is `RESTARTED`, or there is none.
        worth: says what is written.

    Raises: ModelError, and whatever else writing does.
    """
    why = cascade.at_once(asked.tenant, asked.kind, asked.confidence)
    first = Wish("cheap", "the cascade begins with it") if why is None else Wish("strong", why)
    may_change = why is None
    held: list[DraftEvent] = []
    async with aclosing(worded(first)) as events:
        async for event in events:
            if not asked.steady or not may_change:
                yield event
            else:
                held = [] if event[0] == RESTARTED else [*held, event]
    if not may_change:
        return
    written = worth()
    why = (
        None
        if written.strong
        else cascade.in_place(written.unsupported, written.sentences, asked.confidence if written.refuses else None)
    )
    is_replaced = False
    async with aclosing(_in_place(worded, why)) as events:
        async for event in events:
            if not asked.steady or is_replaced:  # the first takes back what nobody was shown
                yield event
            is_replaced = True
    for event in () if is_replaced else held:
        yield event


async def _in_place(
    worded: Callable[[Wish], AsyncGenerator[DraftEvent]], why: str | None
) -> AsyncGenerator[DraftEvent]:
    """Yield what the strong tier writes in place of what there is; nothing where that stands, or it cannot begin."""
    if why is None:
        return
    is_begun = False
    try:
        async with aclosing(worded(Wish("strong", why, in_place=True))) as events:
            async for event in events:
                is_begun = True
                yield event
    except PinciteError as error:
        if is_begun:
            raise
        log.warning("cascade.failed", problem=error.message)
