"""A chat model that says what it was told to say, for tests of the rooms above.

The double that speaks HTTP is with the tests.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal

from pincite.core import Scope
from pincite.gateway.domain import ChatFinished, ChatRequest, ModelError, TextDelta, Usage

Script = Callable[[ChatRequest], Sequence[str]]


class ScriptedChat:
    """Streams the pieces that `script` returns for a request.

    Args:
        script: makes the pieces of the reply.
        pause_s: the wait before each piece.
        fails: raised after the last piece instead of an end.
    """

    def __init__(self, script: Script, *, pause_s: float = 0.0, fails: ModelError | None = None) -> None:
        self._script = script
        self._pause_s = pause_s
        self._fails = fails
        self.requests: list[ChatRequest] = []

    @property
    def name(self) -> str:
        """`provider:model`."""
        return "memory:scripted"

    async def stream(self, scope: Scope, request: ChatRequest) -> AsyncIterator[TextDelta | ChatFinished]:
        """Yield the script's pieces, then the end. Raises: ModelError, if it was told to."""
        self.requests.append(request)
        written = 0
        for piece in self._script(request):
            await asyncio.sleep(self._pause_s)
            written += len(piece)
            yield TextDelta(piece)
        if self._fails is not None:
            raise self._fails
        yield ChatFinished(self.name, Usage(len(request.system) // 4, written // 4), Decimal("0.001"))
