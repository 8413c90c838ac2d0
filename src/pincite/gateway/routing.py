"""The chat model that everybody asks: one call of it is one request, whatever it takes; each decision is in its trace.

What is decided where: `course.py` (which models, in which order?), `retrying.py` (once more?), `line.py` (may the
provider be called, and when?).
"""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from opentelemetry import trace

from pincite.core import Scope
from pincite.core.telemetry import SERVICE_NAME
from pincite.gateway.cascade import Cascade
from pincite.gateway.course import Premium, When, by_tier
from pincite.gateway.domain import (
    ChatFinished,
    ChatRequest,
    Lane,
    ModelError,
    Overloaded,
    Restarted,
    Sign,
    TextDelta,
    Tier,
)
from pincite.gateway.line import Note
from pincite.gateway.metering import EXPECTED_REPLY_TOKENS, CheaperWanted, expected_tokens
from pincite.gateway.retrying import RetryingChat

# Who has another model to ask waits no longer than this for a turn.
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One model of a course: when it is asked, and of which tier it is."""

    chat: RetryingChat
    tier: Tier | None = None
    when: When = field(default_factory=When)


@dataclass(slots=True)
class _State:
    """Of one request: whether the model that is asked has begun, and why what was shown before it is void."""

    begun: bool = False
    void: str | None = None


class RoutedChat:
    """A chat model for everybody: the models of a course, of which the next is asked where one fails.

    Args:
        legs: the models in their order; at least one.
        total_timeout_s: longest time for a whole reply, all attempts together.
        cascade: when whoever asks begins with the cheap tier, and goes on to the strong one.
        premium: whose requests come before others'.
    """

    def __init__(
        self,
        legs: Sequence[Leg],
        *,
        total_timeout_s: float,
        cascade: Cascade | None = None,
        premium: Premium | None = None,
    ) -> None:
        self._legs = tuple(legs)
        self._premium = premium or Premium()
        self.cascade = cascade
        self._total_timeout_s = total_timeout_s

    @property
    def name(self) -> str:
        """`provider:model` of the first; the reply's end says which it was."""
        return self._legs[0].chat.name

    async def context_tokens(self) -> int | None:
        """Return what the first model takes; others are left out where they take less than a request needs."""
        return await self._legs[0].chat.context_tokens()

    def look(self, scope: Scope, lane: Lane) -> None:
        """Pass where a call of the scope's would have its turn in time, at one of the models. Raises: Overloaded."""
        full: list[Overloaded] = []
        lane = self._premium.lane(scope, lane)
        for leg in self._legs:
            try:
                leg.chat.look(lane, self._total_timeout_s / 2)
            except Overloaded as error:
                full.append(error)
            else:
                return
        raise full[-1]

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError, and what the ledger raises."""
        total_s = min(request.timeout_s, self._total_timeout_s)
        span = trace.get_tracer(SERVICE_NAME).start_span(f"route {self.name}")
        try:
            request = replace(request, timeout_s=total_s, lane=self._premium.lane(scope, request.lane))
            async with aclosing(self._routed(scope, request, span.add_event)) as events:
                async for event in events:
                    yield event
        except ModelError as error:
            span.set_status(trace.StatusCode.ERROR, error.message)
            raise
        finally:
            span.end()

    async def _routed(
        self, scope: Scope, request: ChatRequest, note: Note
    ) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        ends_at = time.monotonic() + request.timeout_s
        waiting = by_tier(await self._fitting(scope, request, note), lambda leg: leg.tier, request.tier)
        reason = request.because or (
            "it is the first" if request.tier is None else f"the tier {request.tier} is asked for"
        )
        state = _State()
        while True:
            leg = waiting.pop(0)
            note("chosen", {"model": leg.chat.name, "reason": reason})
            asked = replace(request, timeout_s=ends_at - time.monotonic())
            patience_s = min(_PATIENCE_S, asked.timeout_s / 2) if waiting else asked.timeout_s / 2
            state.begun = False
            try:
                async with aclosing(self._heard(leg, leg.chat.stream(scope, asked, note, patience_s), state)) as events:
                    async for event in events:
                        yield event
                return
            except CheaperWanted:
                reason = "a budget asks for the cheaper tier"
                note("left", {"model": leg.chat.name, "reason": reason})
                if request.only_tier:
                    raise ModelError(f"{reason[0].upper()}{reason[1:]}.", billed=False) from None
                request = replace(request, tier="cheap")
                waiting = by_tier([*waiting, leg], lambda each: each.tier, "cheap")
            except ModelError as error:
                is_final = error.sign is Sign.OURS or (state.begun and request.told_at_once)
                if is_final or not waiting or time.monotonic() >= ends_at:
                    raise
                state.void = error.message if state.begun else state.void
                reason = f"{leg.chat.name} did not answer: {error.message}"
                note("restarted" if state.begun else "left", {"model": leg.chat.name, "reason": error.message})

    @staticmethod
    async def _heard(
        leg: Leg, events: AsyncGenerator[TextDelta | ChatFinished], state: "_State"
    ) -> AsyncGenerator[TextDelta | Restarted | ChatFinished]:
        async with aclosing(events):
            async for event in events:
                if state.void is not None:
                    yield Restarted(state.void)
                state.begun, state.void = True, None
                yield replace(event, tier=leg.tier) if isinstance(event, ChatFinished) else event

    async def _fitting(self, scope: Scope, request: ChatRequest, note: Note) -> list[Leg]:
        """Return the legs that a request is for. Raises: ModelError, where it is for none."""
        tokens = expected_tokens(request)
        fitting: list[Leg] = []
        for leg in self._legs:
            why = leg.when.why_not(scope, request, tokens)
            if why is None and leg is not self._legs[0]:
                window = await leg.chat.context_tokens()
                needed = tokens + (request.max_tokens or EXPECTED_REPLY_TOKENS)
                why = f"takes {window:,} tokens" if window is not None and window < needed else None
            if why is None and request.only_tier and leg.tier != request.tier:
                why = f"is not of the tier {request.tier}"
            if why is None:
                fitting.append(leg)
            else:
                note("skipped", {"model": leg.chat.name, "reason": f"it {why}"})
        if not fitting:
            raise ModelError(
                "None of the models is for a request like this.",
                remedy="Change the conditions in PINCITE_MODEL_ROUTES, or ask for another model.",
                billed=False,
            )
        return fitting
