"""Fusion of two rankings: convex combination of min-max scores, or of ranks. Pure; no engine and no store here.

Sources: Bruch, Gai & Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 42(1)); Cormack,
Clarke & Buettcher 2009, "Reciprocal Rank Fusion outperforms Condorcet and individual rank learning methods" (SIGIR).
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pincite.index import Hit


@dataclass(frozen=True, slots=True)
class Fused:
    """A chunk with its fused score in 0..1 and the raw scores that made it, where it had them."""

    chunk_id: str
    document_id: str
    score: float
    bm25: float | None
    cosine: float | None


def fuse(text: Sequence[Hit], dense: Sequence[Hit], dense_weight: float) -> list[Fused]:
    """Return the union of both lists, best first; ties in order of chunk id.

    Each list is scaled so that its best is 1 and its worst 0; a chunk that a list does not have counts 0 there. When
    one list is empty the other decides alone.

    Args:
        text: hits by BM25.
        dense: hits by cosine similarity.
        dense_weight: weight of the dense score in 0..1; BM25 has the rest.
    """
    weight = _weight(text, dense, dense_weight)
    bm25 = {hit.chunk_id: hit.score for hit in text}
    cosine = {hit.chunk_id: hit.score for hit in dense}
    owners = {hit.chunk_id: hit.document_id for hit in (*text, *dense)}
    scaled_bm25, scaled_cosine = _min_max(bm25), _min_max(cosine)
    fused = [
        Fused(
            chunk_id=chunk_id,
            document_id=owners[chunk_id],
            score=(1 - weight) * scaled_bm25.get(chunk_id, 0.0) + weight * scaled_cosine.get(chunk_id, 0.0),
            bm25=bm25.get(chunk_id),
            cosine=cosine.get(chunk_id),
        )
        for chunk_id in {**bm25, **cosine}
    ]
    return sorted(fused, key=lambda each: (-each.score, each.chunk_id))


def joined(better: Sequence[Fused], quick: Sequence[Fused], unseen: AbstractSet[str]) -> list[Fused]:
    """Return one ranking of two over the same chunks, best first; both must be scaled to 0..1.

    Args:
        better: by the better embedder, which has not seen every chunk.
        quick: by the quick one, which has.
        unseen: ids of the chunks that the better one has not seen; their scores are the quick one's.
    """
    seen = [each for each in better if each.chunk_id not in unseen]
    return sorted(
        [*seen, *(each for each in quick if each.chunk_id in unseen)], key=lambda each: (-each.score, each.chunk_id)
    )


def weigh_names(rankings: Sequence[Sequence[Fused]], named: Mapping[str, float], weight: float) -> list[Fused]:
    """Return the union of rankings, best first, with how well a document's name fits weighed in.

    Args:
        rankings: of everything, and of the documents that are named; a chunk counts where it stands best.
        named: by document id, how well its name fits, 0..1.
        weight: weight in 0..1 of that.
    """
    best: dict[str, Fused] = {}
    for each in (fused for ranking in rankings for fused in ranking):
        score = (1 - weight) * each.score + weight * named.get(each.document_id, 0.0)
        if each.chunk_id not in best or score > best[each.chunk_id].score:
            best[each.chunk_id] = replace(each, score=score)
    return sorted(best.values(), key=lambda each: (-each.score, each.chunk_id))


def fuse_by_rank(text: Sequence[Hit], dense: Sequence[Hit], constant: int = 60) -> list[Fused]:
    """Return the union of both lists by reciprocal rank fusion, scaled so that first in both is 1.

    Args:
        text: hits by BM25, best first.
        dense: hits by cosine similarity, best first.
        constant: added to each rank; 60 as in the source.
    """
    bm25 = {hit.chunk_id: hit.score for hit in text}
    cosine = {hit.chunk_id: hit.score for hit in dense}
    owners = {hit.chunk_id: hit.document_id for hit in (*text, *dense)}
    ranks = [{hit.chunk_id: place for place, hit in enumerate(hits, 1)} for hits in (text, dense) if hits]
    best = len(ranks) / (constant + 1)
    fused = [
        Fused(
            chunk_id=chunk_id,
            document_id=owners[chunk_id],
            score=sum(1 / (constant + places[chunk_id]) for places in ranks if chunk_id in places) / best,
            bm25=bm25.get(chunk_id),
            cosine=cosine.get(chunk_id),
        )
        for chunk_id in {**bm25, **cosine}
    ]
    return sorted(fused, key=lambda each: (-each.score, each.chunk_id))


def _weight(text: Sequence[Hit], dense: Sequence[Hit], dense_weight: float) -> float:
    if not text:
        return 1.0
    return dense_weight if dense else 0.0


def _min_max(scores: Mapping[str, float]) -> dict[str, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}
