"""Near-duplicates among passages: word shingles and their Jaccard similarity. Pure.

Sources: Broder 1997, "On the resemblance and containment of documents"; Bayardo, Ma & Srikant 2007, "Scaling up all
pairs similarity search" (WWW): sets that are alike share one of their first elements, in any fixed order. So it is
exact and, over a thousand passages, faster than MinHash signatures (docs/decisions/0014-selection.md).
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 4
# Chunks of one document overlap by 10 to 20 %, which is a Jaccard similarity of about 0.1: well below.
THRESHOLD = 0.9


def twins_of(texts: Sequence[str], threshold: float = THRESHOLD, enough: int | None = None) -> list[int | None]:
    """Return, for each text, the place of the first before it that says mostly the same; None where there is none.

    A text that has a twin is nobody's twin itself.

    Args:
        texts: best first.
        threshold: Jaccard similarity of word shingles in 0..1 from which two texts count as the same.
        enough: stop when so many have no twin; the list is as long as what was looked at.
    """
    alike = Alike(threshold)
    twins: list[int | None] = []
    for place, text in enumerate(texts):
        if enough is not None and twins.count(None) >= enough:
            break
        near = alike.near(place, text)
        twins.append(near[0] if near else None)
        if near:
            alike.drop(place)
    return twins


class Alike:
    """Texts that are compared without looking at every pair.

    Args:
        threshold: similarity in 0..1 from which two texts are alike; above 1 none are.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._holders: defaultdict[int, list[int]] = defaultdict(list)
        self._shingles: dict[int, frozenset[int]] = {}

    def near(self, key: int, text: str) -> list[int]:
        """Return the numbers of known texts that are like this one, smallest first; then it is known by `key`."""
        shingles = _shingles(text)
        first = sorted(shingles)[: max(0, len(shingles) - math.ceil(self._threshold * len(shingles)) + 1)]
        met = {other for shingle in first for other in self._holders.get(shingle, ())}
        for shingle in first:
            self._holders[shingle].append(key)
        known = self._shingles
        self._shingles[key] = shingles
        return sorted(other for other in met if other in known and _jaccard(shingles, known[other]) >= self._threshold)

    def drop(self, key: int) -> None:
        """Forget a text."""
        self._shingles.pop(key, None)


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity of two texts' word shingles, 0..1; case and punctuation do not count."""
    return _jaccard(_shingles(left), _shingles(right))


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    if not one or not other:
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


# One question looks at the same passages several times.
@lru_cache(maxsize=512)
def _shingles(text: str) -> frozenset[int]:
    words = [word.lower() for word in _WORD.findall(text)]
    size = min(_SHINGLE_WORDS, max(len(words), 1))
    return frozenset(hash(tuple(words[start : start + size])) for start in range(len(words) - size + 1))
