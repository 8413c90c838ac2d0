"""Which builds of the index a write goes to: the one that answers, and those that are being built beside it.

What a generation is recorded as belongs to the library; how it is stored, to the index.
"""

from pincite.core import Scope, new_id
from pincite.gateway import Embedder
from pincite.index import Generation
from pincite.ingest.domain import IndexOutdated, IngestParts

_RETIRED = "retired"


def fresh_generation(embedder: Embedder) -> Generation:
    """Return a new generation for the vectors of this embedder."""
    return Generation(name=f"g{new_id()}", model_id=embedder.model_id, dimensions=embedder.dimensions)


async def writable_generations(parts: IngestParts, scope: Scope) -> tuple[Generation, ...]:
    """Return the generations that points go to; makes the first one.

    Raises:
        IndexOutdated: all were made by another embedder.
    """
    if await parts.library.active_generation(scope) is None:
        await parts.library.ensure_generation(scope, fresh_generation(parts.embedder))
    known = await parts.library.generations(scope)
    wanted = tuple(
        entry.generation
        for entry in known
        if entry.state.value != _RETIRED and entry.generation.model_id == parts.embedder.model_id
    )
    if not wanted:
        raise IndexOutdated(
            "The search index was made by another embedding model.", remedy="Run `pincite reindex`, then try again."
        )
    return wanted


async def all_generations(parts: IngestParts, scope: Scope) -> tuple[Generation, ...]:
    """Return every generation that may hold points."""
    return tuple(entry.generation for entry in await parts.library.generations(scope))
