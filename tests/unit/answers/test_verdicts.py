"""A claim is carried by the sentences that say it; other figures and a lost "not" take the support away."""

import pytest

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.verify import Verifier

PAGE = [
    "Full-time employees receive 27 days of annual leave.",
    "Part-time staff have the same entitlement in proportion to their hours.",
    "Unused leave may not be carried over beyond 31 March.",
    "The travel desk books trains and flights.",
]


def _found() -> list[Candidate]:
    found: list[Candidate] = []
    offset = 0
    for text in PAGE:
        found.append(Candidate(0, 1, offset, offset + len(text), text, "leave-policy.pdf", "", ""))
        offset += len(text) + 1
    return found


@pytest.mark.parametrize(
    ("claim", "verdict", "carrier"),
    [
        ("Full-time employees receive 27 days of annual leave.", Verdict.SUPPORTED, 0),
        ("Annual leave is 27 days for full-time employees.", Verdict.SUPPORTED, 0),
        ("Unused leave may not be carried over after 31 March.", Verdict.SUPPORTED, 2),
    ],
)
def test_what_the_page_says_is_supported(claim: str, verdict: Verdict, carrier: int) -> None:
    aligned = Verifier(_found(), {}).verify(claim)
    assert aligned.verdict is verdict
    assert aligned.spans[0].text == PAGE[carrier]
    assert 0.0 <= aligned.score <= 1.0


@pytest.mark.parametrize(
    "claim",
    [
        "Full-time employees receive 32 days of annual leave.",
        "Unused leave may be carried over beyond 31 March.",
        "The canteen serves lunch from noon.",
        "",
    ],
)
def test_what_the_page_does_not_say_is_not_supported(claim: str) -> None:
    assert Verifier(_found(), {}).verify(claim).verdict is not Verdict.SUPPORTED


def test_a_claim_over_two_sentences_gets_both() -> None:
    claim = (
        "Full-time employees receive 27 days of annual leave, and part-time staff a share in proportion to their hours."
    )
    spans = {span.text for span in Verifier(_found(), {}).verify(claim).spans}
    assert {PAGE[0], PAGE[1]} <= spans


def test_quoted_words_are_found_where_they_stand() -> None:
    aligned = Verifier(_found(), {}).verify('The policy says "in proportion to their hours" about it.')
    assert not aligned.spans or aligned.spans[0].text == PAGE[1]
