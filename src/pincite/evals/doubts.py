"""What a golden set says of documents that they do not bear out: a name, a page, a quote that is not there.

Such a case may count as lost whatever is answered, so it is said beside the figures.
"""

import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import PurePosixPath

from pincite.core import Scope
from pincite.evals.domain import Case, Place
from pincite.library import Document, Library

_PAGES_AT_ONCE = 200
_AROUND = (-1, 0, 1)  # a page beside the one that is named: pages were counted from 0, or as they are printed
_DOCUMENTS_AT_ONCE = 200
_NOTHING = dict.fromkeys(map(ord, "\u00ad\ufffe\u200b"))


async def doubts_about(scope: Scope, library: Library, cases: Sequence[Case]) -> list[str]:
    """Return a sentence for each place of a case that is not there as it is named.

    Args:
        scope: who asks.
        library: holds the documents.
        cases: of a set of documents.
    """
    serving: dict[str, list[str]] = {}
    async for document in _documents(scope, library):
        serving.setdefault(document.source, []).extend([document.serving] if document.serving else [])
    named = [(case, place) for case in cases for place in case.places]
    keys = {
        (revision, place.page + step)
        for _, place in named
        for revision in serving.get(place.source, ())
        for step in (_AROUND if place.quote else (0,))
    }
    texts = await _texts(scope, library, sorted(keys))
    found = [(case, _doubt(place, serving, texts)) for case, place in named]
    return [f"{case.id} {said}." for case, said in found if said]


def _doubt(place: Place, serving: Mapping[str, Sequence[str]], texts: Mapping[tuple[str, int], str]) -> str:
    if place.source not in serving:
        meant = _meant(place.source, list(serving))
        return f"names {place.source}, which is not there" + (f"; {meant} is" if meant else "")
    if not serving[place.source]:
        return f"names {place.source}, of which nothing is read yet"
    pages = [texts[key] for key in ((each, place.page) for each in serving[place.source]) if key in texts]
    if not pages:
        return f"names page {place.page} of {place.source}, which has no such page"
    if not place.quote or _says(place, serving, texts, 0):
        return ""
    said = f"quotes what page {place.page} of {place.source} does not say: {place.quote[:80]!r}"
    beside = next((place.page + step for step in _AROUND if step and _says(place, serving, texts, step)), None)
    return said if beside is None else f"{said}; page {beside} does"


def _says(place: Place, serving: Mapping[str, Sequence[str]], texts: Mapping[tuple[str, int], str], step: int) -> bool:
    keys = [(revision, place.page + step) for revision in serving[place.source]]
    return any(_plain(place.quote) in _plain(texts[key]) for key in keys if key in texts)


def _meant(source: str, there: Sequence[str]) -> str | None:
    name = _plain(PurePosixPath(source.replace("\\", "/")).name)
    same = [each for each in there if _plain(PurePosixPath(each).name) == name]
    return same[0] if same else next(iter(get_close_matches(source, there, 1)), None)


def _plain(text: str) -> str:
    """Text without what two ways of reading a page differ in: white space, hyphens of line ends, forms of letters."""
    return "".join(unicodedata.normalize("NFKC", text).translate(_NOTHING).casefold().split())


async def _documents(scope: Scope, library: Library) -> AsyncIterator[Document]:
    cursor: str | None = None
    while True:
        page = await library.documents(scope, limit=_DOCUMENTS_AT_ONCE, cursor=cursor)
        for each in page.items:
            yield each
        if (cursor := page.next_cursor) is None:
            return


async def _texts(scope: Scope, library: Library, keys: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    texts: dict[tuple[str, int], str] = {}
    for start in range(0, len(keys), _PAGES_AT_ONCE):
        named = await library.named_pages(scope, keys[start : start + _PAGES_AT_ONCE])
        texts.update(named.texts())
    return texts
