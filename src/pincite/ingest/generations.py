"""Which builds of the index a write goes to, each with the embedder that made it.

What a generation is recorded as belongs to the library; how it is stored, to the index.
"""

from dataclasses import dataclass

from pincite.core import Scope, new_id
from pincite.gateway import Embedder
from pincite.index import Generation
from pincite.ingest.domain import IndexOutdated, IngestParts
from pincite.library import IndexGeneration

_ACTIVE, _FAST = "active", "fast"


@dataclass(frozen=True, slots=True)
class Target:
    """A build that is written to. One that answers must not miss a write; others are completed before they answer."""

    generation: Generation
    embedder: Embedder
    answers: bool = False
    fast: bool = False


async def fresh_generation(scope: Scope, embedder: Embedder) -> Generation:
    """Return a new generation for the vectors of this embedder. Raises: Unavailable (a provider is asked)."""
    dimensions = embedder.dimensions or (await embedder.embed(scope, ["size"])).shape[1]
    return Generation(name=f"g{new_id()}", model_id=embedder.model_id, dimensions=dimensions)


async def targets(parts: IngestParts, scope: Scope) -> tuple[Target, ...]:
    """Return what the points of a new document are written to at once; makes the first builds.

    That is the fast build where there is one: vectors of the better embedder follow (`filling.py`). Otherwise it is the
    build that answers, that which is being built, and that which was kept.

    Raises:
        IndexOutdated: no build's embedder can be had any more.
        Unavailable: the first build's embedder did not answer.
    """
    if await parts.library.active_generation(scope) is None:
        await _make_first(parts, scope)
    known = await parts.library.generations(scope)
    fast = [entry for entry in known if entry.state.value == _FAST]
    wanted = [target for target in [await _target(parts, entry) for entry in fast or known] if target is not None]
    if not wanted:
        raise IndexOutdated(
            "The search index was made by an embedder that is no longer there.",
            remedy="Run `pincite reindex`, then try again; or set PINCITE_EMBEDDER back.",
        )
    return tuple(wanted)


async def better(parts: IngestParts, scope: Scope) -> Target | None:
    """Return the build that is filled behind the fast one; None where it needs none, or its embedder cannot be had."""
    entries = {entry.state.value: entry for entry in await parts.library.generations(scope)}
    if _FAST not in entries or _ACTIVE not in entries:
        return None
    return await _target(parts, entries[_ACTIVE])


async def answering(parts: IngestParts, scope: Scope) -> tuple[Target, ...]:
    """Return the builds that answer questions, without those whose embedder cannot be had."""
    found = [await _target(parts, entry) for entry in await parts.library.generations(scope)]
    return tuple(target for target in found if target is not None and target.answers)


async def all_generations(parts: IngestParts, scope: Scope) -> tuple[Generation, ...]:
    """Return every generation that may hold points."""
    return tuple(entry.generation for entry in await parts.library.generations(scope))


async def _make_first(parts: IngestParts, scope: Scope) -> None:
    """Make the fast build, if one is wanted, then the one that answers: empty, so both are whole."""
    if parts.embedders.fast is not None:
        await add_fast(parts, scope, parts.embedders.fast)
    await parts.library.ensure_generation(scope, await fresh_generation(scope, parts.embedders.chosen))


async def add_fast(parts: IngestParts, scope: Scope, embedder: Embedder) -> None:
    """Make an empty build the fast one, where there is none."""
    fresh = await fresh_generation(scope, embedder)
    await parts.library.add_generation(scope, fresh)
    await parts.library.make_fast(scope, fresh.name)


async def _target(parts: IngestParts, entry: IndexGeneration) -> Target | None:
    embedder, state = await parts.embedders.of(entry.generation.model_id), entry.state.value
    return None if embedder is None else Target(entry.generation, embedder, state in {_ACTIVE, _FAST}, state == _FAST)
