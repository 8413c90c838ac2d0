"""Rows of a PDF's tables and lines of its forms: each answers for itself, below the heads of its own columns."""

import pytest

from pincite.answers.candidates import candidates, over_pages
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.gateway import StaticEmbedder
from pincite.guard import Block, BlockKind
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage

EMBEDDER = StaticEmbedder()
REGIONS = ("Holstein", "Mecklenburg", "Pomerania", "Silesia", "Bohemia", "Moravia", "Galicia", "Lusatia")
TURNOVER = [f"{each} {1000 + 37 * n:,} {1100 + 41 * n:,} {1250 + 43 * n:,}" for n, each in enumerate(REGIONS)]
STAFF = [f"{each} {100 + 7 * n} {20 + 3 * n}" for n, each in enumerate(REGIONS)]
TABLES = "\r\n".join(
    (
        "The table shows turnover by region in thousands of euros.",
        "Region 2021 2022 2023",
        *TURNOVER,
        "Employees by region",
        "Region Full-time Part-time",
        *STAFF,
    )
)
FORM = "Application for a mooring permit\r\n\r\nName of the vessel:\r\nLength over all:\r\n\r\n"
FILLED = "Name of the vessel: Seeadler von Kappeln\r\nLength over all: 14.20 metres"


def ask(question: str, text: str, *titles: str) -> Extract:
    chunk = Chunk("r-0", "r", "r", "c", 0, text, (), 1, 0, 1, len(text))
    given = [ScoredPassage(Passage(chunk, "results.pdf"), 0.8, None, None)]
    starts = [text.index(each) for each in titles]
    marks = tuple(Block(BlockKind.HEADING, at, at + len(each), 2) for at, each in zip(starts, titles, strict=True))
    found = over_pages(candidates(given, {("r", 1): text}, {("r", 1): marks}))
    texts = texts_to_embed(question, found)
    return extract(question, given, found, dict(zip(texts, EMBEDDER.vectors(texts), strict=True)))


@pytest.mark.parametrize("at", range(len(REGIONS)))
def test_a_row_answers_for_its_own_name_and_not_for_the_one_beside_it(at: int) -> None:
    said = ask(f"What was the turnover of {REGIONS[at]} in 2022?", TABLES, "Employees by region")
    assert [each.text for each in said.sentences] == [TURNOVER[at]]


@pytest.mark.parametrize("at", range(len(REGIONS)))
def test_a_table_below_another_heading_has_heads_of_its_own(at: int) -> None:
    said = ask(f"How many part-time employees does {REGIONS[at]} have?", TABLES, "Employees by region")
    assert said.sentences[0].text == STAFF[at]


def test_what_was_filled_in_is_quoted_and_not_its_label() -> None:
    said = ask("What is the name of the vessel?", FORM + FILLED)
    assert [each.text for each in said.sentences] == ["Name of the vessel: Seeadler von Kappeln"]
    said = ask("What is the length over all?", FORM + FILLED)
    assert said.sentences[0].text == "Length over all: 14.20 metres"


def test_what_a_section_is_called_counts_more_than_half_of_it_elsewhere():
    """ "Annual training" is no annual leave."""
    text = "\r\n".join(
        (
            *("Annual leave", "Length of service Norway Portugal", "Less than 3 years 26 days 25 days"),
            *(
                "3 years and more 28 days 27 days",
                "Other leave",
                "Reservists get 15 paid days for annual training.",
            ),
        )
    )
    found = ask("How many days of annual leave are there?", text, "Annual leave", "Other leave")
    assert found.sentences[0].text in {"Less than 3 years 26 days 25 days", "3 years and more 28 days 27 days"}
