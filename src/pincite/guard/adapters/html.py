"""HTML: main content, headings, lists, tables; navigation and scripts left out. Runs in the child only.

EPUB, mail and Markdown use `html_elements` for the HTML in them.
"""

import re
from html.parser import HTMLParser

from pincite.core.instructions import ordering
from pincite.guard.adapters.charsets import codec_of
from pincite.guard.adapters.html_lists import List
from pincite.guard.adapters.html_math import UNREAD, Formula
from pincite.guard.adapters.html_open import FORMATTING, VOID, OpenElements
from pincite.guard.adapters.html_taming import tame
from pincite.guard.adapters.text import decode, decode_as
from pincite.guard.domain import BlockKind, UnreadableDocument
from pincite.guard.grids import Span, TableRows
from pincite.guard.sections import Element, cut_sections, raised, squeeze
from pincite.guard.source import Opened, Source

_CHARSET = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_UNSEEN = frozenset({"script", "style", "template", "svg", "noscript", "iframe", "object", "select", "button",
                     "textarea", "datalist", "canvas", "audio", "video"}) | UNREAD  # fmt: skip
_ASIDE = frozenset({"nav", "footer", "aside"})
_BLOCK_WORDS = """
p div section article main header figure figcaption address dl dt dd body fieldset form details summary center
hr ul ol caption legend nav footer aside head html thead tbody tfoot blockquote
"""
_BLOCKS = frozenset(_BLOCK_WORDS.split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0*)?\s*(?:;|!|$)", re.IGNORECASE
)
_MODERN = re.compile(r"<!doctype\s+html\s*(?:>|[^>]{0,500}(?:strict|xhtml|legacy-compat|\.dtd))", re.IGNORECASE)
_HEAD_CHARS = 2_000
_MAIN_SHARE = 0.3
_MAX_MARKUP_CHARS = 60_000_000


def open_source(source: Source) -> Opened:
    """Open an HTML page."""
    data = source.file.read(_MAX_MARKUP_CHARS + 1)
    if len(data) > _MAX_MARKUP_CHARS:
        raise UnreadableDocument(
            f"The page has more than {_MAX_MARKUP_CHARS:,} bytes of markup, which is the limit.",
            remedy="Split the file into smaller ones and upload those.",
        )
    elements, title = html_elements(decode_html(data))
    return Opened(cut_sections(elements, untitled=title))


def decode_html(data: bytes) -> str:
    """Decode HTML by byte order mark, declared character set, or guess; never fails.

    What is declared in single bytes cannot be UTF-16, whatever it says: programs name what a text had in memory.
    """
    declared = _CHARSET.search(data[:4096])
    name = declared[1].decode("ascii", "replace") if declared else ""
    return decode(data) if codec_of(name).startswith("utf-16") else decode_as(data, name)


def html_elements(markup: str, *, whole: bool = False) -> tuple[list[Element], str]:
    """Return the elements of a page and its title.

    Prefers `main` and `article` when they hold enough of the text, and leaves out what stands aside, unless the
    `whole` is asked for.
    """
    quirks = not _MODERN.search(markup[:_HEAD_CHARS])
    markup = tame(markup)
    reader = _Reader(skip_asides=not whole, quirks=quirks)
    reader.run(markup)
    if whole:
        return [element for element, _ in reader.found], reader.title
    if reader.lost or not reader.found:  # a `nav` or `aside` that is never closed, or nothing outside of them
        reader = _Reader(skip_asides=False, quirks=quirks)
        reader.run(markup)
    chars = sum(len(element.text) for element, _ in reader.found)
    main = [element for element, in_main in reader.found if in_main]
    if sum(len(element.text) for element in main) >= max(1, _MAIN_SHARE * chars):
        return main, reader.title
    return [element for element, _ in reader.found], reader.title


class _Reader(HTMLParser):
    """Collects elements. State: what is being skipped, open lists, the open table, text of the open block.

    `_skip` holds elements that end with their end tag alone; one that nobody sees ends where a browser ends it: when
    no more than `_hidden_at` elements are open.
    """

    def __init__(self, *, skip_asides: bool, quirks: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[Element, bool]] = []
        self.title = ""
        self._skipped = _UNSEEN | _ASIDE if skip_asides else _UNSEEN
        self._skip: list[str] = []
        self._open = OpenElements(quirks=quirks)
        self._formula = Formula()
        self._hidden_at: int | None = None
        self._text: list[str] = []
        self._level = 0
        self._main = self._pre = self._item_depth = self._groups = 0
        self._in_title = self._unseen = False
        self._unseen_text: list[str] = []
        self._raised_at = 0
        self._lists: list[List] = []
        self._tables: list[_Table] = []

    @property
    def lost(self) -> bool:
        return bool(self._skip)

    def run(self, markup: str) -> None:
        self.feed(markup)
        self.close()
        self._hidden_at = None
        self._end_unseen()
        while self._tables:  # those that are never closed
            self._close_table_part("table")
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skip:
            if tag == self._skip[-1]:
                self._skip.append(tag)
            return
        self._open.before(tag)
        self._end_hidden()
        skipped = tag in self._skipped and not (tag == "button" and (self._level or _is_title(dict(attrs))))
        hides = self._hides(tag, dict(attrs), skipped=skipped)
        if skipped or (hides and tag in FORMATTING):
            self._skip.append(tag)
        elif hides and self._hidden_at is None:
            self._hidden_at = self._open.depth
            self._open.push(tag)
        elif not self._open.is_stray(tag):
            self._open.push(tag)
        if hides or self._hidden_at is not None:
            return
        if tag == "math" or self._formula.is_open:
            self._text.append(self._formula.begin(tag))
        elif tag == "title":
            self._in_title = True
        elif tag == "br":
            self._text.append("\n")
        elif tag == "sup":
            self._raised_at = len(self._text)
        elif tag in _HEADINGS or tag in _BLOCKS or tag in {"pre", "li"}:
            self._open_block(tag, dict(attrs))
        elif tag in {"table", "tr", "td", "th"}:
            self._open_table_part(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._skip:
            if tag == self._skip[-1]:
                self._skip.pop()
                self._end_unseen()
            return
        hidden = self._hidden_at
        self._open.end(tag)
        self._end_hidden()
        if hidden is not None and self._open.depth >= hidden:  # its own end tag, or one of what is in it
            return
        if self._formula.is_open:
            self._text.append(self._formula.end(tag))
        elif tag == "title":
            self._in_title = False
        elif tag == "sup":
            self._text[self._raised_at :] = [raised("".join(self._text[self._raised_at :]))]
            self._raised_at = len(self._text)
        elif tag in {"td", "th", "tr", "table"}:
            self._close_table_part(tag)
        elif tag in _HEADINGS or tag in _BLOCKS or tag in {"pre", "li"}:
            self._close_block(tag)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = squeeze(self.title + data)[:200]
        elif not self._skip and self._hidden_at is None:
            self._text.append(data if self._pre else data.replace("\n", " "))
        elif self._unseen:
            self._unseen_text.append(data)

    def _hides(self, tag: str, attributes: dict[str, str | None], *, skipped: bool) -> bool:
        """Say whether an element is left out, and note whether its text is one that somebody hid."""
        if tag in VOID or (not skipped and not _is_hidden(attributes)):
            return False
        if self._hidden_at is None:
            self._unseen = not skipped and not _is_furniture(attributes)
        return True

    def _end_hidden(self) -> None:
        if self._hidden_at is not None and self._open.depth <= self._hidden_at:
            self._hidden_at = None
            self._end_unseen()

    def _end_unseen(self) -> None:
        """Tell of hidden text where it reads like orders: pages hide menus and notices in good faith."""
        if self._skip or self._hidden_at is not None or not self._unseen_text:
            return
        text = squeeze(" ".join(self._unseen_text))
        self._unseen_text.clear()
        if ordering(text):
            self._emit(Element(BlockKind.HIDDEN, text))

    def _open_block(self, tag: str, attributes: dict[str, str | None]) -> None:
        self._flush()
        if tag in _HEADINGS:
            self._level = _HEADINGS[tag]
        elif tag == "pre":
            self._pre += 1
            self._groups += 1
        elif tag in {"main", "article"}:
            self._main += 1
        elif tag in {"ul", "ol"}:
            if not self._lists:
                self._groups += 1
            self._lists.append(List.opened(tag, attributes))
        elif tag == "li":
            self._item_depth = max(1, len(self._lists))
            if self._lists:
                self._text.append(self._lists[-1].item(attributes))

    def _close_block(self, tag: str) -> None:
        self._flush()
        if tag in _HEADINGS:
            self._level = 0
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        elif tag in {"main", "article"}:
            self._main = max(0, self._main - 1)
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._item_depth = len(self._lists)
        elif tag == "li" and len(self._lists) <= 1:
            self._item_depth = 0

    def _open_table_part(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "table":
            if self._tables:
                self._open_inner_table(self._tables[-1])
            self._flush()
            self._groups += 1
            self._tables.append(_Table(self._groups))
        elif self._tables:
            self._end_cell()
            self._flush()  # what stands between rows
            if tag == "tr":
                self._end_row()
            else:
                self._tables[-1].in_cell = True
                self._tables[-1].span = _count(attributes.get("colspan")), _count(attributes.get("rowspan"))
        else:  # a cell without a table, as where Markdown cuts one
            self._flush()

    def _open_inner_table(self, outer: "_Table") -> None:
        """Take the outer table as layout from here on: what it said so far stands before the inner one."""
        outer.is_layout = True
        said = [Element(BlockKind.PARAGRAPH, cell.text) for cell in outer.cells]
        outer.cells = []
        for element in (*outer.rows.end(), *said):
            self._emit(element)

    def _close_table_part(self, tag: str) -> None:
        if not self._tables:
            return
        self._end_cell()
        if tag in {"tr", "table"}:
            self._end_row()
        if tag == "table":
            for element in self._tables.pop().rows.end():
                self._emit(element)
            self._flush()

    def _end_cell(self) -> None:
        table = self._tables[-1]
        if table.is_layout:
            self._flush()
        elif table.in_cell:
            table.cells.append(Span(squeeze("".join(self._text)), *table.span))
            self._text.clear()
        table.in_cell = False

    def _end_row(self) -> None:
        table = self._tables[-1]
        if table.cells:
            for element in table.rows.add(table.cells):
                self._emit(element)
        table.cells = []

    def _flush(self) -> None:
        """End the open block of text. Inside a cell the text stays with the cell."""
        if self._tables and self._tables[-1].in_cell and not self._tables[-1].is_layout:
            self._text.append(" ")
            return
        raw = "".join(self._text)
        self._text.clear()
        if self._pre:
            self._emit(Element(BlockKind.CODE, raw.strip("\n").expandtabs(4).rstrip(), group=self._groups))
            return
        lines = [squeeze(line) for line in raw.split("\n")]
        text = "\n".join(line for line in lines if line)
        if self._level:
            self._emit(Element(BlockKind.HEADING, squeeze(text), level=self._level))
        elif self._item_depth:
            self._emit(Element(BlockKind.LIST, squeeze(text), group=self._groups))
        else:
            self._emit(Element(BlockKind.PARAGRAPH, text))

    def _emit(self, element: Element) -> None:
        if element.text.strip():
            self.found.append((element, self._main > 0))


class _Table:
    """An open table: the cells of its open row."""

    def __init__(self, group: int) -> None:
        self.rows = TableRows(group)
        self.cells: list[Span] = []
        self.span: tuple[int, int] = (1, 1)
        self.in_cell = False
        self.is_layout = False


def _count(said: str | None) -> int:
    return int(said) if said is not None and said.isdecimal() and said.isascii() and len(said) < 5 else 1


def _is_furniture(attributes: dict[str, str | None]) -> bool:
    """Whether what is left out is of the page's furniture, and no text that somebody hid."""
    return attributes.get("aria-hidden") == "true" or attributes.get("role") == "navigation"


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if attributes.get("role") == "navigation":
        return True
    if _is_opened_by_click(attributes):
        return False
    hidden = "hidden" in attributes or attributes.get("aria-hidden") == "true"
    return hidden or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))


def _is_opened_by_click(attributes: dict[str, str | None]) -> bool:
    """Whether readers see it when they ask for it: the panel of a tab or an accordion, a note of an e-book."""
    role = attributes.get("role")
    return (
        role == "tabpanel"
        or (role == "region" and "aria-labelledby" in attributes)
        or attributes.get("hidden") == "until-found"
        or "note" in (attributes.get("epub:type") or "")
    )


def _is_title(attributes: dict[str, str | None]) -> bool:
    """Whether a button is the title of what it opens, as of an answer to a question."""
    return "aria-expanded" in attributes and "aria-controls" in attributes
