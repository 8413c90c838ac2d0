"""Tries a call again where that may help, before anything of the reply was shown; after that a failure is a failure.

Which failures are worth it is said in `failures.py`.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

from pincite.core import Scope
from pincite.gateway.domain import ChatFinished, ChatModel, ChatRequest, ModelError, TextDelta
from pincite.gateway.failures import wait_before_retry

RETRIES = 2


class RetryingChat:
    """A chat model that is asked again where it fails in passing.

    Args:
        model: makes one attempt.
        total_timeout_s: longest time for all attempts together.
    """

    def __init__(self, model: ChatModel, *, total_timeout_s: float) -> None:
        self._model = model
        self._total_timeout_s = total_timeout_s

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return self._model.name

    async def context_tokens(self) -> int | None:
        """Return what the model takes."""
        return await self._model.context_tokens()

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncIterator[TextDelta | ChatFinished]:
        """Yield deltas and then one `ChatFinished`. Raises: ModelError, and what the ledger raises."""
        ends_at = time.monotonic() + min(request.timeout_s, self._total_timeout_s)
        attempt, begun = 0, False
        while True:
            try:
                left_s = ends_at - time.monotonic()
                async for event in self._model.stream(scope, replace(request, timeout_s=left_s)):
                    begun = True
                    yield event
                return
            except ModelError as error:
                cause = error.__cause__ or error
                wait_s = None if begun or attempt >= RETRIES else wait_before_retry(cause, attempt)
                if wait_s is None or time.monotonic() + wait_s >= ends_at:
                    raise
                attempt += 1
                await asyncio.sleep(wait_s)
