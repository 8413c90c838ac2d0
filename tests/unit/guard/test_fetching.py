"""The one way out: hundreds of spellings of what must not be reached, rebinding names, redirects: no packet leaves."""

import asyncio
import gzip
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore2
import pytest
from tests.adversary.bad_urls import PRIVATE, PRIVATE_V6, bad_urls

from pincite.core import PinciteError
from pincite.guard.fetching import Fetched, Fetcher, FetchLimits, FetchTimeout, FetchTooLarge, WrongContent
from pincite.guard.outbound import AddressRefused, Outbound
from pincite.guard.urls import BadUrl, FetchFailed, join_url, parse_url

PUBLIC = "93.184.216.34"
PUBLIC_V6 = "2606:2800:220:1::1"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # of which http makes no use
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nhi"


class Wire(httpcore2.AsyncNetworkBackend):
    """A network of which nothing leaves: it writes down what it is asked to connect to and gives prepared answers."""

    def __init__(self, *answers: bytes) -> None:
        self.connected: list[tuple[str, int]] = []
        self._answers = list(answers)

    async def connect_tcp(self, host: str, port: int, *rest: Any, **named: Any) -> httpcore2.AsyncNetworkStream:
        self.connected.append((host, port))
        answer = self._answers.pop(0) if self._answers else OK
        return await httpcore2.AsyncMockBackend([answer]).connect_tcp(host, port)


class Names:
    """A name server: each name has a list of answers, of which the last stays."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.asked: list[str] = []
        self._answers = {name: list(found) for name, found in answers.items()}

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        name = host.split(".", maxsplit=1)[0]
        found = self._answers.get(name, [PUBLIC])
        return (found.pop(0) if len(found) > 1 else found[0]).split()


async def text_of(fetcher: Fetcher, url: str, **named: Any) -> str:
    async with fetcher.get(url, **named) as fetched:
        return b"".join([piece async for piece in fetched.body]).decode()


def test_there_are_hundreds_of_bad_spellings() -> None:
    assert len(set(bad_urls())) > 500


async def test_no_spelling_of_a_private_place_sends_a_packet() -> None:
    wire, names = Wire(), Names()
    fetcher = Fetcher(Outbound(resolver=names), network=wire, tls=PLAIN)
    let_through: list[str] = []
    refused: list[PinciteError] = []
    for url in bad_urls():
        try:
            await text_of(fetcher, url)
        except (BadUrl, AddressRefused) as error:
            refused.append(error)
        else:
            let_through.append(url)
    assert let_through == []
    assert all(error.message.isprintable() and error.remedy for error in refused)
    assert wire.connected == []
    assert names.asked == [], "not even the name server hears of them"


@pytest.mark.parametrize("url", ["http://example.com", "HTTP://EXAMPLE.COM:80/a?b#c", "http://b\u00fccher.example/\u00e4",
                                 f"http://{PUBLIC}/", f"http://[{PUBLIC_V6}]/", "http://8.8.8.8/"])  # fmt: skip
async def test_public_places_are_fetched(url: str) -> None:
    wire = Wire()
    assert await text_of(Fetcher(Outbound(resolver=Names()), network=wire, tls=PLAIN), url) == "hi"
    assert len(wire.connected) == 1
    assert wire.connected[0][1] == 80


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE_V6, "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "fe80::1%eth0"])
async def test_names_of_private_places_are_refused(address: str) -> None:
    wire = Wire()
    for answer in (address, f"{PUBLIC} {address}", f"{address} {PUBLIC_V6}"):
        with pytest.raises(AddressRefused):
            await text_of(
                Fetcher(Outbound(resolver=Names(evil=[answer])), network=wire, tls=PLAIN), "http://evil.example/"
            )
    assert wire.connected == []


async def test_a_name_that_changes_its_mind_is_asked_once_for_each_connection() -> None:
    wire, names = Wire(), Names(rebind=[PUBLIC, "127.0.0.1"])
    fetcher = Fetcher(Outbound(resolver=names), network=wire, tls=PLAIN)
    assert await text_of(fetcher, "http://rebind.example/") == "hi"
    assert (wire.connected, names.asked) == ([(PUBLIC, 80)], ["rebind.example"])
    await fetcher.close()
    with pytest.raises(AddressRefused):
        await text_of(fetcher, "http://rebind.example/")
    assert wire.connected == [(PUBLIC, 80)]


TARGETS = (
    "http://127.0.0.1/", "//127.0.0.1/x", "http://2130706433/", "http://[::1]/", "file:///etc/passwd",
    "http://localhost/", "http://private.example/", "http://a@127.0.0.1/", "http:\\\\127.0.0.1",
    "http://example.com:6379/", "http://169.254.169.254/latest/meta-data/",
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
async def test_each_redirect_is_checked_again(target: str) -> None:
    moved = f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()
    wire = Wire(moved)
    fetcher = Fetcher(Outbound(resolver=Names(private=["10.0.0.1"])), network=wire, tls=PLAIN)
    with pytest.raises((BadUrl, AddressRefused)):
        await text_of(fetcher, "http://good.example/")
    assert wire.connected == [(PUBLIC, 80)]


async def test_https_does_not_become_http() -> None:
    with pytest.raises(BadUrl, match="from https to http"):
        await _follow_https(b"HTTP/1.1 301 Moved\r\nlocation: http://good.example/\r\ncontent-length: 0\r\n\r\n")


async def _follow_https(answer: bytes) -> None:
    fetcher = Fetcher(Outbound(resolver=Names()), network=Wire(answer), tls=PLAIN)
    await text_of(fetcher, "https://good.example/")


async def test_the_host_is_allowed_only_where_somebody_said_so() -> None:
    wire = Wire()
    outbound = Outbound(["wiki.lan", "127.0.0.1:8080"], resolver=Names(wiki=["10.1.2.3"]))
    fetcher = Fetcher(outbound, network=wire, tls=PLAIN)
    assert await text_of(fetcher, "http://wiki.lan/") == "hi"
    assert await text_of(fetcher, "http://127.0.0.1:8080/") == "hi"
    for url in ("http://127.0.0.1/", "http://127.0.0.1:8081/", "http://other.lan/", "http://a.wiki.lan/"):
        with pytest.raises(AddressRefused):
            await text_of(fetcher, url)
    assert wire.connected == [("10.1.2.3", 80), ("127.0.0.1", 8080)]
    for bad in ("", ":80", "a b", "http://x", "x:y"):
        with pytest.raises(BadUrl):
            Outbound([bad])


def test_links_are_joined_and_read_as_strictly() -> None:
    base = parse_url("https://example.com/a/b?c")
    assert str(join_url(base, "../d e#f")) == "https://example.com/d%20e"
    assert str(join_url(base, "?x=1")) == "https://example.com/a/b?x=1"
    assert str(join_url(base, "//other.example/y")) == "https://other.example/y"
    for bad in ("javascript:alert(1)", "mailto:a@b.c", "http://a@b/", "//127.1/", "\\\\evil"):
        with pytest.raises(BadUrl):
            join_url(base, bad)


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served(answer: Answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A real server on this machine; gives its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def says(head: str, body: bytes = b"") -> Answer:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return answer


async def fetch(answer: Answer, limits: FetchLimits, **named: Any) -> tuple[Fetched, bytes]:
    async with served(answer) as port:
        fetcher = Fetcher(Outbound([f"127.0.0.1:{port}"]), limits)
        try:
            async with fetcher.get(f"http://127.0.0.1:{port}/x", **named) as fetched:
                return fetched, b"".join([piece async for piece in fetched.body])
        finally:
            await fetcher.close()


SMALL = FetchLimits(max_bytes=1 << 20, total_s=0.6, silence_s=0.3, connect_s=0.3, redirects=3)


async def test_a_real_answer_is_whole() -> None:
    body = bytes(range(256)) * 100
    packed = gzip.compress(body)
    head = 'HTTP/1.1 200 OK\nContent-Type: Text/HTML; charset=utf-8\nETag: "1"\nContent-Encoding: gzip\n'
    head += f"Content-Length: {len(packed)}"
    fetched, got = await fetch(says(head, packed), FetchLimits(), types=["text/"])
    assert got == body
    assert (fetched.status, fetched.media_type, fetched.headers["etag"]) == (200, "text/html", '"1"')
    assert fetched.url.path == "/x"


async def test_limits_hold() -> None:
    bomb = gzip.compress(bytes(50 << 20))
    assert len(bomb) < 100_000
    for answer in (
        says("HTTP/1.1 200 OK\nContent-Length: 9999999", b""),
        says("HTTP/1.1 200 OK\nConnection: close", bytes(2 << 20)),
        says(f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}", bomb),
    ):
        with pytest.raises(FetchTooLarge):
            await fetch(answer, SMALL)
    with pytest.raises(WrongContent):
        await fetch(says("HTTP/1.1 200 OK\nContent-Type: image/png\nContent-Length: 0"), SMALL, types=["text/"])
    with pytest.raises(WrongContent):
        await fetch(says("HTTP/1.1 200 OK\nContent-Encoding: br\nContent-Length: 1", b"x"), SMALL)
    for broken in (
        says("HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 3", b"abc"),
        says("HTTP/1.1 200 OK\nContent-Length: 10", b"abc"),
        says("nonsense"),
        says("HTTP/1.1 302 Found\nLocation: /x\nContent-Length: 0"),
    ):
        with pytest.raises(FetchFailed):
            await fetch(broken, SMALL)


async def test_a_silent_and_a_slow_server_are_left() -> None:
    async def silent(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    async def slow(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(30):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.1)

    for answer in (silent, slow):
        began = asyncio.get_running_loop().time()
        with pytest.raises(FetchTimeout):
            await fetch(answer, SMALL)
        assert asyncio.get_running_loop().time() - began < 2.5


async def test_nobody_there_is_said() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(FetchFailed) as caught:
        await text_of(Fetcher(Outbound([f"127.0.0.1:{port}"]), SMALL), f"http://127.0.0.1:{port}/")
    assert caught.value.remedy


async def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    wire = Wire()
    assert await text_of(Fetcher(Outbound(resolver=Names()), network=wire, tls=PLAIN), "http://example.com/") == "hi"
    assert wire.connected == [(PUBLIC, 80)]


async def test_the_name_on_a_certificate_is_checked_although_an_address_is_connected_to(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = (
        f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {key} -out {certificate} -days 2"
    )
    command += " -subj /CN=good.example -addext subjectAltName=DNS:good.example"
    subprocess.run(command.split(), check=True, capture_output=True, timeout=60)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=str(certificate))
    names = Names(good=["127.0.0.1"], bad=["127.0.0.1"])
    async with served(says("HTTP/1.1 200 OK\nContent-Length: 2", b"hi"), server) as port:
        outbound = Outbound([f"good.example:{port}", f"bad.example:{port}"], resolver=names)
        fetcher = Fetcher(outbound, tls=trusting)
        assert await text_of(fetcher, f"https://good.example:{port}/") == "hi"
        with pytest.raises(FetchFailed, match="certificate"):
            await text_of(fetcher, f"https://bad.example:{port}/")
        with pytest.raises(FetchFailed, match="certificate"):
            await text_of(Fetcher(outbound), f"https://good.example:{port}/")
        await fetcher.close()


async def test_every_error_is_ours() -> None:
    failing = Fetcher(Outbound(resolver=Names(none=[""])), network=Wire())
    with pytest.raises(PinciteError, match="no host named"):
        await text_of(failing, "http://none.example/")
