"""When a reranker is asked, what it weighs, and that its failure changes nothing."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.library import Chunk, Passage
from pincite.retrieval import RetrievalSettings, ScoredPassage
from pincite.retrieval.reranking import Reranking, weighed

SCOPE = Scope("acme", "ada")


def passages(scores: Sequence[float]) -> list[ScoredPassage]:
    return [
        ScoredPassage(Passage(Chunk(f"k{place}", "r", "d", "c", 0, str(place), (), 1, 0, 1, 1), "s"), score, None, None)
        for place, score in enumerate(scores)
    ]


def ids(found: Sequence[ScoredPassage]) -> list[str]:
    return [each.passage.chunk.id for each in found]


class Backwards:
    """Finds the last passage best."""

    name = "backwards"

    def __init__(self, *, wait_s: float = 0.0, fails: bool = False) -> None:
        self.asked = 0
        self._wait_s, self._fails = wait_s, fails

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.asked += 1
        await asyncio.sleep(self._wait_s)
        if self._fails:
            raise Unavailable("Away.")
        return np.linspace(0, 1, len(passages), dtype=np.float32)


async def test_only_the_first_are_judged_and_the_rest_stays_behind() -> None:
    settings = RetrievalSettings(rerank_depth=3, rerank_weight=1.0)
    found = await Reranking(Backwards(), settings).apply(SCOPE, "?", passages([0.9, 0.8, 0.7, 0.6, 0.5]))
    assert ids(found) == ["k2", "k1", "k0", "k3", "k4"]
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


@pytest.mark.parametrize("judge", [Backwards(fails=True), Backwards(wait_s=5.0), None])
async def test_one_that_fails_or_dawdles_changes_nothing(judge: Backwards | None) -> None:
    settings = RetrievalSettings(rerank_weight=1.0, rerank_timeout_s=0.05)
    assert ids(await Reranking(judge, settings).apply(SCOPE, "?", passages([0.9, 0.8]))) == ["k0", "k1"]


@pytest.mark.parametrize(
    ("judge", "said"), [(Backwards(fails=True), "Away"), (Backwards(wait_s=5.0), "longer than 0.05 seconds")]
)
async def test_where_quality_is_measured_its_failure_is_one(judge: Backwards, said: str) -> None:
    settings = RetrievalSettings(rerank_weight=1.0, rerank_timeout_s=0.05, strict=True)
    with pytest.raises(Unavailable, match=said):
        await Reranking(judge, settings).apply(SCOPE, "?", passages([0.9, 0.8]))


async def test_a_clear_first_stage_spares_the_reranker() -> None:
    judge = Backwards()
    spared = Reranking(judge, RetrievalSettings(rerank_skip_margin=0.5))
    await spared.apply(SCOPE, "?", passages([0.9, 0.5, 0.4, 0.3, 0.2]))
    assert judge.asked == 0
    await spared.apply(SCOPE, "?", passages([0.9, 0.8, 0.7, 0.6, 0.5]))
    assert judge.asked == 1


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=10),
    st.floats(0, 1),
)
def test_scores_stay_between_those_that_went_in(pairs: list[tuple[float, float]], weight: float) -> None:
    scores = [score for score, _ in pairs]
    found = weighed(passages(scores), [relevance for _, relevance in pairs], weight)
    assert sorted(ids(found)) == sorted(f"k{place}" for place in range(len(pairs)))
    assert all(min(scores) - 1e-9 <= each.score <= max(scores) + 1e-9 for each in found)
