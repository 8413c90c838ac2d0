"""Legal holds over HTTP: what must not be deleted, and why. Translation only.

What a hold forbids is said in `service/holds.py` and by those who delete.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from pincite.accounts import CurrentScope, Permission, requires
from pincite.library.holds import MOST_REASON, Hold, HoldKind
from pincite.library.service import Library

Id = Annotated[str, Path(max_length=64)]


class HoldReason(BaseModel):
    """Why it must be kept: a matter's number, a court's order."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "Matter 2026-14"}})

    reason: Annotated[str, Field(min_length=1, max_length=MOST_REASON)]


class HoldBody(BaseModel):
    """What is on hold (`tenant` is everything), why, since when and by whom."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "kind": "document",
                "id": "01a1fb2f",
                "reason": "Matter 2026-14",
                "placed_by": "01a1fb40",
                "placed_at": "2026-11-20T09:00:00Z",
            }
        }
    )

    kind: HoldKind
    id: str
    reason: str
    placed_by: str
    placed_at: datetime

    @classmethod
    def of(cls, hold: Hold) -> "HoldBody":
        """Make the body."""
        return cls(
            kind=hold.kind,
            id=hold.object_id,
            reason=hold.reason,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
        )


class HoldList(BaseModel):
    """Holds by kind and id."""

    items: list[HoldBody]
    next_cursor: str | None = None


class HoldRoutes:
    """Holds of the tenant, for its admins and owners."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1", tags=["holds"], dependencies=[requires(Permission.ADMIN)])
        add = router.add_api_route
        add("/holds", self.holds, methods=["GET"], summary="List what is on legal hold")
        collection, document = "/collections/{object_id}/hold", "/documents/{object_id}/hold"
        add("/tenant/hold", self.hold_tenant, methods=["PUT"], summary="Keep everything")
        add("/tenant/hold", self.release_tenant, methods=["DELETE"], status_code=204, summary="Release that hold")
        add(collection, self.hold_collection, methods=["PUT"], summary="Keep a collection and all in it")
        add(collection, self.release_collection, methods=["DELETE"], status_code=204, summary="Release its hold")
        add(document, self.hold_document, methods=["PUT"], summary="Keep a document")
        add(document, self.release_document, methods=["DELETE"], status_code=204, summary="Release its hold")
        return router

    async def holds(
        self,
        scope: CurrentScope,
        limit: Annotated[int, Query(ge=1, le=200, description="How many items at most.")] = 50,
        cursor: Annotated[str | None, Query(max_length=2000, description="`next_cursor` of the list before.")] = None,
    ) -> HoldList:
        """List holds by kind and id, with their reasons."""
        found = await self._library.holds(scope, limit=limit, cursor=cursor)
        return HoldList(items=[HoldBody.of(each) for each in found.items], next_cursor=found.next_cursor)

    async def hold_tenant(self, scope: CurrentScope, body: HoldReason) -> HoldBody:
        """Let nothing of the tenant be deleted until the hold is released."""
        return HoldBody.of(await self._library.hold(scope, "tenant", scope.tenant, body.reason))

    async def release_tenant(self, scope: CurrentScope) -> None:
        """Release the hold on everything; those on collections and documents stay."""
        await self._library.release(scope, "tenant", scope.tenant)

    async def hold_collection(self, object_id: Id, scope: CurrentScope, body: HoldReason) -> HoldBody:
        """Let neither the collection nor a document in it be deleted until the hold is released."""
        return HoldBody.of(await self._library.hold(scope, "collection", object_id, body.reason))

    async def release_collection(self, object_id: Id, scope: CurrentScope) -> None:
        """Release the hold; what was removed before it was set is deleted soon after."""
        await self._library.release(scope, "collection", object_id)

    async def hold_document(self, object_id: Id, scope: CurrentScope, body: HoldReason) -> HoldBody:
        """Let neither the document nor a revision of it be deleted until the hold is released."""
        return HoldBody.of(await self._library.hold(scope, "document", object_id, body.reason))

    async def release_document(self, object_id: Id, scope: CurrentScope) -> None:
        """Release the hold; what was removed before it was set is deleted soon after."""
        await self._library.release(scope, "document", object_id)
