"""Sentences and table rows of retrieved passages, each with its place on a page and what surrounds it. Pure.

Which of them answers a question is decided in `extractive.py`, what stands above them in `above.py`.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pincite.answers.above import Above, Marks, PageKey
from pincite.answers.table_rows import Row, Tables
from pincite.core.sentences import goes_on, is_unfinished, line_width, sentence_spans
from pincite.guard import Block, BlockKind
from pincite.library import Chunk
from pincite.retrieval import ScoredPassage

_MAX_CHARS = 900
# Where a sentence that is longer than that is best cut: behind a cell or a clause, before "(a)", between two words.
_CUTS = tuple(
    map(
        re.compile,
        (r" \| ", r";\s+", r"\s+(?=\([a-z]{1,4}\)\s)", r",\s+(?=provided|unless|except)", r"[:,]\s+", r"\s+"),
    )
)
_LINE = re.compile(r"([^\r\n]*)(?:\r?\n|$)")
_FILLED = 0.7
_LISTED, _MANY_SHORT = 300, 4
# What heads a table's columns: "Net sales (millions) 2018 2017 2016", years and no other figure.
COLUMNS = re.compile(
    r"[^\d.!?|]{0,80}(?:(?:^|\s)(?:[A-Z][a-z]{2,8}\.? \d{1,2}, )?(?:19|20)\d\d){2,}(?:\s[^\d.!?|]{0,40})?"
)
# "Name of the vessel: Seeadler" says something itself.
_KEYED = re.compile(r"\S: \S")
_STOPS = frozenset(".!?:;。！？；：؟۔؛।")
# Nor does a row of a table end so.
_NEVER_OF_A_ROW = _STOPS | frozenset(",，、،")


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a chunk's text that lies on one page: chunk text [start, end) begins at `offset` of `page`."""

    page: int
    offset: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters [start, end) of a page, `text`, that a passage holds; numbered as a candidate's."""

    passage: int
    page: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence or table row that might answer.

    Args:
        passage: index of its passage.
        page: page number, from 1.
        start: offset of its first character in the page's text.
        end: offset after its last character there; `page.text[start:end] == text`.
        text: verbatim.
        headings: the document's name and the headings above it.
        header: the header row above a table row, else empty.
        near: the sentences before and after it.
        whole: it does not begin amid a sentence (one that runs on from another page, say).
        ends: it does not end amid one that may go on with the next page.
        rest: what the next page has of it.
        row: the row of a table that it is (part) of, where the parsers know it.
    """

    passage: int
    page: int
    start: int
    end: int
    text: str
    headings: str
    header: str
    near: str
    whole: bool = True
    ends: bool = True
    rest: Stretch | None = None
    row: Row | None = None

    @property
    def said(self) -> str:
        """The whole sentence, over the end of its page."""
        return self.text if self.rest is None else f"{self.text}\n{self.rest.text}"


def locate(chunk: Chunk, pages: Mapping[PageKey, str]) -> list[Slice]:
    """Return where a chunk's text lies, one slice a page, in order.

    A chunk on one page needs no page text. For others `pages` must hold the text of every page but the last one; pages
    that it lacks end the list, so that no slice is ever a guess.
    """
    slices: list[Slice] = []
    at = 0
    for number in range(chunk.page, chunk.end_page + 1):
        first = chunk.start if number == chunk.page else 0
        if number == chunk.end_page:
            slices.append(Slice(number, first, at, len(chunk.text)))
            break
        text = pages.get((chunk.revision_id, number))
        if text is None:
            break
        length = len(text) - first
        slices.append(Slice(number, first, at, at + length))
        at += length + 1  # the newline that joins two pages
    return slices


def candidates(
    passages: Sequence[ScoredPassage], pages: Mapping[PageKey, str], marks: Marks | None = None
) -> list[Candidate]:
    """Return the sentences and table rows of the passages, in order; one that two passages share comes once.

    Args:
        passages: best first.
        pages: page texts by (revision, number); needed for passages that run over a page's end.
        marks: the headings, lists, tables, running heads and feet of those pages of which they are known.
    """
    found: dict[tuple[str, int, int], Candidate] = {}
    for index, scored in enumerate(passages):
        for candidate in _of_passage(index, scored, pages, marks or {}):
            place = (scored.passage.chunk.revision_id, candidate.page, candidate.start)
            if place not in found or found[place].end < candidate.end:  # one may have but half of it
                found[place] = candidate
    return list(found.values())


def over_pages(found: Sequence[Candidate]) -> list[Candidate]:
    """Return candidates with those that one page ends with and the next goes on with as one."""
    joined: list[Candidate] = []
    for each in found:
        last = joined[-1] if joined else None
        if last is None or last.ends or (last.passage, last.page + 1) != (each.passage, each.page) or each.whole:
            joined.append(each)
            continue
        rest = Stretch(each.passage, each.page, each.start, each.end, each.text)
        joined[-1] = replace(last, rest=rest, near=f"{last.near}\n{each.near}", row=None)
    return joined


def _of_passage(index: int, scored: ScoredPassage, pages: Mapping[PageKey, str], marks: Marks) -> list[Candidate]:
    chunk = scored.passage.chunk
    above = Above(scored.passage, pages, marks)
    found: list[Candidate] = []
    for piece in locate(chunk, pages):
        key = (chunk.revision_id, piece.page)
        margins = [each for each in marks.get(key, ()) if each.kind is BlockKind.MARGIN]
        titles = [each for each in marks.get(key, ()) if each.kind is BlockKind.HEADING]
        page = _without(margins, pages.get(key, ""), 0)
        text = _without(margins, chunk.text[piece.start : piece.end], piece.offset)
        items = [at - piece.offset for at in _item_ends(marks.get(key, ()), page)]
        on_page = _on_page(index, piece, text, (above, items))
        if on_page:
            on_page[0] = _from_its_beginning(on_page[0], page)
            on_page[-1] = _to_its_end(on_page[-1], page)
            titled = any(each.start <= on_page[-1].start < each.end for each in titles)
            on_page[-1] = replace(on_page[-1], ends=titled or _ends(on_page[-1].text))
        tables = Tables(pages.get(key, ""), marks.get(key, ()))
        found += [_in_table(each, tables) for each in on_page]
    return found


def _in_table(found: Candidate, tables: Tables) -> Candidate:
    """Return a row of a table whose columns have names below those, and what stands by itself above it as a heading."""
    row = tables.row_at(found.start, found.end)
    if row is None:
        return found
    headings = f"{found.headings} > {row.group}" if row.group else found.headings
    return replace(found, headings=headings, header=" | ".join(filter(None, row.head)), row=row)


def _without(margins: Sequence[Block], text: str, offset: int) -> str:
    """Return a stretch of a page from `offset` on, with ends of lines in place of each letter of its margins."""
    for each in margins:
        start, end = max(0, each.start - offset), min(len(text), each.end - offset)
        if start < end:
            text = text[:start] + "\n" * (end - start) + text[end:]
    return text


def _item_ends(marks: Sequence[Block], page: str) -> list[int]:
    """Return where the items of a page's lists end: with their line, but for a PDF, which wraps them."""
    lists = [each for each in marks if each.kind is BlockKind.LIST and "\r\n" not in page[each.start : each.end]]
    return [at for each in lists for at in range(each.start, each.end) if page[at : at + 1] == "\n"]


def _ends(text: str) -> bool:
    """Whether what stands last on a page is all of a sentence, or none: a row, a heading."""
    words = text.split()
    small = sum(word[0].islower() for word in words)
    prose = 2 * small >= len(words) or (4 * small >= len(words) and any(map(str.isalpha, words[-1])))
    return " | " in text or text.rstrip("\"')]»”’")[-1:] in _STOPS or not prose


def _from_its_beginning(first: Candidate, page: str) -> Candidate:
    """Return a passage's first candidate with what its page has of the sentence before the passage, if anything."""
    if not goes_on(first.text):
        return first
    before = page[: first.start].rstrip()
    if not before:  # it runs on from the page before, or begins the first
        return replace(first, whole=first.page == 1)
    start = next((start for start, end in sentence_spans(page) if start < first.start < end), first.start)
    last_line = before[before.rfind("\n") + 1 :]
    if start == first.start:
        return first
    if len(last_line) < _FILLED * line_width(page) or first.end - start > _MAX_CHARS or goes_on(page[start:]):
        return replace(first, whole=False)  # what is above it is a heading or a page's margin
    return replace(first, start=start, text=page[start : first.end])


def _to_its_end(last: Candidate, page: str) -> Candidate:
    """Return a passage's last candidate with what its page has of the sentence behind the passage, if anything."""
    last_line = last.text[last.text.rfind("\n") + 1 :]
    following = page[last.end :].lstrip()
    unfinished = is_unfinished(last_line) or len(last_line) >= _FILLED * line_width(page)
    if not following or not unfinished or last.text[-1] in _STOPS:
        return last
    end = next((end for start, end in sentence_spans(page) if start <= last.start < last.end < end), last.end)
    return last if end - last.start > _MAX_CHARS else replace(last, end=end, text=page[last.start : end])


def _on_page(passage: int, piece: Slice, text: str, around: tuple[Above, Sequence[int]]) -> list[Candidate]:
    above, items = around
    spans = [part for span in _units(text, items) for part in _parts(text, *span)]
    texts = [text[start:end] for start, end in spans]
    headings = [above.at(piece.page, piece.offset + start) for start, _ in spans]
    headers = _headers(texts, headings)
    return [
        Candidate(
            passage=passage,
            page=piece.page,
            start=piece.offset + start,
            end=piece.offset + end,
            text=texts[place],
            headings=headings[place],
            header=headers[place],
            near="\n".join(_near(texts, place)),
        )
        for place, (start, end) in enumerate(spans)
    ]


def _units(text: str, items: Sequence[int]) -> list[tuple[int, int]]:
    """Sentences, cut further at the ends of `items` and after each line that leaves much of the line's width empty.

    Wrapped prose fills every line but its last; the rows of a table in the text of a PDF, and headings, do not.
    """
    lengths = sorted(len(line) for line in text.splitlines() if line.strip())
    width = lengths[int(len(lengths) * 0.9)] if lengths else 0
    units: list[tuple[int, int]] = []
    for start, end in _cut_at(items, sentence_spans(text)):
        begin, listed = start, 0
        for line in _LINE.finditer(text, text.rfind("\n", 0, start) + 1, end):
            if not begin <= line.end(1) < end or len(line[1].strip()) >= _FILLED * width or is_unfinished(line[1]):
                continue
            listed += 1
            # What goes on with a small letter is the same sentence, unless line after line does: then it is a list.
            is_list = listed >= _MANY_SHORT and line.end(1) - begin > _LISTED
            if is_list or not goes_on(text[line.end() : line.end() + 5]):
                units.append((begin, line.end(1)))
                begin, listed = line.end(), 0
        units.append((begin, end))
    return [trimmed for unit in units if (trimmed := _trimmed(text, *unit)) is not None]


def _cut_at(places: Sequence[int], spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield ranges, those cut that a place lies within; `places` in order."""
    for start, end in spans:
        for place in places[bisect_right(places, start) : bisect_left(places, end)]:
            yield start, place
            start = place
        yield start, end


def _parts(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return a unit in parts that are no longer than a quote may be."""
    parts: list[tuple[int, int]] = []
    while end - start > _MAX_CHARS:
        first, last = start + _MAX_CHARS // 3, start + _MAX_CHARS
        cuts = (max((cut.end() for cut in each.finditer(text, first, last)), default=0) for each in _CUTS)
        cut = next((cut for cut in cuts if cut), last)
        parts.append((start, cut))
        start = cut
    parts.append((start, end))
    return [trimmed for part in parts if (trimmed := _trimmed(text, *part)) is not None]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    inner = text[start:end]
    body = inner.strip()
    start += len(inner) - len(inner.lstrip())
    return (start, start + len(body)) if body else None


def _near(texts: Sequence[str], place: int) -> list[str]:
    """Return what stands before and after a sentence; rows with figures stand alone: the next is about another."""
    around = [*texts[max(0, place - 2) : place], *texts[place + 1 : place + 2]]
    return [each for each in around if not _tells_figures(each)] if _tells_figures(texts[place]) else around


def _tells_figures(text: str) -> bool:
    return " | " in text or (_is_row(text) and any(map(str.isdigit, text)) and COLUMNS.fullmatch(text) is None)


def _headers(texts: Sequence[str], headings: Sequence[str]) -> list[str]:
    """For each row of a run of table rows, the row that heads it, else nothing.

    With cells set apart by bars that is the run's first row; without, the last one before the first with a figure, or
    one of years. Below another heading another table begins.
    """
    headers: list[str] = []
    header, headed, below = "", False, ""
    for text, heading in zip(texts, headings, strict=True):
        if not _is_row(text) or heading != below:
            header, headed, below = "", False, heading
        if not _is_row(text):
            headers.append("")
            continue
        barred, columns = " | " in text, COLUMNS.fullmatch(text) is not None
        figures = not columns and any(letter.isdigit() for letter in text)
        headers.append("" if columns else header)
        if columns or (not headed and (barred or not (figures or _KEYED.search(text)))):
            header = text
        headed = headed or barred or figures or columns
    return headers


def _is_row(text: str) -> bool:
    return " | " in text or ("\n" not in text and text[-1] not in _NEVER_OF_A_ROW)
