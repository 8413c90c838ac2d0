"""Covers personal data in pages, and in passages as their pages have it. Pure but for the key of the marks.

What is personal is found on the whole page: a passage may begin behind the words that say what a number is. Covers keep
lengths (`privacy.Masker`), so a passage's characters are covered where its pages' are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from pincite.library.domain import Chunk, Passage
from pincite.library.pages import NamedPage
from pincite.privacy import Finding, Masker, find

Key = TypeVar("Key")
PageKey = tuple[str, int]
"""(revision id, page number)."""


@dataclass(frozen=True, slots=True)
class CoveredPage:
    """A page's text with its findings covered, and where they are."""

    text: str
    findings: tuple[Finding, ...]


def covered_pages(masker: Masker, pages: Mapping[PageKey, NamedPage]) -> dict[PageKey, NamedPage]:
    """Return pages with their texts and labels covered."""
    return {
        key: replace(each, text=masker.covered(each.text), label=masker.covered(each.label))
        for key, each in pages.items()
    }


def covered_passages(
    masker: Masker, passages: Mapping[Key, Passage], texts: Mapping[PageKey, str]
) -> dict[Key, Passage]:
    """Return passages covered, by their keys; `texts` are those of the pages that they lie on."""
    pages = {key: _covered(masker, text) for key, text in texts.items()}
    return {key: replace(each, chunk=covered_chunk(masker, each.chunk, pages)) for key, each in passages.items()}


def covered_chunks(masker: Masker, chunks: Iterable[Chunk], texts: Mapping[PageKey, str]) -> tuple[Chunk, ...]:
    """Return chunks covered; `texts` are those of the pages that they lie on."""
    pages = {key: _covered(masker, text) for key, text in texts.items()}
    return tuple(covered_chunk(masker, each, pages) for each in chunks)


def covered_chunk(masker: Masker, chunk: Chunk, pages: Mapping[PageKey, CoveredPage]) -> Chunk:
    """Return a chunk covered where its pages are, its headings by themselves.

    A page that is not there ends what can be told by pages: the rest is covered by what is found in itself.
    """
    parts: list[str] = []
    at = 0
    for number in range(chunk.page, chunk.end_page + 1):
        page = pages.get((chunk.revision_id, number))
        if page is None:
            break
        first = chunk.start if number == chunk.page else 0
        last = chunk.end if number == chunk.end_page else len(page.text)
        piece = chunk.text[at : at + last - first]
        parts.append(_laid_over(piece, page, first))
        at += last - first
        parts.append(chunk.text[at : at + 1])  # the newline between two pages
        at += 1
    text = "".join((*parts, masker.covered(chunk.text[at:])))
    return replace(chunk, text=text, heading_path=tuple(masker.covered(each) for each in chunk.heading_path))


def _covered(masker: Masker, text: str) -> CoveredPage:
    findings = tuple(each for each in find(text) if each.kind.covered)
    return CoveredPage(masker.cover(text, findings), findings)


def _laid_over(piece: str, page: CoveredPage, first: int) -> str:
    """Return a piece that begins at `first` of a page, with the page's covers in it, whole or as far as it goes.

    What was blanked in it stays so elsewhere.
    """
    parts: list[str] = []
    at = 0
    for each in page.findings:
        start, end = max(each.start - first, 0), min(each.end - first, len(piece))
        if start < end:
            parts += (piece[at:start], page.text[first + start : first + end])
            at = end
    return "".join((*parts, piece[at:]))
