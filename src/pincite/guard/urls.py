"""Addresses of the web, read once and strictly: whatever two parsers could read differently is refused.

What a name resolves to is checked in `outbound.py`. No network here.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import idna

from pincite.core.errors import ErrorKind, PinciteError

MAX_URL_CHARS = 2000
_PORTS = {"http": 80, "https": 443}
_SHAPE = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<place>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?")
_NAMED = re.compile(r"([^:\[\]]+)(?::([1-9][0-9]{0,4}))?")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::([1-9][0-9]{0,4}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# To browsers another host, to others a path on the same one.
_HALF = re.compile(r"https?:(?!//[^/?#])", re.IGNORECASE)
# What the URL standard (WHATWG, "ends in a number") takes for a number, and so the whole name for an IPv4 address.
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
# Besides what the standard percent-encodes in a path and a query; a "%" is left as it stands.
_KEPT = "%/:@!$&'()*+,;=~-._?[]|"
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_REMEDY = "Give an address such as https://example.com/page."


class FetchFailed(PinciteError):
    """Something outside could not be fetched: it does not answer, or not as it should."""

    code = "fetch-failed"
    kind = ErrorKind.UNAVAILABLE


class BadUrl(FetchFailed):
    """The address is none that is fetched: another scheme, or spelled so that programs disagree on where it leads."""

    code = "bad-url"
    kind = ErrorKind.INVALID


@dataclass(frozen=True, slots=True)
class Url:
    """An address in its parts, all ASCII.

    Args:
        scheme: http or https.
        host: a name in lower case, an IPv4 address in its usual spelling, or an IPv6 address without brackets.
        port: always a number.
        target: path and query as they are sent.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        """The one spelling of this address."""
        return self.origin + self.target


def parse_url(text: str) -> Url:
    """Read an address; a fragment is left out.

    Raises:
        BadUrl: it is not http or https, carries a user's name, or its host is spelled as no careful program spells it:
            a number for an address, a backslash, a control character, a dot at the end.
    """
    if len(text) > MAX_URL_CHARS:
        raise _bad("The address is longer than the limit", text)
    if any(ord(char) <= 0x20 or ord(char) == 0x7F or char == "\\" for char in text):
        raise _bad("There is a space, a backslash or a control character in the address", text)
    shape = _SHAPE.fullmatch(text)
    if shape is None or shape["scheme"].lower() not in _PORTS:
        raise _bad("Only http and https are fetched", text)
    scheme = shape["scheme"].lower()
    host, port = _place(shape["place"], text)
    path = _without_dots(shape["path"] or "/")
    target = quote(_utf8(path, text), safe=_KEPT) + quote(_utf8(shape["query"] or "", text), safe=_KEPT)
    return Url(scheme, host, port or _PORTS[scheme], target)


def join_url(base: Url, reference: str) -> Url:
    """Return where a link or a redirect on `base` leads. Raises: BadUrl, as `parse_url` does for the result."""
    cleaned = re.sub(r"[\t\r\n]", "", reference).strip(" ").replace(" ", "%20")
    if _HALF.match(cleaned):
        raise _bad("The address is no address", reference)
    try:
        joined = urljoin(str(base), cleaned)
    except ValueError:
        raise _bad("The address is no address", reference) from None
    return parse_url(joined)


def clean_host(name: str) -> str:
    """Return a host as `Url` has it. Raises: BadUrl."""
    host, port = _place(f"[{name}]" if name.count(":") > 1 and not name.startswith("[") else name, name)
    if port is not None:
        raise _bad("A port is in the place of a name", name)
    return host


def _without_dots(path: str) -> str:
    """Return a path as servers take it: without `.` and `..` (RFC 3986, 5.2.4), also where the dots are encoded."""
    if not _DOTS.search(path):
        return path
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        dots = part.lower().replace("%2e", ".")
        if dots == "..":
            del kept[-1:]
        elif dots != ".":
            kept.append(part)
    is_folder = parts[-1].lower().replace("%2e", ".") in {".", ".."}
    return "/" + "/".join(kept) + ("/" if is_folder and kept else "")


def _place(place: str, text: str) -> tuple[str, int | None]:
    if "@" in place:
        raise _bad("There is a user's name in the address", text)
    bracketed = _BRACKETED.fullmatch(place)
    named = None if bracketed else _NAMED.fullmatch(place)
    if bracketed:
        host = _ipv6(bracketed[1], text)
        digits = bracketed[2]
    elif named:
        host = _name(named[1], text)
        digits = named[2]
    else:
        raise _bad("The address has no host that can be read", text)
    if digits is not None and int(digits) > 0xFFFF:
        raise _bad("The port is no port", text)
    return host, None if digits is None else int(digits)


def _ipv6(spelled: str, text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(spelled))
    except ValueError:
        raise _bad("The host is no IPv6 address", text) from None


def _name(spelled: str, text: str) -> str:
    is_plain = spelled.isascii() and "xn--" not in spelled.lower()
    host = spelled.lower() if is_plain else _ascii(spelled, text)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _bad("The host is no name", text)
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise _bad("The host is a number in an unusual spelling", text) from None
    return host


def _ascii(spelled: str, text: str) -> str:
    """Return an international name in ASCII (IDNA 2008 after the mapping of UTS 46)."""
    try:
        return idna.encode(spelled, uts46=True, std3_rules=True, strict=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _bad("The host is no international name", text) from None


def _utf8(part: str, text: str) -> str:
    try:
        part.encode("utf-8")
    except UnicodeEncodeError:
        raise _bad("There is half a character in the address", text) from None
    return part


def _bad(why: str, text: str) -> BadUrl:
    shown = re.sub(r"//[^/?#]*@", "//...@", text)[:80].encode("ascii", "backslashreplace").decode("ascii")
    printable = "".join(char if char.isprintable() else "?" for char in shown)
    return BadUrl(f"{why}: {printable}", remedy=_REMEDY)
