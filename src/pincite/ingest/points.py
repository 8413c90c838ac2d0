"""Turns chunks into points: the title and the text that are searched, and the vector."""

from collections.abc import Sequence

from pincite.core import Scope
from pincite.gateway import Embedder
from pincite.index import Point
from pincite.library import Chunk


def title_of(source: str, chunk: Chunk) -> str:
    """Return the document's name and the headings above the chunk, as one line."""
    return " > ".join((source, *chunk.heading_path))


async def points_of(embedder: Embedder, scope: Scope, source: str, chunks: Sequence[Chunk]) -> list[Point]:
    """Embed chunks of one document, each below its title, and return their points in order. Raises: Unavailable."""
    titles = [title_of(source, chunk) for chunk in chunks]
    vectors = await embedder.embed(
        scope, [f"{title}\n{chunk.text}" for title, chunk in zip(titles, chunks, strict=True)]
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
