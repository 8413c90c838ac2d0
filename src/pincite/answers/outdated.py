"""What older versions of a quoted document say to the same: named beside the answer, never instead of it.

Which documents are versions of one another is known to retrieval.
"""

import asyncio
from collections.abc import Mapping, Sequence

from pincite.answers.candidates import Candidate, candidates
from pincite.answers.domain import OlderSpan, Pin
from pincite.answers.drafting import span_of
from pincite.answers.evidence import EvidenceSource
from pincite.core import NotFound, Scope
from pincite.core.words import content_words
from pincite.library import NamedPages
from pincite.retrieval import Evidence, ScoredPassage

_MOST = 3
# A sentence speaks of the same thing as a quote when this share of their words is in both.
_SAME_MATTER = 0.4


async def said_before(
    source: EvidenceSource, scope: Scope, evidence: Evidence, pins: Sequence[Pin]
) -> tuple[OlderSpan, ...]:
    """Return what older versions of the pinned documents say to what is pinned, best match first; at most three."""
    quotes = _quotes(pins)
    older = [each for each in evidence.older if each.newer in quotes]
    if not older:
        return ()
    wanted = {
        (each.passage.chunk.revision_id, number)
        for each in older
        for number in range(each.passage.chunk.page, each.passage.chunk.end_page + 1)
    }
    try:
        pages = await source.pages(scope, wanted)
    except NotFound:
        return ()  # removed since it was found
    shown = {(span.revision, span.page, span.start) for pin in pins for span in pin.spans}
    matching = await asyncio.to_thread(_matching, older, quotes, pages)
    return tuple(each for each in matching if (each.span.revision, each.span.page, each.span.start) not in shown)


def _quotes(pins: Sequence[Pin]) -> Mapping[str, list[frozenset[str]]]:
    """Return the words of what is quoted, by source."""
    found: dict[str, list[frozenset[str]]] = {}
    for span in (span for pin in pins for span in pin.spans):
        found.setdefault(span.source, []).append(frozenset(content_words(span.quote)))
    return found


def _matching(
    older: Sequence[ScoredPassage], quotes: Mapping[str, list[frozenset[str]]], pages: NamedPages
) -> tuple[OlderSpan, ...]:
    best: dict[str, tuple[float, OlderSpan]] = {}
    for candidate in candidates(older, pages.texts(), pages.marks()):
        passage, newer = older[candidate.passage].passage, older[candidate.passage].newer
        if newer is None:
            continue
        share = max(_share(quote, candidate) for quote in quotes[newer])
        if share >= _SAME_MATTER and share > best.get(passage.source, (0.0,))[0]:
            best[passage.source] = (share, OlderSpan(span_of(older, pages, candidate), newer))
    ranked = sorted(best.values(), key=lambda each: -each[0])
    return tuple(span for _, span in ranked[:_MOST])


def _share(quote: frozenset[str], candidate: Candidate) -> float:
    """How much of a quote's words and a sentence's are both's, 0..1; nothing where the older says the very same.

    Figures do not count: those are what versions differ in.
    """
    own = frozenset(content_words(candidate.text))
    mine, theirs = (frozenset(word for word in words if not word[0].isdigit()) for words in (own, quote))
    return len(mine & theirs) / len(mine | theirs) if mine and theirs and own != quote else 0.0
