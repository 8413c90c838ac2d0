"""How evidence is found, as values that an evaluation varies one by one; where they are read is decided in `app`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """The read path's choices. The defaults are those that measured best with what ships.

    Args:
        lists: which rankings are fused: words and meaning, or one of them alone.
        fusion: convex combination of min-max scores, or reciprocal rank fusion.
        dense_weight: weight in 0..1 of the dense score; None takes the embedder's own.
        candidates: how many hits each ranking gives to the fusion.
        rerank_depth: how many fused passages a reranker sees, where there is one.
        rerank_weight: weight in 0..1 of the reranker's score beside the fused one.
    """

    lists: Literal["hybrid", "words", "meaning"] = "hybrid"
    fusion: Literal["convex", "rrf"] = "convex"
    dense_weight: float | None = None
    candidates: int = 100
    rerank_depth: int = 30
    rerank_weight: float = 0.5
