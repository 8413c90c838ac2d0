"""The model-free answerer: what it picks, that it quotes verbatim, when it declines."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.answers.candidates import Candidate, candidates, locate, over_pages
from pincite.answers.extractive import Extract, extract, texts_to_embed
from pincite.answers.question_kind import Wants, analyse, holds
from pincite.gateway import StaticEmbedder
from pincite.guard import Block, BlockKind
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage

EMBEDDER = StaticEmbedder()
Extracted = tuple[ScoredPassage, list[Candidate]]

LEAVE = (
    "1. Annual leave\r\nThe leave year runs from 1 January to 31 December. Part-time staff have the same entitlement "
    "in proportion to their hours.\r\nLength of service United Kingdom Netherlands Portugal\r\n"
    "Less than 3 years 26 days 27 days 25 days\r\n3 to 7 years 28 days 29 days 27 days\r\n"
    "Up to 5 unused days can be carried into the next year, and they have to be taken by the end of "
    "the\r\nmonth of April."
)
DIRECTORY = (
    "Name | Role | Extension\nAoife Brannigan | Director of People | 4110\nCallum Reyes | Chief Executive | 4101"
)
TRAVEL_NEW = "Hotels in London are paid up to £190 a night. Travel in standard class."
TRAVEL_OLD = "Hotels in London are paid up to £165 a night. Travel in standard class."


def passage(
    key: str, text: str, *, source: str = "a.txt", score: float = 0.8, start: int = 0, page: int = 1
) -> ScoredPassage:
    chunk = Chunk(f"{key}-0", key, key, "c", 0, text, ("Handbook",), page, start, page, start + len(text))
    return ScoredPassage(Passage(chunk, source), score, None, None)


def ask(question: str, *passages: ScoredPassage, pages: dict[tuple[str, int], str] | None = None) -> Extract:
    found = over_pages(candidates(passages, pages or {}))
    texts = texts_to_embed(question, found)
    return extract(question, passages, found, dict(zip(texts, EMBEDDER.vectors(texts), strict=True)))


EVERYTHING = (passage("r1", LEAVE, source="leave.pdf"), passage("r2", DIRECTORY, source="people.xlsx", score=0.6))


def test_a_sentence_that_answers_is_quoted_verbatim():
    found = ask("How many unused days can be carried into the next year?", *EVERYTHING)
    assert not found.abstained
    best = found.sentences[0]
    assert best.text.startswith("Up to 5 unused days")
    assert (best.passage, best.page) == (0, 1)
    assert LEAVE[best.start : best.end] == best.text


def test_a_table_row_is_found_through_its_header():
    best = ask("How much leave is there in the Netherlands after less than 3 years?", *EVERYTHING).sentences[0]
    assert best.text == "Less than 3 years 26 days 27 days 25 days"
    best = ask("What is the extension of the Chief Executive?", *EVERYTHING).sentences[0]
    assert best.text == "Callum Reyes | Chief Executive | 4101"


def test_the_newer_of_two_look_alike_documents_wins_unless_the_old_one_is_asked_for():
    both = (
        replace(passage("r1", TRAVEL_OLD, source="travel-2025.pdf", score=1.0), newer="travel-2026.pdf"),
        passage("r2", TRAVEL_NEW, source="travel-2026.pdf", score=0.95),
    )
    assert "£190" in ask("What is paid for hotels in London?", *both).sentences[0].text
    assert "£165" in ask("What was paid for hotels in London in 2025?", *both).sentences[0].text


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of Mongolia?",
        "Which football club did the nurse's brother play for?",
        "How much did the company spend on advertising in Japan?",
        "Who composed the opera Aida?",
    ],
)
def test_what_the_documents_do_not_say_is_declined(question: str):
    found = ask(question, *EVERYTHING)
    assert found.abstained
    assert found.sentences == ()
    assert found.nearest
    assert found.sentences == ()
    assert found.confidence < 0.5


def test_a_question_about_another_name_is_declined_or_unsure():
    known = ask("What is the role of Callum Reyes?", *EVERYTHING)
    other = ask("What is the role of Gregor Stanislaw?", *EVERYTHING)
    assert not known.abstained
    assert other.abstained
    assert other.confidence < known.confidence


def test_a_heading_or_a_question_in_the_text_is_no_answer():
    text = "Carry-over of days\n\nHow many days can be carried over?\n\nFive days can be carried over until April."
    found = ask("How many days can be carried over?", passage("r1", text))
    assert found.sentences[0].text.startswith("Five days")


@pytest.mark.parametrize("question", ["", "?", "the of and", "…"])
def test_a_question_without_content_or_evidence_is_declined(question: str):
    assert ask(question, *EVERYTHING).abstained
    assert ask("How many days?").abstained


def test_without_vectors_it_still_works_by_words():
    found = candidates(EVERYTHING, {})
    assert (
        extract("What is the extension of the Chief Executive?", EVERYTHING, found, {})
        .sentences[0]
        .text.endswith("4101")
    )


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab1 .?\n|£"), max_size=120), st.text(max_size=60), st.integers(0, 50))
def test_every_candidate_is_a_verbatim_slice_of_its_page(text: str, other: str, start: int):
    page = "#" * start + text + other
    found = candidates([passage("r1", text + other, start=start)], {})
    assert all(page[each.start : each.end] == each.text and each.text.strip() == each.text for each in found)
    assert all(one.end <= two.start for one, two in pairwise(found))


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4), st.data())
def test_a_chunk_over_several_pages_is_located_exactly(texts: list[str], data: st.DataObject):
    start = data.draw(st.integers(0, len(texts[0])))
    least = start if len(texts) == 1 else 0
    end = data.draw(st.integers(least, len(texts[-1])))
    parts = [texts[0][start:], *texts[1:-1], texts[-1][:end]] if len(texts) > 1 else [texts[0][start:end]]
    chunk = Chunk("k", "r", "d", "c", 0, "\n".join(parts), (), 1, start, len(texts), end)
    slices = locate(chunk, {("r", number): text for number, text in enumerate(texts, start=1)})
    assert [each.page for each in slices] == list(range(1, len(texts) + 1))
    for each in slices:
        piece = chunk.text[each.start : each.end]
        assert texts[each.page - 1][each.offset : each.offset + len(piece)] == piece


def test_a_page_whose_text_is_missing_is_left_out_not_guessed():
    chunk = Chunk("k", "r", "d", "c", 0, "end of one\nall of two\nstart", (), 1, 5, 3, 5)
    assert [each.page for each in locate(chunk, {("r", 1): "12345end of one"})] == [1]
    assert locate(chunk, {}) == []


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("The north ferry leaves the old pier at nine every day.", 1),
        ("The north ferry leaves the old pier every day, at nine!", 1),
        ("The north ferry never leaves the old pier at nine every day.", 2),
        ("The north ferry doesn't leave the old pier at nine every day.", 2),
        ("The north ferry doesn’t leaves the old pier at nine every day.", 2),
        ("The north ferry leaves the old pier at ten every day.", 2),
        ("The north ferry leaves the old pier before nine every day.", 2),
        ("The south ferry leaves the old pier at nine every day.", 2),
    ],
)
def test_what_one_document_repeats_of_another_is_told_once(second: str, told: int):
    first = "The north ferry leaves the old pier each day at nine, every day."
    both = passage("r1", first, source="a.txt", score=1.0), passage("r2", second, source="b.txt", score=0.99)
    found = ask("Which ferry leaves the old pier every day?", *both)
    assert len(found.sentences) == told


def test_a_sentence_that_two_passages_share_comes_once():
    overlapping = (passage("r1", TRAVEL_NEW), passage("r1", TRAVEL_NEW[TRAVEL_NEW.index("Travel in") :], start=46))
    found: list[Candidate] = candidates(overlapping, {})
    assert [each.text for each in found] == [
        "Hotels in London are paid up to £190 a night.",
        "Travel in standard class.",
    ]


CUSTOMERS = (
    "We sell everywhere. As customers move from one part of the world to\n"
    "another, our results will follow them. We grow."
)


@pytest.mark.parametrize(
    ("page", "begins", "expected", "whole"),
    [
        (
            CUSTOMERS,
            "another,",
            "As customers move from one part of the world to\nanother, our results will follow them.",
            True,
        ),
        (CUSTOMERS, "We grow", "We grow.", True),
        # Under a margin, what runs on from the page before; its beginning is not here.
        (
            "Contents\n" + CUSTOMERS[CUSTOMERS.index("another") :],
            "another,",
            "another, our results will follow them.",
            False,
        ),
        (CUSTOMERS[CUSTOMERS.index("another") :], "another,", "another, our results will follow them.", False),
        ("import os\n\ndef walk(): return os.walk('.')", "def", "def walk(): return os.walk('.')", True),
    ],
)
def test_a_passage_that_begins_amid_a_sentence_gets_it_whole(page: str, begins: str, expected: str, whole: bool):
    start = page.index(begins)
    found = candidates([passage("r1", page[start:], start=start, page=2)], {("r1", 2): page})
    assert (found[0].text, found[0].whole) == (expected, whole)
    assert page[found[0].start : found[0].end] == found[0].text


def test_a_long_list_without_capitals_can_be_quoted_in_parts():
    prose = "These lines are full: they run from one side of the page to the other,\n" * 40 + "and end here.\n"
    text = prose + "\n".join(f"spare part {number} of the pump" for number in range(200))
    found = candidates([passage("r1", text)], {("r1", 1): text})
    assert len(found) > 10
    assert "spare part 199 of the pump" in found[-1].text


def test_a_sentence_is_not_cut_where_its_lines_are_short_beside_others():
    wide = "This line of the page is a wide one, for it runs from one side of the sheet to the very other side of it. "
    head = "A total expense of the plan is expected that comes to the sum of approximately"
    tail = "$145 million, which is less than before."
    sentence = f"{head}\r\n{tail}"
    text = "\r\n".join((wide * 2, wide * 2, wide * 2, sentence, "More of it follows."))
    assert sentence in [each.text for each in candidates([passage("r1", text)], {("r1", 1): text})]
    listed = "; ".join(f"a cause of losses that has the number {n}" for n in range(8))
    going = f"We lose what comes of {listed},\r\nand of slower growth in certain operating\r\nexpenses."
    text = "\r\n".join((wide * 4, wide * 4, wide * 4, going, "More of it follows."))
    assert going in [each.text for each in candidates([passage("r1", text)], {("r1", 1): text})]


def test_half_a_sentence_is_quoted_only_where_there_is_nothing_else():
    half = passage("r1", "fees for a permit are 40 pounds for each of the years.", page=2)
    other = passage("r2", "Permits are for one year; the fees for a permit are 45 pounds.", score=0.95)
    pages = {("r1", 2): half.passage.chunk.text, ("r2", 1): other.passage.chunk.text}
    found = candidates([half, other], pages)
    chosen = extract("How much are the fees for a permit?", [half, other], found, {})
    assert chosen.sentences[0].text.startswith("Permits are")


def test_what_heads_the_columns_of_a_table_is_no_answer():
    text = "Net sales (millions) 2018 2017 2016\nNet sales of tools $ 32 $ 31 $ 30"
    assert ask("What were the net sales of tools in 2018?", passage("r1", text)).sentences[0].text.endswith("$ 30")


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("(10.2) The plan of November 8, 2004, is part of our Form 10-K.", False),
        ("In 2018 they were far more than before.", False),
        ("See note 12 and section 4.2-A.", False),
        ("10.10 The plan for employees, restated February 24, 2020 (Exhibit (10)(xvi) to our Form 10-K)", False),
        ("2.5 people work there on average.", True),
        ("No. 7 is on page 9.", False),
        ("The year runs from 1 January to the 31st of December.", False),
        ("There is no limit.", True),
        ("The mill employs 250 people.", True),
        ("The mill employs 2000 workers.", True),
    ],
)
def test_a_date_or_the_mark_of_an_item_counts_nothing(text: str, counts: bool):
    assert holds(Wants.NUMBER, text, "How many people work there?") is counts


@pytest.mark.parametrize(
    ("question", "wants"),
    [
        ("How many days are there?", Wants.NUMBER),
        ("How much does the permit cost?", Wants.MONEY),
        ("What were the net sales in 2018?", Wants.MONEY),
        ("When does the office open?", Wants.TIME),
        ("Who approves it?", Wants.NAME),
        ("Is alcohol paid for?", Wants.ANYTHING),
    ],
)
def test_what_a_question_wants(question: str, wants: Wants):
    assert analyse(question).wants is wants


@pytest.mark.parametrize(
    ("question", "terms", "wants"),
    [
        ("Wie hoch ist die Kaltmiete?", {"kaltmiet"}, Wants.NUMBER),
        ("Wann ist Nachtruhe?", {"nachtruh"}, Wants.TIME),
        ("Was kostet der Eintritt für Kinder?", {"eintritt", "kinder", "kostet"}, Wants.MONEY),
        ("Wie lange dauert die Probezeit?", {"dauert", "probezeit"}, Wants.DURATION),
        ("Combien coûte l'entrée pour un enfant ?", {"coût", "entré", "enfant"}, Wants.MONEY),
        ("Qui est le directeur de la piscine ?", {"directeur", "piscin"}, Wants.NAME),
        ("¿Cuándo abre la piscina?", {"abr", "piscina"}, Wants.TIME),
        ("Who began the war of the Rhine?", {"began", "war", "rhine"}, Wants.NAME),
        ("When did he die in den Haag?", {"die", "den", "haag"}, Wants.TIME),
    ],
)
def test_questions_of_other_languages_lose_their_small_words(question: str, terms: set[str], wants: Wants):
    asked = analyse(question)
    assert (set(asked.terms), asked.wants) == (terms, wants)


def test_what_the_question_says_itself_does_not_count_as_its_answer():
    assert not holds(Wants.NUMBER, "The Plover 300 watches a river.", "How heavy is the Plover 300?")
    assert holds(Wants.NUMBER, "The Plover 300 weighs 2.4 kg.", "How heavy is the Plover 300?")


FAQ = (
    "Warranty\nHow long is the warranty on laptops?\n24 months.\nIs the warranty transferable?\n"
    "The warranty is transferable.\nCan I extend the warranty?\nYes, by 12 months for EUR 49."
)


def _headed(text: str, *titles: tuple[str, int]) -> Extracted:
    """Return a page's candidates, whose headings have those levels."""
    blocks = [
        Block(BlockKind.HEADING, text.index(title), text.index(title) + len(title), level) for title, level in titles
    ]
    chunk = replace(passage("r1", text).passage.chunk, heading_path=(titles[0][0],))
    given = ScoredPassage(Passage(chunk, "faq.md"), 0.8, None, None)
    return given, candidates([given], {("r1", 1): text}, {("r1", 1): blocks})


def test_each_sentence_stands_below_the_headings_of_its_own_section():
    asked = [line for line in FAQ.split("\n") if line.endswith("?")]
    _, found = _headed(FAQ, ("Warranty", 1), *((each, 2) for each in asked))
    above = {each.text: each.headings for each in found}
    assert above["24 months."] == f"faq.md > Warranty > {asked[0]}"
    assert above["Yes, by 12 months for EUR 49."] == f"faq.md > Warranty > {asked[2]}"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How long is the warranty on laptops?", "24 months."),
        ("Is the warranty transferable?", "The warranty is transferable."),
    ],
)
def test_a_short_answer_and_one_in_the_words_of_the_question_are_found(question: str, answer: str):
    asked = [line for line in FAQ.split("\n") if line.endswith("?")]
    given, found = _headed(FAQ, ("Warranty", 1), *((each, 2) for each in asked))
    texts = texts_to_embed(question, found)
    chosen = extract(question, [given], found, dict(zip(texts, EMBEDDER.vectors(texts), strict=True)))
    assert chosen.sentences[0].text == answer


def test_what_heads_a_table_is_no_answer_and_says_what_its_figures_are():
    rows = "Month | Defects | Cost EUR\nMay | 18 | 43000\nJune | 10 | 41000"
    assert ask("How many defects were there in May?", passage("r1", rows)).sentences[0].text.startswith("May")
    assert ask("What did the defects of June cost?", passage("r1", rows)).sentences[0].text.startswith("June")
    assert all(
        not each.text.startswith("Month") for each in ask("Which month had defects?", passage("r1", rows)).nearest
    )


def test_a_sentence_longer_than_a_quote_is_quoted_in_parts():
    clauses = "; ".join(
        f"any loss number {n} that the supplier or its agents cause to goods of the buyer" for n in range(20)
    )
    text = f"The supplier indemnifies the buyer against {clauses}."
    found = candidates([passage("r1", text)], {})
    assert len(found) > 1
    assert all(len(each.text) <= 900 and text[each.start : each.end] == each.text for each in found)
    assert all(each.text.endswith((";", ".")) for each in found)
    assert "".join("".join(each.text.split()) for each in found) == "".join(text.split())


def test_a_numbered_heading_is_never_quoted():
    for question in ("What about annual leave?", "How many unused days of annual leave can be carried over?"):
        assert all(not chosen.text.startswith("1. Annual leave") for chosen in ask(question, *EVERYTHING).sentences)


@pytest.mark.parametrize(
    ("text", "kept"), [("Footage is kept for 28 days.", True), ("Footage is kept in room 28 on Monday.", False)]
)
def test_how_long_asks_for_a_length_of_time(text: str, kept: bool):
    assert holds(Wants.DURATION, text, "How long is footage kept?") is kept


def test_an_amount_of_money_is_not_any_number():
    assert holds(Wants.MONEY, "There is no charge.", "How much is a permit?")
    assert not holds(Wants.MONEY, "Martha Lindquist | Engineer | 6214", "What is the salary of an engineer?")
    assert holds(Wants.MONEY, "Bicycle 26p a mile", "How much is paid for a bicycle?")


def test_a_section_is_known_by_the_first_line_of_its_page():
    text = "The Quay\nThe canteen serves lunch from 11:45 to 14:00."
    (heading, sentence) = candidates([passage("r9", text)], {("r9", 1): text})
    assert sentence.headings.endswith("> The Quay")
    assert heading.text == "The Quay"
