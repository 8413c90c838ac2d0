"""What is shown of what was ranked: newest first, no twins, several documents, neighbours as one."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pincite.library import Chunk, Passage
from pincite.retrieval import RetrievalSettings, ScoredPassage, plan
from pincite.retrieval.diversity import diversified
from pincite.retrieval.neighbours import grouped, merged, widened
from pincite.retrieval.rescoring import rescore
from pincite.retrieval.selection import select
from pincite.retrieval.versions import edition, newest_first

PLAIN = RetrievalSettings(same_from=1.1, prefer_newest=False)
TRAVEL = "The hotel limit in London is {} pounds a night for every traveller, breakfast included, tax not included."


def found(name: str, score: float, *, source: str = "a.pdf", text: str = "", ordinal: int = 0) -> ScoredPassage:
    document = source.partition(".")[0]
    chunk = Chunk(name, f"r-{document}", document, "c", ordinal, text or name, (), 1, 0, 1, len(text or name))
    return ScoredPassage(Passage(chunk, source), score, None, None)


def names(passages: object) -> list[str]:
    return [each.passage.chunk.id for each in passages]  # type: ignore[attr-defined]


RANKED = st.lists(
    st.tuples(st.sampled_from(["a.pdf", "b.pdf", "c.pdf"]), st.integers(0, 12)), unique=True, min_size=1, max_size=25
).map(
    lambda places: [
        found(f"{source}-{ordinal}", 1 - rank / 100, source=source, ordinal=ordinal)
        for rank, (source, ordinal) in enumerate(places)
    ]
)


@given(RANKED, st.integers(1, 4))
def test_groups_are_runs_of_one_document_that_never_meet(ranked: list[ScoredPassage], most: int) -> None:
    groups = grouped(ranked, most)
    taken = [(group.run[0], ordinal) for group in groups for ordinal in range(group.first, group.last + 1)]
    known = [(each.passage.chunk.revision_id, each.passage.chunk.ordinal) for each in ranked]
    assert sorted(taken) == sorted(known)
    assert all(group.size <= most for group in groups)
    places = [ranked.index(group.best) for group in groups]
    assert places == sorted(places)
    assert groups[0].best == ranked[0]


@given(RANKED)
def test_one_chunk_a_group_is_the_ranking_itself(ranked: list[ScoredPassage]) -> None:
    assert [group.best for group in grouped(ranked, 1)] == ranked


@given(RANKED, st.integers(0, 5))
def test_widening_takes_what_nobody_has(ranked: list[ScoredPassage], count: int) -> None:
    groups = grouped(ranked, 3)
    wider = widened(groups, count)
    taken = [(group.run[0], ordinal) for group in wider for ordinal in range(group.first, group.last + 1)]
    assert len(taken) == len(set(taken))
    assert wider[count:] == groups[count:]
    for before, after in zip(groups, wider, strict=True):
        assert before.first - 1 <= after.first <= before.first
        assert before.last <= after.last <= before.last + 1
        assert after.first >= 0


def test_neighbours_join_where_the_better_one_stands() -> None:
    ranked = [found("x4", 0.9, ordinal=4), found("y1", 0.8, source="b.pdf", ordinal=1), found("x5", 0.7, ordinal=5)]
    ranked += [found("x6", 0.6, ordinal=6), found("z", 0.5, source="c.pdf")]
    two = grouped(ranked, 2)
    assert [(group.best.passage.chunk.id, group.first, group.last) for group in two] == [
        ("x4", 4, 5), ("y1", 1, 1), ("x6", 6, 6), ("z", 0, 0)
    ]  # fmt: skip
    three = grouped(ranked, 3)
    assert [(group.best.passage.chunk.id, group.first, group.last) for group in three] == [
        ("x4", 4, 6), ("y1", 1, 1), ("z", 0, 0)
    ]  # fmt: skip


def test_a_chunk_between_two_joins_both() -> None:
    ranked = [found("x1", 0.9, ordinal=1), found("x3", 0.8, ordinal=3), found("x2", 0.7, ordinal=2)]
    (group,) = grouped(ranked, 3)
    assert (group.best.passage.chunk.id, group.first, group.last) == ("x1", 1, 3)
    assert len(grouped(ranked, 2)) == 2


def test_a_merged_passage_keeps_the_name_and_score_of_the_chunk_that_was_found() -> None:
    groups = grouped([found("x5", 0.9, ordinal=5), found("x4", 0.8, ordinal=4)], 2)
    whole = Passage(Chunk("x4", "r-a", "a", "c", 4, "four five", ("Terms",), 1, 0, 1, 9), "a.pdf")
    (passage,) = merged(groups, {("r-a", 4, 5): whole})
    assert (passage.passage.chunk.id, passage.passage.chunk.text, passage.score) == ("x5", "four five", 0.9)
    assert merged(groups, {}) == [groups[0].best]  # removed meanwhile: what was found stays


@given(RANKED, st.floats(0, 0.5))
def test_diversity_keeps_everything_and_the_order_within_a_document(ranked: list[ScoredPassage], weight: float) -> None:
    chosen = diversified(ranked, weight)
    assert sorted(names(chosen)) == sorted(names(ranked))
    assert chosen[0] == ranked[0]
    for source in {each.passage.source for each in ranked}:
        assert [each for each in chosen if each.passage.source == source] == [
            each for each in ranked if each.passage.source == source
        ]


def test_a_second_document_comes_before_the_third_passage_of_the_first() -> None:
    ranked = [found("x1", 0.9), found("x2", 0.85, ordinal=2), found("y", 0.84, source="b.pdf")]
    assert names(diversified(ranked, 0.05)) == ["x1", "y", "x2"]
    alone = [each for each in ranked if each.passage.source == "a.pdf"]
    assert diversified(alone, 0.05) == alone


def test_names_of_versions_are_told_apart() -> None:
    def newer(one: str, other: str) -> bool:
        left, right = edition(one), edition(other)
        return left is not None and right is not None and left.newer_than(right)

    assert newer("travel-policy-2026.pdf", "travel-policy-2025.pdf")
    assert newer("Travel Policy v3.docx", "travel policy v2.1.docx")
    assert newer("travel-policy-v2.pdf", "travel-policy.pdf")
    assert newer("terms_2024-06-01.pdf", "terms_2024-02.pdf")
    assert newer("AMD_2023Q2_10Q.pdf", "AMD_2022Q3_10Q.pdf")
    assert newer("minutes-01-2024.md", "minutes-12-2023.md")
    assert newer("Minutes January 2024.md", "minutes-12-2023.md")
    assert not newer("invoice-1002.pdf", "invoice-1001.pdf")
    assert newer("handbook.pdf", "handbook-draft.pdf")
    assert newer("handbook final.pdf", "handbook.pdf")
    assert newer("handbook.pdf", "handbook (old).pdf")
    assert not newer("travel-policy-2025.pdf", "travel-policy-2026.pdf")
    assert not newer("travel-policy-2026.pdf", "leave-policy-2025.pdf")
    assert not newer("travel-policy-2026.pdf", "travel-policy.pdf")  # nobody knows of what year the other is
    assert not newer("plover-300s.pdf", "plover-300.pdf")
    assert not newer("AMD_2023_10K.pdf", "AMD_2022_10Q.pdf")
    assert edition("2024.pdf") is None


def test_the_newest_version_stands_first_and_the_older_one_is_marked() -> None:
    ranked = [
        found("old", 0.9, source="travel-2025.pdf", text=TRAVEL.format(165)),
        found("other", 0.8, source="leave-2025.pdf", text="Leave is 27 days."),
        found("new", 0.7, source="travel-2026.pdf", text=TRAVEL.format(190)),
    ]
    ordered = newest_first(ranked, "What is the hotel limit in London?")
    assert names(ordered) == ["new", "other", "old"]
    assert [each.newer for each in ordered] == [None, None, "travel-2026.pdf"]
    assert [each.score for each in ordered] == [0.9, 0.8, 0.7]
    asked = newest_first(ranked, "What was the hotel limit in London in 2025?")
    assert names(asked) == ["old", "other", "new"]
    assert asked[0].newer == "travel-2026.pdf"


def test_what_only_the_older_version_says_stays_where_it_is() -> None:
    ranked = [
        found("old", 0.9, source="travel-2025.pdf", text="Taxis need a receipt from the driver in every case."),
        found("new", 0.7, source="travel-2026.pdf", text=TRAVEL.format(190)),
    ]
    assert names(newest_first(ranked, "Do taxis need a receipt?")) == ["old", "new"]


def test_versions_in_different_collections_are_different_documents() -> None:
    old = found("old", 0.9, source="travel-2025.pdf", text=TRAVEL.format(165))
    new = found("new", 0.7, source="travel-2026.pdf", text=TRAVEL.format(165))
    apart = replace(new, passage=replace(new.passage, chunk=replace(new.passage.chunk, collection_id="d")))
    assert [each.newer for each in newest_first([old, apart], "hotel limit?")] == [None, None]


def test_of_two_alike_the_newest_is_shown_and_the_older_named() -> None:
    ranked = [
        found("old", 0.9, source="travel-2025.pdf", text=TRAVEL.format("a hundred")),
        found("new", 0.7, source="travel-2026.pdf", text=TRAVEL.format("a hundred")),
    ]
    chosen = select(ranked, "What is the hotel limit?", 5, RetrievalSettings())
    assert names(chosen.passages) == ["new"]
    assert names(chosen.older) == ["old"]
    plain = select(ranked, "What is the hotel limit?", 5, PLAIN)
    assert names(plain.passages) == ["old", "new"]
    assert plain.older == ()


def test_words_in_headings_and_names_weigh_as_much_as_they_are_set_to() -> None:
    planned = plan("annual leave", expand=True)
    plain = found("plain", 0.5, source="other.pdf")
    headed = replace(plain, passage=replace(plain.passage, chunk=replace(plain.passage.chunk, heading_path=("Leave",))))
    named = found("named", 0.5, source="leave-policy.pdf")
    ranked = [plain, headed, named]
    off = RetrievalSettings(phrase_weight=0, figure_weight=0)
    assert rescore(ranked, planned, off) == ranked
    by_heading = rescore(ranked, planned, replace(off, heading_weight=0.5))
    assert [round(each.score, 3) for each in by_heading] == [0.667, 0.333, 0.333]
    assert by_heading[0].passage == headed.passage
    assert rescore(ranked, planned, replace(off, title_weight=0.5))[0].passage == named.passage
