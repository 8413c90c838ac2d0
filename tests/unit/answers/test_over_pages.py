"""Sentences that go on with the next page, beside the running heads and feet between."""

import pytest

from pincite.answers.candidates import Candidate, candidates, over_pages
from pincite.guard import Block, BlockKind
from pincite.library import Chunk, Passage
from pincite.retrieval import ScoredPassage


def _over(first: str, second: str, marks: tuple[list[Block], list[Block]] = ([], [])) -> list[Candidate]:
    chunk = Chunk("r1-0", "r1", "r1", "c", 0, f"{first}\n{second}", (), 1, 0, 2, len(second))
    given = ScoredPassage(Passage(chunk, "rules.pdf"), 0.8, None, None)
    key = ("r1", 1), ("r1", 2)
    found = candidates([given], dict(zip(key, (first, second), strict=True)), dict(zip(key, marks, strict=True)))
    for each in found:
        assert (first, second)[each.page - 1][each.start : each.end] == each.text
    return over_pages(found)


def test_a_sentence_over_the_end_of_a_page_is_one_and_knows_both_places():
    foot, head = "Rules of the Harbour 2026", "Harbour Office"
    first = f"Boats pay a fee. The fee for boats that are left in the outer\nharbour is due on\n{foot}"
    second = f"{head}\nthe first day of each month. It is not paid back."
    margins = (
        [Block(BlockKind.MARGIN, first.index(foot), len(first))],
        [Block(BlockKind.MARGIN, 0, len(head))],
    )
    found = _over(first, second, margins)
    (sentence,) = [each for each in found if each.rest is not None]
    assert " ".join(sentence.said.split()) == (
        "The fee for boats that are left in the outer harbour is due on the first day of each month."
    )
    assert sentence.rest is not None
    assert (sentence.page, sentence.rest.page) == (1, 2)
    assert second[sentence.rest.start : sentence.rest.end] == sentence.rest.text == "the first day of each month."
    assert [each.said for each in found if each is not sentence] == ["Boats pay a fee.", "It is not paid back."]


@pytest.mark.parametrize(
    ("first", "second", "marks"),
    [
        ("All of it is due at once.", "iPads are lent for a day.", []),
        ("Name | Fee\nskiff | 40", "boats of guests are free.", []),
        ("Total other liabilities $ 3,010 $ 2,962", "boats of guests are free.", []),
        ("Fees of the Outer Harbour", "boats of guests are free.", [Block(BlockKind.HEADING, 0, 25, 1)]),
        ("the fee is due on", "The harbour is closed in May.", []),
        ("the fee is due on", "(1) The harbour is closed in May.", []),
    ],
)
def test_what_a_page_ends_with_stays_alone_where_the_next_begins_something_else(
    first: str, second: str, marks: list[Block]
):
    assert all(each.rest is None for each in _over(first, second, (marks, [])))


@pytest.mark.parametrize("parts", [(0, 1), (1, 0), (0,), (1,)])
def test_a_sentence_that_two_passages_share_is_whole_in_each(parts: tuple[int, ...]):
    sentence = (
        "We and our partner expect that we can manufacture up to\r\nfour billion doses in total by the end of 2022."
    )
    page = f"The companies have agreed on this. {sentence} There is more of it in the years to come, we think."
    cut = page.index("four billion")
    given = [
        ScoredPassage(
            Passage(Chunk(f"r1-{n}", "r1", "r1", "c", n, text, (), 1, at, 1, at + len(text)), "a.pdf"), 0.8, None, None
        )
        for n, (at, text) in enumerate(((0, page[: cut - 2]), (cut, page[cut:])))
        if n in parts
    ]
    given.sort(key=lambda each: parts.index(each.passage.chunk.ordinal))
    found = candidates(given, {("r1", 1): page})
    assert [each.text for each in found if "doses" in each.text or "manufacture" in each.text] == [sentence]
    assert all(page[each.start : each.end] == each.text for each in found)
