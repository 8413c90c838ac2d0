"""Passwords and second factors over HTTP: `/v1/session/password`, `/code`, `/second-factor`. Translation only.

What a password may be, how often one is tried and what it takes to change it is decided in `passwords.py`, what a code
is good for in `second_factor.py`.
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pincite.accounts.domain import Permission
from pincite.accounts.door import SESSION_COOKIE, CurrentScope, public, requires
from pincite.accounts.factors import Factors
from pincite.accounts.passwords import HALF
from pincite.accounts.service import Accounts
from pincite.accounts.sessions import SessionBody, begin_session, refuse_other_sites, session_of, set_secret_cookie

# Longer ones are refused by their length in characters of their normal form; this bounds what is looked at.
_Password = Annotated[SecretStr, Field(min_length=1, max_length=800)]
_Code = Annotated[str, Field(min_length=6, max_length=40)]
# A session that owes a code, in a cookie of its own: it opens nothing else.
HALF_COOKIE = "pincite_half"


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


class LinkedBody(BaseModel):
    """A provider that you can sign in with, and since when."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"id": "01a1fb60", "label": "Example Login", "since": "2026-11-20T09:00:00Z"}}
    )

    id: str
    label: str
    since: datetime


class FactorsBody(BaseModel):
    """What you sign in with.

    `needs_current` says whether it takes the current password to set another: it does not within 15 minutes after
    signing in with a link, and a first password takes such a link. `recovery_codes` is how many are left, `linked`
    are sign-in providers.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "password": True,
                "needs_current": True,
                "second_factor": True,
                "recovery_codes": 10,
                "linked": [{"id": "01a1fb60", "label": "Example Login", "since": "2026-11-20T09:00:00Z"}],
            }
        }
    )

    password: bool
    needs_current: bool
    second_factor: bool
    recovery_codes: int
    linked: list[LinkedBody]


class PasswordEntry(BaseModel):
    """Who is signed in; null where a code is owed: send it to `/v1/session/code` within five minutes."""

    model_config = ConfigDict(json_schema_extra={"example": {"needs_code": True, "session": None}})

    needs_code: bool
    session: SessionBody | None


class CodeBody(BaseModel):
    """The code that an authenticator app shows now, or where it is said so a recovery code."""

    model_config = ConfigDict(json_schema_extra={"example": {"code": "123456"}})

    code: _Code


class NewFactorProof(BaseModel):
    """The current password, where it takes that; see `needs_current`."""

    model_config = ConfigDict(json_schema_extra={"example": {"current": "four words nobody pairs"}})

    current: _Password | None = None


class NewFactorBody(BaseModel):
    """What an authenticator app needs, shown this once: a secret to type, or an address that holds it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
                "uri": "otpauth://totp/Pincite%3Aada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            }
        }
    )

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Codes that do in place of the app, each good once; shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": {"recovery_codes": ["abcd-efgh-ijkl-mnop-qrst-uvwx"]}})

    recovery_codes: list[str]


class FactorRoutes:
    """Passwords and second factors: signing in with them, setting them up."""

    def __init__(self, accounts: Accounts, factors: Factors) -> None:
        self._accounts = accounts
        self._passwords = factors.passwords
        self._second = factors.second
        self._links = factors.federation.links

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
        add("/code", self.finish, methods=["POST"], dependencies=anybody, summary="Give the code after the password")
        path = "/second-factor"
        add(path, self.begin, methods=["POST"], dependencies=secret, status_code=201, summary="Begin a second factor")
        add(path, self.confirm, methods=["PUT"], dependencies=secret, summary="Confirm the second factor")
        add(
            f"{path}/off",
            self.turn_off,
            methods=["POST"],
            dependencies=secret,
            status_code=204,
            summary="Turn the second factor off",
        )
        return router

    async def factors(self, scope: CurrentScope, request: Request) -> FactorsBody:
        """Say what you sign in with, and what it takes to change it from this session."""
        state = await self._passwords.state(scope, request.cookies.get(SESSION_COOKIE))
        second = await self._second.state(scope)
        linked = await self._links.list(scope)
        return FactorsBody(
            password=state.is_set,
            needs_current=state.needs_current,
            second_factor=second.is_on,
            recovery_codes=second.recovery_left,
            linked=[LinkedBody(id=each.id, label=each.label, since=each.since) for each in linked],
        )

    async def sign_in(self, body: PasswordSignIn, request: Request, response: Response) -> PasswordEntry:
        """Begin a session and set its cookie, or half of one where a code is owed.

        After five failures there is a wait, which `Retry-After` says.
        """
        refuse_other_sites(request)
        client = "" if request.client is None else request.client.host
        entered = await self._passwords.sign_in(body.email, body.password.get_secret_value(), client)
        if entered.owes_code:
            set_secret_cookie(request, response, HALF_COOKIE, entered.secret, int(HALF.total_seconds()))
            return PasswordEntry(needs_code=True, session=None)
        session = await begin_session(self._accounts, entered.secret, request, response)
        return PasswordEntry(needs_code=False, session=session)

    async def finish(self, body: CodeBody, request: Request, response: Response) -> SessionBody:
        """Give the code, or a recovery code, that is owed after the password; begins the session."""
        refuse_other_sites(request)
        secret = await self._second.finish(request.cookies.get(HALF_COOKIE, ""), body.code)
        response.delete_cookie(HALF_COOKIE, httponly=True, samesite="lax")
        return await begin_session(self._accounts, secret, request, response)

    async def begin(
        self, body: NewFactorProof, scope: CurrentScope, request: Request, response: Response
    ) -> NewFactorBody:
        """Make a second factor, which counts once a code of it confirms that the app has it."""
        current = None if body.current is None else body.current.get_secret_value()
        made = await self._second.begin(scope, session_of(request), current)
        response.headers["Cache-Control"] = "no-store"
        return NewFactorBody(secret=made.secret, uri=made.uri)

    async def confirm(self, body: CodeBody, scope: CurrentScope, request: Request, response: Response) -> RecoveryCodes:
        """Have codes asked for from now on; the recovery codes are in this reply and nowhere else."""
        session_of(request)
        made = await self._second.confirm(scope, body.code)
        response.headers["Cache-Control"] = "no-store"
        return RecoveryCodes(recovery_codes=made)

    async def turn_off(self, body: CodeBody, scope: CurrentScope, request: Request) -> None:
        """Have no codes asked for any more; takes one, or a recovery code."""
        session_of(request)
        await self._second.turn_off(scope, body.code)

    async def set_password(self, body: NewPassword, scope: CurrentScope, request: Request) -> None:
        """Sign in with this password from now on; all your other sessions end, API keys stay."""
        current = None if body.current is None else body.current.get_secret_value()
        await self._passwords.set(scope, session_of(request), body.password.get_secret_value(), current)
