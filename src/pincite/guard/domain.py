"""Values and errors of opening untrusted bytes: file types, pages, blocks, boxes.

How a format is read is in `adapters/`; that it happens in a confined child is in `sandbox.py`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pincite.core.errors import ErrorKind, PinciteError


class FileType(StrEnum):
    """The formats that can be read, as found from content."""

    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    XLS = "xls"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    EML = "eml"
    EPUB = "epub"
    RTF = "rtf"
    OPENDOCUMENT = "opendocument"
    RST = "rst"
    JSON = "json"
    CODE = "code"
    MSG = "msg"
    ZIP = "zip"
    TAR = "tar"


# A word that names something; those that stand beside a page's number do not.
_WORD = re.compile(r"\b(?!(?:page|seite|página|pagina|sida|side)\b)[^\W\d_]{3}", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\x7f-\xa0]+", re.IGNORECASE)
_LONGEST_ADDRESS = 2_000


class BlockKind(StrEnum):
    """What a stretch of a page is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    MARGIN = "margin"
    """What stands at the same place on page after page: a running header or footer, a page's number."""
    NOTE = "note"
    """What somebody wrote over a page: a note, a comment, a stamp; behind the page's own text, and says whose it is."""
    HIDDEN = "hidden"
    """What the file holds and nobody sees on the page: never in a passage, and no answer rests on it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Characters [start, end) of a page's text; `column` counts from 0."""

    start: int
    end: int
    column: int


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table with their cells, in the order of the text; the first `head_rows` are its head."""

    rows: tuple[tuple[Cell, ...], ...]
    head_rows: int


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a page's text, [start, end) in characters; `level` is 1..6 for headings, else 0.

    A table's text is one row a line with cells separated by " | ", the header row first; a PDF's is as the page has it,
    and `table` says what is a row and a cell. A list is one item a line.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    table: Table | None = None

    def is_left_out(self, text: str) -> bool:
        """Say whether it is hidden, or a margin without words, a page's number, which says nothing in a passage.

        A running head stays to be searched: it names what its page is about (nDCG@10 of the handbook's pages is .04
        higher with it).
        """
        if self.kind is BlockKind.MARGIN:
            return not _WORD.search(text, self.start, self.end)
        return self.kind is BlockKind.HIDDEN

    def as_list(self) -> list[Any]:
        """Return it as plain lists, to be stored or sent."""
        plain: list[Any] = [self.kind.value, self.start, self.end, self.level]
        if self.table is not None:
            plain += [self.table.head_rows, [[[c.start, c.end, c.column] for c in row] for row in self.table.rows]]
        return plain

    @classmethod
    def of_list(cls, value: Sequence[Any]) -> "Block":
        """Return what `as_list` flattened. Raises: ValueError, TypeError on anything else."""
        kind, start, end, level, *rest = value
        table = None
        if rest:
            head_rows, rows = rest
            table = Table(tuple(tuple(Cell(int(s), int(e), int(c)) for s, e, c in row) for row in rows), int(head_rows))
        return cls(BlockKind(kind), int(start), int(end), int(level), table)


@dataclass(frozen=True, slots=True)
class PlacedText:
    """Characters [start, end) of a page that no reader of the file finds again, and where they lie as shown.

    Within a line that OCR read letters count as equally wide. Of a note or a field the box is that of all it says:
    `whole`.
    """

    start: int
    end: int
    box: "Box"
    whole: bool = False

    def part(self, start: int, end: int) -> "Box | None":
        """Return where those of its characters lie that are within [start, end), None without any."""
        first, last = max(start, self.start), min(end, self.end)
        if first >= last:
            return None
        if self.whole:
            return self.box
        letter = (self.box.x1 - self.box.x0) / (self.end - self.start)
        left, right = self.box.x0 + letter * (first - self.start), self.box.x0 + letter * (last - self.start)
        return Box(round(left, 2), self.box.y0, round(right, 2), self.box.y1)


@dataclass(frozen=True, slots=True)
class PageLink:
    """Characters [start, end) of a page that lead somewhere: to an address (`url`), or to a page of the document.

    `page` counts from 1 and is 0 for an address. An address is data, to be shown as text: nothing fetches it.
    """

    start: int
    end: int
    url: str = ""
    page: int = 0

    def __post_init__(self) -> None:
        if not (is_address(self.url) if self.url else self.page >= 1):
            raise ValueError("a link leads to a web or mail address or to a page")


def is_address(text: str) -> bool:
    """Whether text is an address of the web or of mail, of bounded length and without blanks."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is kept of a PDF's page beside its text and blocks: the places of text that is not pdfium's, and its links.

    Such text is a scan's, read by OCR, or stands behind the page's own: fields of a form, notes. `width` and `height`
    are the page's as shown, in points.
    """

    width: float
    height: float
    placed: tuple[PlacedText, ...]
    links: tuple[PageLink, ...] = ()

    @property
    def begins(self) -> int | None:
        """The first character that has a place here; the file's reader knows those before it."""
        return min((each.start for each in self.placed), default=None)

    def boxes(self, start: int, end: int) -> "PageBoxes":
        """Return where characters [start, end) lie, as far as it is known here: one box a line, a note or a field."""
        found = (each.part(start, end) for each in self.placed)
        return PageBoxes(self.width, self.height, tuple(box for box in found if box is not None))

    def as_list(self) -> list[Any]:
        """Return it as plain lists, to be stored or sent."""
        places = [(each, each.box) for each in self.placed]
        return [
            self.width,
            self.height,
            [[each.start, each.end, box.x0, box.y0, box.x1, box.y1, each.whole] for each, box in places],
            [[link.start, link.end, link.url, link.page] for link in self.links],
        ]

    @classmethod
    def of_list(cls, value: Sequence[Any]) -> "Overlay":
        """Return what `as_list` flattened, also as it was before there were notes and links.

        Raises: ValueError, TypeError on anything else.
        """
        width, height, places, *rest = value
        placed = tuple(
            PlacedText(int(start), int(end), Box(float(x0), float(y0), float(x1), float(y1)), bool(whole and whole[0]))
            for start, end, x0, y0, x1, y1, *whole in places
        )
        links = (
            PageLink(int(start), int(end), str(url), int(page)) for start, end, url, page in (rest[0] if rest else ())
        )
        return cls(float(width), float(height), placed, tuple(links))


@dataclass(frozen=True, slots=True)
class PageText:
    r"""One page (PDF page, slide, sheet part) or one section of a pageless format.

    Args:
        number: counts from 1 in the document.
        label: what people call it: "3", "Slide 3", "Sheet 'Rates', A1:D80", or the section's heading.
        text: the page's text; every offset anywhere counts characters of this string. For PDF it is exactly what
            pdfium's text range of the whole page gives (with "\r\n"), so that a character offset is a box index; what
            people added to the page stands behind it, where `overlay` knows its places.
        blocks: in order, not overlapping; may be empty where no structure was found.
        warning: what people should know of the page, as "The page is damaged."; empty where all is well.
        overlay: of a PDF's page, where text lies that the file's reader does not find again, and its links.
    """

    number: int
    label: str
    text: str
    blocks: tuple[Block, ...] = ()
    warning: str = ""
    overlay: Overlay | None = None


def body_text(text: str, blocks: Sequence[Block]) -> str:
    """Return a page's text with hidden text and the page numbers that begin or end it blanked, character for character.

    This is what chunks are made of: offsets are the page's. A margin amid the text stays, so that what is cut out of
    the result without white space at its ends is always verbatim; in place of hidden text stand ends of lines, which
    no sentence runs over.
    """
    for block in blocks:
        if block.kind is BlockKind.HIDDEN:
            text = text[: block.start] + "\n" * (block.end - block.start) + text[block.end :]
    margins = [block for block in blocks if block.is_left_out(text)]
    start, end = 0, len(text)
    for block in margins:
        if text[start : block.start].isspace() or block.start <= start:
            start = max(start, block.end)
    for block in reversed(margins):
        if block.start >= start and (text[block.end : end].isspace() or block.end >= end):
            end = min(end, block.start)
    return " " * start + text[start:end] + " " * (len(text) - end)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in points (1/72 inch), origin at the top left of the page as shown."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PageBoxes:
    """Where a character range lies on a page: one box a line, with the page's size as shown, in points."""

    width: float
    height: float
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a page, a sitemap or a feed leads.

    Args:
        url: absolute, in the one spelling of `urls.Url`; still to be fetched by the guarded fetcher alone. "" for an
            entry of a feed that leads nowhere.
        stamp: when it changed, as a sitemap or a feed says it; "" where it says nothing.
        title, key, text: of an entry of a feed: its title, what it is known by, and its own text as HTML.
    """

    url: str
    stamp: str = ""
    title: str = ""
    key: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Markup:
    """What a file of markup leads to. `kind` is page, urlset, sitemapindex or feed.

    `canonical` is the address that a page says is its own, "" where it says none; `index` is False where it asks not
    to be collected. Of a page that asks for its links not to be followed there are none.
    """

    kind: str
    links: tuple[Link, ...]
    canonical: str = ""
    index: bool = True


@dataclass(frozen=True, slots=True)
class PageBatch:
    """Some consecutive pages of a document as they were read; `total` is known early for PDF, else at the end."""

    pages: tuple[PageText, ...]
    total: int | None = None


class UnreadableDocument(PinciteError):
    """The bytes are damaged, encrypted, empty, hostile or not what they claim; `page` where one page is to blame."""

    code = "unreadable-document"
    kind = ErrorKind.INVALID

    def __init__(self, message: str, *, remedy: str = "", page: int | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.page = page


class UnsupportedType(PinciteError):
    """The content is of a kind that Pincite does not read."""

    code = "unsupported-type"
    kind = ErrorKind.UNSUPPORTED


class ParserCrashed(PinciteError):
    """The confined child died, ran out of time or memory on this document."""

    code = "parser-crashed"
    kind = ErrorKind.INVALID
