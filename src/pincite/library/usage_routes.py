"""What a tenant holds, over HTTP: `/v1/usage`. Translation only.

The most that it may hold is set on the machine itself (`pincite tenants quota`): nobody gives themselves more.
"""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from pincite.accounts import CurrentScope, Permission, requires
from pincite.library.quotas import Usage
from pincite.library.service import Library


class Held(BaseModel):
    """How much of something is held, and the most that may be; null is no bound."""

    held: int = Field(examples=[1204])
    most: int | None = Field(examples=[5000])


class UsageBody(BaseModel):
    """What the tenant holds: documents (removed ones until they are purged), bytes of all revisions, pages of text."""

    documents: Held
    size_bytes: Held
    pages: Held

    @classmethod
    def of(cls, usage: Usage) -> "UsageBody":
        """Make the body."""
        held, quota = usage.held, usage.quota
        return cls(
            documents=Held(held=held.documents, most=quota.documents),
            size_bytes=Held(held=held.size_bytes, most=quota.size_bytes),
            pages=Held(held=held.pages, most=quota.pages),
        )


class UsageRoutes:
    """What a tenant holds, for its admins and owners."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1/usage", tags=["usage"], dependencies=[requires(Permission.ADMIN)])
        router.add_api_route("", self.usage, methods=["GET"], summary="Show what the tenant holds and may hold")
        return router

    async def usage(self, scope: CurrentScope) -> UsageBody:
        """Return documents, bytes and pages, each with the most there may be."""
        return UsageBody.of(await self._library.usage(scope))
