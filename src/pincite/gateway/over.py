"""What a chat model that stands over another hands on as it is: its name, its rules, its room. Streams are its own."""

from pincite.core import Scope
from pincite.gateway.cascade import Cascade
from pincite.gateway.domain import ChatModel, Lane


class ChatOver:
    """A chat model over another.

    Args:
        model: the other.
    """

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    @property
    def name(self) -> str:
        """`provider:model`, as in settings."""
        return self._model.name

    @property
    def cascade(self) -> Cascade | None:
        """When whoever asks begins with the cheap tier, and goes on to the strong one."""
        return self._model.cascade

    async def context_tokens(self) -> int | None:
        """Return how many tokens the model takes, question and reply together; None where nobody says."""
        return await self._model.context_tokens()

    def look(self, scope: Scope, lane: Lane) -> None:
        """Pass where a call of the scope's would have its turn in time. Raises: Overloaded."""
        self._model.look(scope, lane)
