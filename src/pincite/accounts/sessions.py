"""What all routes that begin a session share: the cookie, the reply, and that no other site may do it.

What it takes to begin one is decided in `service.py` and `passwords.py`.
"""

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict

from pincite.accounts.domain import User
from pincite.accounts.door import SESSION_COOKIE, is_foreign_site
from pincite.accounts.service import Accounts
from pincite.core.errors import Denied

# The server decides when a session ends; the cookie only has to outlive it.
_COOKIE_S = 365 * 86_400


class UserBody(BaseModel):
    """Who is signed in."""

    id: str
    name: str
    email: str | None
    roles: list[str]


class SessionBody(BaseModel):
    """The tenant and the user that requests act as."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "tenant": "01a1fb2f",
                "user": {"id": "01a1fb30", "name": "Ada", "email": "ada@example.com", "roles": ["editor"]},
            }
        }
    )

    tenant: str
    user: UserBody


def refuse_other_sites(request: Request) -> None:
    """Let nobody be signed in as somebody else by a page that is not ours. Raises: Denied."""
    if is_foreign_site(request):
        raise Denied("Another site tried to sign you in.", remedy="Sign in on Pincite's own page.")


async def begin_session(accounts: Accounts, secret: str, request: Request, response: Response) -> SessionBody:
    """Set the cookie of a session that was just made, and return who it is; the browser's session until now ends."""
    former = request.cookies.get(SESSION_COOKIE)
    if former is not None:
        await accounts.end_session(former)
    set_secret_cookie(request, response, SESSION_COOKIE, secret, _COOKIE_S)
    await accounts.sessions.came_with(secret, request.headers.get("user-agent"))
    scope = await accounts.authenticate(bearer=None, session=secret)
    return session_body(await accounts.current_user(scope))


def session_of(request: Request) -> str:
    """Return the session of a browser. Raises: Denied for a key: it must not become a way to sign in."""
    session = request.cookies.get(SESSION_COOKIE)
    if session is None or "authorization" in request.headers:
        raise Denied("An API key cannot change what somebody signs in with.", remedy="Sign in with a browser.")
    return session


def set_secret_cookie(request: Request, response: Response, name: str, secret: str, seconds: int) -> None:
    """Set a cookie that no script reads and no other site sends with a change."""
    secure = request.url.scheme == "https"
    response.set_cookie(name, secret, max_age=seconds, httponly=True, samesite="strict", secure=secure)
    response.headers["Cache-Control"] = "no-store"


def session_body(user: User) -> SessionBody:
    """Return who is signed in as routes say it."""
    found = UserBody(id=user.id, name=user.name, email=user.email, roles=sorted(user.roles))
    return SessionBody(tenant=user.tenant, user=found)
