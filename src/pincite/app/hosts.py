"""Which host names this installation answers for.

A page of a stranger can point its own name at this machine (DNS rebinding): the browser then takes our answers for the
stranger's. Such a request names the stranger's host; it is refused in `middleware.py`.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_][a-z0-9_.-]*)(?::([0-9]{1,5}))?")
_LOCAL_NAME = "localhost"


@dataclass(frozen=True, slots=True)
class Authority:
    """A host, in lower case and an address in its shortest form, and its port where one is named."""

    host: str
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `name`, `name:port`, `[address]` or `[address]:port`; None for anything else."""
        found = _AUTHORITY.fullmatch(text.lower())
        if found is None:
            return None
        host, port = found[1], None if found[2] is None else int(found[2])
        if host.startswith("["):
            address = _address(host[1:-1])
            return None if address is None else cls(str(address), port)
        return cls(host.removesuffix("."), port)


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts of an installation.

    Args:
        named: hosts that are answered for, at any port where they name none.
        every_address: whether any IP address will do. No stranger's page has one for its name.
    """

    named: frozenset[Authority]
    every_address: bool

    @classmethod
    def of(cls, listens_on: str, public_url: str | None, more: Iterable[Authority]) -> Self:
        """Return what is answered for by default, and more.

        Args:
            listens_on: the address or name that the server is bound to.
            public_url: where people reach it, behind a proxy.
            more: hosts of the setting.
        """
        own = _address(listens_on)
        named = {Authority(_LOCAL_NAME), Authority(listens_on.lower() if own is None else str(own)), *more}
        public = None if public_url is None else Authority.parse(urlsplit(public_url).netloc)
        named |= set() if public is None else {Authority(public.host)}
        if own is None or not own.is_loopback:
            named |= {Authority(name) for name in _own_names()}
        return cls(frozenset(named), every_address=own is not None and own.is_unspecified)

    def answer_for(self, asked: Authority) -> bool:
        """Say whether a request for that host is ours."""
        if asked in self.named or Authority(asked.host) in self.named:
            return True
        address = _address(asked.host)
        return address is not None and (self.every_address or address.is_loopback)


def parse_hosts(text: str) -> tuple[Authority, ...]:
    """Read the setting: hosts with commas between them. Raises: ValueError."""
    found: list[Authority] = []
    for each in (part.strip() for part in text.split(",")):
        authority = Authority.parse(each)
        if each and authority is None:
            raise ValueError("must be host names, with commas, such as docs.example.org or docs.example.org:8443")
        found += [] if authority is None else [authority]
    return tuple(found)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _own_names() -> set[str]:
    """Return what this machine is called in its own network: no stranger's page has such a name."""
    whole = socket.gethostname().lower()
    short = whole.partition(".")[0]
    return {name for name in (whole, short, f"{short}.local") if _AUTHORITY.fullmatch(name)}
