"""The chat model that everybody asks: one call of it is one request, whatever it takes; each decision is in its trace.

What is decided where: `retrying.py` (once more?), `line.py` (may the provider be called?).
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from opentelemetry import trace

from pincite.core import Scope
from pincite.core.telemetry import SERVICE_NAME
from pincite.gateway.domain import ChatFinished, ChatRequest, ModelError, TextDelta
from pincite.gateway.retrying import RetryingChat


class RoutedChat:
    """A chat model for everybody.

    Args:
        model: answers.
        total_timeout_s: longest time for a whole reply, all attempts together.
    """

    def __init__(self, model: RetryingChat, *, total_timeout_s: float) -> None:
        self._model = model
        self._total_timeout_s = total_timeout_s

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return self._model.name

    async def context_tokens(self) -> int | None:
        """Return what the model takes."""
        return await self._model.context_tokens()

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncGenerator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError, and what the ledger raises."""
        ends_at = time.monotonic() + min(request.timeout_s, self._total_timeout_s)
        span = trace.get_tracer(SERVICE_NAME).start_span(f"route {self.name}")
        try:
            left = replace(request, timeout_s=ends_at - time.monotonic())
            async with aclosing(self._model.stream(scope, left, span.add_event)) as events:
                async for event in events:
                    yield event
        except ModelError as error:
            span.set_status(trace.StatusCode.ERROR, error.message)
            raise
        finally:
            span.end()
