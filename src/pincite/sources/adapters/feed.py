"""An RSS or Atom feed: each entry is a document, the page that it leads to or its own text.

A feed shows the newest entries alone, so what is no longer in it stays, unless the options say otherwise.
"""

import hashlib
import html
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from functools import partial
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from pincite.guard import FetchFailed, Markup
from pincite.sources.domain import Elsewhere, Found, Known, Place, Recall, SourceUnreachable, Tools
from pincite.sources.pages import Pages, given, not_given, pieces


class FeedOptions(BaseModel):
    """What a feed takes besides its address."""

    model_config = ConfigDict(extra="forbid")

    content: Literal["page", "entry"] = Field("page", description="Read the page that an entry leads to, or its text.")
    keep: bool = Field(True, description="Keep what is no longer in the feed.")
    pause_s: float = Field(1.0, ge=0, le=60, description="Seconds between two requests.")


class FeedSource(Elsewhere):
    """Entries by their id; one has changed when the feed says another date for it, or its text is another."""

    kind: ClassVar[str] = "feed"
    options: ClassVar[type[BaseModel]] = FeedOptions
    every_s: ClassVar[int] = 3600
    one_by_one: ClassVar[bool] = True

    def __init__(self, place: Place, options: FeedOptions, tools: Tools) -> None:
        self._url = tools.fetcher.normal(place.location)
        self._options = options
        self._pages = Pages(tools, place.source_id, options.pause_s)
        self.forgets = not options.keep

    async def find(self, recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show the entries. Raises: SourceUnreachable, and what the guarded fetcher and the parser raise."""
        feed = await self._feed()
        if self._options.content == "entry":
            for found in _texts(feed):
                yield found
            return
        for key, url, stamp in _pages(feed):
            if not url:
                yield Found(key, "", "", None)
                continue
            known = await recall(key)
            if known is not None and (known.seen or (stamp and known.memory.get("stamp") == stamp)):
                yield Found(key, "", known.mark, given, known.memory)
                continue
            async for found in self._looked_at(key, url, stamp, known):
                yield found

    async def _feed(self) -> Markup:
        async with self._pages.get(self._url, types=()) as page:
            if page.path is None:
                raise SourceUnreachable(f"{self._url} answers {page.status}.", remedy="Check the feed's address.")
            markup = await self._pages.listing(
                page, "Tell whoever makes it; open it in a browser to see where it breaks."
            )
        if markup.kind != "feed":
            raise SourceUnreachable(f"{self._url} is no feed.", remedy="Give the address of an RSS or Atom feed.")
        return markup

    async def _looked_at(self, key: str, url: str, stamp: str, known: Known | None) -> AsyncGenerator[Found, None]:
        name = url.partition("://")[2].rstrip("/")
        try:
            async with self._pages.get(url, known.memory if known and known.mark else None) as page:
                if page.status == 304 and known is not None:
                    yield Found(key, name, known.mark, given, {**known.memory, "stamp": stamp})
                elif page.path is not None:
                    memory = {**(page.validators or {}), "stamp": stamp}
                    yield Found(key, name, page.mark, partial(pieces, page.path), memory)
                else:
                    yield Found(key, name, "failed", partial(given, not_given(url, page.status)))
        except (FetchFailed, SourceUnreachable) as error:
            yield Found(key, name, "failed", partial(given, error))


def _texts(feed: Markup) -> Iterator[Found]:
    """Give each entry's own text. Several of one id, as careless feeds have them, are known by where they lead."""
    meant = Counter(key for key, _ in {(each.key, each.url or each.title) for each in feed.links})
    shown: set[str] = set()
    for entry in feed.links:
        page = _page_of(entry.title, entry.text)
        mark = hashlib.sha256(page).hexdigest()
        key = (entry.key if meant[entry.key] == 1 else "") or entry.url or entry.title or mark
        if key not in shown:
            shown.add(key)
            yield Found(key, f"{entry.title or key}.html", mark, partial(given, page))


def _pages(feed: Markup) -> Iterator[tuple[str, str, str]]:
    """Give each page that entries lead to once: what it is known by, where it is, the newest entry's date.

    It is known by an entry's id where that means it alone. Further entries that lead there have no page of their own.
    """
    leading = [each for each in feed.links if each.url]
    meant = Counter(key for key, _ in {(each.key, each.url) for each in leading})
    entered = Counter(each.url for each in leading)
    shown: set[str] = set()
    for entry in leading:
        is_alone = meant[entry.key] == 1 and entered[entry.url] == 1
        if entry.url not in shown:
            shown.add(entry.url)
            yield (entry.key if is_alone else "") or entry.url, entry.url, entry.stamp
        elif meant[entry.key] == 1 and entry.key not in entered:
            yield entry.key, "", ""


def _page_of(title: str, text: str) -> bytes:
    shown = html.escape(title)
    return (
        f"<!doctype html><html><head><title>{shown}</title></head><body><h1>{shown}</h1>{text}</body></html>".encode()
    )
