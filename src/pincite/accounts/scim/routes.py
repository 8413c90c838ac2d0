"""SCIM 2.0 over HTTP: `/scim/v2/Users`, `/Groups` and what describes them. Translation only.

A directory sends an API key that is narrowed to `scim`. Errors take SCIM's form; `app` writes them.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from fastapi.responses import JSONResponse

from pincite.accounts.domain import Permission
from pincite.accounts.door import CurrentScope, requires
from pincite.accounts.scim import resources
from pincite.accounts.scim.domain import MOST_RESULTS, ScimGroup, ScimUser, Wanted
from pincite.accounts.scim.filters import MOST_CHARS, parse
from pincite.accounts.scim.resources import BASE, Json
from pincite.accounts.scim.service import Scim
from pincite.core import NotFound

_Id = Annotated[str, Path(max_length=64)]
_Resource = Annotated[dict[str, Any], Body(max_length=100, description="A resource, or the operations of a PATCH.")]
_Filter = Annotated[
    str | None, Query(alias="filter", max_length=MOST_CHARS, description='As in `userName eq "ada@example.com"`.')
]
_Start = Annotated[int, Query(alias="startIndex", ge=-(10**9), le=10**9, description="From 1 on.")]
_Count = Annotated[int, Query(ge=-(10**9), le=10**9, description=f"At most {MOST_RESULTS}.")]
_Names = Annotated[str | None, Query(max_length=1000, description="Names of attributes, with commas.")]
_But = Annotated[str | None, Query(alias="excludedAttributes", max_length=1000, description="Attributes to leave out.")]


def _wanted(where: _Filter = None, start: _Start = 1, count: _Count = 100) -> Wanted:
    return Wanted(None if where is None else parse(where), max(1, start), min(MOST_RESULTS, max(0, count)))


def _shown(attributes: _Names = None, excluded: _But = None) -> tuple[frozenset[str], frozenset[str]]:
    return _names(attributes), _names(excluded)


def _names(given: str | None) -> frozenset[str]:
    return frozenset(each.strip().split(":")[-1].split(".")[0].lower() for each in (given or "").split(",")) - {""}


_Wanted = Annotated[Wanted, Depends(_wanted)]
_Shown = Annotated[tuple[frozenset[str], frozenset[str]], Depends(_shown)]


class ScimResponse(JSONResponse):
    """JSON as SCIM calls it."""

    media_type = "application/scim+json"


class ScimRoutes:
    """Users and groups for directories."""

    def __init__(self, scim: Scim) -> None:
        self._scim = scim

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(
            prefix=BASE, tags=["scim"], dependencies=[requires(Permission.SCIM)], default_response_class=ScimResponse
        )
        for path, call, method, summary in self._table():
            status = 204 if method == "DELETE" else 201 if method == "POST" else 200
            router.add_api_route(path, call, methods=[method], status_code=status, summary=summary, response_model=None)
        return router

    def _table(self) -> Sequence[tuple[str, Any, str, str]]:
        user, group = "/Users/{user_id}", "/Groups/{group_id}"
        return (
            ("/ServiceProviderConfig", self.config, "GET", "What this server can do"),
            ("/ResourceTypes", self.resource_types, "GET", "List kinds of resources"),
            ("/ResourceTypes/{kind}", self.resource_type, "GET", "Show a kind of resources"),
            ("/Schemas", self.schemas, "GET", "List what attributes there are"),
            ("/Schemas/{urn}", self.schema, "GET", "Show what attributes a kind has"),
            ("/Users", self.users, "GET", "List users for a directory"),
            ("/Users", self.create_user, "POST", "Make a user for a directory"),
            (user, self.user, "GET", "Show a user to a directory"),
            (user, self.replace_user, "PUT", "Replace a user for a directory"),
            (user, self.patch_user, "PATCH", "Change a user for a directory"),
            (user, self.remove_user, "DELETE", "Remove a user for a directory"),
            ("/Groups", self.groups, "GET", "List groups for a directory"),
            ("/Groups", self.create_group, "POST", "Make a group for a directory"),
            (group, self.group, "GET", "Show a group to a directory"),
            (group, self.replace_group, "PUT", "Replace a group for a directory"),
            (group, self.patch_group, "PATCH", "Change a group for a directory"),
            (group, self.remove_group, "DELETE", "Remove a group for a directory"),
        )

    async def config(self) -> Json:
        """Say what this server can do."""
        return resources.provider_config()

    async def resource_types(self) -> Json:
        """List the kinds of resources."""
        return resources.resource_types()

    async def resource_type(self, kind: Annotated[str, Path(max_length=60)]) -> Json:
        """Show a kind of resources."""
        return _there(resources.resource_type(kind))

    async def schemas(self) -> Json:
        """List the schemas."""
        return resources.schemas()

    async def schema(self, urn: Annotated[str, Path(max_length=200)]) -> Json:
        """Show a schema."""
        return _there(resources.schema(urn))

    async def users(self, scope: CurrentScope, wanted: _Wanted, shown: _Shown) -> Json:
        """List people; owners and admins too, programs not."""
        return resources.list_body(await self._scim.users(scope, wanted), wanted, *shown)

    async def user(self, user_id: _Id, scope: CurrentScope, shown: _Shown) -> Json:
        """Show a person."""
        return resources.shown(resources.user_body(await self._scim.user(scope, user_id)), *shown)

    async def create_user(self, body: _Resource, scope: CurrentScope, response: Response) -> Json:
        """Make a user, a viewer where no role is given."""
        return _made(await self._scim.create_user(scope, body), response)

    async def replace_user(self, user_id: _Id, body: _Resource, scope: CurrentScope) -> Json:
        """Let a user be so; where `active` is left out it stays as it is."""
        return resources.user_body(await self._scim.replace_user(scope, user_id, body))

    async def patch_user(self, user_id: _Id, body: _Resource, scope: CurrentScope) -> Json:
        """Change a user; `active` false signs them out everywhere at once."""
        return resources.user_body(await self._scim.patch_user(scope, user_id, body))

    async def remove_user(self, user_id: _Id, scope: CurrentScope) -> None:
        """Remove a user with their keys and sessions; what they added stays."""
        await self._scim.remove_user(scope, user_id)

    async def groups(self, scope: CurrentScope, wanted: _Wanted, shown: _Shown) -> Json:
        """List groups."""
        return resources.list_body(await self._scim.groups(scope, wanted), wanted, *shown)

    async def group(self, group_id: _Id, scope: CurrentScope, shown: _Shown) -> Json:
        """Show a group."""
        return resources.shown(resources.group_body(await self._scim.group(scope, group_id)), *shown)

    async def create_group(self, body: _Resource, scope: CurrentScope, response: Response) -> Json:
        """Make a group."""
        return _made(await self._scim.create_group(scope, body), response)

    async def replace_group(self, group_id: _Id, body: _Resource, scope: CurrentScope) -> Json:
        """Let a group be so."""
        return resources.group_body(await self._scim.replace_group(scope, group_id, body))

    async def patch_group(self, group_id: _Id, body: _Resource, scope: CurrentScope) -> Json:
        """Change a group; members have what is granted to it from their next request on."""
        return resources.group_body(await self._scim.patch_group(scope, group_id, body))

    async def remove_group(self, group_id: _Id, scope: CurrentScope) -> None:
        """Remove a group; its members lose what was granted to it."""
        await self._scim.remove_group(scope, group_id)


def _made(made: ScimUser | ScimGroup, response: Response) -> Json:
    body = resources.body_of(made)
    response.headers["Location"] = body["meta"]["location"]
    return body


def _there(found: Json | None) -> Json:
    if found is None:
        raise NotFound("There is no such resource.")
    return found
