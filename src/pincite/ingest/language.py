"""The language that a revision is stemmed as: told once, by its first chunks, and kept with it.

How a language is told is in `core/languages.py`.
"""

import asyncio
from collections.abc import Sequence

from pincite.core import Scope
from pincite.core.languages import LOOKED_AT, language_of
from pincite.ingest.domain import IngestParts
from pincite.library import Chunk

_LOOKED_INTO = 8  # chunks


async def told_by(chunks: Sequence[Chunk]) -> str:
    """Return the language of chunks, as BCP-47: by the beginnings of a few, spread over them."""
    some = chunks[:: max(1, -(-len(chunks) // _LOOKED_INTO))]
    share = LOOKED_AT // max(1, len(some))
    return await asyncio.to_thread(language_of, "\n".join(chunk.text[:share] for chunk in some))


async def language_for(parts: IngestParts, scope: Scope, chunks: Sequence[Chunk]) -> str:
    """Return the language of the revision that chunks belong to; told by them and kept, if it was not known.

    It is not known of documents that were read before languages were told.

    Raises:
        NotFound: the revision was removed.
    """
    revision = await parts.library.revision(scope, chunks[0].revision_id)
    if revision.language is not None:
        return revision.language
    language = await told_by(chunks)
    await parts.library.tell_language(scope, revision.id, language)
    return language
