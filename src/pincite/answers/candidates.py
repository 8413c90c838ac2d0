"""Sentences and table rows of retrieved passages, each with its place on a page and what surrounds it. Pure.

Which of them answers a question is decided in `extractive.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincite.core.sentences import sentence_spans
from pincite.library import Chunk
from pincite.retrieval import ScoredPassage

PageKey = tuple[str, int]
"""(revision id, page number)."""

_MAX_CHARS = 900


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a chunk's text that lies on one page: chunk text [start, end) begins at `offset` of `page`."""

    page: int
    offset: int
    start: int
    end: int


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
    """

    passage: int
    page: int
    start: int
    end: int
    text: str
    headings: str
    header: str
    near: str


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


def candidates(passages: Sequence[ScoredPassage], pages: Mapping[PageKey, str]) -> list[Candidate]:
    """Return the sentences and table rows of the passages, in order; one that two passages share comes once.

    Args:
        passages: best first.
        pages: page texts by (revision, number); needed for passages that run over a page's end.
    """
    found: list[Candidate] = []
    seen: set[tuple[str, int, int]] = set()
    for index, scored in enumerate(passages):
        chunk = scored.passage.chunk
        headings = " > ".join((scored.passage.source, *chunk.heading_path))
        for piece in locate(chunk, pages):
            for candidate in _on_page(index, piece, chunk.text[piece.start : piece.end], headings):
                key = (chunk.revision_id, candidate.page, candidate.start)
                if key not in seen:
                    seen.add(key)
                    found.append(candidate)
    return found


def _on_page(passage: int, piece: Slice, text: str, headings: str) -> list[Candidate]:
    spans = [span for span in sentence_spans(text) if span[1] - span[0] <= _MAX_CHARS]
    texts = [text[start:end] for start, end in spans]
    headers = _headers(texts)
    return [
        Candidate(
            passage=passage,
            page=piece.page,
            start=piece.offset + start,
            end=piece.offset + end,
            text=texts[place],
            headings=headings,
            header=headers[place],
            near="\n".join((*texts[max(0, place - 2) : place], *texts[place + 1 : place + 2])),
        )
        for place, (start, end) in enumerate(spans)
    ]


def _headers(texts: Sequence[str]) -> list[str]:
    """The first row of each run of table rows is the header of the others."""
    headers: list[str] = []
    header = ""
    for text in texts:
        is_row = " | " in text
        headers.append(header if is_row else "")
        if not is_row:
            header = ""
        elif not header:
            header = text
    return headers
