"""The way to sign-in providers' servers: the one outbound fetcher, with the issuer's own host allowed to be anywhere.

Whoever runs the installation named the issuer; what the issuer names in turn is public or refused, as all else is. What
the answers mean is decided in `accounts/federation/`.
"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from pincite.core import Unavailable
from pincite.guard import Fetcher, FetchFailed

_MOST_FETCHERS = 100


class ProviderWeb:
    """Asks providers' servers for JSON, in ten seconds and 1 MB at most, without following redirects.

    Args:
        allowed: further hosts that may be on a private network.
    """

    def __init__(self, allowed: list[str]) -> None:
        self._allowed = allowed
        self._fetchers: dict[str, Fetcher] = {}

    async def get(self, issuer: str, url: str, *, bearer: str | None = None) -> Mapping[str, Any]:
        """Return a JSON object. Raises: Unavailable."""
        headers = {"accept": "application/json"} | ({} if bearer is None else {"authorization": f"Bearer {bearer}"})
        try:
            async with self._fetcher(issuer).get(url, headers=headers) as fetched:
                body = await _whole(fetched.body)
        except FetchFailed as error:
            raise _failed(issuer, error.message) from None
        if fetched.status != 200:
            raise _failed(issuer, f"It answered {fetched.status}.")
        return _object(issuer, body)

    async def post(
        self, issuer: str, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """Send a form and return the JSON object that comes, whatever its status. Raises: Unavailable."""
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        if basic is not None:
            # Each half is encoded as in a form before the two are joined (RFC 6749, 2.3.1).
            joined = ":".join(quote(each, safe="") for each in basic)
            headers["authorization"] = "Basic " + base64.b64encode(joined.encode()).decode()
        try:
            async with self._fetcher(issuer).post(url, urlencode(form).encode(), headers=headers) as fetched:
                body = await _whole(fetched.body)
        except FetchFailed as error:
            raise _failed(issuer, error.message) from None
        if fetched.status >= 500:
            raise _failed(issuer, f"It answered {fetched.status}.")
        return _object(issuer, body)

    async def close(self) -> None:
        """Close what is open."""
        for each in self._fetchers.values():
            await each.close()

    def _fetcher(self, issuer: str) -> Fetcher:
        if issuer not in self._fetchers:
            if len(self._fetchers) >= _MOST_FETCHERS:
                self._fetchers.clear()
            self._fetchers[issuer] = Fetcher.allowing([urlsplit(issuer).netloc, *self._allowed], brief=True)
        return self._fetchers[issuer]


async def _whole(body: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in body])


def _object(issuer: str, body: bytes) -> Mapping[str, Any]:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _failed(issuer, "It did not send what providers send.")
    return cast("dict[str, Any]", found)


def _failed(issuer: str, why: str) -> Unavailable:
    return Unavailable(
        f"The sign-in provider {urlsplit(issuer).hostname} cannot be used now. {why}",
        remedy="Try again later, or sign in another way. Whoever runs this installation sees more with "
        "`pincite sign-in check`.",
    )
