"""What a provider's signed tokens must hold to be believed (OpenID Connect Core 3.1.3.7; Back-Channel Logout 2.6).

Signatures are joserfc's, the claims' rules Authlib's; here is which algorithms and keys there may be, and what is bound
to what. Where keys come from is in `discovery.py`.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, cast

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pincite.accounts.federation.discovery import Key
from pincite.accounts.federation.domain import AGAIN, Provider, SignInRefused

# Signatures with a key pair alone: a public key can never be taken for a shared secret, and "none" is no signature.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_S = 60
LONGEST_TOKEN = 64 << 10
_KIDS = 255
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

Keys = Callable[[str | None], Awaitable[tuple[Key, ...]]]
"""Gives the keys that a token which names this id of a key may be signed with."""
_Text = Annotated[str, Field(min_length=1, max_length=255)]
_Time = Annotated[int | float, Field(ge=0, le=2**40)]


class _Shape(BaseModel):
    """The kinds of what claims hold, before anything is made of them."""

    model_config = ConfigDict(strict=True, extra="allow")

    iss: Annotated[str, Field(max_length=500)]
    aud: str | Annotated[list[str], Field(min_length=1, max_length=50)]
    exp: _Time
    iat: _Time
    nbf: _Time | None = None
    azp: str | None = None
    at_hash: str | None = None
    sid: _Text | None = None


class _IdShape(_Shape):
    sub: _Text
    nonce: str


class _LogoutShape(_Shape):
    exp: _Time = 2**40  # OpenID asks for it, and providers of before that left it out
    jti: _Text
    sub: _Text | None = None
    events: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogoutWord:
    """Whose sessions a provider ends: those of a session of its own, or all of somebody's, that began before `at`.

    `id` is what the provider calls this word, which is good once; `at` is by its clock.
    """

    id: str
    subject: str | None
    session: str | None
    at: float


async def id_token(
    provider: Provider, token: str, keys: Keys, *, nonce: str, access_token: str | None
) -> Mapping[str, Any]:
    """Return the claims of a token that was made by the provider, for us, for this sign-in, and is not over.

    Raises: SignInRefused, which says what does not fit and nothing that the token says.
    """
    found = await _signed(token, keys)
    claims = found.claims
    try:
        _IdShape.model_validate(claims)
        options: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        bound = {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token}
        CodeIDToken(claims, found.header, options, bound).validate(leeway=LEEWAY_S)
    except ValidationError as error:
        raise _refused(f"its {error.errors()[0]['loc'][0]} is missing or of another kind") from None
    except JoseError as error:
        raise _refused(_said(error)) from None
    if "events" in claims:
        raise _refused("it is a token of another purpose")
    return claims


async def logout_token(provider: Provider, token: str, keys: Keys, longest_s: float) -> LogoutWord:
    """Return whose sessions end. Raises: SignInRefused."""
    found = await _signed(token, keys)
    claims = found.claims
    try:
        shape = _LogoutShape.model_validate(claims)
    except ValidationError as error:
        raise _refused(f"its {error.errors()[0]['loc'][0]} is missing or of another kind") from None
    now = time.time()
    for_us = provider.client_id in ([shape.aud] if isinstance(shape.aud, str) else shape.aud)
    if shape.iss != provider.issuer or not for_us:
        raise _refused("it is another provider's, or for another program")
    if shape.exp < now - LEEWAY_S or not now - longest_s - LEEWAY_S <= shape.iat <= now + LEEWAY_S:
        raise _refused("it is too old")
    if not isinstance(shape.events.get(_LOGOUT), dict) or "nonce" in claims:
        raise _refused("it is a token of another purpose")
    if shape.sub is None and shape.sid is None:
        raise _refused("it does not say whose sessions end")
    return LogoutWord(shape.jti, shape.sub, shape.sid, shape.iat)


async def _signed(token: str, keys: Keys) -> jwt.Token:
    """Return a token whose signature one of the provider's keys proves."""
    if len(token) > LONGEST_TOKEN:
        raise _refused("it is too long")
    try:
        said = cast("object", jws.extract_compact(token.encode("ascii", "replace")).headers())
    except (JoseError, ValueError):
        raise _refused("it is no signed token") from None
    if not isinstance(said, dict):
        raise _refused("it is no signed token")
    header = cast("dict[str, Any]", said)
    kid = header.get("kid")
    if header.get("alg") not in ALGORITHMS:
        raise _refused("it is signed in a way that proves nothing")
    if kid is not None and (not isinstance(kid, str) or len(kid) > _KIDS):
        raise _refused("it names its key in a way that is none")
    for key in await keys(kid):
        try:
            return jwt.decode(token, key, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError, TypeError):
            continue
    raise _refused("none of the provider's keys proves it")


def used_twice() -> SignInRefused:
    """Return the error of who sends a word again that was used already."""
    return _refused("it was used already")


def _said(error: JoseError) -> str:
    claim = getattr(error, "claim", None)
    return "it is over" if error.error == "expired_token" else f"its {claim or 'claims'} do not fit"


def _refused(why: str) -> SignInRefused:
    return SignInRefused(f"What the provider sent does not prove who you are: {why}.", remedy=AGAIN)
