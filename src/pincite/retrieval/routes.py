"""`GET /v1/search`: a question in, passages out, as JSON. Translation only.

The shape is the one that `pincite search --json` prints.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from fastapi import Query as Parameter
from pydantic import BaseModel, ConfigDict

from pincite.accounts import CurrentScope, Permission, requires
from pincite.core import Scope
from pincite.library import Chunk
from pincite.retrieval.domain import Evidence, Query, ScoredPassage
from pincite.retrieval.service import MAX_LIMIT, MAX_QUESTION_CHARS, Retrieval

Places = Callable[[Scope, Sequence[Chunk]], Awaitable[Sequence[str]]]
CollectionName = Annotated[str, Parameter(max_length=200)]
# Said here, and held to by `checked_question`, which says it in words of its own.
_LONGEST: dict[str, Any] = {"maxLength": MAX_QUESTION_CHARS}
CollectionIds = Callable[[Scope, Sequence[str]], Awaitable[tuple[str, ...]]]


class SearchHit(BaseModel):
    """A passage: where it is, how well it fits (0..1), its text; `newer` is a newer version of its document.

    place: what people call where it is, as "pages 4–5", "Slide 3" or "Sheet 'Rates', A41:C60".
    """

    model_config = ConfigDict(frozen=True)

    document: str
    revision: str
    source: str
    page: int
    end_page: int
    start: int
    end: int
    score: float
    text: str
    heading_path: list[str]
    newer: str | None = None
    place: str = ""


class SearchResponse(BaseModel):
    """Passages, best first, and milliseconds per stage."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "hits": [
                    {
                        "document": "0193f2a0c1d27e4fb0a86c2f11d9e001",
                        "revision": "0193f2a0c1d27e4fb0a86c2f11d9e002",
                        "source": "leave-policy.docx",
                        "page": 2,
                        "end_page": 2,
                        "start": 0,
                        "end": 61,
                        "score": 0.93,
                        "text": "Carry-over\nUp to five days may be carried into the next year.",
                        "heading_path": ["Leave policy", "Carry-over"],
                        "newer": None,
                        "place": "Carry-over",
                    }
                ],
                "timings_ms": {
                    "embed": 0.1,
                    "names": 0.1,
                    "search": 4.2,
                    "hydrate": 1.1,
                    "rescore": 3.0,
                    "select": 0.4,
                },
            }
        },
    )

    hits: list[SearchHit]
    timings_ms: dict[str, float]


class SearchRoutes:
    """The search door.

    Args:
        retrieval: what finds.
        collection_ids: turns the collection names or ids of a request into ids. Raises: NotFound.
        places: says what people call the places of chunks.
    """

    def __init__(self, retrieval: Retrieval, collection_ids: CollectionIds, places: Places) -> None:
        self._retrieval = retrieval
        self._places = places
        self._collection_ids = collection_ids

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(tags=["search"])
        router.add_api_route(
            "/v1/search",
            self.search,
            methods=["GET"],
            dependencies=[requires(Permission.READ)],
            response_model=SearchResponse,
            summary="Find passages",
        )
        return router

    async def search(
        self,
        scope: CurrentScope,
        q: Annotated[str, Parameter(json_schema_extra=_LONGEST, description="What to look for, in plain words.")],
        limit: Annotated[int, Parameter(ge=1, le=MAX_LIMIT)] = 10,
        collection: Annotated[
            list[CollectionName] | None, Parameter(max_length=100, description="Name or id; repeatable.")
        ] = None,
    ) -> SearchResponse:
        """Search by words and by meaning at once; only what the asker may read is looked at."""
        collections = await self._collection_ids(scope, collection) if collection else None
        evidence = await self._retrieval.find(scope, Query(text=q, limit=limit, collections=collections))
        return await search_response(scope, evidence, self._places)


async def search_response(scope: Scope, evidence: Evidence, places: Places) -> SearchResponse:
    """Return evidence in the shape that people and programs get it."""
    said = await places(scope, [each.passage.chunk for each in evidence.passages])
    hits = [_hit(each, place) for each, place in zip(evidence.passages, said, strict=True)]
    return SearchResponse(hits=hits, timings_ms=dict(evidence.timings_ms))


def _hit(scored: ScoredPassage, place: str) -> SearchHit:
    chunk = scored.passage.chunk
    return SearchHit(
        document=chunk.document_id,
        revision=chunk.revision_id,
        source=scored.passage.source,
        page=chunk.page,
        end_page=chunk.end_page,
        start=chunk.start,
        end=chunk.end,
        score=round(scored.score, 6),
        text=chunk.text,
        heading_path=list(chunk.heading_path),
        newer=scored.newer,
        place=place,
    )
