"""Use cases of index generations: which build of the search index answers questions, and with which embedder."""

from pincite.core import Database, Scope
from pincite.index import Generation
from pincite.library.domain import IndexGeneration


class Generations:
    """The pointer from a tenant to its index. A new embedder builds a new generation and the pointer flips."""

    _db: Database

    async def active_generation(self, scope: Scope) -> Generation | None:
        """Return the generation that answers questions, None before the first."""
        raise NotImplementedError

    async def generations(self, scope: Scope) -> tuple[IndexGeneration, ...]:
        """Return all of them, oldest first."""
        raise NotImplementedError

    async def add_generation(self, scope: Scope, generation: Generation) -> IndexGeneration:
        """Record a generation that is being built; known already is not an error. Raises: Conflict if it differs."""
        raise NotImplementedError

    async def activate_generation(self, scope: Scope, name: str) -> tuple[Generation, ...]:
        """Flip the pointer; returns the generations it retired (to be dropped). Raises: NotFound."""
        raise NotImplementedError

    async def ensure_generation(self, scope: Scope, generation: Generation) -> Generation:
        """Return the active generation; where there is none, `generation` becomes it. Safe against a race."""
        raise NotImplementedError

    async def forget_generation(self, scope: Scope, name: str) -> None:
        """Delete the record of a generation that is not active. Raises: NotFound, Conflict if it is active."""
        raise NotImplementedError
