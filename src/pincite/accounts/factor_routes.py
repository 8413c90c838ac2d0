"""Passwords over HTTP: `/v1/session/password`, `/v1/session/factors`. Translation only.

What a password may be, how often one is tried and what it takes to change it is decided in `passwords.py`.
"""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pincite.accounts.domain import Permission
from pincite.accounts.door import SESSION_COOKIE, CurrentScope, public, requires
from pincite.accounts.factors import Factors
from pincite.accounts.service import Accounts
from pincite.accounts.sessions import SessionBody, begin_session, refuse_other_sites
from pincite.core.errors import Denied

# Longer ones are refused by their length in characters of their normal form; this bounds what is looked at.
_Password = Annotated[SecretStr, Field(min_length=1, max_length=800)]


class PasswordSignIn(BaseModel):
    """An e-mail address and its password."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "ada@example.com", "password": "four words nobody pairs"}}
    )

    email: Annotated[str, Field(min_length=1, max_length=320)]
    password: _Password


class NewPassword(BaseModel):
    """A password of 12 to 200 characters, and the one until now where it takes that; see `needs_current`."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"password": "four words nobody pairs", "current": "the words until now"}}
    )

    password: _Password
    current: _Password | None = None


class FactorsBody(BaseModel):
    """What you sign in with.

    `needs_current` says whether it takes the current password to set another: it does not within 15 minutes after
    signing in with a link.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"password": True, "needs_current": True}})

    password: bool
    needs_current: bool


class FactorRoutes:
    """Passwords: signing in with one, setting one."""

    def __init__(self, accounts: Accounts, factors: Factors) -> None:
        self._accounts = accounts
        self._passwords = factors.passwords

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1/session", tags=["accounts"])
        add = router.add_api_route
        anybody, known = [public()], [requires(Permission.SELF)]
        # What is sent holds a password, of which nothing is to be kept that is quick to guess from.
        secret = [requires(Permission.SELF, replayed=False)]
        add("/factors", self.factors, methods=["GET"], dependencies=known, summary="What you sign in with")
        add("/password", self.sign_in, methods=["POST"], dependencies=anybody, summary="Sign in with a password")
        add(
            "/password",
            self.set_password,
            methods=["PUT"],
            dependencies=secret,
            status_code=204,
            summary="Set your password",
        )
        return router

    async def factors(self, scope: CurrentScope, request: Request) -> FactorsBody:
        """Say what you sign in with, and what it takes to change it from this session."""
        state = await self._passwords.state(scope, request.cookies.get(SESSION_COOKIE))
        return FactorsBody(password=state.is_set, needs_current=state.needs_current)

    async def sign_in(self, body: PasswordSignIn, request: Request, response: Response) -> SessionBody:
        """Begin a session and set its cookie; after five failures there is a wait, which `Retry-After` says."""
        refuse_other_sites(request)
        client = "" if request.client is None else request.client.host
        secret = await self._passwords.sign_in(body.email, body.password.get_secret_value(), client)
        return await begin_session(self._accounts, secret, request, response)

    async def set_password(self, body: NewPassword, scope: CurrentScope, request: Request) -> None:
        """Sign in with this password from now on; all your other sessions end, API keys stay."""
        current = None if body.current is None else body.current.get_secret_value()
        await self._passwords.set(scope, _session_of(request), body.password.get_secret_value(), current)


def _session_of(request: Request) -> str:
    """Return the session of a browser. Raises: Denied for a key: it must not become a way to sign in."""
    session = request.cookies.get(SESSION_COOKIE)
    if session is None or "authorization" in request.headers:
        raise Denied("An API key cannot change what somebody signs in with.", remedy="Sign in with a browser.")
    return session
