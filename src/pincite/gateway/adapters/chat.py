"""A chat model over any provider, through pydantic-ai: streams text, then one end with usage and cost.

One call is one attempt: trying again, and what it costs, are the business of `retrying.py` and `metering.py`.
"""

import asyncio
import codecs
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import TYPE_CHECKING, Any

from opentelemetry import trace

from pincite.core import Scope, get_logger
from pincite.core.telemetry import SERVICE_NAME
from pincite.gateway.adapters.mapping import (
    ended,
    messages_of,
    most_chars,
    parameters_of,
    settings_of,
    text_of,
    usage_of,
    usage_so_far,
)
from pincite.gateway.adapters.spoken import Spoken
from pincite.gateway.deadlines import Deadlines
from pincite.gateway.domain import ChatFinished, ChatRequest, ModelError, TextDelta
from pincite.gateway.failures import broke_off, explained, let_go
from pincite.gateway.prices import Price, PriceBook, window_of
from pincite.gateway.providers import Connection, Provider
from pincite.gateway.settings import ModelSettings

if TYPE_CHECKING:
    from pydantic_ai.models import Model, StreamedResponse

# OpenTelemetry's GenAI conventions are not stable yet: their names stand here and nowhere else.
_SYSTEM, _MODEL, _OPERATION = "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.operation.name"
_INPUT, _OUTPUT = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
# What providers' libraries raise over a stream that is not as it must be.
_UNREADABLE = (AttributeError, TypeError, LookupError, AssertionError, RuntimeError, ArithmeticError)

log = get_logger(__name__)


class ProviderChat:
    """One model of one provider.

    Args:
        provider: the family.
        model: the model's name at the provider.
        connection: how to reach it.
        settings: timeouts.
        prices: what models cost.
    """

    def __init__(
        self, provider: Provider, model: str, connection: Connection, settings: ModelSettings, prices: PriceBook
    ) -> None:
        self._provider = provider
        self._name = model
        self._connection = connection
        self._settings = settings
        self._prices = prices
        self._model: Model | None = None
        self._making = asyncio.Lock()
        self._window: int | None = None

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return f"{self._provider.prefix}:{self._name}"

    async def context_tokens(self) -> int | None:
        """Return what the model takes: as set, as the price list says, or as its provider serves it."""
        if self._window is None:
            # The price list takes half a second to import: not on the event loop.
            listed = await asyncio.to_thread(window_of, self._provider.priced_as, self._name)
            self._window = self._settings.context_tokens or listed or self._provider.window or 0
        return self._window or None

    async def price(self) -> Price | None:
        """Return what the model costs; None where nobody knows."""
        return await self._prices.soon(self.name, self._provider.priced_as)

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError."""
        span = trace.get_tracer(SERVICE_NAME).start_span(f"chat {self._name}")
        span.set_attributes({_SYSTEM: self._provider.prefix, _MODEL: self._name, _OPERATION: "chat"})
        if request.images:
            size = sum(len(each.data) for each in request.images)
            span.set_attributes({"pincite.images": len(request.images), "pincite.image_bytes": size})
        try:
            async with aclosing(self._attempt(request)) as events:
                async for event in events:
                    if isinstance(event, ChatFinished):
                        span.set_attributes({_INPUT: event.usage.input_tokens, _OUTPUT: event.usage.output_tokens})
                    yield event
        except ModelError as error:
            span.set_status(trace.StatusCode.ERROR, error.message)
            raise
        finally:
            span.end()

    async def _attempt(self, request: ChatRequest) -> AsyncGenerator[TextDelta | ChatFinished]:
        from pydantic_ai.direct import model_request_stream
        from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UserError

        limits = self._settings
        total_s = min(request.timeout_s, limits.total_timeout_s)
        written, response = 0, None
        try:
            model = await self._made()
            first_s = total_s if request.thinks else limits.first_event_timeout_s
            deadlines = Deadlines(first_s, limits.idle_timeout_s, total_s)
            asked = messages_of(request, detailed=self._provider.detailed)
            settings, parameters = self._told(request), parameters_of(request, model)
            stream = model_request_stream(model, asked, model_settings=settings, model_request_parameters=parameters)
            async with AsyncExitStack() as closing:
                async with deadlines.first():
                    response = await closing.enter_async_context(stream)
                texts = await closing.enter_async_context(aclosing(_pieces(response, deadlines)))
                async for text in texts:
                    written += len(text)
                    if written > most_chars(request):
                        raise UnexpectedModelBehavior("far more text than was asked for")
                    yield TextDelta(text)
            usage = usage_of(response, request, written)
            try:
                calls, reason = ended(response, request, self.name)
            except ModelError as error:
                # What is cut off or withheld is billed as well.
                has_end = response.finish_reason is not None
                error.usage = usage if has_end else usage_so_far(response, request, written)
                raise
        except (AgentRunError, UserError, TimeoutError, ValueError, OSError) as error:
            told = _as_told(explained(error, self.name), response, request)
            let_go(error)
            raise told from error
        except _UNREADABLE as error:
            log.exception("model.unreadable", model=self.name)
            told = _as_told(broke_off(self.name), response, request)
            let_go(error)
            raise told from error
        price = await self.price()
        yield ChatFinished(self.name, usage, None if price is None else price.cost(usage), calls, reason)

    def _told(self, request: ChatRequest) -> Any:
        return {**settings_of(request), **self._provider.marks(request)}

    async def _made(self) -> "Model":
        async with self._making:
            if self._model is None:
                # The provider's library takes a second to import: not on the event loop.
                self._model = await asyncio.to_thread(self._provider.make, self._name, self._connection)
            return self._model


def _as_told(error: ModelError, response: "StreamedResponse | None", request: ChatRequest) -> ModelError:
    """Return an error with the usage, where the provider had said both it and why the reply ends: it is all of it."""
    if response is not None and response.finish_reason is not None:
        usage = usage_of(response, request, 0)
        error.usage = None if usage.estimated else usage
    return error


class _Storable:
    """Makes pieces of text such as any database takes: NUL becomes U+FFFD, and so does half of a surrogate pair.

    Where a provider cuts a pair in two, its first half waits for the second.
    """

    def __init__(self) -> None:
        self._pairs = codecs.getincrementaldecoder("utf-16-le")("replace")

    def __call__(self, text: str, *, final: bool = False) -> str:
        """Return a piece with what was held of the one before; `final`: nothing comes after it."""
        return self._pairs.decode(text.encode("utf-16-le", "surrogatepass"), final).replace("\x00", "\ufffd")


async def _pieces(response: "StreamedResponse", deadlines: Deadlines) -> AsyncGenerator[str]:
    events, storable, spoken = aiter(response), _Storable(), Spoken()
    limit = deadlines.first
    while True:
        try:
            async with limit():
                event = await anext(events)
        except StopAsyncIteration:
            rest = spoken(storable("", final=True), final=True)
            if rest:
                yield rest
            return
        limit = deadlines.next
        text = spoken(storable(text_of(event)))
        if text:
            deadlines.wrote()
            yield text
