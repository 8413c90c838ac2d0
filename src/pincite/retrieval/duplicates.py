"""Near-duplicates among passages: word shingles and their Jaccard similarity. Pure.

Source: Broder 1997, "On the resemblance and containment of documents". Exact, by counting shared shingles: over a
thousand passages that takes less time than making MinHash signatures of them (docs/decisions/0014-selection.md).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")
_SHINGLE_WORDS = 4
# Chunks of one document overlap by 10 to 20 %, which is a Jaccard similarity of about 0.1: well below.
THRESHOLD = 0.9


def twins_of(texts: Sequence[str], threshold: float = THRESHOLD) -> list[int | None]:
    """Return, for each text, the place of the first before it that says mostly the same; None where there is none.

    A text that has a twin is nobody's twin itself.

    Args:
        texts: best first.
        threshold: Jaccard similarity of word shingles in 0..1 from which two texts count as the same.
    """
    alike = Alike()
    twins: list[int | None] = []
    for place, text in enumerate(texts):
        near = alike.near(text, threshold)
        twins.append(near[0] if near else None)
        if not near:
            alike.add(place, text)
    return twins


class Alike:
    """Texts that are compared by what they share: a look costs as much as there is shared, not as there are texts."""

    def __init__(self) -> None:
        self._holders: defaultdict[int, list[int]] = defaultdict(list)
        self._sizes: dict[int, int] = {}

    def add(self, key: int, text: str) -> None:
        """Take a text in under a number."""
        shingles = _shingles(text)
        self._sizes[key] = len(shingles)
        for shingle in shingles:
            self._holders[shingle].append(key)

    def near(self, text: str, threshold: float) -> list[int]:
        """Return the numbers of texts whose similarity is at least the threshold, smallest number first."""
        shingles = _shingles(text)
        shared = Counter(key for shingle in shingles for key in self._holders.get(shingle, ()))
        return sorted(
            key for key, count in shared.items() if count >= threshold * (len(shingles) + self._sizes[key] - count)
        )


def similarity(left: str, right: str) -> float:
    """Return the Jaccard similarity of two texts' word shingles, 0..1; case and punctuation do not count."""
    one, other = _shingles(left), _shingles(right)
    if not one or not other:
        return 0.0
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def _shingles(text: str) -> frozenset[int]:
    words = [word.lower() for word in _WORD.findall(text)]
    size = min(_SHINGLE_WORDS, max(len(words), 1))
    return frozenset(hash(tuple(words[start : start + size])) for start in range(len(words) - size + 1))
