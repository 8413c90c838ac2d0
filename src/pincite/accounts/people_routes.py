"""Users and groups over HTTP: `/v1/users`, `/v1/groups`. Translation only.

Who may change whom is decided in `people.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from pincite.accounts.domain import Group, Permission, Role, User
from pincite.accounts.door import CurrentScope, requires
from pincite.accounts.people import MOST_MEMBERS, People
from pincite.core import Scope
from pincite.core.ids import id_cursor

Id = Annotated[str, Path(max_length=64)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_SIGN_IN_MINUTES = 24 * 60.0


class PersonBody(BaseModel):
    """Somebody who can sign in, or with `service` a program that has API keys; `groups` are ids.

    `comes_from` are the labels of the sign-in providers that know them, and `SCIM` where they are a directory's.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01a1fb30",
                "name": "Ada",
                "email": "ada@example.com",
                "role": "editor",
                "service": False,
                "disabled": False,
                "groups": ["01a1fb40"],
                "signed_in_at": "2026-11-20T09:00:00Z",
                "comes_from": ["Example Login", "SCIM"],
            }
        }
    )

    id: str
    name: str
    email: str | None
    role: Role
    service: bool
    disabled: bool
    groups: list[str]
    signed_in_at: datetime | None
    comes_from: list[str]


class PersonList(BaseModel):
    """Users in the order in which they came; `next_cursor` is given to get the next ones."""

    items: list[PersonBody]
    next_cursor: str | None = None


class Invited(PersonBody):
    """A user just made; `token` is the part of their sign-in link after `#token=`, null for a program."""

    token: str | None


class NewPerson(BaseModel):
    """Who is to be let in."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Ada", "role": "editor"}})

    name: _Name
    role: Role = Role.VIEWER
    email: Annotated[str | None, Field(max_length=320)] = None
    service: bool = False


class PersonChange(BaseModel):
    """What is to be another way; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"role": "viewer"}})

    name: _Name | None = None
    role: Role | None = None
    email: Annotated[str | None, Field(max_length=320)] = None
    disabled: bool | None = None


class SignInBody(BaseModel):
    """A one-time token that signs somebody in, within a day: the part of a sign-in link after `#token=`."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "dGhpcyBpcyBhbiBleGFtcGxl"}})

    token: str


class GroupBody(BaseModel):
    """People who are granted things together; `members` are ids of users. A directory changes a group of its own."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "01a1fb40", "name": "Legal", "members": ["01a1fb30"], "directory": False}}
    )

    id: str
    name: str
    members: list[str]
    directory: bool


class GroupList(BaseModel):
    """The tenant's groups by name; they always fit into one list."""

    items: list[GroupBody]
    next_cursor: str | None = None


class NewGroup(BaseModel):
    """How a group is called."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "Legal"}})

    name: _Name


class Members(BaseModel):
    """Ids of the users who are in a group; others leave it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"members": ["01a1fb30"]}})

    members: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=MOST_MEMBERS)]


class GranteeBody(BaseModel):
    """A user or a group that something can be granted to."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": "01a1fb40", "kind": "group", "name": "Legal"}})

    id: str
    kind: str
    name: str


class GranteeList(BaseModel):
    """Groups first, then users, each by name."""

    items: list[GranteeBody]
    next_cursor: str | None = None


class PeopleRoutes:
    """Users and groups."""

    def __init__(self, people: People) -> None:
        self._people = people

    def router(self) -> APIRouter:
        """Return the routes, for admins but for one."""
        router = APIRouter(prefix="/v1", tags=["people"], dependencies=[requires(Permission.ADMIN)])
        for path, call, method, status, summary in self._table():
            router.add_api_route(path, call, methods=[method], status_code=status, summary=summary)
        whole = APIRouter(prefix="/v1")
        whole.routes.extend(router.routes)
        whole.add_api_route(
            "/grantees",
            self.grantees,
            methods=["GET"],
            tags=["grants"],
            dependencies=[requires(Permission.WRITE)],
            summary="Find whom to grant something to",
        )
        return whole

    def _table(self) -> Sequence[tuple[str, Any, str, int, str]]:
        user, group = "/users/{user_id}", "/groups/{group_id}"
        return (
            ("/users", self.users, "GET", 200, "List users"),
            ("/users", self.invite, "POST", 201, "Invite somebody"),
            (user, self.user, "GET", 200, "Show a user"),
            (user, self.change, "PATCH", 200, "Change a user"),
            (user, self.remove, "DELETE", 204, "Remove a user"),
            (f"{user}/sign-in-token", self.sign_in_token, "POST", 201, "Make a sign-in link's token"),
            (f"{user}/second-factor", self.drop_second_factor, "DELETE", 204, "Take a second factor away"),
            (f"{user}/directory", self.hand_over_user, "PUT", 204, "Hand a user over to a directory"),
            (f"{user}/directory", self.take_user_back, "DELETE", 204, "Take a user back from a directory"),
            ("/groups", self.groups, "GET", 200, "List groups"),
            ("/groups", self.create_group, "POST", 201, "Make a group"),
            (f"{group}/members", self.set_members, "PUT", 200, "Say who is in a group"),
            (f"{group}/members/{{user_id}}", self.add_member, "PUT", 204, "Take somebody into a group"),
            (f"{group}/members/{{user_id}}", self.drop_member, "DELETE", 204, "Take somebody out of a group"),
            (group, self.remove_group, "DELETE", 204, "Remove a group"),
            (f"{group}/directory", self.hand_over_group, "PUT", 204, "Hand a group over to a directory"),
            (f"{group}/directory", self.take_group_back, "DELETE", 204, "Take a group back from a directory"),
        )

    async def grantees(
        self,
        scope: CurrentScope,
        q: Annotated[str, Query(max_length=100, description="How a name or an e-mail address begins.")] = "",
        id: Annotated[  # noqa: A002 - the parameter's name in the API
            list[Annotated[str, Field(max_length=64)]] | None, Query(max_length=200, description="In place of `q`.")
        ] = None,
    ) -> GranteeList:
        """Name at most 20 users and groups; with `id` those, which grants name."""
        found = await self._people.grantees(scope, q, id or ())
        return GranteeList(items=[GranteeBody(id=each.id, kind=each.kind, name=each.name) for each in found])

    async def users(
        self,
        scope: CurrentScope,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=64, description="The id of the last user seen.")] = None,
    ) -> PersonList:
        """List the tenant's users."""
        found = await self._people.users(scope, limit=limit + 1, after=id_cursor(cursor))
        more = found[limit - 1].id if len(found) > limit else None
        origins = await self._people.origins(scope, [each.id for each in found])
        items = [_person(each, origins.get(each.id, ())) for each in found[:limit]]
        return PersonList(items=items, next_cursor=more)

    async def invite(self, body: NewPerson, scope: CurrentScope, response: Response) -> Invited:
        """Make a user; the link's token, good for a week, is in this reply and nowhere else."""
        made, token = await self._people.invite(
            scope, name=body.name, role=body.role, email=body.email, service=body.service
        )
        response.headers["Cache-Control"] = "no-store"
        return Invited(**_person(made).model_dump(), token=token)

    async def user(self, user_id: Id, scope: CurrentScope) -> PersonBody:
        """Show a user."""
        return await self._told(scope, await self._people.user(scope, user_id))

    async def _told(self, scope: Scope, user: User) -> PersonBody:
        return _person(user, (await self._people.origins(scope, [user.id])).get(user.id, ()))

    async def change(self, user_id: Id, body: PersonChange, scope: CurrentScope) -> PersonBody:
        """Rename somebody, give them another role, or disable them: they are refused everywhere at once."""
        changed = await self._people.change(
            scope, user_id, name=body.name, role=body.role, email=body.email, disabled=body.disabled
        )
        return await self._told(scope, changed)

    async def remove(self, user_id: Id, scope: CurrentScope) -> None:
        """Remove somebody with their keys and sessions."""
        await self._people.remove(scope, user_id)

    async def sign_in_token(self, user_id: Id, scope: CurrentScope, response: Response) -> SignInBody:
        """Make a one-time token for somebody who cannot sign in any more."""
        token = await self._people.sign_in_token(scope, user_id, minutes=_SIGN_IN_MINUTES)
        response.headers["Cache-Control"] = "no-store"
        return SignInBody(token=token)

    async def drop_second_factor(self, user_id: Id, scope: CurrentScope) -> None:
        """Let somebody sign in without a code who lost what makes them; of owners, owners alone."""
        await self._people.drop_second_factor(scope, user_id)

    async def hand_over_user(self, user_id: Id, scope: CurrentScope) -> None:
        """Let a directory change somebody as if it had made them; no owner and no program."""
        await self._people.handing.user(scope, user_id)

    async def take_user_back(self, user_id: Id, scope: CurrentScope) -> None:
        """Let a directory change neither their address nor their role any more, nor remove them."""
        await self._people.handing.user(scope, user_id, back=True)

    async def groups(self, scope: CurrentScope) -> GroupList:
        """List the tenant's groups."""
        return GroupList(items=[_group(each) for each in await self._people.groups(scope)])

    async def create_group(self, body: NewGroup, scope: CurrentScope) -> GroupBody:
        """Make an empty group."""
        return _group(await self._people.create_group(scope, body.name))

    async def set_members(self, group_id: Id, body: Members, scope: CurrentScope) -> GroupBody:
        """Say who is in a group; others leave it."""
        return _group(await self._people.set_members(scope, group_id, body.members))

    async def add_member(self, group_id: Id, user_id: Id, scope: CurrentScope) -> None:
        """Take somebody into a group; whoever else changes it meanwhile undoes nothing. Again changes nothing."""
        await self._people.change_members(scope, group_id, come=[(await self._people.user(scope, user_id)).id])

    async def drop_member(self, group_id: Id, user_id: Id, scope: CurrentScope) -> None:
        """Take somebody out of a group: they lose what was granted to it. Again changes nothing."""
        await self._people.change_members(scope, group_id, leave=[(await self._people.user(scope, user_id)).id])

    async def remove_group(self, group_id: Id, scope: CurrentScope) -> None:
        """Remove a group; its members lose what was granted to it."""
        await self._people.remove_group(scope, group_id)

    async def hand_over_group(self, group_id: Id, scope: CurrentScope) -> None:
        """Let a directory see and change a group as if it had made it."""
        await self._people.handing.group(scope, group_id)

    async def take_group_back(self, group_id: Id, scope: CurrentScope) -> None:
        """Let a directory see a group no more; its members stay."""
        await self._people.handing.group(scope, group_id, back=True)


def _person(user: User, comes_from: Sequence[str] = ()) -> PersonBody:
    return PersonBody(
        id=user.id,
        name=user.name,
        email=user.email,
        role=min(map(Role, user.roles), key=list(Role).index),
        service=user.service,
        disabled=user.disabled,
        groups=sorted(user.groups),
        signed_in_at=user.signed_in_at,
        comes_from=list(comes_from),
    )


def _group(group: Group) -> GroupBody:
    return GroupBody(id=group.id, name=group.name, members=sorted(group.members), directory=group.directory)
