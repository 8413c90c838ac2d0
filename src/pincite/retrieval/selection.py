"""From ranked passages to the ones that are shown: newest first, no twins, several documents. Pure.

How passages are ranked is no business here; which of them stand side by side is seen in `neighbours.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pincite.retrieval.decomposition import interleaved
from pincite.retrieval.diversity import diversified
from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.duplicates import twins_of
from pincite.retrieval.settings import RetrievalSettings
from pincite.retrieval.versions import newest_first


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown, best first, and passages of older versions that were found: shown too, or said by a newer one."""

    passages: tuple[ScoredPassage, ...]
    older: tuple[ScoredPassage, ...]


def select(ranked: Sequence[ScoredPassage], question: str, limit: int, settings: RetrievalSettings) -> Selection:
    """Choose at most `limit` passages from `ranked` (best first)."""
    ordered = newest_first(ranked, question) if settings.prefer_newest else list(ranked)
    texts = [each.passage.chunk.text for each in ordered]
    twins = twins_of(texts, settings.same_from, None if settings.document_penalty else limit)
    single = [each for each, twin in zip(ordered, twins, strict=False) if twin is None]
    first = diversified(single, settings.document_penalty)[:limit]
    shown = {each.passage.chunk.id for each in first}
    older = [each for each in first if each.newer is not None]
    older += [
        each
        for each, twin in zip(ordered, twins, strict=False)
        if each.newer is not None and twin is not None and ordered[twin].passage.chunk.id in shown
    ]
    return Selection(tuple(first), tuple(older))


def together(found: Sequence[Selection], limit: int, settings: RetrievalSettings) -> Selection:
    """Join what was found for the parts of a question, and last for its whole.

    The parts take turns, so that each has its share; what the whole found fills what they leave. Where the whole took
    turns too, it took a third of the places for passages on neither part.
    """
    in_turn = interleaved([each.passages for each in found[:-1]], _chunk_id, limit * len(found))
    passages = interleaved([[*in_turn, *found[-1].passages]], _chunk_id, limit * len(found))
    twins = twins_of([each.passage.chunk.text for each in passages], settings.same_from)
    kept = [each for each, twin in zip(passages, twins, strict=True) if twin is None][:limit]
    older = {each.passage.chunk.id: each for selection in found for each in selection.older}
    return Selection(tuple(kept), tuple(older.values()))


def _chunk_id(scored: ScoredPassage) -> str:
    return scored.passage.chunk.id
