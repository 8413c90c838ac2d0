"""Finds out where a provider's endpoints and keys are, and remembers it for a while. What keys prove is in `tokens.py`.

OpenID Connect Discovery 1.0. A provider may be slow, down or lying: nothing is asked more often than the bounds here
say, and an address that browsers or we are sent to is https, or http on this machine for an issuer that is there too.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from pincite.accounts.federation.domain import Metadata, Provider, Web
from pincite.core import Unavailable

Key = RSAKey | ECKey

FRESH_S = 3600.0
# A token whose key is unknown has the keys fetched anew, but not for every such token that somebody makes up.
KEYS_AGAIN_S = 30.0
FAILED_S = 5.0
_MOST_KEYS = 50
_LEAST_RSA_BITS = 2048
_KINDS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RSA": RSAKey, "EC": ECKey}
_METHODS = ("client_secret_basic", "client_secret_post")
_REMEDY = "Try again later. Whoever runs this installation finds out more with `pincite sign-in check`."


@dataclass(slots=True)
class _Known:
    metadata: Metadata | None = None
    keys: tuple[Key, ...] = ()
    found_at: float = float("-inf")
    keys_at: float = float("-inf")
    failed_at: float = float("-inf")
    failure: Unavailable | None = None
    keys_failure: Unavailable | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Directory:
    """Endpoints and keys of providers, by issuer.

    Args:
        web: the way to their servers.
        clock: seconds that only go on.
    """

    def __init__(self, web: Web, clock: Callable[[], float] = time.monotonic) -> None:
        self._web = web
        self._clock = clock
        self._known: dict[str, _Known] = {}

    async def metadata(self, provider: Provider) -> Metadata:
        """Return where its endpoints are. Raises: Unavailable."""
        known = self._known.setdefault(provider.issuer, _Known())
        async with known.lock:
            return await self._found(provider, known)

    async def keys(self, provider: Provider, kid: str | None) -> tuple[Key, ...]:
        """Return the keys that a token with this id of a key may be signed with; none if there is none.

        Raises: Unavailable.
        """
        known = self._known.setdefault(provider.issuer, _Known())
        async with known.lock:
            metadata = await self._found(provider, known)
            now = self._clock()
            is_old = now - known.keys_at > FRESH_S
            # Of a token that names no key nobody knows whether its key is here.
            if is_old or ((kid is None or not _named(known.keys, kid)) and now - known.keys_at > KEYS_AGAIN_S):
                known.keys_at = now  # also where it fails: what is asked for must not be asked for by every stranger
                await self._fetch_keys(provider, metadata, known)
            found = _named(known.keys, kid)
            if not found and known.keys_failure is not None:  # whether the token is right nobody knows
                raise Unavailable(known.keys_failure.message, remedy=known.keys_failure.remedy)
            return found

    def forget(self, issuer: str) -> None:
        """Find all out anew the next time."""
        self._known.pop(issuer, None)

    async def _fetch_keys(self, provider: Provider, metadata: Metadata, known: _Known) -> None:
        try:
            known.keys = _keys_of(await self._web.get(provider.issuer, metadata.jwks_uri))
        except Unavailable as failure:
            known.keys_failure = failure
            raise
        known.keys_failure = None

    async def _found(self, provider: Provider, known: _Known) -> Metadata:
        now = self._clock()
        if known.metadata is not None and now - known.found_at <= FRESH_S:
            return known.metadata
        if known.failure is not None and now - known.failed_at <= FAILED_S:
            raise Unavailable(known.failure.message, remedy=known.failure.remedy)
        try:
            url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
            known.metadata = metadata_of(provider.issuer, await self._web.get(provider.issuer, url))
        except Unavailable as failure:
            known.failed_at, known.failure = now, failure
            raise
        known.found_at, known.failure = now, None
        return known.metadata


def metadata_of(issuer: str, found: Mapping[str, Any]) -> Metadata:
    """Read a provider's description of itself. Raises: Unavailable."""
    if found.get("issuer") != issuer:
        raise Unavailable(
            f"The provider at {issuer} calls itself otherwise.",
            remedy="Give the issuer exactly as its discovery document has it (`pincite sign-in change`).",
        )
    methods = found.get("token_endpoint_auth_methods_supported")
    offered = cast("list[object]", methods) if isinstance(methods, list) else []
    return Metadata(
        issuer=issuer,
        authorization_endpoint=_required(issuer, found, "authorization_endpoint"),
        token_endpoint=_required(issuer, found, "token_endpoint"),
        jwks_uri=_required(issuer, found, "jwks_uri"),
        userinfo_endpoint=_endpoint(issuer, found, "userinfo_endpoint"),
        end_session_endpoint=_endpoint(issuer, found, "end_session_endpoint"),
        method=next((each for each in _METHODS if each in offered), _METHODS[0]),
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
    )


def is_trustworthy(issuer: str, url: str) -> bool:
    """Say whether an address may be one of the issuer's: https, or http on this machine where the issuer is there."""
    try:
        place, own = urlsplit(url), urlsplit(issuer)
        plain = place.scheme == "http" and own.scheme == "http" and _is_here(place.hostname) and _is_here(own.hostname)
        _ = place.port
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > 2000 or "#" in url:
        return False
    return bool(place.hostname) and "@" not in place.netloc and (place.scheme == "https" or plain)


def _is_here(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _required(issuer: str, found: Mapping[str, Any], name: str) -> str:
    url = _endpoint(issuer, found, name)
    if url is None:
        raise Unavailable(f"The provider at {issuer} does not say its {name}.", remedy=_REMEDY)
    return url


def _endpoint(issuer: str, found: Mapping[str, Any], name: str) -> str | None:
    url = found.get(name)
    if url is None:
        return None
    if not isinstance(url, str) or not is_trustworthy(issuer, url):
        raise Unavailable(f"The provider at {issuer} names a {name} that is no https address.", remedy=_REMEDY)
    return url


def _keys_of(found: Mapping[str, Any]) -> tuple[Key, ...]:
    """Return the public keys to check signatures with; others, and those that are too weak, are left out."""
    listed = found.get("keys")
    if not isinstance(listed, list):
        raise Unavailable("The provider's list of keys is none.", remedy=_REMEDY)
    keys = [_key_of(each) for each in cast("list[object]", listed)[:_MOST_KEYS]]
    return tuple(each for each in keys if each is not None)


def _key_of(given: object) -> Key | None:
    found = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    kind = _KINDS.get(str(found.get("kty")))
    if kind is None or found.get("use", "sig") != "sig":
        return None
    try:
        key = kind.import_key(
            {name: value for name, value in found.items() if name not in {"d", "p", "q", "dp", "dq", "qi"}}
        )
        if isinstance(key, RSAKey) and key.raw_value.key_size < _LEAST_RSA_BITS:
            return None
    except (JoseError, ValueError, TypeError, AttributeError, KeyError):
        return None
    return key


def _named(keys: tuple[Key, ...], kid: str | None) -> tuple[Key, ...]:
    return tuple(each for each in keys if kid is None or each.kid == kid)
