"""Index: a rebuildable search engine over chunks, one table per tenant; proposes, never decides."""

from pincite.index.domain import (
    FastTier,
    Filter,
    Generation,
    Hit,
    Point,
    SearchIndex,
    Vector,
)
from pincite.index.settings import IndexSettings

__all__ = [
    "FastTier",
    "Filter",
    "Generation",
    "Hit",
    "IndexSettings",
    "Point",
    "SearchIndex",
    "Vector",
]
