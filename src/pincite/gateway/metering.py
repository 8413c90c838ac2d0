"""No call of a chat model without the ledger: the most that it can come to is reserved before, the rest settled after.

One call is one attempt at one provider: whoever tries again reserves again.
"""

import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from pincite.core import Scope
from pincite.gateway.domain import ChatFinished, ChatRequest, ModelError, TextDelta, Usage
from pincite.gateway.image_tokens import most_tokens_of, usual_tokens_of
from pincite.gateway.prices import Price, bound
from pincite.ledger import BudgetExceeded, Call, PriceUnknown, Reservation, Spend, Spent, at_hand

CALL_ID = "X-Client-Request-Id"
"""The header that tells a provider which call of the ledger it answers; OpenAI writes it into its own logs."""
# Of a request beside its text: roles and marks around each message, and what a provider puts before all.
_TOKENS_A_MESSAGE, _TOKENS_A_REQUEST = 16, 256
_TOKENS_A_SHAPE = 512
_BYTES_PER_TOKEN = 4
EXPECTED_REPLY_TOKENS = 1024
"""Where nobody says how long a reply may be, most are no longer; whoever bounds what it costs takes the next."""
LONGEST_REPLY_TOKENS = 65_536
"""Where nobody says how long a reply may be, none that is worth waiting for is longer."""
# Where a budget has no room for that, the provider is told to write no more than the most of these that fits.
_SHORTER = (16_384, 4_096, EXPECTED_REPLY_TOKENS)
# A call is over by then, whatever became of it.
_GRACE_S = 60.0
# Whoever waited for a budget until nothing was left is told by the deadline.
_LEAST_S = 0.01


class Meter(Protocol):
    """Where calls are reserved and settled: the ledger, or its double."""

    async def reserve(self, scope: Scope, call: Call, *, patience_s: float = 0.0) -> Reservation:
        """Let a call be made. Raises: BudgetExceeded, PriceUnknown, Unavailable."""
        ...

    def settle(self, reservation: Reservation, spent: Spent) -> None:
        """Have it written down what it came to."""
        ...


AskPrice = Callable[[], Awaitable[Price | None]]


class Attempts(Protocol):
    """Makes single attempts at one model of one provider."""

    @property
    def name(self) -> str:
        """`provider:model`."""
        ...

    async def context_tokens(self) -> int | None:
        """Return what the model takes."""
        ...

    def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError."""
        ...


class CheaperWanted(Exception):
    """A budget asks for the cheaper tier, which is at hand; the call was not made. Never leaves the gateway."""


class MeteredChat:
    """One model, whose every call is in the ledger.

    Args:
        model: makes the calls.
        price: says what they cost, None where nobody knows; asked once a call.
        meter: the ledger.
        yields: there is a cheaper model, for whoever a budget asks to be so.
        instead: says what the model costs that it is asked in place of; None where it is in place of none.
    """

    def __init__(
        self,
        model: Attempts,
        price: AskPrice,
        meter: Meter,
        *,
        yields: bool = False,
        instead: AskPrice | None = None,
    ) -> None:
        self._model = model
        self._price = price
        self._meter = meter
        self._yields = yields
        self._instead = instead

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return self._model.name

    async def context_tokens(self) -> int | None:
        """Return what the model takes."""
        return await self._model.context_tokens()

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError, CheaperWanted; what `Ledger.reserve` does."""
        began = time.monotonic()
        price = await self._price()
        reservation, request = await self._reserved(scope, request, price)
        left_s = max(_LEAST_S, request.timeout_s - (time.monotonic() - began))
        sending = replace(request, call_id=reservation.id, timeout_s=left_s)
        spent = Spent() if price is not None else Spent(pico_usd=None)
        written, sent = 0, False
        try:
            sent = True
            async with aclosing(self._model.stream(scope, sending)) as events:
                async for event in events:
                    if isinstance(event, TextDelta):
                        written += len(event.text.encode("utf-8", "surrogatepass"))
                    else:
                        spent, sent = await self._whole(event.usage, price), False
                    yield event
        except ModelError as error:
            if error.usage is not None:
                spent, sent = _spent(error.usage, price), False
            sent = sent and error.billed
            raise
        finally:
            # Whoever goes away amid a reply, or finds it broken off, has had what was written till then.
            self._meter.settle(reservation, _spent(estimated(request, written), price) if sent else spent)

    async def _whole(self, usage: Usage, price: Price | None) -> Spent:
        """Return what a reply came to, and what more without the provider's cache and by the model it stands for."""
        spent = _spent(usage, price)
        if price is None or usage.estimated:
            return spent
        cost = price.cost(usage)
        strong = None if self._instead is None else await self._instead()
        routed = None if strong is None else strong.cost(usage) - cost
        return spent.beside(price.cost(replace(usage, cached_tokens=0, kept_tokens=0)) - cost, routed)

    async def _reserved(
        self, scope: Scope, request: ChatRequest, price: Price | None
    ) -> tuple[Reservation, ChatRequest]:
        """Return the call's reservation, and the request as it was reserved.

        Raises: CheaperWanted, where a budget bears another model at most.
        """
        may_yield = self._yields and request.tier != "cheap"
        try:
            shorter = () if may_yield else _SHORTER
            reservation, request = await self._fitting(scope, request, price, shorter)
        except (BudgetExceeded, PriceUnknown) as error:
            if may_yield:
                raise CheaperWanted from error
            raise
        if may_yield and reservation.prefer_cheaper:
            self._meter.settle(reservation, Spent())
            raise CheaperWanted
        return reservation, request

    async def _fitting(
        self, scope: Scope, request: ChatRequest, price: Price | None, shorter: Sequence[int]
    ) -> tuple[Reservation, ChatRequest]:
        """Return the reservation of the longest reply that fits, where nobody said how long it may be."""
        lengths = (None, *shorter) if request.max_tokens is None else (request.max_tokens,)
        for most in lengths[:-1]:
            tried = replace(request, max_tokens=most)
            with suppress(BudgetExceeded):
                return await self._meter.reserve(scope, _call(self.name, tried, price)), tried
        last = replace(request, max_tokens=lengths[-1])
        call = _call(self.name, last, price)
        return await self._meter.reserve(scope, call, patience_s=request.timeout_s / 2), last


def estimated(request: ChatRequest, written: int) -> Usage:
    """Return what a call has used of which the provider said nothing; `written` is how many bytes of text came.

    Of what a model that is asked to think has thought nothing came: that is as much as it may have. Nor is it known how
    it counts images, which are as much as they may be.
    """
    said = most_tokens(request)[1] if request.thinks else written // _BYTES_PER_TOKEN
    return Usage(_read(request) + sum(map(most_tokens_of, request.images)), said, estimated=True)


def expected_tokens(request: ChatRequest) -> int:
    """Return about how many tokens a request is, before it is made; what it costs does not go by that."""
    return _read(request) + sum(map(usual_tokens_of, request.images))


def _read(request: ChatRequest) -> int:
    return _bytes_of([text for text, _ in _texts(request)]) // _BYTES_PER_TOKEN


def most_tokens(request: ChatRequest) -> tuple[int, int]:
    """Return the most tokens that a request can be, and its reply.

    A token is one byte or more of text, in every tokenizer that works on bytes: so many bytes, so many tokens at most.
    What an image can be is said in `image_tokens.py`.
    """
    texts = _texts(request)
    # A schema stands in the prompt as it is, with line feeds, or is said again where the provider knows none.
    read = _bytes_of([2 * text if is_shape else text for text, is_shape in texts])
    read += _TOKENS_A_SHAPE * sum(is_shape for _, is_shape in texts)
    read += sum(_TOKENS_A_MESSAGE * len(each.parts) for each in request.messages)
    read += sum(map(most_tokens_of, request.images))
    return _TOKENS_A_REQUEST + _TOKENS_A_MESSAGE * len(texts) + read, request.max_tokens or LONGEST_REPLY_TOKENS


def _texts(request: ChatRequest) -> list[tuple[str, bool]]:
    """Return all that a provider reads of a request, and of each text whether it is a schema."""
    texts = [request.system, *(message.text for message in request.messages)]
    calls = [call for message in request.messages for call in message.calls]
    texts += [part for call in calls for part in (call.id, call.name, call.arguments)]
    shapes = (*request.tools, *(() if request.reply is None else (request.reply,)))
    schemas = [json.dumps([each.name, each.description, dict(each.schema)], indent=1) for each in shapes]
    return [(text, False) for text in texts] + [(schema, True) for schema in schemas]


def _bytes_of(texts: Iterable[str]) -> int:
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _call(model: str, request: ChatRequest, price: Price | None) -> Call:
    read, written = most_tokens(request)
    usd = Decimal(0) if price is None else bound(price, read, written)
    return Call(
        kind="chat",
        model=model,
        purpose=at_hand(request.purpose),
        bound=Spend.at_most(usd, read + written),
        priced=price is not None,
        lasts_s=request.timeout_s + _GRACE_S,
    )


def _spent(usage: Usage, price: Price | None) -> Spent:
    usd = None if price is None else price.cost(usage)
    return Spent.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usd, estimated=usage.estimated)
