"""A claim with another figure, unit, date, name or negation than its source is not supported; the same words are."""

from random import Random

import numpy as np
import pytest
from bench.verdict_mutations import MUTATIONS, Page, handbook_pages, mutants, passages_of, reworded
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.second_opinion import revised
from pincite.answers.verdicts.verify import Alignment, Verifier, texts_of_evidence, texts_of_sentence
from pincite.gateway import StaticEmbedder

# Many sentences are judged by several tests: in one process each is judged once.
pytestmark = pytest.mark.xdist_group("mutations")
PAGES = handbook_pages()
DISTANCES = (1, 2, 3, 5, 8, 13, 21)
LEAST_LOST, LEAST_KEPT = 0.98, 0.95
Vectors = dict[str, NDArray[np.float32]]


class Judge:
    """Judges sentences against a page of the handbook and seven others, as an answer's passages."""

    def __init__(self, embedder: StaticEmbedder, number: int) -> None:
        found = passages_of([PAGES[(number + step) % len(PAGES)] for step in (0, *DISTANCES)])
        self._embedder = embedder
        self._vectors: Vectors = {}
        self._want(texts_of_evidence(found))
        self._verifier = Verifier(found, self._vectors)
        self._known: dict[str, Alignment] = {}

    def supports(self, sentence: str) -> bool:
        return self._judged(sentence).verdict is Verdict.SUPPORTED

    def lifted(self, sentence: str) -> bool:
        return revised(self._judged(sentence), 1.0).verdict is Verdict.SUPPORTED

    def _judged(self, sentence: str) -> Alignment:
        if sentence not in self._known:
            self._want(texts_of_sentence(sentence))
            self._known[sentence] = self._verifier.verify(sentence)
        return self._known[sentence]

    def _want(self, texts: list[str]) -> None:
        new = [text for text in texts if text not in self._vectors]
        self._vectors.update(zip(new, self._embedder.vectors(new), strict=True))


@pytest.fixture(scope="module")
def judges() -> list[tuple[Page, Judge]]:
    embedder = StaticEmbedder()
    return [(page, Judge(embedder, number)) for number, page in enumerate(PAGES)]


@pytest.mark.parametrize("kind", [*MUTATIONS, "name of the page"])
def test_a_changed_fact_loses_the_verdict(judges: list[tuple[Page, Judge]], kind: str) -> None:
    tried = [
        (changed, judge.supports(changed))
        for page, judge in judges
        for claim in page.claims()
        if (changed := mutants(page, claim, Random(claim)).get(kind)) is not None
    ]
    assert len(tried) >= 10
    kept = [changed for changed, supported in tried if supported]
    assert len(kept) <= (1 - LEAST_LOST) * len(tried), kept


@pytest.mark.parametrize("again", [False, True], ids=["verbatim", "reworded"])
def test_the_same_in_almost_the_same_words_keeps_it(judges: list[tuple[Page, Judge]], again: bool) -> None:
    tried = [
        judge.supports(reworded(claim, Random(claim)) if again else claim)
        for page, judge in judges
        for claim in page.claims()
    ]
    assert len(tried) > 300
    assert sum(tried) >= LEAST_KEPT * len(tried)


def test_an_opinion_that_says_yes_to_everything_brings_no_changed_fact_back(judges: list[tuple[Page, Judge]]) -> None:
    tried = [
        (changed, judge.lifted(changed))
        for page, judge in judges
        for claim in page.claims()
        for changed in mutants(page, claim, Random(claim)).values()
    ]
    assert len(tried) > 700
    lifted = [changed for changed, supported in tried if supported]
    assert len(lifted) <= (1 - LEAST_LOST) * len(tried), lifted


def _passage(*texts: str) -> list[Candidate]:
    at = [sum(len(text) + 1 for text in texts[:place]) for place in range(len(texts))]
    return [
        Candidate(0, 1, start, start + len(text), text, "Rules", "", "") for start, text in zip(at, texts, strict=True)
    ]


def _supported(claim: str, *texts: str) -> bool:
    return Verifier(_passage(*texts), {}).verify(claim).verdict is Verdict.SUPPORTED


SUBJECTS = ("A deposit", "The fee for a lost badge", "The limit for taxis", "A night at the guest house")
UNITS = ("days", "weeks", "months", "euros", "kilometres", "percent", "litres")
FIGURES = st.one_of(
    st.integers(2, 99_999).map(str),
    st.integers(1_000, 9_999_999).map("{:,}".format),
    st.decimals(1, 999, places=1).map(str),
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SUBJECTS), st.tuples(FIGURES, FIGURES), st.sampled_from(UNITS))
def test_another_figure_is_never_supported(subject: str, figures: tuple[str, str], unit: str) -> None:
    here, there = figures
    assume(float(here.replace(",", "")) != float(there.replace(",", "")))
    source = f"{subject} is set at {here} {unit} by the office."
    assert _supported(source, source, "The office is open every morning.")
    assert not _supported(f"{subject} is set at {there} {unit} by the office.", source)
    assert not _supported(f"The office sets {subject.lower()} at {there} {unit}.", source)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SUBJECTS), FIGURES, st.lists(st.sampled_from(UNITS), min_size=2, max_size=2, unique=True))
def test_another_unit_is_never_supported(subject: str, figure: str, units: list[str]) -> None:
    source = f"{subject} is set at {figure} {units[0]} by the office."
    assert not _supported(f"{subject} is set at {figure} {units[1]} by the office.", source)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=120), max_size=5))
def test_any_text_gets_a_verdict_and_a_score_in_range(claim: str, texts: list[str]) -> None:
    aligned = Verifier(_passage(*texts), {}).verify(claim)
    assert 0.0 <= aligned.score <= 1.0
    assert len(aligned.spans) <= 3
    assert bool(aligned.spans) == (aligned.verdict is not Verdict.UNSUPPORTED)
