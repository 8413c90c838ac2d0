"""A web site: from its sitemaps and by its links, as far as robots.txt, depth and number of pages allow.

What of a page is its main text is decided by the parser of HTML when the document is read.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from protego import Protego
from pydantic import BaseModel, ConfigDict, Field

from pincite.core import ErrorKind, PinciteError
from pincite.guard import FetchFailed, Markup, ParserCrashed, UnreadableDocument
from pincite.sources.domain import (
    BadSource,
    Elsewhere,
    Found,
    Known,
    Memory,
    Place,
    Recall,
    SourceUnreachable,
    Tools,
    Trouble,
)
from pincite.sources.notes import Notes
from pincite.sources.pages import Page, Pages, given, not_given, pieces

_AGENT = "pincite"
_MAX_ROBOTS_BYTES = 500 << 10  # RFC 9309 has programs read at least that much
_MOST_DELAY_S = 30.0
_MAX_SITEMAPS = 50
_MAX_LINKS = 1000
# What is looked at for each page that may be shown: others lead elsewhere, are gone or ask not to be collected.
_ADDRESSES_A_PAGE, _SPARE = 3, 20
_NO_MARKUP = (b"%PDF-", b"PK\x03\x04", b"{\\rtf", b"\xd0\xcf\x11\xe0")  # PDF, ZIP with what is one, RTF, old Office
_GONE = frozenset({404, 410})
_LATER = frozenset({ErrorKind.UNAVAILABLE, ErrorKind.TIMEOUT})
_NO_INDEX, _NO_FOLLOW = frozenset({"noindex", "none"}), frozenset({"nofollow", "none"})


class WebOptions(BaseModel):
    """What a site takes besides its address."""

    model_config = ConfigDict(extra="forbid")

    prefix: str | None = Field(
        None, max_length=500, description="Paths that belong to it begin with this; default is the folder."
    )
    pages: int = Field(1000, ge=1, le=100_000, description="Most pages.")
    depth: int = Field(5, ge=0, le=50, description="Most links away from the first page; 0 for sitemaps only.")
    sitemap: bool = Field(True, description="Read sitemaps.")
    pause_s: float = Field(1.0, ge=0, le=60, description="Seconds between two requests; robots.txt may ask for more.")


class WebSource(Elsewhere):
    """Pages by their address; one has changed when its content has, and is fetched again only when the server says."""

    kind: ClassVar[str] = "web"
    options: ClassVar[type[BaseModel]] = WebOptions
    every_s: ClassVar[int] = 86_400
    forgets: bool = True
    one_by_one: ClassVar[bool] = True
    partly: Trouble | None = None

    def __init__(self, place: Place, options: WebOptions, tools: Tools) -> None:
        self._start = tools.fetcher.normal(place.location)
        parts = urlsplit(self._start)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        folder = parts.path.rpartition("/")[0] + "/"
        prefix = folder if options.prefix is None else options.prefix
        if not prefix.startswith("/"):
            raise BadSource("The prefix is no path.", remedy="Give it as /docs/.")
        self._within = self._origin + prefix
        self._options = options
        self._pages = Pages(tools, place.source_id, options.pause_s)
        self._notes = Notes(tools.cache / self.kind / place.source_id, place.run)
        self._robots = Protego.parse("")
        self._most = _ADDRESSES_A_PAGE * options.pages + _SPARE

    async def find(self, recall: Recall) -> AsyncGenerator[Found, None]:
        """Show the pages. Raises: SourceUnreachable, and what the guarded fetcher and the parser raise."""
        crawl = _Frontier(self._options.depth, self._most, recall)
        crawl.add(self._start, 0)
        for url in await self._rules_and_lists():
            crawl.add(url, min(1, self._options.depth))
        while crawl.shown < self._options.pages and (following := crawl.next()) is not None:
            if len(crawl.homes) >= self._most:
                raise SourceUnreachable(
                    f"{self._most} addresses were asked for and there are more, few of which are documents.",
                    remedy="Give a `prefix` that fewer belong to, or more `pages`.",
                )
            async with aclosing(self._come_by(*following, crawl)) as looking:
                async for found in looking:
                    yield found
        if crawl.next() is not None:
            self.partly = Trouble(
                "more-pages",
                f"The site leads to more than the {self._options.pages} pages that are read; the others are left out.",
                "If they are wanted, give the source more `pages`, or add several with a `prefix` each.",
            )

    async def _rules_and_lists(self) -> list[str]:
        """Learn what may be collected, and return what sitemaps list: asked for once in a run, in however many jobs."""
        noted = await self._notes.read()
        if noted is not None:
            self._pages.was_asked()  # by the job before this one
        rules: str = await self._asked_robots() if noted is None else noted["robots"]
        self._robots = await asyncio.to_thread(Protego.parse, rules)
        asked_s = min(self._robots.crawl_delay(_AGENT) or 0.0, _MOST_DELAY_S)
        self._pages.pause_s = max(self._options.pause_s, asked_s)
        if not self._allowed(self._start):
            raise SourceUnreachable(
                f"robots.txt of {self._origin} asks not to collect this page.", remedy="Ask whoever runs the site."
            )
        if noted is not None:
            return [url for url in noted["listed"] if self._belongs(url)]
        listed: dict[str, None] = {}
        if self._options.sitemap:
            async with aclosing(self._listed()) as listing:
                async for url in listing:
                    if self._belongs(url):
                        listed[url] = None
                    if len(listed) > self._most:
                        break
        await self._notes.write({"robots": rules, "listed": list(listed)})
        return list(listed)

    async def _asked_robots(self) -> str:
        async with self._pages.get(f"{self._origin}/robots.txt", types=(), max_bytes=_MAX_ROBOTS_BYTES) as page:
            if page.path is not None:
                return page.path.read_text("utf-8-sig", "replace")
            if page.status >= 500:
                raise SourceUnreachable(
                    f"{self._origin} does not say what may be collected: robots.txt answers {page.status}.",
                    remedy="Try again later.",
                )
        return ""

    async def _listed(self) -> AsyncGenerator[str, None]:
        """Give the pages of all sitemaps, those that they name among them."""
        named = [each for each in self._robots.sitemaps if each.startswith(self._origin + "/")]
        waiting = deque(named or [f"{self._origin}/sitemap.xml"])
        seen: set[str] = set()
        while waiting and len(seen) < _MAX_SITEMAPS:
            address = waiting.popleft()
            if address in seen:
                continue
            seen.add(address)
            async with self._pages.get(address) as page:
                if page.path is None:
                    if page.status >= 500:
                        raise SourceUnreachable(f"{address} answers {page.status}.", remedy="Try again later.")
                    continue
                markup = await self._pages.listing(page, "Tell whoever runs the site, or set `sitemap=false`.")
            if markup.kind == "sitemapindex":
                waiting.extend(link.url for link in markup.links if link.url.startswith(self._origin + "/"))
            elif markup.kind == "urlset":
                for link in markup.links:
                    yield link.url

    async def _come_by(self, url: str, depth: int, crawl: "_Frontier") -> AsyncGenerator[Found, None]:
        """Look at an address, unless this run has."""
        known = await crawl.recall(url)
        if known is not None and known.seen:
            crawl.homes[url] = _home_of(url, known)
            crawl.follow(self._followed(known.memory), depth - bool(known.memory.get("elsewhere")))
            crawl.shown += known.mark != "" and not known.is_none
            return
        crawl.homes[url] = url
        async with aclosing(self._looked_at(url, known, crawl, depth)) as looking:
            async for found in looking:
                crawl.shown += found.key == url and found.read is not None
                yield found

    async def _looked_at(
        self, url: str, known: Known | None, crawl: "_Frontier", depth: int
    ) -> AsyncGenerator[Found, None]:
        failure: PinciteError | None = None
        try:
            async with self._pages.get(url, known.memory if known and known.mark else None) as page:
                if page.status == 304 and known is not None:
                    crawl.follow(self._followed(known.memory), depth)
                    kept = Found(url, name_of(url), known.mark, given, known.memory)
                    yield kept if page.asks.isdisjoint(_NO_INDEX) else _remembered(url, self._followed(known.memory))
                elif page.status == 200:
                    async with aclosing(self._read(url, page, crawl, depth)) as reading:
                        async for found in reading:
                            yield found
                elif url == self._start:
                    raise SourceUnreachable(f"{url} answers {page.status}.", remedy="Look at it in a browser.")
                elif page.status in _GONE:
                    crawl.homes[url] = None
                    yield Found(url, name_of(url), "", None)  # so that it is asked for once in this run
                else:
                    failure = not_given(url, page.status)
        except (FetchFailed, SourceUnreachable, ParserCrashed) as error:
            if url == self._start:
                raise
            failure = error
        if failure is not None:
            if not isinstance(failure, ParserCrashed) and failure.kind not in _LATER:
                crawl.homes[url] = None
            # What hangs on it is there still, as far as anybody knows.
            crawl.follow([] if known is None else self._followed(known.memory), depth)
            yield self._failing(url, known, failure)

    def _failing(self, url: str, known: Known | None, error: PinciteError) -> Found:
        """Return an item that cannot be read: what is known of it stays, and the run says so. A picture is none."""
        if error.kind is ErrorKind.UNSUPPORTED:
            return Found(url, name_of(url), "", None)
        return Found(url, name_of(url), f"failed:{known.mark if known else ''}", partial(given, error))

    async def _read(self, url: str, page: Page, crawl: "_Frontier", depth: int) -> AsyncGenerator[Found, None]:
        """Give a page, or what is to be remembered of one that stands for another or asks not to be collected.

        Before it what it says is its own address, where nobody has looked there yet: it may lead nowhere, or back.
        """
        assert page.path is not None
        markup = await self._markup(page)
        links = [link.url for link in markup.links if self._belongs(link.url)][:_MAX_LINKS]
        links = links if page.asks.isdisjoint(_NO_FOLLOW) else []
        own = self._own_address(url, page, markup)
        if own != url and own != page.url:
            async with aclosing(self._verified(url, own, crawl, depth)) as looking:
                async for found in looking:
                    yield found
            own = url if crawl.leads_nowhere(url, own) else own
        if own != url:
            if url == self._start and not self._belongs(own):
                raise SourceUnreachable(f"{url} leads to {own}.", remedy="Make that the source's address.")
            links = [own] if self._belongs(own) else []
            crawl.homes[url] = own if links else None
            crawl.follow(links, depth - 1)  # another name of the page, no step further
            yield Found(url, name_of(url), "", None, {"links": links, "elsewhere": True})
            return
        crawl.homes[url] = url
        crawl.follow(links, depth)
        if not markup.index or not page.asks.isdisjoint(_NO_INDEX):
            yield _remembered(url, links)
            return
        memory: Memory = {**(page.validators or {}), "links": links}
        yield Found(url, name_of(url), page.mark, partial(pieces, page.path), memory)

    async def _verified(self, url: str, own: str, crawl: "_Frontier", depth: int) -> AsyncGenerator[Found, None]:
        """Look at what a page says is its own address, but no further than that from any page."""
        crawl.homes[url] = own
        if own in crawl.homes or crawl.is_verifying:
            return
        crawl.is_verifying = True
        try:
            async with aclosing(self._come_by(own, depth, crawl)) as looking:
                async for found in looking:
                    yield found
        finally:
            crawl.is_verifying = False

    async def _markup(self, page: Page) -> Markup:
        assert page.path is not None
        with page.path.open("rb") as file:
            begins = file.read(2048)
        if b"<" not in begins or begins.startswith(_NO_MARKUP):
            return Markup("page", ())
        try:
            return await self._pages.markup(page)
        except UnreadableDocument:  # damaged, or no markup at all: that is for whoever reads the document
            return Markup("page", ())

    def _own_address(self, url: str, page: Page, markup: Markup) -> str:
        """Return where the page says it is at home: a redirect leads there, or it names it."""
        named = markup.canonical
        is_named = bool(named) and self._belongs(named)
        if is_named and (page.url == url or named == url):
            return named
        return page.url  # what that one names is asked when it is looked at

    def _belongs(self, url: str) -> bool:
        return url.startswith(self._within) and self._allowed(url)

    def _allowed(self, url: str) -> bool:
        return bool(self._robots.can_fetch(url, _AGENT))

    def _followed(self, memory: Memory) -> list[str]:
        return [str(url) for url in memory.get("links", ()) if self._belongs(str(url))]


class _Frontier:
    """Addresses to look at, the near ones first, each once; not many more than are looked at.

    `homes` has where what was looked at is at home: itself, another address, None where it gave nothing. `shown` counts
    the pages among them.
    """

    def __init__(self, depth: int, most: int, recall: Recall) -> None:
        self._depth = depth
        self._most = most
        self._waiting: deque[tuple[str, int]] = deque()
        self._seen: set[str] = set()
        self.recall = recall
        self.homes: dict[str, str | None] = {}
        self.shown = 0
        self.is_verifying = False

    def add(self, url: str, depth: int) -> None:
        if url not in self._seen and depth <= self._depth and len(self._seen) <= self._most:
            self._seen.add(url)
            self._waiting.append((url, depth))

    def follow(self, urls: list[str], depth: int) -> None:
        for url in urls:
            self.add(url, depth + 1)

    def next(self) -> tuple[str, int] | None:
        while self._waiting:
            following = self._waiting.popleft()
            if following[0] not in self.homes:
                return following
        return None

    def leads_nowhere(self, url: str, own: str) -> bool:
        """Say whether what a page says is its own address gave nothing, or leads back to the page."""
        passed, at = {url}, own
        while at not in passed:
            passed.add(at)
            home = self.homes.get(at, at)  # not looked at yet: a page, for all that is known
            if home is None or home == at:
                return home is None
            at = home
        return at == url


def _home_of(url: str, known: Known) -> str | None:
    """Return where an address is at home that another job of this run looked at."""
    links = [str(each) for each in known.memory.get("links", ())]
    if known.memory.get("elsewhere"):
        return links[0] if links else None
    is_page = known.mark != "" and not known.is_none
    return url if is_page or "links" in known.memory else None


def _remembered(url: str, links: list[str]) -> Found:
    """Return a page that asks not to be collected, and where it leads."""
    return Found(url, name_of(url), "", None, {"links": links})


def name_of(url: str) -> str:
    """Return an address as a document's name: without its scheme, readable."""
    return unquote(url.partition("://")[2]).rstrip("/")
