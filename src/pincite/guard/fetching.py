"""Fetches from strangers' servers: one parse of the address, one question to the name server, one checked connection.

No proxies or passwords from the environment, no cookies, limits on size, time and redirects; each redirect is checked
like the first address. What may be connected to at all is decided in `outbound.py`.
"""

import asyncio
import ssl
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpcore2

from pincite.core.errors import ErrorKind
from pincite.guard.outbound import Outbound
from pincite.guard.urls import BadUrl, FetchFailed, Url, join_url, parse_url

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 1 << 16
_READ = 1 << 14
_TURN = 50  # pieces after which others have their turn: a server may send them a byte at a time, thousands at once
_AGENT = "pincite"
_LATER = "Try again later."
_EACH = "x-robots-tag"  # may be sent several times, and each time says something else


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What one fetch may cost.

    Args:
        max_bytes: longest body, unpacked.
        total_s: longest time for all of it, redirects and the reading of the body included.
        connect_s: longest time to connect.
        silence_s: longest time without a byte.
        redirects: most that are followed.
        connections: most that are open at once.
    """

    max_bytes: int = 250 << 20
    total_s: float = 300.0
    connect_s: float = 10.0
    silence_s: float = 30.0
    redirects: int = 5
    connections: int = 8


class FetchTooLarge(FetchFailed):
    """More bytes came than are allowed."""

    code = "fetch-too-large"
    kind = ErrorKind.TOO_LARGE


class FetchTimeout(FetchFailed):
    """The server took longer than is allowed."""

    code = "fetch-timeout"
    kind = ErrorKind.TIMEOUT


class TooManyRedirects(FetchFailed):
    """The address leads in a circle, or on and on."""

    code = "too-many-redirects"
    kind = ErrorKind.INVALID


class WrongContent(FetchFailed):
    """The server sent another kind of content than was asked for."""

    code = "wrong-content"
    kind = ErrorKind.UNSUPPORTED


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer whose body was not read yet.

    Args:
        url: where it came from, after redirects.
        status: of HTTP; whether it is a good one is the caller's business.
        media_type: without parameters, in lower case; empty where none was said.
        headers: by name in lower case; of several the last, of `x-robots-tag` each in a line.
        body: gives the bytes, unpacked, once. Raises: FetchFailed and those below it.
    """

    url: Url
    status: int
    media_type: str
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]


class Fetcher:
    """Fetches by GET, and sends what little a partner's server takes by POST.

    Args:
        outbound: decides what may be connected to.
        limits: see `FetchLimits`.
        network: connects to checked addresses; tests count what it is asked for.
        tls: which certificates are trusted; default is what the system trusts.
    """

    def __init__(
        self,
        outbound: Outbound,
        limits: FetchLimits | None = None,
        *,
        network: httpcore2.AsyncNetworkBackend | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.outbound = outbound
        self._limits = limits or FetchLimits()
        usual: Any = httpcore2.AnyIOBackend
        self._network = _CheckedNetwork(outbound, network or usual())
        self._tls = tls
        self._opened: httpcore2.AsyncConnectionPool | None = None

    @classmethod
    def allowing(cls, hosts: Collection[str] = (), *, brief: bool = False) -> "Fetcher":
        """Make one that reaches the public network, and these hosts wherever they are. Raises: BadUrl.

        A `brief` one is for small answers of servers that somebody waits for: ten seconds, and no redirect.
        """
        return cls(Outbound(hosts), FetchLimits(1 << 20, 10.0, 5.0, 10.0, redirects=0) if brief else None)

    @asynccontextmanager
    async def get(
        self,
        address: str | Url,
        *,
        headers: Mapping[str, str] | None = None,
        types: Collection[str] = (),
        max_bytes: int | None = None,
    ) -> AsyncGenerator[Fetched]:
        """Fetch an address for the block; the block's time counts.

        Args:
            address: where.
            headers: further ones, such as `if-none-match`; they are sent again at each redirect.
            types: media types that are wanted, or how they begin (`text/`); empty for all. None said is any.
            max_bytes: less than the limits allow.

        Raises:
            BadUrl: the address, or one that it was redirected to, is none that is fetched.
            AddressRefused: the host is not public.
            FetchTooLarge, FetchTimeout, WrongContent: over a limit.
            TooManyRedirects, FetchFailed: it leads on and on; no or a broken answer.
        """
        url = parse_url(address) if isinstance(address, str) else address
        async with self._timed(url):
            url, response = await self._follow(url, headers or {})
            try:
                yield _fetched(url, response, types, self._most(max_bytes))
            finally:
                await response.aclose()

    @asynccontextmanager
    async def post(
        self, address: str, content: bytes, *, headers: Mapping[str, str], max_bytes: int | None = None
    ) -> AsyncGenerator[Fetched]:
        """Send something for the block, whose time counts; no redirect is followed. Raises: as `get` does."""
        url = parse_url(address)
        async with self._timed(url):
            response = await self._request(url, headers, content)
            try:
                yield _fetched(url, response, (), self._most(max_bytes))
            finally:
                await response.aclose()

    def _most(self, max_bytes: int | None) -> int:
        return min(self._limits.max_bytes, max_bytes or self._limits.max_bytes)

    @asynccontextmanager
    async def _timed(self, url: Url) -> AsyncGenerator[None]:
        clock = asyncio.timeout(self._limits.total_s)
        try:
            async with clock:
                yield
        except TimeoutError:
            if not clock.expired():
                raise
            raise FetchTimeout(
                f"{url.host} took longer than the limit of {self._limits.total_s:g} s.", remedy=_LATER
            ) from None

    def normal(self, address: str) -> str:
        """Return the one spelling of an address, which links are compared by. Raises: BadUrl."""
        return str(parse_url(address))

    async def close(self) -> None:
        """Close what is open."""
        if self._opened is not None:
            await self._opened.aclose()
        self._opened = None

    async def _follow(self, url: Url, headers: Mapping[str, str]) -> tuple[Url, httpcore2.Response]:
        for _ in range(self._limits.redirects + 1):
            response = await self._request(url, headers)
            location = _header(response, b"location")
            if response.status not in _REDIRECTS or not location:
                return url, response
            await response.aclose()
            following = join_url(url, location)
            if url.scheme == "https" and following.scheme == "http":
                raise BadUrl(f"{url.host} leads from https to http.", remedy="Give the address that it leads to.")
            url = following
        raise TooManyRedirects(
            f"{url.host} redirects more than {self._limits.redirects} times.", remedy="Check the address."
        )

    async def _request(self, url: Url, headers: Mapping[str, str], content: bytes | None = None) -> httpcore2.Response:
        sent = {"host": _host_header(url), "user-agent": _AGENT, "accept": "*/*", "accept-encoding": "gzip", **headers}
        if content is not None:
            sent["content-length"] = str(len(content))
        timeouts = {
            "connect": self._limits.connect_s,
            "read": self._limits.silence_s,
            "write": self._limits.silence_s,
            "pool": self._limits.total_s,
        }
        request = httpcore2.Request(
            b"GET" if content is None else b"POST",
            httpcore2.URL(
                scheme=url.scheme.encode(), host=url.host.encode(), port=url.port, target=url.target.encode()
            ),
            headers=[(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in sent.items()],
            content=content,
            extensions={"timeout": timeouts},
        )
        with _Translated(url.host):
            return await self._pool().handle_async_request(request)

    def _pool(self) -> httpcore2.AsyncConnectionPool:
        if self._opened is None:
            self._opened = httpcore2.AsyncConnectionPool(
                ssl_context=self._tls or ssl.create_default_context(),
                max_connections=self._limits.connections,
                keepalive_expiry=15.0,
                network_backend=self._network,
            )
        return self._opened


class _CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were checked, whatever name it is asked for; TLS still checks the name."""

    def __init__(self, outbound: Outbound, network: httpcore2.AsyncNetworkBackend) -> None:
        self._outbound = outbound
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._outbound.addresses(host, port)
        failure: Exception | None = None
        for address in addresses[:4]:
            try:
                stream = await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
                return _ShortReads(stream)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("no address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ShortReads(httpcore2.AsyncNetworkStream):
    """Reads a little at once: what is read is parsed in one go, while nobody else has his turn."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(min(max_bytes, _READ), timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        return _ShortReads(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Translated:
    """Turns failures of the network into ours."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, httpcore2.TimeoutException):
            raise FetchTimeout(f"{self._host} did not answer in time.", remedy=_LATER) from error
        if isinstance(error, httpcore2.NetworkError | httpcore2.ProtocolError):
            why = "has no certificate that can be trusted" if _is_tls(error) else "did not answer as it should"
            raise FetchFailed(f"{self._host} {why}.", remedy="Check the address; try again later.") from error


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError) or "CERTIFICATE" in str(error).upper():
            return True
        error = error.__cause__ or error.__context__
    return False


def _fetched(url: Url, response: httpcore2.Response, types: Collection[str], most: int) -> Fetched:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    each = [value.decode("latin-1") for name, value in response.headers if name.decode("latin-1").lower() == _EACH]
    headers |= {_EACH: "\n".join(each)} if each else {}
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status == 200 and types and media_type and not media_type.startswith(tuple(types)):
        raise WrongContent(f"{url.host} sent {media_type[:60]}.", remedy=f"Wanted: {', '.join(types)}.")
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > most:
        raise _too_large(url, most)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    return Fetched(url, response.status, media_type, headers, _body(url, response, encoding, most))


async def _body(url: Url, response: httpcore2.Response, encoding: str, most: int) -> AsyncGenerator[bytes]:
    unpack = _Unpacking(url, encoding)
    size = packed_size = pieces = 0
    with _Translated(url.host):
        async for packed in response.aiter_stream():
            pieces, packed_size = pieces + 1, packed_size + len(packed)
            if pieces % _TURN == 0:
                await asyncio.sleep(0)
            if packed_size > most:  # what unpacks to nothing, or stands behind the end, could go on for ever
                raise _too_large(url, most)
            for piece in unpack.pieces(packed):
                size += len(piece)
                if size > most:
                    raise _too_large(url, most)
                yield piece
    unpack.end()


class _Unpacking:
    """Unpacks gzip and deflate a piece at a time, so that a small body cannot become a large one in memory."""

    def __init__(self, url: Url, encoding: str) -> None:
        if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
            raise WrongContent(f"{url.host} packed its answer in a way that was not asked for.")
        self._url = url
        self._inflate = None if encoding in {"identity", ""} else zlib.decompressobj(zlib.MAX_WBITS | 32)

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        if self._inflate is None:
            yield packed
            return
        while packed and not self._inflate.eof:
            try:
                piece = self._inflate.decompress(packed, _PIECE)
            except zlib.error:
                raise self._broken() from None
            packed = self._inflate.unconsumed_tail
            if piece:
                yield piece

    def end(self) -> None:
        if self._inflate is not None and not self._inflate.eof:
            raise self._broken()

    def _broken(self) -> FetchFailed:
        return FetchFailed(f"{self._url.host} sent a broken answer.", remedy=_LATER)


def _too_large(url: Url, most: int) -> FetchTooLarge:
    return FetchTooLarge(
        f"{url.host} sent more than the {most / (1 << 20):g} MB that are allowed.", remedy="Leave it out."
    )


def _header(response: httpcore2.Response, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in response.headers if key.lower() == name), "")


def _host_header(url: Url) -> str:
    return url.origin.split("://", 1)[1]
