"""Tries a call again where that may help, before anything of the reply was shown; after that a failure is a failure.

Which failures are worth it is said in `failures.py`; how many calls may be made once more, and whether the provider may
be called at all, by its line.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from pincite.core import Scope, StorageFull, Unavailable
from pincite.gateway.domain import ChatFinished, ChatRequest, Lane, ModelError, TextDelta
from pincite.gateway.failures import wait_before_retry
from pincite.gateway.line import Line, Note
from pincite.gateway.metering import CheaperWanted, MeteredChat
from pincite.ledger import BudgetExceeded, PriceUnknown

RETRIES = 2


@dataclass(frozen=True, slots=True)
class _Try:
    number: int
    patience_s: float


class RetryingChat:
    """One model that is asked again where it fails in passing, and left alone where its provider does not answer.

    Args:
        model: makes one attempt.
        line: of its provider.
        chance: makes numbers in 0..1.
        retries: how often it is asked again at most.
    """

    def __init__(
        self, model: MeteredChat, line: Line, chance: Callable[[], float] = random.random, *, retries: int = RETRIES
    ) -> None:
        self._model = model
        self._retries = retries
        self._line = line
        self._chance = chance

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return self._model.name

    async def context_tokens(self) -> int | None:
        """Return what the model takes."""
        return await self._model.context_tokens()

    def look(self, lane: Lane, patience_s: float) -> None:
        """Pass where a call would have its turn in time. Raises: Overloaded."""
        self._line.look(lane, patience_s)

    async def stream(
        self, scope: Scope, request: ChatRequest, note: Note, patience_s: float
    ) -> AsyncGenerator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`.

        Args:
            scope: who asks.
            request: what; its `timeout_s` is for all attempts together.
            note: is told what is decided.
            patience_s: the longest wait for a turn.

        Raises:
            ModelError: it failed, and was not tried again or in vain.
            CheaperWanted: a budget asks for another model. What the ledger raises comes through, too.
        """
        ends_at = time.monotonic() + request.timeout_s
        attempt, begun = 0, False
        while True:
            try:
                left = replace(request, timeout_s=ends_at - time.monotonic())
                async with aclosing(self._attempt(scope, left, note, _Try(attempt, patience_s))) as events:
                    async for event in events:
                        begun = True
                        yield event
                return
            except ModelError as error:
                wait_s = (
                    None if begun or attempt >= self._retries else wait_before_retry(error, attempt, self._chance())
                )
                if wait_s is None or time.monotonic() + wait_s >= ends_at:
                    raise
                why_not = self._line.why_not_again()
                if why_not is not None:
                    note("not retried", {"model": self.name, "reason": why_not})
                    raise
                note("retried", {"model": self.name, "reason": error.message, "wait_s": round(wait_s, 3)})
                attempt += 1
            await asyncio.sleep(wait_s)

    async def _attempt(
        self, scope: Scope, request: ChatRequest, note: Note, this: "_Try"
    ) -> AsyncGenerator[TextDelta | ChatFinished]:
        began = time.monotonic()
        await self._line.turn(request, min(this.patience_s, request.timeout_s), note)
        request = replace(request, timeout_s=request.timeout_s - (time.monotonic() - began))
        try:
            permit = self._line.admit(again=this.number > 0)
        except ModelError:
            self._line.not_made(request)
            raise
        try:
            async with aclosing(self._model.stream(scope, request)) as events:
                async for event in events:
                    self._line.answered(permit, note, whole=isinstance(event, ChatFinished))
                    yield event
        except ModelError as error:
            self._line.failed(permit, error, note)
            raise
        except (
            CheaperWanted,
            BudgetExceeded,
            PriceUnknown,
            Unavailable,
            StorageFull,
        ):  # nothing was sent
            self._line.not_made(request)
            raise
        finally:
            permit.dropped()
