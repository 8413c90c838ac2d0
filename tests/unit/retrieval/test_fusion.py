"""Fusion of two ranked lists."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.index import Hit
from pincite.retrieval.fusion import Fused, fuse, fuse_by_rank, joined, weigh_names

SCORES = st.dictionaries(
    st.sampled_from("abcdefghij"), st.integers(-50_000, 50_000).map(lambda number: number / 1000), max_size=8
)
WEIGHT = st.floats(0, 1)


def hits(scores: dict[str, float]) -> list[Hit]:
    return [Hit(key, "d", "r", score) for key, score in sorted(scores.items(), key=lambda item: -item[1])]


def test_a_worked_example():
    fused = fuse(hits({"a": 10.0, "b": 6.0, "c": 2.0}), hits({"b": 0.9, "d": 0.5, "c": 0.1}), 0.3)
    assert [(each.chunk_id, round(each.score, 3)) for each in fused] == [
        ("a", 0.7),
        ("b", 0.65),  # .7 * .5 + .3 * 1
        ("d", 0.15),  # .3 * .5
        ("c", 0.0),
    ]
    assert (fused[1].bm25, fused[1].cosine) == (6.0, 0.9)
    assert (fused[0].bm25, fused[0].cosine) == (10.0, None)


@given(SCORES, SCORES, WEIGHT)
def test_scores_lie_in_0_to_1_and_fall(text: dict[str, float], dense: dict[str, float], weight: float):
    fused = fuse(hits(text), hits(dense), weight)
    scores = [each.score for each in fused]
    assert {each.chunk_id for each in fused} == text.keys() | dense.keys()
    assert len(fused) == len(text.keys() | dense.keys())
    assert scores == sorted(scores, reverse=True)
    assert all(-1e-9 <= score <= 1 + 1e-9 for score in scores)


@given(SCORES, SCORES, WEIGHT, st.integers(1, 100), st.integers(-100, 100))
def test_the_scale_of_a_list_does_not_count(
    text: dict[str, float], dense: dict[str, float], weight: float, factor: int, shift: int
):
    text = {key: round(score) for key, score in text.items()}  # whole numbers: scaling stays exact
    scaled = {key: score * factor + shift for key, score in text.items()}
    before, after = fuse(hits(text), hits(dense), weight), fuse(hits(scaled), hits(dense), weight)
    known = {each.chunk_id: each.score for each in before}
    assert all(abs(each.score - known[each.chunk_id]) < 1e-9 for each in after)


@given(SCORES, SCORES)
def test_all_the_weight_on_one_side_ranks_by_that_side(text: dict[str, float], dense: dict[str, float]):
    best = [each.chunk_id for each in fuse(hits(text), hits(dense), 0.0)]
    ranked = [key for key in best if key in text]
    assert [text[key] for key in ranked] == sorted(text.values(), reverse=True)


@given(SCORES, WEIGHT)
def test_one_list_alone_decides_alone(scores: dict[str, float], weight: float):
    assert [each.score for each in fuse(hits(scores), [], weight)] == [
        each.score for each in fuse([], hits(scores), weight)
    ]
    if len(set(scores.values())) > 1:
        assert fuse(hits(scores), [], weight)[0].score == 1.0


def test_by_rank_the_first_of_both_lists_has_one() -> None:
    fused = fuse_by_rank(hits({"a": 10.0, "b": 6.0}), hits({"a": 0.9, "c": 0.5}))
    assert [(each.chunk_id, round(each.score, 4)) for each in fused] == [
        ("a", 1.0),
        ("b", round(61 / 62 / 2, 4)),
        ("c", round(61 / 62 / 2, 4)),
    ]
    assert fuse_by_rank([], hits({"a": 0.9}))[0].score == 1.0
    assert fuse_by_rank([], []) == []


@given(SCORES, SCORES, st.sets(st.sampled_from("abcdefghij")))
def test_joined_rankings_take_each_chunk_from_the_one_that_knows_it(
    one: dict[str, float], other: dict[str, float], unseen: set[str]
):
    made = joined(fuse([], hits(one), 0.5), fuse(hits(other), [], 0.5), unseen)
    assert [each.score for each in made] == sorted((each.score for each in made), reverse=True)
    assert {each.chunk_id for each in made} == (set(one) - unseen) | (set(other) & unseen)
    assert all((each.cosine is None) == (each.chunk_id in unseen) for each in made)


def test_a_document_whose_name_fits_comes_first_where_its_passages_are_as_good() -> None:
    everything = [Fused("a", "other", 1.0, 9.0, None), Fused("b", "named", 0.8, 8.0, None)]
    apart = [Fused("b", "named", 1.0, 8.0, None), Fused("c", "named", 0.2, 2.0, None)]
    weighed = weigh_names([everything, apart], {"named": 1.0, "half": 0.5}, 0.5)
    assert [(each.chunk_id, each.score) for each in weighed] == [("b", 1.0), ("c", 0.6), ("a", 0.5)]
    assert weigh_names([everything], {}, 0.0) == everything
