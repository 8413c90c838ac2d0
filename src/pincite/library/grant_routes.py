"""Grants over HTTP: who may do what with a collection or a document. Translation only.

What a level holds is said in `grants.py`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from pincite.accounts import CurrentScope, Permission, requires
from pincite.core import InvalidInput, Scope
from pincite.library.grants import Directory, Grant, GranteeKind, Level, ObjectKind
from pincite.library.service import Library

EVERYONE = "all"
Id = Annotated[str, Path(max_length=64)]
Grantee = Annotated[str, Path(max_length=64, description=f"The id of the user or group; `{EVERYONE}` for everyone.")]


class GrantBody(BaseModel):
    """What a user, a group or everyone in the tenant may do; `grantee` is an id, or `all` for everyone."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"kind": "group", "grantee": "01a1fb40", "level": "viewer"}}
    )

    kind: GranteeKind
    grantee: str
    level: Level


class GrantList(BaseModel):
    """All grants on one object; they always fit into one list. Owners and admins need none."""

    items: list[GrantBody]
    next_cursor: str | None = None


class LevelBody(BaseModel):
    """What is granted: `viewer` reads and asks, `editor` changes documents too, `manager` grants and deletes too."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"level": "viewer"}})

    level: Level


class GrantRoutes:
    """Routes of grants, the same for collections and for documents.

    Args:
        library: where grants are kept.
        directory: knows whom there is to grant something to.
    """

    def __init__(self, library: Library, directory: Directory) -> None:
        self._library = library
        self._directory = directory

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1", tags=["grants"], dependencies=[requires(Permission.WRITE)])
        add = router.add_api_route
        for path, kind in (("/collections/{object_id}", "collection"), ("/documents/{object_id}", "document")):
            listed, put, dropped = self._handlers("collection" if kind == "collection" else "document")
            one = f"{path}/grants/{{grantee_kind}}/{{grantee}}"
            add(f"{path}/grants", listed, methods=["GET"], summary=f"List who may do what with a {kind}")
            add(one, put, methods=["PUT"], summary=f"Grant something on a {kind}")
            add(one, dropped, methods=["DELETE"], status_code=204, summary=f"Take a grant on a {kind} back")
        return router

    def _handlers(self, kind: ObjectKind) -> tuple[Any, Any, Any]:
        async def listed(object_id: Id, scope: CurrentScope) -> GrantList:
            """List what is granted, for those who manage it."""
            return GrantList(items=[_body(each) for each in await self._library.grants(scope, kind, object_id)])

        async def put(
            object_id: Id, grantee_kind: GranteeKind, grantee: Grantee, body: LevelBody, scope: CurrentScope
        ) -> GrantBody:
            """Let somebody do something with it, or something else than before; counts from the next request on."""
            await self._library.grants(scope, kind, object_id)  # who may not grant learns of no user or group
            grant = Grant(grantee_kind, await self._checked(scope, grantee_kind, grantee), body.level)
            await self._library.grant(scope, kind, object_id, grant)
            return _body(grant)

        async def dropped(object_id: Id, grantee_kind: GranteeKind, grantee: Grantee, scope: CurrentScope) -> None:
            """Take back what was granted; counts from the next request on."""
            await self._library.revoke(scope, kind, object_id, Grant.of(grantee_kind, grantee))

        return listed, put, dropped

    async def _checked(self, scope: Scope, kind: GranteeKind, grantee: str) -> str:
        """Return the grantee as it is kept. Raises: InvalidInput for somebody whom there is not."""
        if kind is GranteeKind.EVERYONE:
            if grantee != EVERYONE:
                raise InvalidInput(f"Everyone is named {EVERYONE!r}.", remedy=f"Send `everyone/{EVERYONE}`.")
            return ""
        if not await self._directory.knows(scope, kind.value, grantee):
            raise InvalidInput(f"There is no {kind} {grantee!r}.", remedy=f"`GET /v1/{kind}s` lists them.")
        return grantee


def _body(grant: Grant) -> GrantBody:
    grantee = EVERYONE if grant.kind is GranteeKind.EVERYONE else grant.grantee
    return GrantBody(kind=grant.kind, grantee=grantee, level=grant.level)
