"""Puts points back that were taken out of the index although their document is done by now.

Taking points out cannot be fenced as rows are: between the look at a document that was stopped and the deletion,
somebody may begin it again; or a worker freezes there, and wakes when another has finished it. So whoever took points
out looks afterwards, and so does whoever finished a document that was begun more than once: one of the two comes last.
"""

from collections.abc import Sequence
from contextlib import suppress

from pincite.core import NotFound, Scope, get_logger
from pincite.ingest.domain import IngestParts
from pincite.ingest.generations import Target, answering
from pincite.ingest.points import points_for

log = get_logger(__name__)


async def put_back(parts: IngestParts, scope: Scope, revision_ids: Sequence[str]) -> None:
    """Write the points that revisions lack which are done and serve. Raises: Unavailable, StorageFull."""
    serving = await parts.library.serving(scope, revision_ids)
    if not serving:
        return
    waiting = await parts.library.waiting_revisions(scope)
    for target in await answering(parts, scope):
        for revision_id, source in serving.items():
            if target.fast or revision_id not in waiting:
                await complete(parts, scope, target, revision_id, source)


async def complete(parts: IngestParts, scope: Scope, target: Target, revision_id: str, source: str) -> None:
    """Write the points that a build lacks of a revision, and none of one that does not serve any more.

    Raises: Unavailable, StorageFull.
    """
    held = await parts.index.vectors(scope, target.generation, revision_id)
    written = 0
    with suppress(NotFound):  # removed meanwhile
        async for chunks in parts.library.chunks(scope, revision_id):
            if missing := [chunk for chunk in chunks if chunk.id not in held]:
                points = await points_for(parts, target.embedder, scope, source, missing)
                await parts.index.write(scope, target.generation, points)
                written += len(missing)
    if written:
        log.warning("points put back", revision=revision_id, points=written)
        if not await parts.library.serving(scope, [revision_id]):
            await parts.index.delete_revisions(scope, target.generation, [revision_id])
