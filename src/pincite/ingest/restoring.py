"""Puts points back that were taken out of the index although their document is done by now.

Taking points out cannot be fenced as rows are: between the look at a document that was stopped and the deletion,
somebody may begin it again; or a worker freezes there, and wakes when another has finished it. So whoever took points
out looks afterwards, and so does whoever finished a document that was begun more than once: one of the two comes last.
"""

from collections.abc import Sequence

from pincite.core import NotFound, Scope, get_logger
from pincite.ingest.domain import IngestParts
from pincite.ingest.generations import Target, answering
from pincite.ingest.points import points_for

log = get_logger(__name__)


async def put_back(parts: IngestParts, scope: Scope, revision_ids: Sequence[str]) -> int:
    """Write the points that revisions lack which are done and serve; returns how many that were.

    Raises: Unavailable, StorageFull.
    """
    written = 0
    for revision_id, source in (await parts.library.serving(scope, revision_ids)).items():
        for target in await answering(parts, scope):
            if target.fast or revision_id not in await parts.library.waiting_revisions(scope):
                written += await _complete(parts, scope, target, (revision_id, source))
    return written


async def _complete(parts: IngestParts, scope: Scope, target: Target, document: tuple[str, str]) -> int:
    revision_id, source = document
    held = await parts.index.vectors(scope, target.generation, revision_id)
    written = 0
    try:
        async for chunks in parts.library.chunks(scope, revision_id):
            missing = [chunk for chunk in chunks if chunk.id not in held]
            if missing:
                points = await points_for(parts, target.embedder, scope, source, missing)
                await parts.index.write(scope, target.generation, points)
                written += len(missing)
    except NotFound:
        pass  # removed meanwhile: what was written goes below
    if written:
        log.warning("points put back", revision=revision_id, points=written)
        if revision_id not in await parts.library.serving(scope, [revision_id]):
            await parts.index.delete_revisions(scope, target.generation, [revision_id])
    return written
