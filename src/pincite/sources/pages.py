"""Fetches pages politely for sources on the web: one at a time, with a pause, and only what has changed.

Where the pages come from is the adapters' business; what may be fetched at all is `guard`'s.
"""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pincite.core import PinciteError
from pincite.guard import Markup, UnreadableDocument
from pincite.sources.domain import ItemRefused, Memory, SourceUnreachable, Tools

_PIECE = 1 << 20
_BUSY = frozenset({429, 503})
_OF_THE_SITE = frozenset({407, 408, 421, 425, 429})  # say nothing of the page that was asked for
_LONGEST_WAIT_S = 30.0
_TRIES = 3
# What documents and markup come as. An image or a video is not stored only to be refused.
WANTED = (
    "text/", "application/pdf", "application/xhtml", "application/xml", "application/json", "application/msword",
    "application/vnd.", "application/rtf", "application/epub", "application/rss", "application/atom",
    "application/octet-stream", "application/gzip", "application/x-gzip", "message/rfc822",
    # What a server says that does not know, or would have it stored; what it is is found from the bytes.
    "binary/octet-stream", "application/download", "application/force-download", "application/x-download",
    "application/x-pdf", "application/zip", "application/x-zip", "application/tar", "application/x-tar",
    "application/mbox", "application/x-ipynb", "application/x-rtf", "application/markdown", "application/x-ndjson",
    "application/jsonl",
)  # fmt: skip
# Directives of `x-robots-tag` that have a value; before any other colon stands whom it is for.
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


@dataclass(frozen=True, slots=True)
class Page:
    """What an address gave.

    Args:
        url: where it came from, after redirects.
        status: 200 with `path`, 304 where it is as it was, or another one.
        path: the content, until the block ends.
        mark: the sha256 of the content.
        validators: what to ask with the next time.
        asks: what its header asks of those who collect pages, such as `noindex`.
    """

    url: str
    status: int
    path: Path | None = None
    mark: str = ""
    validators: Memory | None = None
    asks: frozenset[str] = frozenset()


class Pages:
    """Fetches for one source.

    Args:
        tools: the guarded fetcher and the parser.
        source_id: whose pages they are.
        pause_s: between two requests.
    """

    def __init__(self, tools: Tools, source_id: str, pause_s: float) -> None:
        self._tools = tools
        self._source_id = source_id
        self.pause_s = pause_s
        self._last = float("-inf")

    @asynccontextmanager
    async def get(
        self, url: str, memory: Memory | None = None, *, types: Collection[str] = WANTED, max_bytes: int | None = None
    ) -> AsyncGenerator[Page]:
        """Fetch one for the block. Raises: SourceUnreachable for a site that has enough, and what the fetcher does."""
        asked = _conditions(memory or {})
        for _ in range(_TRIES):
            await self._rest()
            # The page is whole before the block begins: its limit of time is for the server, not for who reads.
            with tempfile.TemporaryDirectory(prefix="pincite-page-") as folder:
                path = Path(folder) / "page"
                async with self._tools.fetcher.get(url, headers=asked, types=types, max_bytes=max_bytes) as got:
                    asks = _asks(got.headers.get("x-robots-tag", ""))
                    page = Page(str(got.url), got.status, asks=asks)
                    if got.status == 200:
                        mark = await _spooled(got.body, path)
                        page = replace(page, path=path, mark=mark, validators=_validators(got.headers))
                if page.status not in _BUSY:
                    yield page
                    return
            wait_s = _retry_after(got.headers)
            if wait_s > _LONGEST_WAIT_S:
                break
            await asyncio.sleep(wait_s)
        raise SourceUnreachable(f"{url} has enough of requests.", remedy="It is tried again at the next look.")

    async def markup(self, page: Page) -> Markup:
        """Read where a page leads. Raises: UnreadableDocument, ParserCrashed."""
        assert page.path is not None
        return await self._tools.reader.markup(page.path, page.url, whose=self._source_id)

    async def listing(self, page: Page, remedy: str) -> Markup:
        """Read a list of the place; an error says which it is. Raises: UnreadableDocument, ParserCrashed."""
        try:
            return await self.markup(page)
        except UnreadableDocument as error:
            raise UnreadableDocument(f"{page.url} cannot be read: {error.message}", remedy=remedy) from error

    def was_asked(self) -> None:
        """Note that somebody else asked the site just now: the next request waits for its turn."""
        self._last = time.monotonic()

    async def _rest(self) -> None:
        left_s = self._last + self.pause_s - time.monotonic()
        if left_s > 0:
            await asyncio.sleep(left_s)
        self._last = time.monotonic()


def not_given(url: str, status: int) -> PinciteError:
    """Return what to say of an address that gave no page: the site may have failed, or does not give this one away."""
    kind = ItemRefused if 400 <= status < 500 and status not in _OF_THE_SITE else SourceUnreachable
    return kind(f"{url} answers {status}.", remedy="Look at it in a browser.")


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """Give a file's bytes."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


async def given(*parts: bytes | PinciteError) -> AsyncIterator[bytes]:
    """Give these bytes; an error among them is raised when its turn comes."""
    for part in parts:
        if isinstance(part, PinciteError):
            raise part
        yield part


async def _spooled(body: AsyncIterator[bytes], path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        async for piece in body:
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
    return digest.hexdigest()


def _asks(tags: str) -> frozenset[str]:
    """Return what is asked of all, or of us by name, by a header that may name several: `googlebot: noindex, x: y`."""
    asked: set[str] = set()
    for line in tags.lower().splitlines():
        whom = ""
        for each in line.split(","):
            name, colon, rest = (part.strip() for part in each.partition(":"))
            if colon and name not in _VALUED:
                whom, name = name, rest
            if whom in {"", "pincite"}:
                asked.add(name)
    return frozenset(asked)


def _conditions(memory: Mapping[str, Any]) -> dict[str, str]:
    asked = {"if-none-match": memory.get("etag"), "if-modified-since": memory.get("modified")}
    return {name: str(value) for name, value in asked.items() if value}


def _validators(headers: Mapping[str, str]) -> dict[str, str]:
    kept = {"etag": headers.get("etag", ""), "modified": headers.get("last-modified", "")}
    return {name: value[:500] for name, value in kept.items() if value}


def _retry_after(headers: Mapping[str, str]) -> float:
    value = headers.get("retry-after", "")
    return float(value[:6]) if value.isascii() and value.isdigit() else 1.0
