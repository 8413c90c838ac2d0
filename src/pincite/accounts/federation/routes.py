"""Signing in with a provider over HTTP: `/v1/session/providers` and what a browser comes back with. Translation only.

The provider sends the browser to `/signin/callback`, a page of the web app, which hands on what it got by POST: so
nothing begins by a GET, and neither cookie is ever sent from another site.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pincite.accounts.domain import Permission
from pincite.accounts.door import SESSION_COOKIE, CurrentScope, Door, public, requires
from pincite.accounts.federation.pending import MINUTES
from pincite.accounts.federation.service import Begun, Came, Federation, Way
from pincite.accounts.federation.tokens import LONGEST_TOKEN
from pincite.accounts.service import Accounts
from pincite.accounts.sessions import SessionBody, begin_session, refuse_other_sites, session_of, set_secret_cookie
from pincite.core import Scope

PENDING_COOKIE = "pincite_sign_in"
CALLBACK = "/signin/callback"
_ProviderId = Annotated[str, Path(max_length=64)]


class OfferBody(BaseModel):
    """A provider that people may sign in with."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": "01a1fb60", "label": "Example Login"}})

    id: str
    label: str


class OfferList(BaseModel):
    """Providers by their labels; they always fit into one list."""

    items: list[OfferBody]
    next_cursor: str | None = None


class ProviderBegin(BaseModel):
    """Where to come back to, a path of the web app."""

    model_config = ConfigDict(json_schema_extra={"example": {"return_to": "/library"}})

    return_to: Annotated[str, Field(max_length=500)] = "/"


class LinkBegin(ProviderBegin):
    """Where to come back to, and your current password.

    It takes none within 15 minutes after signing in with a link.
    """

    model_config = ConfigDict(
        json_schema_extra={"example": {"return_to": "/settings", "current": "four words nobody pairs"}}
    )

    current: Annotated[SecretStr | None, Field(min_length=1, max_length=800)] = None


class ProviderUrl(BaseModel):
    """Where the browser goes; null where there is nowhere to go."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": "https://login.example.com/authorize?client_id=p"}})

    url: str | None


class ProviderAnswer(BaseModel):
    """What the provider put behind `?` when it sent the browser back."""

    model_config = ConfigDict(json_schema_extra={"example": {"state": "kZ3v", "code": "SplxlOBeZQQYbYS6WxSbIA"}})

    state: Annotated[str, Field(min_length=1, max_length=200)]
    code: Annotated[str | None, Field(max_length=4000)] = None
    iss: Annotated[str | None, Field(max_length=500)] = None
    error: Annotated[str | None, Field(max_length=200)] = None


class ProviderEntry(BaseModel):
    """Who is signed in, null where a provider was linked to them; and the path of the web app that they wanted to."""

    session: SessionBody | None
    return_to: str


class FederationRoutes:
    """Signing in with providers, and being signed out by them.

    Args:
        accounts: says who a new session is.
        federation: proves who somebody is.
        public_url: where people reach the server; None where it is as the browser says, which is one of our hosts.
    """

    def __init__(self, accounts: Accounts, federation: Federation, public_url: str | None) -> None:
        self._accounts = accounts
        self._federation = federation
        self._public_url = public_url

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1/session", tags=["accounts"])
        add = router.add_api_route
        anybody = [public()]
        add("/providers", self.offers, methods=["GET"], dependencies=anybody, summary="Whom to sign in with")
        path = "/providers/{provider_id}"
        add(path, self.begin, methods=["POST"], dependencies=anybody, summary="Begin to sign in with a provider")
        add("/provider", self.finish, methods=["POST"], dependencies=anybody, summary="Come back from a provider")
        add(
            f"{path}/sign-out",
            self.signed_out,
            methods=["POST"],
            dependencies=anybody,
            status_code=204,
            summary="Be signed out by a provider",
        )
        mine = [requires(Permission.SELF)]
        secret = [requires(Permission.SELF, replayed=False)]
        add(f"{path}/link", self.link, methods=["POST"], dependencies=secret, summary="Begin to link a provider to you")
        add(path, self.unlink, methods=["DELETE"], dependencies=mine, status_code=204, summary="Unlink a provider")
        add("/way-out", self.way_out, methods=["GET"], dependencies=mine, summary="Where to sign out, too")
        return router

    async def offers(self) -> OfferList:
        """List the providers that the sign-in page offers."""
        return OfferList(items=[OfferBody(id=each.id, label=each.label) for each in await self._federation.offers()])

    async def begin(
        self, provider_id: _ProviderId, body: ProviderBegin, request: Request, response: Response
    ) -> ProviderUrl:
        """Say where the browser goes to sign in, and give it the cookie that it must bring back within ten minutes."""
        refuse_other_sites(request)
        begun = await self._federation.begin(provider_id, self._way(request, body))
        return _led(request, response, begun)

    async def link(
        self, provider_id: _ProviderId, body: LinkBegin, scope: CurrentScope, request: Request, response: Response
    ) -> ProviderUrl:
        """Say where the browser goes so that you can sign in with this provider from then on."""
        current = None if body.current is None else body.current.get_secret_value()
        begun = await self._federation.begin_link(
            scope, provider_id, self._way(request, body), session=session_of(request), current=current
        )
        return _led(request, response, begun)

    async def unlink(self, provider_id: _ProviderId, scope: CurrentScope, request: Request) -> None:
        """Let a provider sign you in no more; sessions that it began end. Your last way in stays."""
        session_of(request)
        await self._federation.links.unlink(scope, provider_id)

    async def finish(self, body: ProviderAnswer, request: Request, response: Response) -> ProviderEntry:
        """Take what the provider sent with the browser for what it proves, and begin a session."""
        refuse_other_sites(request)
        response.delete_cookie(PENDING_COOKIE, httponly=True, samesite="strict")
        cookie = request.cookies.get(PENDING_COOKIE, "")
        came = Came(cookie, body.state, code=body.code, issuer=body.iss, error=body.error)
        asker = await _asker(request)
        before = request.cookies.get(SESSION_COOKIE, "")
        finished = await self._federation.finish(came, _client(request), asker=asker, session=before)
        session = None
        if finished.secret is not None:
            session = await begin_session(self._accounts, finished.secret, request, response)
        return ProviderEntry(session=session, return_to=finished.return_to)

    async def signed_out(
        self, provider_id: _ProviderId, logout_token: Annotated[str, Form(min_length=1, max_length=LONGEST_TOKEN)]
    ) -> None:
        """End the sessions that a provider says are over (OpenID Connect Back-Channel Logout 1.0)."""
        await self._federation.signed_out_by(provider_id, logout_token)

    async def way_out(self, scope: CurrentScope, request: Request) -> ProviderUrl:
        """Say where the browser goes after it signed out here, to sign out at its provider as well."""
        session = request.cookies.get(SESSION_COOKIE, "")
        return ProviderUrl(url=await self._federation.way_out(scope, session, self._base(request) + "/signin"))

    def _way(self, request: Request, body: ProviderBegin) -> Way:
        return Way(self._base(request) + CALLBACK, body.return_to, _client(request))

    def _base(self, request: Request) -> str:
        if self._public_url is not None:
            return self._public_url.rstrip("/")
        return f"{request.url.scheme}://{request.headers['host']}"


def _led(request: Request, response: Response, begun: Begun) -> ProviderUrl:
    """Give the browser the cookie that it must bring back, and say where it goes."""
    set_secret_cookie(request, response, PENDING_COOKIE, begun.cookie, MINUTES * 60)
    return ProviderUrl(url=begun.url)


async def _asker(request: Request) -> Scope | None:
    if SESSION_COOKIE not in request.cookies or "authorization" in request.headers:
        return None
    door: Door = request.app.state.door
    return await door.known(request)


def _client(request: Request) -> str:
    return "" if request.client is None else request.client.host
