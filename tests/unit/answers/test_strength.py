"""A claim that says more than its source in its source's own words is not supported; what says the same still is."""

from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.verify import Verifier

ASIDE = "The office is open every morning."


def _passage(*texts: str) -> list[Candidate]:
    at = [sum(len(text) + 1 for text in texts[:place]) for place in range(len(texts))]
    return [
        Candidate(0, 1, start, start + len(text), text, "Rules", "", "") for start, text in zip(at, texts, strict=True)
    ]


def _supported(claim: str, *texts: str) -> bool:
    return Verifier(_passage(*texts, ASIDE), {}).verify(claim).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("The supervisor can help you to fill out the form.", "The supervisor must help you to fill out the form."),
        ("The permit must be renewed before the season.", "The permit can be renewed before the season."),
        ("Most of the boats in the harbour are insured.", "All boats in the harbour are insured."),
        ("Parcels usually arrive in the depot at night.", "Parcels always arrive in the depot at night."),
        ("The lens is thought to have been made in Paris.", "The lens was made in Paris."),
        ("Loads might slip from the deck in heavy seas.", "Loads slip from the deck in heavy seas."),
        ("The hall may be used unless a wedding is booked.", "The hall may be used."),
        ("All seats are covered, except those in the garden.", "All the seats are covered."),
        ("The loan of the mill is secured by its land.", "The loan of the mill is unsecured by its land."),
        ("The auditor of the mill gave an unqualified opinion.", "The auditor of the mill gave a qualified opinion."),
        ("Deposits for the summer courses are refundable.", "Deposits for the summer courses are non-refundable."),
        (
            "Part-time staff have the same entitlement each year.",
            "Staff have a lower entitlement if they are part-time.",
        ),
        ("Boats carried coal at first; after 1840 they carried grain.", "Before 1840 boats carried mostly grain."),
        ("Wine with the lunch is no longer paid for.", "Wine with the lunch is paid for."),
    ],
)
def test_what_is_stronger_than_its_source_is_never_supported(said: str, other: str) -> None:
    assert _supported(said, said)
    assert not _supported(other, said)


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        ("The rest of the weeks are unpaid.", "The rest of the weeks are not paid."),
        ("Lessons take no more than 45 minutes.", "Lessons take at most 45 minutes."),
        ("The permit must be renewed before the season.", "The permit has to be renewed before the season."),
        ("Deposits for the summer courses are non-refundable.", "Deposits for the summer courses are nonrefundable."),
        ("Everybody who works on a boat needs a vest.", "Whoever works on a boat needs a vest."),
    ],
)
def test_what_says_the_same_is_supported(said: str, claim: str) -> None:
    assert _supported(claim, said)


def test_a_rule_and_its_other_half_do_not_contradict_each_other() -> None:
    rules = ("You may certify yourself for up to seven days.", "From the eighth day we need a note.")
    compared = Verifier(_passage(*rules), {}).verify("A note is needed for an illness of more than seven days.")
    assert not compared.differs


LEAST = ("at least", "no less than", "not less than", "no fewer than", "a minimum of")
MOST = ("at most", "up to", "no more than", "not more than", "a maximum of")
SUBJECTS = ("The notice", "The course for new members", "A stay at the guest house", "The loan of a boat")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SUBJECTS), st.sampled_from(LEAST), st.sampled_from(MOST), st.integers(2, 900))
def test_the_least_is_never_the_most(subject: str, least: str, most: str, figure: int) -> None:
    low, high = (f"{subject} lasts {limit} {figure} days in winter." for limit in (least, most))
    assert _supported(low, low)
    assert _supported(high, high)
    assert not _supported(low, high)
    assert not _supported(high, low)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(SUBJECTS), st.lists(st.sampled_from(MOST), min_size=2, max_size=2), st.integers(2, 900))
def test_the_most_may_be_said_in_any_words(subject: str, limits: list[str], figure: int) -> None:
    said, claim = (f"{subject} lasts {limit} {figure} days in winter." for limit in limits)
    assert _supported(claim, said)


PARTIES = ("Calder Rivet", "the Harbour Trust", "Merrow Group", "Lindqvist", "the board of Hask")
DEEDS = ("acquired", "dismissed", "insured", "sued", "rescued", "bought", "taught", "beat", "exceeded")
PARTICIPLES = {"taught": "taught", "bought": "bought", "beat": "beaten"}


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(list(permutations(PARTIES, 2))), st.sampled_from(DEEDS), st.sampled_from(["", " in May"]))
def test_parties_in_each_others_place_are_never_supported(parties: tuple[str, str], deed: str, when: str) -> None:
    one, other = parties
    said = _capital(f"{one} {deed} {other}{when}.")
    assert _supported(said, said)
    assert not _supported(_capital(f"{other} {deed} {one}{when}."), said)
    assume(deed != "beat")  # its participle is another word
    passive = _capital(f"{other} was {PARTICIPLES.get(deed, deed)} by {one}{when}.")
    assert _supported(passive, said)
    assert not _supported(_capital(f"{one} was {PARTICIPLES.get(deed, deed)} by {other}{when}."), said)


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("In May we acquired Hollis Forge from Merrow Group.", "In May Merrow Group acquired Hollis Forge."),
        (
            "The secretary will review the plan, and notify the surveyor.",
            "The surveyor will review the plan, and notify the secretary.",
        ),
        (
            "You must use the earned hours first, before any donated leave.",
            "You must use the donated leave first, before any earned hours.",
        ),
    ],
)
def test_parties_are_found_around_the_same_verb(said: str, other: str) -> None:
    assert _supported(said, said)
    assert not _supported(other, said)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
