"""Index: a rebuildable search engine over chunks, one table per tenant; proposes, never decides."""

from pincite.index.domain import (
    Filter,
    Generation,
    Hit,
    Point,
    SearchIndex,
    Vector,
)

__all__ = [
    "Filter",
    "Generation",
    "Hit",
    "Point",
    "SearchIndex",
    "Vector",
]
