"""Turns chunks into points: the title and the text that are searched, and the vector."""

import hashlib
from collections.abc import Mapping, Sequence

from pincite.core import Scope
from pincite.core.words import whole_words
from pincite.gateway import Embedder
from pincite.index import Point
from pincite.ingest.domain import IngestParts
from pincite.library import Chunk


def title_of(source: str, chunk: Chunk) -> str:
    """Return the document's name and the headings above the chunk, as one line."""
    return " > ".join((source, *chunk.heading_path))


def digest_of(chunk: Chunk) -> str:
    """Return what a chunk's context is known by in its document."""
    return hashlib.sha256(chunk.text.encode("utf-8", "surrogatepass")).hexdigest()


async def points_of(
    embedder: Embedder,
    scope: Scope,
    source: str,
    chunks: Sequence[Chunk],
    contexts: Mapping[str, str] | None = None,
) -> list[Point]:
    """Embed chunks of one document, each below its title, and return their points in order.

    Args:
        embedder: makes the vectors.
        scope: the tenant.
        source: the document's name.
        chunks: of one document.
        contexts: what a model wrote about them, by `digest_of`: searched and embedded, never shown.

    Raises:
        Unavailable: the embedder did not answer.
    """
    known = contexts or {}
    titles = [_searched_title(source, chunk, known.get(digest_of(chunk)) if known else None) for chunk in chunks]
    vectors = await embedder.embed(
        scope, [f"{title}\n{whole_words(chunk.text)}" for title, chunk in zip(titles, chunks, strict=True)]
    )
    return [
        Point(
            chunk_id=chunk.id,
            document_id=chunk.document_id,
            revision_id=chunk.revision_id,
            collection_id=chunk.collection_id,
            title=title,
            text=chunk.text,
            vector=vector,
        )
        for chunk, title, vector in zip(chunks, titles, vectors, strict=True)
    ]


async def points_for(
    parts: IngestParts, embedder: Embedder, scope: Scope, source: str, chunks: Sequence[Chunk]
) -> list[Point]:
    """Return the points of chunks of one document with the contexts that are known. Raises: Unavailable."""
    known: Mapping[str, str] = {}
    if chunks:
        digests = [digest_of(chunk) for chunk in chunks]
        known = await parts.library.contexts(scope, chunks[0].document_id, digests)
    return await points_of(embedder, scope, source, chunks, known)


def _searched_title(source: str, chunk: Chunk, context: str | None) -> str:
    title = title_of(source, chunk)
    return title if context is None else f"{title}\n{context}"
