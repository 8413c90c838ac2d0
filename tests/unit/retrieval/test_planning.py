"""What is searched for, and which documents a question names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.core.words import content_words
from pincite.library import Chunk, Passage
from pincite.retrieval import RetrievalSettings, ScoredPassage
from pincite.retrieval.naming import NameIndex, asked_of, source_name
from pincite.retrieval.planning import plan, without
from pincite.retrieval.rescoring import rescore

REPORTS = {
    "a17": "BESTBUY_2017_10K.pdf",
    "a23": "BESTBUY_2023_10K.pdf",
    "aq2": "BESTBUY_2024Q2_10Q.pdf",
    "jj": "JOHNSON_JOHNSON_2022_10K.pdf",
    "ko": "reports/COCACOLA_2017_10K.pdf",
    "leave": "leave-policy.docx",
    "travel": "travel-policy.docx",
}


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("What was Best Buy's revenue in FY2017?", "a17"),
        ("What was Best Buy's revenue between FY2022 and FY2023?", "a23"),
        ("What was Best Buy's revenue in Q2 of FY2024?", "aq2"),
        ("How many stores does Best Buy have?", "aq2"),
        ("Did JnJ grow in FY22?", "jj"),
        ("What is the return on assets of Coca-Cola in 2017?", "ko"),
        ("What does the leave policy say about notice?", "leave"),
        ("Which receipts does the travel policy ask for?", "travel"),
    ],
)
def test_the_document_that_is_named_fits_best(question: str, document: str) -> None:
    named = NameIndex(REPORTS.items()).named(question)
    assert max(named, key=lambda each: named[each]) == document
    assert all(0 <= fit <= 1 for fit in named.values())


@pytest.mark.parametrize(
    "question",
    ["Who is the king?", "", "?", "What was the revenue in 2017?", "How much leave do I get? Travel is paid."],
)
def test_a_question_that_names_none_names_none(question: str) -> None:
    assert NameIndex(REPORTS.items()).named(question) == {}
    assert NameIndex([]).named(question) == {}


def test_a_word_that_most_names_hold_says_nothing() -> None:
    index = NameIndex((str(number), f"handbook-part{number}.md") for number in range(30))
    assert index.named("What does the handbook say?") == {}


def test_a_name_is_cut_into_words_years_and_quarters() -> None:
    name = source_name("x", "Reports/Pfizer_2023Q2_10-Q v3.pdf")
    assert name.words == ("reports", "pfizer", "q", "v3")
    assert name.years == {2023}
    assert name.quarter == 2
    asked = asked_of("Q2'2023 of JnJ, FY21 and fy 2020")
    assert asked.years == {2023, 2021, 2020}
    assert asked.quarters == {2}
    assert "jj" in asked.acronyms


@given(st.text(max_size=200))
def test_any_question_can_be_planned(question: str) -> None:
    planned = plan(question, expand=True)
    assert planned.words or not question
    assert plan(question, expand=False).words == question
    NameIndex(REPORTS.items()).named(question)


def test_instructions_are_left_out_and_other_names_added() -> None:
    planned = plan("What is the FY2018 capex of 3M? Round your answer to two decimal places.", expand=True)
    stems = content_words(planned.words)
    assert {"2018", "capex", "3m", "properti", "equip"} <= set(stems)
    assert not {"round", "answer", "decim", "fy2018"} & set(stems)
    assert stems.index("capex") < stems.index("equip")
    assert planned.figures
    for question in (
        "Who may enter the lab?",
        "Who is the sales director?",
        "Who is the CEO?",
        "May I work from home?",
    ):
        assert not plan(question, expand=True).figures
    assert {"it", "may"} <= set(plan("How many defects did IT have in May?", expand=True).words.split())


def test_a_question_of_instructions_alone_keeps_its_words() -> None:
    assert content_words(plan("Please explain the answer.", expand=True).words)


def test_the_names_of_documents_are_left_out_within_them() -> None:
    assert without("revenue coca cola 2017", ["cocacola", "2017"]) == "revenue"
    assert without("cocacola", ["cocacola"]) == "cocacola"


def _passage(key: str, text: str, score: float) -> ScoredPassage:
    chunk = Chunk(key, "r", "d", "c", 0, text, (), 1, 0, 1, len(text))
    return ScoredPassage(Passage(chunk, "s"), score, None, None)


def test_words_that_stand_together_and_figures_break_ties() -> None:
    planned = plan("What do the statements of cash flows say of capex?", expand=True)
    apart = _passage("a", "Flows of cash are shown. Statements follow in a book.", 0.5)
    together = _passage("b", "Consolidated statements of cash flows", 0.5)
    figures = _passage("c", "Consolidated statements of cash flows 1,577 1,373 1,420", 0.5)
    ranked = rescore([apart, together, figures], planned, RetrievalSettings())
    assert [each.passage.chunk.id for each in ranked] == ["c", "b", "a"]
    assert all(0 <= each.score <= 1 for each in ranked)
    plain = RetrievalSettings(phrase_weight=0.0, figure_weight=0.0)
    assert rescore([apart, together, figures], planned, plain) == [apart, together, figures]
    assert rescore([], planned, RetrievalSettings()) == []
