"""Which builds of the index a write goes to, each with the embedder that made it.

What a generation is recorded as belongs to the library; how it is stored, to the index.
"""

from dataclasses import dataclass

from pincite.core import Scope, new_id
from pincite.gateway import Embedder
from pincite.index import Generation
from pincite.ingest.domain import IndexOutdated, IngestParts
from pincite.library import IndexGeneration

_ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Target:
    """A build that is written to. One that answers must not miss a write; others are completed before they answer."""

    generation: Generation
    embedder: Embedder
    answers: bool


async def fresh_generation(scope: Scope, embedder: Embedder) -> Generation:
    """Return a new generation for the vectors of this embedder. Raises: Unavailable (a provider is asked)."""
    dimensions = embedder.dimensions or (await embedder.embed(scope, ["size"])).shape[1]
    return Generation(name=f"g{new_id()}", model_id=embedder.model_id, dimensions=dimensions)


async def targets(parts: IngestParts, scope: Scope) -> tuple[Target, ...]:
    """Return what points are written to: the build that answers, that which is being built, and that which was kept.

    Makes the first build.

    Raises:
        IndexOutdated: no build's embedder can be had any more.
        Unavailable: the first build's embedder did not answer.
    """
    if await parts.library.active_generation(scope) is None:
        await parts.library.ensure_generation(scope, await fresh_generation(scope, parts.embedders.chosen))
    found = [await _target(parts, entry) for entry in await parts.library.generations(scope)]
    wanted = tuple(target for target in found if target is not None)
    if not wanted:
        raise IndexOutdated(
            "The search index was made by an embedder that is no longer there.",
            remedy="Run `pincite reindex`, then try again; or set PINCITE_EMBEDDER back.",
        )
    return wanted


async def answering(parts: IngestParts, scope: Scope) -> Target | None:
    """Return the build that answers questions; None before the first, or where its embedder cannot be had."""
    found = [await _target(parts, entry) for entry in await parts.library.generations(scope)]
    return next((target for target in found if target is not None and target.answers), None)


async def all_generations(parts: IngestParts, scope: Scope) -> tuple[Generation, ...]:
    """Return every generation that may hold points."""
    return tuple(entry.generation for entry in await parts.library.generations(scope))


async def _target(parts: IngestParts, entry: IndexGeneration) -> Target | None:
    embedder = await parts.embedders.of(entry.generation.model_id)
    return None if embedder is None else Target(entry.generation, embedder, entry.state.value == _ACTIVE)
