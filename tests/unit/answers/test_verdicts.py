"""A claim is carried by the sentences that say it; other figures and a lost "not" take the support away."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.evidence import EvidenceIndex
from pincite.answers.verdicts.features import compare
from pincite.answers.verdicts.rules import DifferenceKind
from pincite.answers.verdicts.verify import Verifier

PAGE = [
    "Full-time employees receive 27 days of annual leave.",
    "Part-time staff have the same entitlement in proportion to their hours.",
    "Unused leave may not be carried over beyond 31 March.",
    "The travel desk books trains and flights.",
]


def _found(page: Sequence[str] = PAGE) -> list[Candidate]:
    found: list[Candidate] = []
    offset = 0
    for text in page:
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


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("Guests pay 7.50 crowns each.", "Guests pay 7.50 euros each."),
        ("Guests pay 750 yen each.", "Guests pay 750 dollars each."),
        ("Guests pay CHF 75 each.", "Guests pay 75 euros each."),
        ("Guests pay ¥750 each.", "Guests pay €750 each."),
        ("The dose is 250 mg a day.", "The dose is 250 micrograms a day."),
        ("The plant gives 40 megawatts in winter.", "The plant gives 40 gigawatts in winter."),
        ("The estate has 320 hectares of wood.", "The estate has 320 acres of wood."),
        ("Notice is given twenty-five days ahead.", "Notice is given 20 days ahead."),
        ("Debt stood at $7.4 trillion in all.", "Debt stood at $7.4 billion in all."),
    ],
)
def test_another_unit_or_number_is_never_supported(said: str, other: str) -> None:
    verifier = Verifier(_found([said, "The travel desk books trains and flights."]), {})
    assert verifier.verify(said).verdict is Verdict.SUPPORTED
    assert verifier.verify(other).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("It had a net loss of 45 million in that quarter.", "It had a net profit of 45 million in that quarter."),
        ("It lost 45 million in the second quarter of 2023.", "It lost 45 million in the third quarter of 2023."),
        ("Sales of the mill rose by 12 percent in 2023.", "Sales of the mill declined by 12 percent in 2023."),
        ("Tenants must give notice three months ahead.", "Tenants may give notice three months ahead."),
        ("The output of the mill doubled after 2019.", "The output of the mill halved after 2019."),
        ("All members voted for the merger of the mills.", "All members voted against the merger of the mills."),
        ("All members voted for the merger of the mills.", "Some members voted for the merger of the mills."),
        ("The lender bears the cost of the survey.", "The borrower bears the cost of the survey."),
    ],
)
def test_the_opposite_is_never_supported(said: str, other: str) -> None:
    verifier = Verifier(_found([said, "The travel desk books trains and flights."]), {})
    assert verifier.verify(said).verdict is Verdict.SUPPORTED
    assert verifier.verify(other).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Region 2021 2022 2023", "Turnover of Pomerania 1,074 1,182 1,336"),
        ("Region | 2021 | 2022 | 2023", "Turnover of Pomerania | 1,074 | 1,182 | 1,336"),
    ],
)
def test_a_figure_of_another_years_column_is_no_evidence(header: str, row: str) -> None:
    found = [replace(each, header=header) for each in _found([row])]
    for year, figure in (("2021", "1,074"), ("2022", "1,182"), ("2023", "1,336")):
        for other in ("1,074", "1,182", "1,336"):
            aligned = Verifier(found, {}).verify(f"The turnover of Pomerania was {other} in {year}.")
            assert (aligned.verdict is Verdict.SUPPORTED) == (other == figure)
    both = Verifier(found, {}).verify("The turnover of Pomerania was 1,074 in 2021 and 1,182 in 2022.")
    assert both.verdict is Verdict.SUPPORTED


def test_a_figure_of_another_row_of_a_pdf_is_no_evidence() -> None:
    rows = ["Pomerania 114 26", "Silesia 121 29", "Bohemia 128 32"]
    found = [replace(each, header="Region Full-time Part-time") for each in _found(rows)]
    for figure, holds in (("29", True), ("26", False), ("32", False)):
        aligned = Verifier(found, {}).verify(f"Silesia has {figure} part-time staff.")
        assert (aligned.verdict is Verdict.SUPPORTED) == holds


def test_a_number_in_words_is_the_one_in_digits() -> None:
    for said, claim in (
        ("Notice is given twenty-five days ahead.", "Notice is given 25 days ahead."),
        ("Notice is given 31 days ahead.", "Notice is given thirty-one days ahead."),
    ):
        assert Verifier(_found([said]), {}).verify(claim).verdict is Verdict.SUPPORTED


def test_a_claim_over_two_sentences_gets_both() -> None:
    claim = (
        "Full-time employees receive 27 days of annual leave, and part-time staff a share in proportion to their hours."
    )
    spans = {span.text for span in Verifier(_found(), {}).verify(claim).spans}
    assert {PAGE[0], PAGE[1]} <= spans


def test_quoted_words_are_found_where_they_stand() -> None:
    aligned = Verifier(_found(), {}).verify('The policy says "in proportion to their hours" about it.')
    assert not aligned.spans or aligned.spans[0].text == PAGE[1]


@pytest.mark.parametrize(
    ("said", "claim"),
    [
        ("Der Mieter darf keine Hunde halten.", "Der Mieter darf Hunde halten."),
        ("Die Haltung von Hunden ist nicht erlaubt.", "Die Haltung von Hunden ist erlaubt."),
        ("La piscine n'est pas ouverte le lundi.", "La piscine est ouverte le lundi."),
        ("L'entrée coûte 4,50 euros pour les adultes.", "L'entrée coûte 450 euros pour les adultes."),
        ("Das Budget beträgt 1,25 Mio. Euro im Jahr.", "Das Budget beträgt 125 Mio. Euro im Jahr."),
        ("The contract is extended unless it is cancelled.", "The contract is extended if it is cancelled."),
    ],
)
def test_negations_and_decimals_of_other_languages_count(said: str, claim: str) -> None:
    found = Verifier(_found([said, "Something else stands here."]), {})
    assert found.verify(said).verdict is Verdict.SUPPORTED
    assert found.verify(claim).verdict is not Verdict.SUPPORTED


def test_a_comma_or_a_point_before_a_fraction_is_the_same() -> None:
    found = Verifier(_found(["L'entrée coûte 4,50 euros pour les adultes.", "Le total est de 1.250.000 euros."]), {})
    assert found.verify("L'entrée coûte 4.50 euros pour les adultes.").verdict is Verdict.SUPPORTED
    assert found.verify("Le total est de 1,250,000 euros.").verdict is Verdict.SUPPORTED


ROWS = ["Name | Role | Phone", "Anna Berg | Head of Sales | 555-0101", "Tom Fischer | Representative | 555-0102"]


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("Tom Fischer's phone number is 555-0102.", True),
        ("Tom Fischer's phone number is 555-0101.", False),
        ("Anna Berg's phone number is 555-0102.", False),
    ],
)
def test_a_figure_of_another_row_is_no_evidence(claim: str, holds: bool) -> None:
    header, *rows = _found(ROWS)
    compared = compare(claim, EvidenceIndex([header, *(replace(each, header=ROWS[0]) for each in rows)], {}))
    assert compared is not None
    assert any(each.kind is DifferenceKind.FIGURE for each in compared.differs) is not holds


def test_a_question_carries_nothing() -> None:
    page = ["Is accidental damage covered by the warranty?", "No.", "The warranty covers faults of the material."]
    aligned = Verifier(_found(page), {}).verify("Accidental damage is covered by the warranty.")
    assert page[0] not in {span.text for span in aligned.spans}
