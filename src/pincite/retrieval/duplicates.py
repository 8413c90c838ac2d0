"""Removal of near-duplicates among passages: word shingles and their Jaccard similarity. Pure.

Source: Broder 1997, "On the resemblance and containment of documents". Exact sets: there are at most a few hundred.
"""

import re
from collections.abc import Sequence

from pincite.retrieval.domain import ScoredPassage

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 4
# Chunks of one document overlap by 10 to 20 %, which is a Jaccard similarity of about 0.1: well below.
THRESHOLD = 0.9


def drop_near_duplicates(
    passages: Sequence[ScoredPassage], limit: int, threshold: float = THRESHOLD
) -> list[ScoredPassage]:
    """Return at most `limit` passages in the order given (best first) without later ones that say mostly the same.

    Args:
        passages: best first.
        limit: how many to keep.
        threshold: Jaccard similarity of word shingles in 0..1 from which two texts count as the same.
    """
    kept: list[ScoredPassage] = []
    seen: list[frozenset[int]] = []
    for passage in passages:
        if len(kept) == limit:
            break
        shingles = _shingles(passage.passage.chunk.text)
        if any(_jaccard(shingles, other) >= threshold for other in seen):
            continue
        kept.append(passage)
        seen.append(shingles)
    return kept


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity of two texts' word shingles, 0..1; case and punctuation do not count."""
    return _jaccard(_shingles(left), _shingles(right))


def _shingles(text: str) -> frozenset[int]:
    words = [word.lower() for word in _WORD.findall(text)]
    size = min(_SHINGLE_WORDS, max(len(words), 1))
    return frozenset(hash(tuple(words[start : start + size])) for start in range(len(words) - size + 1))


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    if not left or not right:
        return 0.0
    shared = len(left & right)
    return shared / (len(left) + len(right) - shared)
