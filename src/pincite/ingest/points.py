"""Turns chunks into points: the title and the text that are searched, and the vector."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from pincite.core import Scope
from pincite.core.words import whole_words
from pincite.gateway import Embedder
from pincite.index import Point, Vector
from pincite.ingest.domain import IngestParts
from pincite.ingest.language import language_for
from pincite.ingest.remembering import embedded_once
from pincite.library import Chunk


def title_of(source: str, chunk: Chunk) -> str:
    """Return the document's name and the headings above the chunk, as one line."""
    return " > ".join((source, *chunk.heading_path))


def digest_of(chunk: Chunk) -> str:
    """Return what a chunk's context is known by in its document."""
    return hashlib.sha256(chunk.text.encode("utf-8", "surrogatepass")).hexdigest()


async def points_of(
    parts: IngestParts,
    embedder: Embedder,
    scope: Scope,
    chunks: Sequence[Chunk],
    known: tuple[str, Mapping[str, str]],
) -> list[Point]:
    """Embed chunks of one document, each below its title, and return their points in order.

    Args:
        parts: the rooms; what was embedded before is not embedded again.
        embedder: makes the vectors.
        scope: the tenant.
        chunks: of one document.
        known: the document's name, and what a model wrote about the chunks, by `digest_of`: searched and embedded,
            never shown.

    Raises:
        Unavailable: the embedder did not answer.
        NotFound: the revision was removed.
    """
    if not chunks:
        return []
    titled = _titled(chunks, known)
    language = await language_for(parts, scope, chunks)
    vectors = await _embedded(parts, embedder, scope, titled)
    return _points(titled, vectors, {chunks[0].revision_id: language})


async def points_for(
    parts: IngestParts, embedder: Embedder, scope: Scope, source: str, chunks: Sequence[Chunk]
) -> list[Point]:
    """Return the points of chunks of one revision with the contexts that are known. Raises: Unavailable, NotFound."""
    return await points_of(parts, embedder, scope, chunks, (source, await _contexts(parts, scope, chunks)))


async def points_with(
    parts: IngestParts, scope: Scope, source: str, chunks: Sequence[Chunk], vectors: Mapping[str, Vector]
) -> list[Point]:
    """Return the points of chunks of one revision whose vectors, by chunk id, are known. Raises: NotFound."""
    if not chunks:
        return []
    titled = _titled(chunks, (source, await _contexts(parts, scope, chunks)))
    language = await language_for(parts, scope, chunks)
    return _points(titled, [vectors[chunk.id] for chunk in chunks], {chunks[0].revision_id: language})


async def points_of_many(
    parts: IngestParts, embedder: Embedder, scope: Scope, documents: Sequence[tuple[str, str, Sequence[Chunk]]]
) -> list[Point]:
    """Return the points of the chunks of many documents, embedded together: (name, language, chunks) of each.

    Raises: Unavailable.
    """
    owners = [chunks[0].document_id for _, _, chunks in documents if chunks]
    known = await parts.library.contexts_of(scope, owners)
    titled = [
        (_searched_title(source, chunk, known.get((chunk.document_id, digest_of(chunk))) if known else None), chunk)
        for source, _, chunks in documents
        for chunk in chunks
    ]
    languages = {chunks[0].revision_id: language for _, language, chunks in documents if chunks}
    return _points(titled, await _embedded(parts, embedder, scope, titled), languages)


async def _contexts(parts: IngestParts, scope: Scope, chunks: Sequence[Chunk]) -> Mapping[str, str]:
    """Return what a model wrote about chunks of one document, by `digest_of`."""
    if not chunks:
        return {}
    return await parts.library.contexts(scope, chunks[0].document_id, [digest_of(chunk) for chunk in chunks])


async def _embedded(
    parts: IngestParts, embedder: Embedder, scope: Scope, titled: Sequence[tuple[str, Chunk]]
) -> Iterable[Vector]:
    texts = await _as_models_may_see(parts, scope, titled)
    if parts.embedders.is_quick(embedder):
        return await embedder.embed(scope, texts)
    owners = [chunk.document_id for _, chunk in titled]
    return await embedded_once(parts.library, embedder, scope, texts, owners)


async def _as_models_may_see(parts: IngestParts, scope: Scope, titled: Sequence[tuple[str, Chunk]]) -> list[str]:
    """Return the texts to embed: with personal data covered where the collection's policy says so."""
    chunks = [chunk for _, chunk in titled]
    shown = await parts.library.for_models(scope, chunks)
    hidden = [place for place, (chunk, seen) in enumerate(zip(chunks, shown, strict=True)) if seen is not chunk]
    titles = [title for title, _ in titled]
    for place, title in zip(
        hidden, await parts.library.covered_texts(scope, [titles[each] for each in hidden]), strict=True
    ):
        titles[place] = title
    return [f"{title}\n{whole_words(chunk.text)}" for title, chunk in zip(titles, shown, strict=True)]


def _points(
    titled: Sequence[tuple[str, Chunk]], vectors: Iterable[Vector], languages: Mapping[str, str]
) -> list[Point]:
    return [
        Point(
            chunk_id=chunk.id,
            document_id=chunk.document_id,
            revision_id=chunk.revision_id,
            collection_id=chunk.collection_id,
            title=title,
            text=chunk.text,
            vector=vector,
            language=languages[chunk.revision_id],
        )
        for (title, chunk), vector in zip(titled, vectors, strict=True)
    ]


def _titled(chunks: Sequence[Chunk], known: tuple[str, Mapping[str, str]]) -> list[tuple[str, Chunk]]:
    source, contexts = known
    return [
        (_searched_title(source, chunk, contexts.get(digest_of(chunk)) if contexts else None), chunk)
        for chunk in chunks
    ]


def _searched_title(source: str, chunk: Chunk, context: str | None) -> str:
    title = title_of(source, chunk)
    return title if context is None else f"{title}\n{context}"
