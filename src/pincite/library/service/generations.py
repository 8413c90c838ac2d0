"""Use cases of index generations: which build of the search index answers questions, and with which embedder.

The engine's tables themselves are made and dropped through the `index` room.
"""

from pincite.core import Conflict, Database, NotFound, Scope, utc_now
from pincite.index import Generation
from pincite.library.domain import GenerationState, IndexGeneration
from pincite.library.store import generations as store
from pincite.library.store import waiting
from pincite.library.store.collections import next_version


class Generations:
    """The pointer from a tenant to its index. A new embedder builds a new generation and the pointer flips."""

    _db: Database

    async def active_generation(self, scope: Scope) -> Generation | None:
        """Return the generation that answers questions, None before the first."""
        async with self._db.read(scope) as session:
            found = await store.list_generations(session, scope, GenerationState.ACTIVE)
        return found[0].generation if found else None

    async def generations(self, scope: Scope) -> tuple[IndexGeneration, ...]:
        """Return all of them, oldest first."""
        async with self._db.read(scope) as session:
            return await store.list_generations(session, scope)

    async def add_generation(self, scope: Scope, generation: Generation) -> IndexGeneration:
        """Record a generation that is being built; known already is not an error. Raises: Conflict if it differs."""
        async with self._db.transaction(scope) as tx:
            await store.add_generation(tx, scope, generation, GenerationState.BUILDING, utc_now())
            known = _named(await store.list_generations(tx, scope), generation.name)
        if known.generation != generation:
            raise Conflict(f"There is another index generation named {generation.name!r}.")
        return known

    async def activate_generation(
        self, scope: Scope, name: str, *, fast_model: str | None = None
    ) -> tuple[Generation, ...]:
        """Flip the pointer; returns the generations that are retired. Raises: NotFound.

        The one that was active becomes the fast one where `fast_model` made it and there is no other.
        """
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            known = await store.list_generations(tx, scope)
            _named(known, name)
            has_fast = any(each.state is GenerationState.FAST and each.generation.name != name for each in known)
            for other in known:
                if other.state is GenerationState.ACTIVE and other.generation.name != name:
                    quick = other.generation.model_id == fast_model and not has_fast
                    after = GenerationState.FAST if quick else GenerationState.RETIRED
                    await store.set_generation(tx, scope, other.generation.name, after)
            await store.set_generation(tx, scope, name, GenerationState.ACTIVE)
            await waiting.begin_again(tx, scope)  # what is done of a revision is done in the index before
            retired = await store.list_generations(tx, scope, GenerationState.RETIRED)
        return tuple(found.generation for found in retired)

    async def ensure_generation(self, scope: Scope, generation: Generation) -> Generation:
        """Return the active generation; where there is none, `generation` becomes it. Safe against a race."""
        active = await self.active_generation(scope)
        if active is not None:
            return active
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            found = await store.list_generations(tx, scope, GenerationState.ACTIVE)
            if found:
                return found[0].generation
            await store.add_generation(tx, scope, generation, GenerationState.BUILDING, utc_now())
            known = _named(await store.list_generations(tx, scope), generation.name)
            await store.set_generation(tx, scope, known.generation.name, GenerationState.ACTIVE)
        return known.generation

    async def make_fast(self, scope: Scope, name: str) -> None:
        """Let a generation that is whole be the fast one; another that is stays it. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            known = await store.list_generations(tx, scope)
            _named(known, name)
            if all(each.state is not GenerationState.FAST for each in known):
                await store.set_generation(tx, scope, name, GenerationState.FAST)

    async def forget_generation(self, scope: Scope, name: str) -> None:
        """Delete the record of a generation that is not active. Raises: NotFound, Conflict if it is active."""
        async with self._db.transaction(scope) as tx:
            await next_version(tx, scope)
            known = _named(await store.list_generations(tx, scope), name)
            if known.state is GenerationState.ACTIVE:
                raise Conflict("Questions are answered from this index.", remedy="Activate another one first.")
            await store.drop_generation(tx, scope, name)


def _named(known: tuple[IndexGeneration, ...], name: str) -> IndexGeneration:
    for found in known:
        if found.generation.name == name:
            return found
    raise NotFound(f"There is no index generation {name!r}.")
