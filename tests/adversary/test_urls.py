"""Hundreds of spellings of what must not be reached, as address, redirect, in feeds, mail and Git: no packet leaves.

Sockets are listened to, not a double of the network: whatever connects, sends or asks the system for a name is heard.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from tests.adversary.bad_urls import PRIVATE, PRIVATE_V6, bad_urls
from tests.adversary.hearing import heard
from tests.doubles.site import Reply, Site, serving

from pincite.core import PinciteError
from pincite.guard import DocumentReader, Fetcher
from pincite.guard.fetching import FetchLimits
from pincite.guard.outbound import AddressRefused, Outbound
from pincite.guard.settings import GuardSettings
from pincite.guard.urls import BadUrl
from pincite.sources.adapters.feed import FeedOptions, FeedSource
from pincite.sources.adapters.git import GitOptions, GitSource
from pincite.sources.adapters.imap import ImapOptions, ImapSource
from pincite.sources.domain import BadSource, Known, Place, Tools

PUBLIC = "93.184.216.34"
AT_LEAST = 550
URLS = tuple(dict.fromkeys(bad_urls()))
# What can stand in a header or in XML; others cannot be sent to us.
SENDABLE = tuple(url for url in URLS if not set(url) & set("\r\n\x00\x01\x85\u2028") and url.isprintable() and url)
REFUSED = (BadUrl, AddressRefused)


class Names:
    """A name server that changes its mind: to each name it says something else the second time."""

    def __init__(self, *answers: str) -> None:
        self.asked = 0
        self._answers = answers or (PUBLIC, "127.0.0.1")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers[min(self.asked, len(self._answers)) - 1].split()


@asynccontextmanager
async def listeners() -> AsyncIterator[tuple[int, list[str]]]:
    """Servers at one port of several addresses of this machine; gives the port and who was connected to."""
    reached: list[str] = []

    def counting(address: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def connected(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.append(address)
            writer.close()

        return connected

    async with AsyncExitStack() as held:
        first = await asyncio.start_server(counting("127.0.0.1"), "127.0.0.1", 0)
        await held.enter_async_context(first)
        port: int = first.sockets[0].getsockname()[1]
        for address in ("127.0.0.2", "127.8.8.8", "::1"):
            await held.enter_async_context(await asyncio.start_server(counting(address), address, port))
        yield port, reached


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A server that whoever runs this has allowed; it sends people where it likes."""
    async with serving() as opened:
        yield opened


async def outcome(fetcher: Fetcher, url: str) -> str:
    """Return "" where the address is refused, else what came of it."""
    try:
        async with fetcher.get(url) as fetched:
            return f"{url!r} gave {fetched.status}"
    except REFUSED as error:
        return "" if error.remedy and error.message.isprintable() else f"{url!r} is refused without a word"
    except PinciteError as error:
        return f"{url!r}: {error.code}"


def test_there_are_hundreds_of_spellings() -> None:
    assert len(URLS) > AT_LEAST
    assert len(SENDABLE) > 400


async def test_what_leaves_is_heard(site: Site) -> None:
    site.page("/", "<p>Hello.</p>")
    with heard() as said:
        assert "200" in await outcome(Fetcher(Outbound([f"127.0.0.1:{site.port}"])), f"{site.url}/")
        assert "fetch-failed" in await outcome(Fetcher(Outbound(["localhost:1"])), "http://localhost:1/")
    assert any(str(site.port) in each for each in said)
    assert any("getaddrinfo" in each and "localhost" in each for each in said)
    async with listeners() as (port, reached):
        for address in ("127.0.0.1", "127.0.0.2", "::1"):
            with socket.create_connection((address, port), 2):
                await asyncio.sleep(0.01)
        assert reached == ["127.0.0.1", "127.0.0.2", "::1"]


async def test_no_spelling_makes_a_packet_leave() -> None:
    names = Names()
    fetcher = Fetcher(Outbound(resolver=names))
    with heard() as said:
        came_of = [found for url in URLS if (found := await outcome(fetcher, url))]
    assert (came_of, said, names.asked) == ([], [], 0)


async def test_no_spelling_reaches_a_server_of_this_machine() -> None:
    async with listeners() as (port, reached):
        # Its port is a usual one here, so that the address alone decides.
        fetcher = Fetcher(_AnyPort(resolver=Names("127.0.0.1")))
        with heard() as said:
            hosts = ("127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "127.0.0.2", "[::1]",
                     "[::]", "0", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
                     "localhost", "LOCALHOST.", "a.localhost", "127.8.8.8", "①②⑦.0.0.1", "evil.example", "xn--a",
                     "127.0.0.1.nip.example")  # fmt: skip
            came_of = [found for host in hosts if (found := await outcome(fetcher, f"http://{host}:{port}/"))]
        assert (came_of, said, reached) == ([], [], [])


class _AnyPort(Outbound):
    async def addresses(self, host: str, port: int, **_named: Any) -> tuple[str, ...]:
        return await super().addresses(host, port, ports={port})


async def test_no_redirect_makes_a_packet_leave(site: Site) -> None:
    # Read as Latin-1, as headers are, some hosts are names of which nobody has heard.
    fetcher = Fetcher(Outbound([f"127.0.0.1:{site.port}"], resolver=Names("127.0.0.1")))
    came_of: list[str] = []
    with heard() as said:
        for number, target in enumerate(SENDABLE):
            path = f"/{number}"
            site.replies[path] = Reply(status=302, headers={"location": target.encode().decode("latin-1")})
            if found := await outcome(fetcher, f"{site.url}{path}"):
                came_of.append(f"{target!r}: {found}")
    await fetcher.close()
    # What has no scheme that is one is a path on the site itself.
    assert [each for each in came_of if "gave 404" not in each] == []
    assert len(came_of) < 10
    assert [each for each in said if str(site.port) not in each] == []


@pytest.mark.parametrize("private", [*PRIVATE, *PRIVATE_V6, "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "fe80::1%lo", ""])
async def test_a_name_with_one_private_address_is_none(private: str) -> None:
    for answer in (private, f"{PUBLIC} {private}", f"{private} {PUBLIC}"):
        if answer.strip() == PUBLIC:
            continue
        with heard() as said, pytest.raises(PinciteError):
            async with Fetcher(Outbound(resolver=Names(answer))).get("http://evil.example/"):
                pytest.fail("it was fetched")
        assert said == []


async def test_a_name_that_changes_its_mind_is_asked_once_and_the_checked_address_connected_to() -> None:
    names = Names(PUBLIC, "127.0.0.1")
    fetcher = Fetcher(Outbound(resolver=names), FetchLimits(connect_s=1.0, total_s=2.0))
    with heard() as said, pytest.raises(Exception):  # noqa: B017, PT011 - tests may not connect to the world, and say so
        async with fetcher.get("http://rebind.example/"):
            pytest.fail("it was fetched")
    assert names.asked == 1
    assert all("127.0.0.1" not in each for each in said)


async def test_a_redirect_to_a_name_that_changes_its_mind_is_refused(site: Site) -> None:
    site.replies["/go"] = Reply(status=307, headers={"location": "http://rebind.example/"})
    names = Names("127.0.0.1 93.184.216.34", PUBLIC)
    fetcher = Fetcher(Outbound([f"127.0.0.1:{site.port}"], resolver=names))
    with heard() as said:
        assert await outcome(fetcher, f"{site.url}/go") == ""
    assert names.asked == 1
    assert all(str(site.port) in each for each in said)
    await fetcher.close()


async def test_the_public_address_of_this_machine_is_not_fetched_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pincite.guard.outbound.is_public", lambda _address: True)
    for own in ("127.0.0.1", "127.9.9.9", "::1"):
        with heard() as said:
            assert await outcome(Fetcher(Outbound(resolver=Names(own))), "http://me.example/") == ""
        assert said == []


def tools(site: Site, reader: DocumentReader, folder: Path, names: Names) -> Tools:
    fetcher = Fetcher(Outbound([f"127.0.0.1:{site.port}"], resolver=names))
    return Tools(fetcher, reader, lambda _name: "secret", folder)


@pytest.fixture
async def reader() -> AsyncIterator[DocumentReader]:
    made = DocumentReader(GuardSettings(children=1, viewers=1))
    yield made
    await made.close()


async def nothing_known(_key: str) -> Known | None:
    return None


async def test_no_entry_of_a_feed_makes_a_packet_leave(site: Site, reader: DocumentReader, tmp_path: Path) -> None:
    entries = "".join(f"<item><guid>{n}</guid><link>{escape(url)}</link></item>" for n, url in enumerate(SENDABLE))
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel>{entries}</channel></rss>".encode()
    site.replies["/feed.xml"] = Reply(feed, "application/rss+xml")
    source = FeedSource(
        Place(source_id="s1", location=f"{site.url}/feed.xml"),
        FeedOptions.model_validate({"pause_s": 0}),
        tools(site, reader, tmp_path, Names("127.0.0.1")),
    )
    with heard() as said:
        shown = [found async for found in source.find(nothing_known)]
    assert [each for each in said if str(site.port) not in each] == []
    assert len(shown) > 200, "those that are an address at all are tried, and each says why it cannot be read"
    assert {each.mark for each in shown if "127.0.0.1" in each.name} == {"failed"}


HOSTS = ("127.0.0.1", "[::1]", "169.254.169.254", "2130706433", "127.1", "localhost", "[::ffff:127.0.0.1]",
         "metadata.internal", "10.0.0.1", "evil.example", "evil.example:25", "a@127.0.0.1", "127.0.0.1.", "0x7f.1",
         "[fe80::1%25lo]")  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
async def test_neither_mail_nor_git_reaches_a_private_place(
    host: str, site: Site, reader: DocumentReader, tmp_path: Path
) -> None:
    given = tools(site, reader, tmp_path, Names("10.0.0.1"))
    options = ImapOptions(user="u", password="PINCITE_SECRET_X")
    opening: tuple[Callable[[], Any], ...] = (
        lambda: ImapSource(Place(source_id="s1", location=f"imaps://{host}/INBOX"), options, given),
        lambda: GitSource(
            Place(source_id="s2", location=f"https://{host}/a.git"), GitOptions.model_validate({}), given
        ),
        lambda: GitSource(Place(source_id="s3", location=f"http://{host}/a.git"), GitOptions.model_validate({}), given),
    )
    with heard() as said:
        for open_it in opening:
            with pytest.raises((BadUrl, AddressRefused, BadSource)):
                _ = [found async for found in open_it().find(nothing_known)]
    assert said == []
