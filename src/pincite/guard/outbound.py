"""The one way out: which hosts may be connected to, by the addresses that their names resolve to.

A name is resolved once; what is connected to is an address that was checked, never the name. No HTTP here.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pincite.core.errors import ErrorKind
from pincite.guard.urls import BadUrl, FetchFailed, clean_host

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a name. Raises: OSError."""

WEB_PORTS = frozenset({80, 443})
_RESOLVE_S = 10.0
_RESOLVERS = 4
_V4 = ipaddress.IPv4Network
_V6 = ipaddress.IPv6Network
# Public by their number alone: relays to anywhere, and a cloud's own service beside its machines (Azure).
_NOT_PUBLIC_V4 = (_V4("192.0.0.0/24"), _V4("192.88.99.0/24"), _V4("168.63.129.16/32"))
_UNICAST_V6 = _V6("2000::/3")
# 2001::/23 holds Teredo, which embeds an IPv4 address; 2002::/16 (6to4) does too; the rest is for documents and tests.
_NOT_PUBLIC_V6 = (_V6("2001::/23"), _V6("2001:db8::/32"), _V6("2002::/16"), _V6("3fff::/20"), _V6("2620:4f:8000::/48"))
# Tunnels that carry an IPv4 address in the lower half, below any prefix (ISATAP, RFC 5214); one bit may be set or not.
_ISATAP, _ISATAP_MASK = 0x0000_5EFE, 0xFDFF_FFFF
# No machine has these (RFC 5737, RFC 3849); where even they can be taken, the system tells nothing about its own.
_NOBODYS = {4: "192.0.2.1", 6: "2001:db8::1"}
_OWN_NAMES = frozenset({"localhost", "local", "internal", "localdomain", "home", "lan", "corp", "intranet", "onion"})
_ALLOW = "Whoever runs this installation may allow the host by PINCITE_FETCH_ALLOW."


class AddressRefused(FetchFailed):
    """The host is not on the public network, or the port is none that is connected to."""

    code = "address-refused"
    kind = ErrorKind.DENIED


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is one host on the public network, by the registries of IANA (RFC 6890).

    Addresses that carry another one inside (IPv4-mapped, NAT64, 6to4, Teredo, ISATAP) are none.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not address.is_reserved
            and not any(address in each for each in _NOT_PUBLIC_V4)
        )
    return (
        address in _UNICAST_V6
        and address.is_global
        and not address.is_multicast
        and (int(address) >> 32) & _ISATAP_MASK != _ISATAP
        and not any(address in each for each in _NOT_PUBLIC_V6)
    )


def is_own(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is this machine's, by the system alone: nothing is sent.

    A public one may be too, and behind it are the services that are closed to the world by a firewall outside.
    """
    return _can_be_taken(str(address)) and not _can_be_taken(_NOBODYS[address.version])


def _can_be_taken(address: str) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as place:
            place.bind((address, 0))
    except OSError:
        return False
    return True


class SystemResolver:
    """Asks the system for the addresses of a name, in threads of its own: a slow name server holds up nobody else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="names")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses. Raises: OSError."""
        asking = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, asking)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Outbound:
    """Decides what may be connected to.

    Args:
        allowed: hosts (`name` or `name:port`) that may be anywhere, private networks included; none by default.
        resolver: asks for the addresses of a name; default is the system.

    Raises:
        BadUrl: an allowed host is none.
    """

    def __init__(self, allowed: Collection[str] = (), *, resolver: Resolver | None = None) -> None:
        self._allowed = frozenset(_allowed(each) for each in allowed)
        self._resolver = resolver or SystemResolver()

    def is_allowed(self, host: str, port: int) -> bool:
        """Say whether whoever runs this named the host, or the host with this port."""
        return (host, None) in self._allowed or (host, port) in self._allowed

    async def addresses(self, host: str, port: int, *, ports: Collection[int] = WEB_PORTS) -> tuple[str, ...]:
        """Return the addresses of a host, all checked; connect to these and do not ask again.

        Args:
            host: as `urls.Url` has it.
            port: which port is to be connected to.
            ports: those that are usual for what is wanted.

        Raises:
            AddressRefused: the port is none of those, or an address is not public, and the host was not allowed.
            FetchFailed: the name cannot be resolved.
        """
        allowed = self.is_allowed(host, port)
        if not allowed:
            self._refuse_early(host, port, ports)
        found = [host] if _literal(host) else await self._resolve(host, port)
        if not allowed and not all(map(_is_fetched_from, found)):
            raise AddressRefused(f"{host} is not on the public network.", remedy=_ALLOW)
        return tuple(found)

    def _refuse_early(self, host: str, port: int, ports: Collection[int]) -> None:
        """Refuse what needs no question to the name server: a question tells somebody something too."""
        if port not in ports:
            usual = ", ".join(str(each) for each in sorted(ports))
            raise AddressRefused(f"Port {port} of {host} is not connected to, only {usual}.", remedy=_ALLOW)
        if host.rsplit(".", 1)[-1] in _OWN_NAMES or host.endswith(".home.arpa"):
            raise AddressRefused(f"{host} is not on the public network.", remedy=_ALLOW)

    async def _resolve(self, host: str, port: int) -> list[str]:
        try:
            async with asyncio.timeout(_RESOLVE_S):
                found = list(await self._resolver(host, port))
        except TimeoutError:
            raise FetchFailed(f"The name server did not answer for {host}.", remedy="Try again later.") from None
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise FetchFailed(f"There is no host named {host}.", remedy="Check the address.")
        return found


def _is_fetched_from(text: str) -> bool:
    address = _literal(text)
    return address is not None and "%" not in text and is_public(address) and not is_own(address)


def _literal(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _allowed(entry: str) -> tuple[str, int | None]:
    host, separator, port = entry.strip().rpartition(":")
    if separator and port.isascii() and port.isdigit() and (host.startswith("[") or ":" not in host):
        return clean_host(host), int(port)
    if entry.strip() == "":
        raise BadUrl("An allowed host has no name.", remedy="Give `name` or `name:port`.")
    return clean_host(entry.strip()), None
