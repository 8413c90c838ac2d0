"""Opens untrusted documents for the rest of Pincite: what they are, their pages, boxes and images.

All parsing happens in confined children (`sandbox.py`); here requests are made and replies become values.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from pincite.core import get_logger
from pincite.guard import replies, wire
from pincite.guard.domain import FileType, Markup, PageBatch, PageBoxes, ParserCrashed
from pincite.guard.sandbox import Child, ChildPool
from pincite.guard.settings import GuardSettings
from pincite.guard.walls import WALLS

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Pools:
    readers: ChildPool
    viewers: ChildPool


class DocumentReader:
    """Reads documents in confined children. May be used from several event loops; each gets children of its own.

    `whose` names the owner of a document: a child that opened one of his opens none of another owner's.
    """

    def __init__(self, settings: GuardSettings) -> None:
        self._settings = settings
        self._pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pools] = WeakKeyDictionary()

    @property
    def reads_pictures(self) -> bool:
        """Whether pages that are only pictures are read by OCR."""
        return self._settings.ocr

    async def warm(self, *, reads: bool = True) -> None:
        """Start a child that looks and, where documents are read here, one that reads: the first need not wait.

        Where a wall does not stand the log says so.
        """
        try:
            walls = await self.walls()
            if reads:
                await self._here().readers.warm()
            if missing := [name for name, (_, stands) in walls.items() if not stands]:
                _log.warning("parsers are not confined in all", missing=missing, remedy="See `pincite doctor`.")
        except ParserCrashed as error:  # the first document will say so to whoever sent it
            _log.warning("parser did not start", message=error.message)

    async def sniff(self, path: Path, name: str, *, whose: str = "") -> FileType:
        """Find what a file is from its content; the name only tells CSV, Markdown and plain text apart.

        Raises:
            UnsupportedType: it is something that Pincite does not read; the message names it.
            UnreadableDocument: it is empty, or a damaged container.
            ParserCrashed: looking at it took too long or ended the child.
        """
        message, _ = await self._view(path, {"op": "sniff", "name": name[-255:]}, whose)
        return replies.checked(lambda: FileType(message["type"]))

    async def read(
        self,
        path: Path,
        file_type: FileType,
        *,
        first_page: int = 1,
        one_by_one: bool = False,
        limit_s: float | None = None,
        whose: str = "",
    ) -> AsyncGenerator[PageBatch, None]:
        """Read a document's pages in order, a batch at a time, as the child reads them.

        The child waits while the caller does, so memory stays bounded however long the document is.

        Args:
            path: the file.
            file_type: as `sniff` found it.
            first_page: where to begin, counted from 1; the limits of time hold from there.
            one_by_one: a page a batch, so that a parser that dies is known to have died of the page after the last.
            limit_s: how long the parser may work on it, where that is less than the limit of any document.
            whose: its owner.

        Raises:
            UnreadableDocument: damaged, encrypted, without any text, or over a limit; `page` where one is to blame.
            ParserCrashed: the child died or went over its time or memory.
        """
        most_s = left_s = min(self._settings.time_limit_s, limit_s or self._settings.time_limit_s)
        begin = {"first_page": first_page, "one_by_one": one_by_one}
        pages, loop = replies.Pages(self._settings, first_page), asyncio.get_running_loop()
        async with self._here().readers.lease(whose) as child:
            await self._send(child, path, {"op": "read", "type": file_type.value} | begin)
            while True:
                before_s = loop.time()
                message, _ = await child.reply(min(left_s, self._settings.batch_time_limit_s))
                left_s -= loop.time() - before_s
                if message["kind"] == "done":
                    return
                yield pages.batch(message)
                if left_s <= 0:
                    raise ParserCrashed(
                        f"Reading the document took longer than the limit of {most_s:.0f} s.",
                        remedy="Split the document and upload the parts.",
                    )

    async def boxes(self, path: Path, page: int, start: int, end: int, *, whose: str = "") -> PageBoxes:
        """Find where characters [start, end) of a PDF page lie, one box a line, on the page as shown.

        Raises: UnreadableDocument, ParserCrashed.
        """
        message, _ = await self._view(path, {"op": "boxes", "page": page, "start": start, "end": end}, whose)
        return replies.boxes(message)

    async def render(self, path: Path, page: int, width_px: int, *, whose: str = "") -> bytes:
        """Draw a PDF page as PNG, `width_px` pixels wide. Raises: UnreadableDocument, ParserCrashed."""
        _, payload = await self._view(path, {"op": "render", "page": page, "width_px": width_px}, whose)
        return payload

    async def markup(self, path: Path, base: str, *, whose: str = "") -> Markup:
        """Read where a page, a sitemap or a feed leads; XML that declares entities is refused.

        Args:
            path: the file.
            base: the address that it came from.
            whose: the source that it is of.

        Raises: UnreadableDocument, ParserCrashed.
        """
        _, payload = await self._view(path, {"op": "markup", "base": base}, whose)
        return replies.markup(payload)

    async def walls(self) -> dict[str, tuple[str, bool]]:
        """Have a child try to get out. Returns: by each wall's name what it keeps in, and whether it stands here.

        Raises: ParserCrashed.
        """
        message, _ = await self._view(Path(__file__), {"op": "walls"}, None)
        standing = replies.checked(lambda: frozenset(map(str, message["standing"])))
        return {name: (keeps_in, name in standing) for name, keeps_in in WALLS.items()}

    async def close(self) -> None:
        """End all children."""
        here = asyncio.get_running_loop()
        for loop, pools in list(self._pools.items()):
            for pool in (pools.readers, pools.viewers):
                if loop is here:
                    await pool.close()
                else:
                    pool.forget()
        self._pools.clear()

    def _here(self) -> _Pools:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            settings = self._settings
            self._pools[loop] = _Pools(
                ChildPool(settings, size=settings.children, yields=True), ChildPool(settings, size=settings.viewers)
            )
        return self._pools[loop]

    async def _view(self, path: Path, request: wire.Message, whose: str | None) -> tuple[wire.Message, bytes]:
        """Make a request with one reply. Raises: UnreadableDocument, UnsupportedType, ParserCrashed."""
        limit_s = self._settings.batch_time_limit_s
        async with self._here().viewers.lease(whose) as child:
            await self._send(child, path, request)
            result = await child.reply(limit_s)
            replies.raise_error(result[0])
            await child.reply(limit_s)
        return result

    async def _send(self, child: Child, path: Path, request: wire.Message) -> None:
        settings = self._settings
        limits = {
            "time_limit_s": settings.time_limit_s,
            "max_pages": settings.max_pages,
            "max_text_chars": settings.max_text_chars,
            "max_unpacked_bytes": settings.max_unpacked_mb << 20,
            "ocr": settings.ocr,
        }
        file = await asyncio.to_thread(path.open, "rb")
        with contextlib.closing(file):
            try:
                child.request(request | limits, file)
            except OSError:
                raise ParserCrashed("The parser ended unexpectedly.", remedy="Try again.") from None
