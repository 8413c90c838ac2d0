"""A sentence is pinned where it stands: in the passages that its marker names, or in the one that says it."""

import pytest

from pincite.answers.candidates import candidates
from pincite.answers.domain import Pin, Verdict
from pincite.answers.markers import Sentence
from pincite.answers.pinning import Ground, Pinner
from pincite.core import Scope
from pincite.gateway import StaticEmbedder
from pincite.library import Chunk, NamedPages, Passage
from pincite.retrieval import Evidence, ScoredPassage

SCOPE = Scope(tenant="t", user="u")
PAGES = (
    "The ferry to Hven leaves the northern quay at nine every morning. Dogs travel free of charge.",
    "Tickets cost 80 kroner and are sold on board by the mate. Children under seven pay nothing.",
)


def _ground() -> Ground:
    passages = [
        ScoredPassage(
            Passage(Chunk(f"c{n}", f"r{n}", f"d{n}", "rules", 0, text, (), 1, 0, 1, len(text)), f"rules-{n}.md"),
            0.9,
            None,
            None,
        )
        for n, text in enumerate(PAGES)
    ]
    pages = {(f"r{n}", 1): text for n, text in enumerate(PAGES)}
    found = candidates(passages, pages)
    return Ground("What does the ferry cost?", Evidence(tuple(passages)), found, NamedPages.unnamed(pages))


async def _pin(text: str, *numbers: int) -> tuple[Pin, Pinner]:
    pinner = Pinner(SCOPE, StaticEmbedder(), _ground())
    return await pinner.pin(Sentence(0, len(text), text, numbers)), pinner


async def test_a_right_marker_is_kept() -> None:
    pin, _ = await _pin("Tickets cost 80 kroner.", 2)
    assert pin.verdict is Verdict.SUPPORTED
    assert not pin.corrected
    assert [span.source for span in pin.spans] == ["rules-1.md"]


async def test_a_wrong_marker_is_corrected() -> None:
    pin, _ = await _pin("Tickets cost 80 kroner.", 1)
    assert pin.verdict is Verdict.SUPPORTED
    assert pin.corrected
    assert {span.source for span in pin.spans} == {"rules-1.md"}


async def test_without_a_marker_nothing_was_corrected() -> None:
    pin, _ = await _pin("Dogs travel free of charge.")
    assert pin.verdict is Verdict.SUPPORTED
    assert not pin.corrected


async def test_a_marker_that_names_no_passage_is_dropped_and_counted() -> None:
    pin, pinner = await _pin("Tickets cost 80 kroner.", 7, 2)
    assert pin.verdict is Verdict.SUPPORTED
    assert not pin.corrected
    assert pinner.dropped == 1


@pytest.mark.parametrize("number", [1, 2])
async def test_what_nothing_says_is_not_corrected_to_anything(number: int) -> None:
    pin, _ = await _pin("The captain was born in Trondheim in 1961.", number)
    assert pin.verdict is not Verdict.SUPPORTED
    assert not pin.corrected


async def test_quotes_are_verbatim() -> None:
    pin, _ = await _pin("The ferry leaves at nine every morning from the northern quay.", 1)
    assert pin.spans
    for span in pin.spans:
        assert PAGES[int(span.revision[1:])][span.start : span.end] == span.quote
