"""The HTTP face of sources. Translation only.

Adding and removing is for owners: a source reads with the rights of this machine. A path on it must lie in a folder
that the settings allow.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pincite.accounts import CurrentScope, Permission, requires
from pincite.sources.domain import MOST_EVERY_S, Item, NewSource, RunState, Source, SourceChanges, SourceState, Trouble
from pincite.sources.service import Sources

SourceName = Annotated[str, Path(max_length=100, description="Id or name.")]


class TroubleBody(BaseModel):
    """What went wrong, in a sentence, and what to do."""

    code: str
    message: str
    remedy: str

    @classmethod
    def of(cls, trouble: Trouble | None) -> "TroubleBody | None":
        """Return it as a body, where there is one."""
        return None if trouble is None else cls(**asdict(trouble))


class RunBody(BaseModel):
    """The newest look at a source: what it found, and what became of it."""

    number: int
    state: RunState
    found: int
    added: int
    changed: int
    removed: int
    failed: int
    problem: TroubleBody | None
    started_at: datetime | None
    finished_at: datetime | None


class SourceBody(BaseModel):
    """A place that a collection is kept in step with."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a6f3e5d7c7a10b3f1d2c4e5a60718",
                "name": "handbook",
                "kind": "git",
                "location": "https://git.example.com/handbook.git",
                "options": {"within": "docs"},
                "collection": "019a6f3e5d7c7a10b3f1d2c4e5a60700",
                "every_s": 3600,
                "state": "active",
                "items": 14,
                "run": {
                    "number": 3, "state": "done", "found": 14, "added": 0, "changed": 1, "removed": 0, "failed": 0,
                    "problem": None, "started_at": "2026-11-28T08:00:00Z", "finished_at": "2026-11-28T08:00:02Z",
                },
                "next_at": "2026-11-28T09:00:00Z",
                "created_at": "2026-11-27T08:00:00Z",
            }
        }
    )  # fmt: skip

    id: str
    name: str
    kind: str
    location: str
    options: dict[str, Any] = Field(description="Of secrets only the names of the variables that hold them.")
    collection: str
    every_s: int | None
    state: SourceState
    items: int = Field(description="How many documents come from it.")
    run: RunBody
    next_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, source: Source) -> "SourceBody":
        """Return a source as a body."""
        run = source.run
        newest = RunBody(
            number=run.number,
            state=run.state,
            **asdict(run.counts),
            problem=TroubleBody.of(run.trouble),
            started_at=run.started_at,
            finished_at=run.finished_at,
        )
        shown = {name: getattr(source, name) for name in cls.model_fields if name not in {"run", "options"}}
        return cls(run=newest, options=dict(source.options), **shown)


class SourceList(BaseModel):
    """All sources, by name."""

    items: list[SourceBody]


class SourceAsked(BaseModel):
    """A place to keep a collection in step with."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"name": "news", "kind": "feed", "location": "https://example.com/feed.xml", "every_s": 3600}
        },
    )

    name: Annotated[str, Field(max_length=100, description="Unique; the names of its documents begin with it.")]
    kind: Annotated[str, Field(max_length=20, description="folder, web, bucket, git, feed or imap.")]
    location: Annotated[str, Field(max_length=2000, description="A path or an address, as the kind wants it.")]
    collection: Annotated[str, Field(max_length=200, description="Name or id.")] = "default"
    options: dict[str, Any] = Field(default_factory=dict, max_length=20, description="What else the kind takes.")
    every_s: Annotated[int | None, Field(ge=0, le=MOST_EVERY_S, description="0 for only when asked.")] = None


class SourceChange(BaseModel):
    """What is to be another of a source; what is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"every_s": 21600, "options": {"pages": 5000, "prefix": None}}}
    )

    location: Annotated[str | None, Field(max_length=2000, description="A path or an address.")] = None
    options: Annotated[
        dict[str, Any] | None, Field(max_length=20, description="Those to set; null takes one back to its default.")
    ] = None
    every_s: Annotated[int | None, Field(ge=0, le=MOST_EVERY_S, description="0 for only when asked.")] = None


class SyncAsked(BaseModel):
    """How to look."""

    model_config = ConfigDict(extra="forbid")

    delete: bool = Field(False, description="Delete whatever is gone from the place, however much.")


class ItemBody(BaseModel):
    """Something that could not be read; a document that was made of it before stays."""

    name: str
    document: str | None
    problem: TroubleBody | None


class ItemList(BaseModel):
    """Things that could not be read, by name."""

    items: list[ItemBody]


class SourceRoutes:
    """Routes of sources."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def router(self) -> APIRouter:
        """Return the routes, all for admins: a source reads with the rights of this machine."""
        router = APIRouter(prefix="/v1/sources", tags=["sources"], dependencies=[requires(Permission.ADMIN)])
        shown: dict[str, Any] = {"response_model": SourceBody}
        routes: tuple[tuple[str, str, Any, str, dict[str, Any]], ...] = (
            ("", "GET", self.sources, "List the sources", {"response_model": SourceList}),
            ("", "POST", self.add, "Add a source", {**shown, "status_code": 201}),
            ("/{source}", "GET", self.source, "One source, by id or name", shown),
            ("/{source}", "PATCH", self.change, "Change a source", shown),
            ("/{source}", "DELETE", self.remove, "Stop keeping a place in step", {"status_code": 204}),
            ("/{source}/troubled", "GET", self.troubled, "What could not be read", {"response_model": ItemList}),
            ("/{source}/sync", "POST", self.sync, "Look at a source now", {**shown, "status_code": 202}),
            ("/{source}/pause", "POST", self.pause, "Let a source rest", shown),
            ("/{source}/resume", "POST", self.resume, "Keep a source in step again", shown),
        )
        for path, method, call, summary, more in routes:
            router.add_api_route(path, call, methods=[method], summary=summary, **more)
        return router

    async def sources(self, scope: CurrentScope) -> SourceList:
        """With what the newest look at each came to."""
        return SourceList(items=[SourceBody.of(each) for each in await self._sources.sources(scope)])

    async def add(self, scope: CurrentScope, asked: SourceAsked) -> SourceBody:
        """Its first look begins within seconds."""
        return SourceBody.of(await self._sources.add(scope, NewSource(**asked.model_dump())))

    async def source(self, scope: CurrentScope, source: SourceName) -> SourceBody:
        """With what the newest look at it came to."""
        return SourceBody.of(await self._sources.source(scope, source))

    async def change(self, scope: CurrentScope, source: SourceName, asked: SourceChange) -> SourceBody:
        """Where it is, its options, its rhythm. It is looked at anew within seconds; a look under way is over."""
        return SourceBody.of(await self._sources.change(scope, source, SourceChanges(**asked.model_dump())))

    async def remove(
        self,
        scope: CurrentScope,
        source: SourceName,
        documents: Annotated[bool, Query(description="Remove the documents that came from it too.")] = False,
    ) -> Response:
        """Its documents stay, unless `documents` says otherwise; then they go in the background."""
        await self._sources.remove(scope, source, documents=documents)
        return Response(status_code=204)

    async def troubled(self, scope: CurrentScope, source: SourceName) -> ItemList:
        """At most a hundred."""
        return ItemList(items=[_item(each) for each in await self._sources.troubled(scope, source)])

    async def sync(self, scope: CurrentScope, source: SourceName, asked: SyncAsked | None = None) -> SourceBody:
        """Answers before it is done; where a look is under way, it is that one."""
        delete = asked is not None and asked.delete
        return SourceBody.of(await self._sources.sync(scope, source, delete=delete))

    async def pause(self, scope: CurrentScope, source: SourceName) -> SourceBody:
        """A look that is under way stops. Its documents stay and answer."""
        return SourceBody.of(await self._sources.pause(scope, source))

    async def resume(self, scope: CurrentScope, source: SourceName) -> SourceBody:
        """The next look begins within seconds."""
        return SourceBody.of(await self._sources.resume(scope, source))


def _item(item: Item) -> ItemBody:
    return ItemBody(name=item.name, document=item.document_id, problem=TroubleBody.of(item.trouble))
