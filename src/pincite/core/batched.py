"""Cutting a sequence into runs of a size, for statements that take so many values at once.

`itertools.batched` does the same from Python 3.12 on.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield runs of at most `size` items, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
