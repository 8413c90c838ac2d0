"""The pages of a file in order, whatever becomes of its parsers: a page that kills them is left out.

Where pages go is in `reading.py`; limits of one parser are kept by `guard`.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from pincite.core import get_logger
from pincite.guard import DocumentReader, FileType, PageBatch, PageText, ParserCrashed
from pincite.ingest.domain import Quarantined

# How often a parser may die of the same page before the page, or else the document, is given up.
TRIES = 3
# A document with more pages than this that kill a parser is not worth the hours.
MOST_LEFT_OUT = 3

log = get_logger(__name__)


@dataclass(slots=True)
class PageStream:
    """Reads one file from a page on.

    Args:
        reader: opens files in confined children.
        path: the file.
        file_type: what it is.
        whose: the tenant that it belongs to.
        next_page: the page to begin with, from 1; afterwards the one after the last that was given.
    """

    reader: DocumentReader
    path: Path
    file_type: FileType
    whose: str
    next_page: int = 1
    left_out: int = 0
    total: int | None = None

    async def batches(self) -> AsyncGenerator[PageBatch]:
        """Give the pages that are left.

        A parser that dies, or takes too long, is tried again from where it was, page by page. Of a PDF, a page of which
        three die is left out with a warning; any other document is given up then.

        Raises:
            Quarantined: it was given up.
            UnreadableDocument: see `DocumentReader.read`.
        """
        deaths = 0
        while True:
            began = self.next_page
            try:
                async for batch in self._read(careful=deaths > 0):
                    yield batch
            except ParserCrashed as error:
                deaths = 1 if self.next_page > began else deaths + 1
                log.warning("parser died", page=self.next_page, deaths=deaths, message=error.message)
                if deaths < TRIES:
                    continue
                yield self._without_next(error)
                deaths = 0
            else:
                return

    async def _read(self, *, careful: bool) -> AsyncGenerator[PageBatch]:
        pages = self.reader.read(
            self.path, self.file_type, first_page=self.next_page, one_by_one=careful, whose=self.whose
        )
        try:
            async for batch in pages:
                self.total = batch.total or self.total
                self.next_page += len(batch.pages)
                yield batch
        finally:
            await pages.aclose()

    def _without_next(self, error: ParserCrashed) -> PageBatch:
        """Return an empty page in place of the one that kills. Raises: Quarantined, where no page can be left out."""
        page = self.next_page
        self.left_out += 1
        if self.file_type is not FileType.PDF or self.total is None or page > self.total:
            raise Quarantined(f"{error.message} It was tried {TRIES} times.", remedy=error.remedy)
        if self.left_out > MOST_LEFT_OUT:
            message = f"{error.message} More than {MOST_LEFT_OUT} pages end the parser, page {page} among them."
            raise Quarantined(message, remedy=error.remedy)
        self.next_page += 1
        warning = f"The page was left out. {error.message}"
        return PageBatch((PageText(page, f"{page} (left out)", "", warning=warning),), self.total)
