"""Assistants over HTTP: whoever may read uses those that are there for them, admins set them up. Translation only."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from pincite.accounts import CurrentScope, Permission, requires
from pincite.assistants.domain import Assistant, may_set_up
from pincite.assistants.schemas import (
    AssistantBody,
    AssistantChanges,
    AssistantList,
    AssistantWanted,
    assistant_body,
    changes_of,
)
from pincite.assistants.service import Assistants
from pincite.core import Scope

Id = Annotated[str, Path(max_length=64, description="Its id or its name.")]


class AssistantRoutes:
    """The tenant's assistants."""

    def __init__(self, assistants: Assistants) -> None:
        self._assistants = assistants

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(prefix="/v1", tags=["assistants"])
        add = router.add_api_route
        read, admin = [requires(Permission.READ)], [requires(Permission.ADMIN)]
        one = "/assistants/{assistant_id}"
        add("/assistants", self.assistants, methods=["GET"], dependencies=read, summary="List assistants")
        add(
            "/assistants",
            self.make,
            methods=["POST"],
            dependencies=admin,
            status_code=201,
            summary="Set an assistant up",
        )
        add(one, self.assistant, methods=["GET"], dependencies=read, summary="Read an assistant")
        add(one, self.change, methods=["PATCH"], dependencies=admin, summary="Change an assistant")
        add(one, self.remove, methods=["DELETE"], dependencies=admin, status_code=204, summary="Remove an assistant")
        return router

    async def assistants(self, scope: CurrentScope) -> AssistantList:
        """Return those that you may use, by name."""
        return AssistantList(items=[_told(scope, each) for each in await self._assistants.all(scope)])

    async def assistant(self, assistant_id: Id, scope: CurrentScope) -> AssistantBody:
        """Return one of them."""
        return _told(scope, await self._assistants.one(scope, assistant_id))

    async def make(self, scope: CurrentScope, body: AssistantWanted) -> AssistantBody:
        """Set an assistant up: which collections it answers from, by which model, and what that is told."""
        return _told(scope, await self._assistants.make(scope, body.name, changes_of(body)))

    async def change(self, assistant_id: Id, scope: CurrentScope, body: AssistantChanges) -> AssistantBody:
        """Change what is said; whatever is left out stays. It is a new version of the assistant."""
        return _told(scope, await self._assistants.change(scope, assistant_id, changes_of(body)))

    async def remove(self, assistant_id: Id, scope: CurrentScope) -> Response:
        """Remove an assistant; conversations with it can be read, and do not go on."""
        await self._assistants.remove(scope, assistant_id)
        return Response(status_code=204)


def _told(scope: Scope, assistant: Assistant) -> AssistantBody:
    return assistant_body(assistant, whole=may_set_up(scope))
