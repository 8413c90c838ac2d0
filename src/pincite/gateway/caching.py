"""A chat model whose replies are kept and given again to the same request, and asked once for what many ask at once.

Which requests those are is decided in `cache_key.py`; where replies are kept, in `replies.py`.
"""

import re
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from decimal import Decimal

from opentelemetry import trace

from pincite.core import Scope, new_id
from pincite.core.telemetry import SERVICE_NAME
from pincite.gateway.cache_key import is_clients_own, key_of, use_of
from pincite.gateway.domain import ChatFinished, ChatModel, ChatRequest, KeptReply, Restarted, TextDelta, Usage
from pincite.gateway.flights import Course, Flights, Work
from pincite.gateway.metering import Meter
from pincite.gateway.over import ChatOver
from pincite.gateway.replies import Replies
from pincite.gateway.saving import note_saved
from pincite.ledger import BudgetExceeded, PriceUnknown

Event = TextDelta | Restarted | ChatFinished
_WHOLE = frozenset({"stop", "tool_calls"})
_PIECE = re.compile(r".{1,40}(?:\s+|$)|\S{1,40}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request whose reply may be kept, by whom, under which key, and whether one that is kept will not do."""

    scope: Scope
    request: ChatRequest
    key: str
    anew: bool


class CachedChat(ChatOver):
    """A chat model over one that costs something.

    Args:
        model: the model; its replies are checked already.
        replies: those that are kept.
        meter: the ledger, in which a reply that is given again stands as what it saved.
        course: tells what answers from other models: the names and addresses of all that may.
    """

    def __init__(self, model: ChatModel, replies: Replies, meter: Meter, course: str) -> None:
        super().__init__(model)
        self._replies = replies
        self._meter = meter
        self._course = course
        self._flights: Flights[Event] = Flights()

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[Event]:
        """Yield deltas and then one `ChatFinished`, `cached` where no call was made for it. Raises: as the model does.

        Whoever asks the same while it is under way gets the same events, and what goes wrong, too; but where it was the
        budget of another that stood against it, one of those who wait asks in their stead.
        """
        use = use_of(request)
        if use == "avoid":
            events = self._model.stream(scope, request)
        else:
            events = self._answered(_Asked(scope, request, key_of(scope, request, self._course), anew=use == "renew"))
        async with aclosing(events):
            async for event in events:
                yield event

    async def _answered(self, asked: _Asked) -> AsyncGenerator[Event]:
        # What began before is not made anew for who wants it so.
        flight = new_id() if asked.anew else f"{asked.key} {asked.request.told_at_once}"
        while True:
            joins, shown = self._flights.has(flight), False
            try:
                async with aclosing(self._followed(flight, asked, joins=joins)) as events:
                    async for event in events:
                        shown = True
                        yield event
                return
            except (BudgetExceeded, PriceUnknown):
                if not joins or shown:
                    raise

    async def _followed(self, flight: str, asked: _Asked, *, joins: bool) -> AsyncGenerator[Event]:
        async with aclosing(self._flights.follow(flight, self._work(asked))) as events:
            async for event in events:
                if not isinstance(event, ChatFinished):
                    yield event
                    continue
                self._decided("hit" if event.cached else "joined" if joins else "missed")
                yield await self._for_nothing(asked, event) if joins or event.cached else event

    def _work(self, asked: _Asked) -> Work[Event]:
        async def work(course: Course[Event]) -> None:
            began = time.monotonic()
            found = None if asked.anew else await self._replies.find(asked.scope, asked.key)
            if found is not None:
                for event in _again(found, asked.request):
                    course.add(event, last=isinstance(event, ChatFinished))
                return
            text, end = "", None
            async with aclosing(self._model.stream(asked.scope, asked.request)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        text += event.text
                    elif isinstance(event, Restarted):
                        text = ""
                    else:
                        end = event
                    course.add(event, last=event is end)
            # Nobody waits for that; who asks the same meanwhile follows this.
            if end is not None:
                await self._kept(asked, text, end, began)

        return work

    async def _kept(self, asked: _Asked, text: str, end: ChatFinished, began: float) -> None:
        wanted = asked.request.tier
        # Whom a budget, or a provider that failed, gave another model, has had what others are not to be given.
        is_its_own = end.model == self.name if wanted is None else end.tier == wanted
        if is_its_own and end.reason in _WHOLE and (text.strip() or end.calls):
            reply = KeptReply(end.model, text, end.calls, end.reason, end.cost_usd)
            shared = not is_clients_own(asked.request)
            await self._replies.keep(asked.scope, asked.key, reply, shared=shared, began=began)

    async def _for_nothing(self, asked: _Asked, end: ChatFinished) -> ChatFinished:
        """Return the end of a reply that no call was made for, and have it written down what that saved."""
        await note_saved(self._meter, asked.scope, end.model, asked.request.purpose, end.cost_usd)
        return replace(end, usage=Usage(), cost_usd=Decimal(0), cached=True)

    def _decided(self, what: str) -> None:
        span = trace.get_tracer(SERVICE_NAME).start_span(f"cache {self.name}")
        span.set_attribute("pincite.cache", what)
        span.end()


def _again(found: KeptReply, request: ChatRequest) -> list[Event]:
    """Return a kept reply in pieces; one that had to fit a shape is told whole, as it was."""
    pieces = [found.text] if request.reply is not None and found.text else _PIECE.findall(found.text)
    end = ChatFinished(found.model, Usage(), found.cost_usd, found.calls, found.reason, tier=request.tier, cached=True)
    return [*map(TextDelta, pieces), end]
