"""What is added to a question: words that tell the first passages from the rest, and what a model wrote."""

from hypothesis import given
from hypothesis import strategies as st

from pincite.retrieval.expansion import BACKGROUND, blended, feedback
from pincite.retrieval.fusion import Fused
from pincite.retrieval.routing import keyword_share

REST = [(0.1, f"The report of the unit number {number} says nothing of interest.") for number in range(20)]


def test_words_of_the_first_passages_are_added_and_common_ones_are_not() -> None:
    first = [(0.9, f"Holiday entitlement and annual leave of the unit, case {number}.") for number in range(5)]
    query = feedback("vacation days", [*first, *REST], 3).split()
    assert query[:4] == ["vacation", "days", "vacation", "days"]
    assert set(query[4:]) < {"holiday", "entitlement", "annual", "leave", "case"}
    assert len(query) == 7


def test_without_a_background_or_a_wish_nothing_is_added() -> None:
    assert feedback("vacation", REST[:5], 3) == "vacation"
    assert feedback("vacation", REST, 0) == "vacation"


@given(st.lists(st.tuples(st.floats(0, 1), st.text(max_size=60)), max_size=BACKGROUND), st.integers(0, 5))
def test_the_query_is_kept_and_grows_by_no_more_than_asked(passages: list[tuple[float, str]], count: int) -> None:
    query = feedback("two words", passages, count).split()
    assert query[:2] == ["two", "words"]
    assert len(query) <= 4 + count


def fused(*ids: str) -> list[Fused]:
    return [Fused(each, "d", 1 - rank / len(ids), None, None) for rank, each in enumerate(ids)]


def test_the_question_as_asked_weighs_as_much_as_all_its_variants() -> None:
    assert [each.chunk_id for each in blended(fused("a", "b"), [fused("c", "b"), fused("d", "b")])] == list("abcd")
    assert blended(fused("a"), []) == fused("a")


def test_codes_and_quotes_are_keywords_and_plain_words_are_not() -> None:
    assert keyword_share("Why do people take leave in the summer?") == 0.0
    assert keyword_share("What does testTarballStructure() return?") > 0.3
    assert keyword_share('Where does it say "net of restricted cash"?') > 0.5
    assert 0.0 < keyword_share("error E1042 in mod_auth.conf after the update") < 1.0
