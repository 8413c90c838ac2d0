"""Sentences: rules by example, and the properties that everything pinned relies on."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.core.sentences import sentence_spans


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n ", []),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Mr. Smith met Dr. Jones. They spoke.", ["Mr. Smith met Dr. Jones.", "They spoke."]),
        ("It works for Apple Inc. He left.", ["It works for Apple Inc.", "He left."]),
        ("Apple Inc. Annual report", ["Apple Inc. Annual report"]),
        ("He lives in the U.S. The end.", ["He lives in the U.S.", "The end."]),
        ("The U.S. Government paid $3.5 million.", ["The U.S. Government paid $3.5 million."]),
        ("See No. 5 and Fig. 3. No. We won't.", ["See No. 5 and Fig. 3.", "No.", "We won't."]),
        ("Use a tool, e.g. This one. Done.", ["Use a tool, e.g. This one.", "Done."]),
        ("J. R. R. Tolkien wrote it.", ["J. R. R. Tolkien wrote it."]),
        ("Das Fest ist am 21. Juni 2025. Alle kommen.", ["Das Fest ist am 21. Juni 2025.", "Alle kommen."]),
        ("Im 2. Quartal (ab 1. April) stieg er. Gut.", ["Im 2. Quartal (ab 1. April) stieg er.", "Gut."]),
        ("Er zahlt 1,25 Mio. Euro. Der Rest folgt.", ["Er zahlt 1,25 Mio. Euro.", "Der Rest folgt."]),
        ("Der Umsatz beträgt 3 Mrd. Der Gewinn nicht.", ["Der Umsatz beträgt 3 Mrd.", "Der Gewinn nicht."]),
        ("Geräte, z. B. Laptops und d. h. Rechner. Ja.", ["Geräte, z. B. Laptops und d. h. Rechner.", "Ja."]),
        ("A wash costs GBP 2.50, incl. Soap. More.", ["A wash costs GBP 2.50, incl. Soap.", "More."]),
        ("It is 10%, max. EUR 500, tel. +49 30 1. Good.", ["It is 10%, max. EUR 500, tel. +49 30 1.", "Good."]),
        ("Wait 5 min. Then press it 3 times max. Stop.", ["Wait 5 min.", "Then press it 3 times max.", "Stop."]),
        ("He was 21. May came.", ["He was 21.", "May came."]),
        ("Name | ext. | desk\nAnna | 4120 | Hr. Berg", ["Name | ext. | desk", "Anna | 4120 | Hr. Berg"]),
        ('He said "Stop." (Really.) Then he left.', ['He said "Stop."', "(Really.)", "Then he left."]),
        ("wrapped\r\nby the page. Next", ["wrapped\r\nby the page.", "Next"]),
        ("No stop\r\n\r\nNew paragraph", ["No stop", "New paragraph"]),
        ("Name | Rate\nOslo | 90\nRome | 80", ["Name | Rate", "Oslo | 90", "Rome | 80"]),
        ("Sales $ 5 $ 6\r\nCosts $ 7 $ 8\r\nThis is text.", ["Sales $ 5 $ 6", "Costs $ 7 $ 8", "This is text."]),
        ("• one thing\n• another thing", ["• one thing", "• another thing"]),
        ("1. First. More.\n2. Second.", ["1. First.", "More.", "2. Second."]),
        ("Liquidity\r\nWe had cash of $3 billion at the end.", ["Liquidity", "We had cash of $3 billion at the end."]),
        (
            (
                "The gauge works under water, and it lives where the sea is deep and\r\nmuddy. It is strong.\r\n"
                "Measuring range 0 m to 40 m\r\nBody Titanium\r\nWeight 2 kg\r\n5 years warranty"
            ),
            [
                "The gauge works under water, and it lives where the sea is deep and\r\nmuddy.",
                "It is strong.",
                "Measuring range 0 m to 40 m",
                "Body Titanium",
                "Weight 2 kg",
                "5 years warranty",
            ],
        ),
        (
            "Paid by year: 2019 ($244 million), 2020 ($216 million), 2021\r\n($131 million), 2022 ($40 million). More.",
            [
                "Paid by year: 2019 ($244 million), 2020 ($216 million), 2021\r\n($131 million), 2022 ($40 million).",
                "More.",
            ],
        ),
        (
            "It cost $31 million in 2022, $32 million in 2021, and $31 million in\r\n2020. That was less.",
            ["It cost $31 million in 2022, $32 million in 2021, and $31 million in\r\n2020.", "That was less."],
        ),
        (
            "Losses, net of tax of $(5), $(12), and $5 (7) 9 (39)\r\nGains, net of tax of $5, $8, and $3 8 7 6",
            ["Losses, net of tax of $(5), $(12), and $5 (7) 9 (39)", "Gains, net of tax of $5, $8, and $3 8 7 6"],
        ),
        ("Balance 2018 12 13\r\n(a) See note 2.", ["Balance 2018 12 13", "(a) See note 2."]),
        (
            (
                "Real output is put at $7.4 trillion in 2020, an annual increase of\r\n2.9 percent. So it is.\r\n"
                "That is what the bureau wrote in the paper that came out in the year of\r\nthe census."
            ),
            [
                "Real output is put at $7.4 trillion in 2020, an annual increase of\r\n2.9 percent.",
                "So it is.",
                "That is what the bureau wrote in the paper that came out in the year of\r\nthe census.",
            ],
        ),
        (
            "It is open from 7 a.m. until\r\n9 p.m. on each day but Sunday, and closed on every holiday of the year.",
            ["It is open from 7 a.m. until\r\n9 p.m. on each day but Sunday, and closed on every holiday of the year."],
        ),
        (
            "How to log in\r\nOpen the page of the bank and type your name and your number into the two fields there.",
            [
                "How to log in",
                "Open the page of the bank and type your name and your number into the two fields there.",
            ],
        ),
        ("text: abc\r\nr1: 2\r\nother: yes", ["text: abc", "r1: 2", "other: yes"]),
        ("They did it for these\r\nreasons: it was cheap.", ["They did it for these\r\nreasons: it was cheap."]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("Wait... what? Yes", ["Wait... what?", "Yes"]),
    ],
)
def test_examples(text: str, expected: list[str]) -> None:
    assert cut(text) == expected


_ALPHABET = st.sampled_from(
    [*"aB1.!?,;()\"'|•-$% \t", "\n", "\r\n", "\n\n", "Mr. ", "e.g. ", "。", "é", "\ud7ff", "😀"]
)


@given(st.lists(_ALPHABET, max_size=80).map("".join))
def test_spans_are_ordered_disjoint_trimmed_and_cover_everything(text: str) -> None:
    spans = sentence_spans(text)
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not text[at:start].strip()
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize("piece", ["A. ", ".", "x\n", "1 2\n", "Mr. ", "Mr. X\n", "a. b)\n\t", "1. ", '"."', "!?"])
def test_time_grows_with_the_text_and_not_with_its_square(piece: str) -> None:
    began = time.perf_counter()
    sentence_spans(piece * 30_000)
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("هل يسمح بالعمل عن بعد؟ نعم، يومًا واحدًا.", "هل يسمح بالعمل عن بعد؟"),
        ("第二章 休假\n员工入职满一年后可享受每年10天年假，未使用的年假不得转到下一年。", "第二章 休假"),
        ("Die Miete ist am 3. Werktag zu zahlen. Danach gilt Verzug.", "Die Miete ist am 3. Werktag zu zahlen."),
        ("Die Sitzung ist am 3. Wir laden alle ein.", "Die Sitzung ist am 3."),
        ("Сергей Петров, тел. 8-495-123. Звоните.", "Сергей Петров, тел. 8-495-123."),
        ("Meld u bij mevr. Van den Berg. Daarna niet.", "Meld u bij mevr. Van den Berg."),
    ],
)
def test_sentences_of_other_languages(text: str, first: str):
    start, end = sentence_spans(text)[0]
    assert text[start:end] == first
