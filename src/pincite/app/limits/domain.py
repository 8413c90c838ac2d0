"""Values and errors of limits: what is counted, of whom, and how much is left. No database and no web here.

The fields that tell clients of it are those of the IETF's draft-ietf-httpapi-ratelimit-headers (10 and 11).
"""

import ipaddress
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pincite.core.errors import TryLater

WINDOW_S = 60
# A provider gives each of its customers a network of this size at least: whoever has one has all its addresses.
_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class Policy:
    """At most `quota` requests in each window, which begins with the first request after the last one ended."""

    name: str
    quota: int
    window_s: int = WINDOW_S

    @property
    def field(self) -> str:
        """How `RateLimit-Policy` tells of it."""
        return f'"{self.name}";q={self.quota};w={self.window_s}'


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of asking for requests in advance.

    `granted` are ours to spend before the window ends in `left_s`; `remaining` are left to everybody; `refused` says
    how often nothing was granted in this window.
    """

    granted: int
    remaining: int
    left_s: float
    refused: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a policy stands after a request: as far as this process knows, `remaining` may be sent in `left_s` more."""

    policy: Policy
    remaining: int
    left_s: float

    @property
    def field(self) -> str:
        """How `RateLimit` tells of it."""
        return f'"{self.policy.name}";r={self.remaining};t={max(0, math.ceil(self.left_s))}'


class TooManyRequests(TryLater):
    """An address, a key or a user sent more requests than a window allows; nothing was done.

    `first` says that nobody was refused in this window before, in whichever process.
    """

    code = "too-many-requests"

    def __init__(self, standing: Standing, *, first: bool) -> None:
        policy, wait_s = standing.policy, max(1, math.ceil(standing.left_s))
        super().__init__(
            f"More than {policy.quota} requests came in {policy.window_s} s (limit: {policy.name}).",
            remedy=f"Wait {wait_s} s and send it again. Whoever runs Pincite can set PINCITE_LIMIT_* otherwise.",
            retry_after_s=wait_s,
        )
        self.standing = standing
        self.first = first


def policies_of(quotas: Mapping[str, int]) -> Mapping[str, Policy]:
    """Return the policies by name, of how many requests a minute each allows; 0 is no limit, and no policy."""
    return {name: Policy(name, quota) for name, quota in quotas.items() if quota}


def network_of(client: str) -> str:
    """Return what is counted as one address: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _NETWORK_BITS), strict=False))


def fields_of(standings: Iterable[Standing]) -> Mapping[str, str]:
    """Return the header fields that tell of policies that were counted."""
    known = list(standings)
    if not known:
        return {}
    return {
        "RateLimit-Policy": ", ".join(each.policy.field for each in known),
        "RateLimit": ", ".join(each.field for each in known),
    }
