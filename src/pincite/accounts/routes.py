"""Sessions and keys over HTTP: `/v1/session`, `/v1/keys`. Translation only.

What a valid secret is, is decided in `service.py`; passwords are in `factor_routes.py`, users and groups in
`people_routes.py`.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pincite.accounts.audit import Audit
from pincite.accounts.audit_routes import AuditRoutes
from pincite.accounts.domain import ApiKey, NewApiKey, Permission
from pincite.accounts.door import SESSION_COOKIE, CurrentScope, public, requires
from pincite.accounts.factor_routes import FactorRoutes
from pincite.accounts.factors import Factors
from pincite.accounts.federation.routes import FederationRoutes
from pincite.accounts.people import People
from pincite.accounts.people_routes import PeopleRoutes
from pincite.accounts.scim.routes import ScimRoutes
from pincite.accounts.service import Accounts
from pincite.accounts.session_routes import SessionRoutes
from pincite.accounts.sessions import SessionBody, begin_session, refuse_other_sites, session_body

KeyId = Annotated[str, Path(max_length=64)]


class SignIn(BaseModel):
    """A one-time token from a sign-in link."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "the part after #token="}})

    token: Annotated[str, Field(min_length=1, max_length=200)]


class KeyBody(BaseModel):
    """An API key without its secret; `prefix` is how the secret begins.

    `user` is the id of whom it acts as; `permissions` are those it is narrowed to, null for all that they have.
    """

    id: str
    name: str
    prefix: str
    user: str
    permissions: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewKeyBody(KeyBody):
    """An API key that was just made; `key` is its secret, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01a1fb31",
                "name": "nightly import",
                "prefix": "pin_3kR9wQ0a",
                "user": "01a1fb30",
                "permissions": ["read", "self"],
                "created_at": "2026-11-20T09:00:00Z",
                "expires_at": "2027-11-20T09:00:00Z",
                "last_used_at": None,
                "key": "pin_3kR9wQ0a...",
            }
        }
    )

    key: str


class KeyList(BaseModel):
    """Keys, newest first; they always fit into one list."""

    items: list[KeyBody]
    next_cursor: str | None = None


class NewKey(BaseModel):
    """What a key is for, whom it acts as (you), what it is narrowed to (nothing), and when it ends (never)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "nightly import", "permissions": ["read"]}}
    )

    name: Annotated[str, Field(min_length=1, max_length=100)]
    user: Annotated[str | None, Field(max_length=64, description="An id.")] = None
    permissions: Annotated[list[Permission] | None, Field(max_length=len(Permission))] = None
    expires_at: AwareDatetime | None = None


class AccountRoutes:
    """Signing in and out, passwords, providers, API keys, users and groups, directories, and the audit log.

    `public_url` is where people reach the server, where that is set.
    """

    def __init__(
        self, accounts: Accounts, people: People, factors: Factors, audit: Audit, public_url: str | None = None
    ) -> None:
        self._accounts = accounts
        self._public_url = public_url
        self._factors = factors
        self._people = people
        self._audit = audit

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["accounts"])
        add = router.add_api_route
        anybody, known = [public()], [requires(Permission.SELF)]
        add("/v1/session", self.session, methods=["GET"], dependencies=known, summary="Who is signed in")
        add("/v1/session", self.sign_in, methods=["POST"], dependencies=anybody, summary="Sign in with a link's token")
        add(
            "/v1/session",
            self.sign_out,
            methods=["DELETE"],
            dependencies=known,
            status_code=204,
            summary="Sign out",
        )
        add("/v1/keys", self.keys, methods=["GET"], dependencies=known, summary="List API keys")
        add("/v1/keys", self.create_key, methods=["POST"], dependencies=known, status_code=201, summary="Make a key")
        path = "/v1/keys/{key_id}"
        add(path, self.revoke_key, methods=["DELETE"], dependencies=known, status_code=204, summary="Revoke a key")
        add(f"{path}/rotate", self.rotate_key, methods=["POST"], dependencies=known, summary="Give it a new secret")
        for more in (
            SessionRoutes(self._accounts.sessions),
            FactorRoutes(self._accounts, self._factors),
            FederationRoutes(self._accounts, self._factors.federation, self._public_url),
            PeopleRoutes(self._people),
            ScimRoutes(self._people.scim),
            AuditRoutes(self._audit),
        ):
            router.routes.extend(more.router().routes)
        return router

    async def session(self, scope: CurrentScope) -> SessionBody:
        """Return the tenant and the user that requests act as."""
        return session_body(await self._accounts.current_user(scope))

    async def sign_in(self, body: SignIn, request: Request, response: Response) -> SessionBody:
        """Use up a one-time token and set the session's cookie."""
        refuse_other_sites(request)
        return await begin_session(self._accounts, await self._accounts.redeem(body.token), request, response)

    async def sign_out(self, request: Request, response: Response) -> None:
        """End the session and delete its cookie."""
        secret = request.cookies.get(SESSION_COOKIE)
        if secret is not None:
            await self._accounts.end_session(secret)
        response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict")
        response.headers["Clear-Site-Data"] = '"cache"'  # pictures of pages and originals that the browser kept

    async def keys(self, scope: CurrentScope) -> KeyList:
        """List API keys without their secrets: all of the tenant for its admins, else your own."""
        return KeyList(items=[_key_body(key) for key in await self._accounts.list_keys(scope)])

    async def create_key(self, body: NewKey, scope: CurrentScope, response: Response) -> NewKeyBody:
        """Make an API key; its secret is in this reply and nowhere else."""
        made = await self._accounts.create_key(
            scope, body.name, user=body.user, permissions=body.permissions, expires_at=body.expires_at
        )
        response.headers["Cache-Control"] = "no-store"
        return _new_key_body(made)

    async def rotate_key(self, key_id: KeyId, scope: CurrentScope, response: Response) -> NewKeyBody:
        """Give a key another secret, which is in this reply alone; the old one stops working at once."""
        made = await self._accounts.rotate_key(scope, key_id)
        response.headers["Cache-Control"] = "no-store"
        return _new_key_body(made)

    async def revoke_key(self, key_id: KeyId, scope: CurrentScope) -> None:
        """Take a key's access away at once."""
        await self._accounts.revoke_key(scope, key_id)


def _key_body(key: ApiKey) -> KeyBody:
    return KeyBody(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        user=key.user,
        permissions=None if key.permissions is None else sorted(key.permissions),
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
    )


def _new_key_body(made: NewApiKey) -> NewKeyBody:
    return NewKeyBody(**_key_body(made.key).model_dump(), key=made.secret)
