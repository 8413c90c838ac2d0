"""What is found and what is not: each kind as people write it, look-alikes, odd characters, and time."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.privacy import Kind, find

FOUND: tuple[tuple[str, str, Kind], ...] = (
    ("My card 4111 1111 1111 1111 is lost", "4111 1111 1111 1111", Kind.CARD),
    ("paid with 5500-0000-0000-0004 today", "5500-0000-0000-0004", Kind.CARD),
    ("Amex: 3782 822463 10005.", "3782 822463 10005", Kind.CARD),
    ("card number 630427373398 is lost", "630427373398", Kind.CARD),
    ("IBAN GB82 WEST 1234 5698 7654 32, please", "GB82 WEST 1234 5698 7654 32", Kind.IBAN),
    ("to de89370400440532013000 by Friday", "de89370400440532013000", Kind.IBAN),
    ("His SSN is 536-90-1234.", "536-90-1234", Kind.SSN),
    ("social security number 536901234", "536901234", Kind.SSN),
    ("NI number: AB 12 34 56 C", "AB 12 34 56 C", Kind.NATIONAL_ID),
    ("Steuer-ID 86 095 742 719", "86 095 742 719", Kind.NATIONAL_ID),
    ("NIR 1 85 05 78 006 084 91", "1 85 05 78 006 084 91", Kind.NATIONAL_ID),
    ("con DNI 12345678Z y", "12345678Z", Kind.NATIONAL_ID),
    ("NIE X1234567L", "X1234567L", Kind.NATIONAL_ID),
    ("codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S", Kind.NATIONAL_ID),
    ("BSN 111222333", "111222333", Kind.NATIONAL_ID),
    ("Aadhaar 2341 2341 2346", "2341 2341 2346", Kind.NATIONAL_ID),
    ("CPF 111.444.777-35", "111.444.777-35", Kind.NATIONAL_ID),
    ("Ana, 529.982.247-25, São Paulo", "529.982.247-25", Kind.NATIONAL_ID),
    ("Rosa\t4111  1111 1111 1111", "4111  1111 1111 1111", Kind.CARD),
    ("Rosa\t4111\u200b1111 1111 1111", "4111\u200b1111 1111 1111", Kind.CARD),
    ("Tel: 2034 5678", "2034 5678", Kind.PHONE),
    ("Tél. (1) 42 68 53 00", "(1) 42 68 53 00", Kind.PHONE),
    ("SIN 130 692 544", "130 692 544", Kind.NATIONAL_ID),
    ("TFN 123 456 782", "123 456 782", Kind.NATIONAL_ID),
    ("AHV 756.9217.0769.85", "756.9217.0769.85", Kind.NATIONAL_ID),
    ("write to jörg.müller+x@mail.example.org!", "jörg.müller+x@mail.example.org", Kind.EMAIL),
    ("call +49 (0)30 1234567 now", "+49 (0)30 1234567", Kind.PHONE),
    ("Phone: 450 0840", "450 0840", Kind.PHONE),
    ("(212) 555-0199 ext 12", "(212) 555-0199 ext 12", Kind.PHONE),
    ("from 203.0.113.7 at noon", "203.0.113.7", Kind.IP),
    ("host 2001:db8::8a2e:370:7334 is up", "2001:db8::8a2e:370:7334", Kind.IP),
    ("see https://example.com/a?b=c.", "https://example.com/a?b=c", Kind.URL),
    ("My driver's license number is F162823540116", "F162823540116", Kind.LICENCE),
    ("his driving licence 1234567 was kept", "1234567", Kind.LICENCE),
    ("Passport No. C01X00T47", "C01X00T47", Kind.PASSPORT),
    ("She was born on 3 May 1981 in Graz", "3 May 1981", Kind.BORN),
    ("Geburtsdatum: 03.05.1981", "03.05.1981", Kind.BORN),
    ("key AKIAIOSFODNN7EXAMPLE in use", "AKIAIOSFODNN7EXAMPLE", Kind.KEY),
    ("token=ghp_" + "a1B2c3D4e5F6" * 3, "ghp_" + "a1B2c3D4e5F6" * 3, Kind.KEY),
    ("password: tr0ub4dor&3x", "tr0ub4dor&3x", Kind.KEY),
    (
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        Kind.KEY,
    ),
)
NOTHING = (
    "Order 4111 1111 1111 1112 was shipped.",  # the check digit is wrong
    "Order number 4000123412341231 and ISBN 978-3-16-148410-0",
    "Revenue was 1,234,567,890 in 2023 and 987,654,321 in 2022.",
    "Version 1.2.3.4 replaces release 10.2.30.4 of 2024-05-17 12:30:45.",
    "The years 1998 1999 2000 2001 and pages 12-19.",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "std::vector<int> and a::b, at 12:30 and 14:45:10",
    "IBAN DE88370400440532013000 has a wrong check",
    "The software license 2021-44 was renewed.",
    "Password: required. Token: optional.",
    "000-12-3456 and 666-12-3456 were never issued",
    "@here and user@ and @example",
    # Cells of tables of figures.
    "Dual Credit.\n2018 vs 2017\n2018 2017 % change",
    "Other Benefits\nDecember 31, 2017 2016 2017 2016\nPrior service credit",
    "(Millions) 2023 2024 2025 2026 2027 After 2027",
    "Retirement Benefits 2022 2021 2020 2022 2021 2020",
    "737 MAX 10 2017 2020\n787-10 2013 2018\n777X 2013 2021",
    "2/26/2018 3 years 22.11% 2.36% 390.27\n2017 2/27/2017 3 years",
    "2022 $ 260 $ 107\n2023 273 92\n2024 232 87\n2025 191 159",
    "Mobile and other (2) 648 607 41 7\nTotal consolidated",
    "Registered note USD Floating 4.81 % 2024 300 300",
)


@pytest.mark.parametrize(("text", "value", "kind"), FOUND)
def test_each_kind_is_found_where_it_stands(text: str, value: str, kind: Kind) -> None:
    found = [(text[each.start : each.end], each.kind) for each in find(text)]
    assert found == [(value, kind)]


@pytest.mark.parametrize("text", NOTHING)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert [text[each.start : each.end] for each in find(text)] == []


@pytest.mark.parametrize(("text", "value", "kind"), FOUND)
@pytest.mark.parametrize(
    "spelt",
    [
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace(" ", "\u202f"),
        lambda text: text.replace("-", "\u2011"),
        lambda text: "".join(chr(ord(each) + 0xFEE0) if each.isdigit() else each for each in text),
        lambda text: "".join(chr(ord(each) + 0x630) if each.isdigit() else each for each in text),
    ],
)  # fmt: skip
def test_odd_characters_hide_nothing(text: str, value: str, kind: Kind, spelt: Callable[[str], str]) -> None:
    odd, oddly = spelt(text), spelt(value)
    at = odd.index(oddly)
    assert kind in {each.kind for each in find(odd) if each.start <= at and each.end >= at + len(oddly)}


@pytest.mark.parametrize(("text", "value", "kind"), FOUND)
def test_marks_of_direction_and_umlauts_around_it_hide_nothing(text: str, value: str, kind: Kind) -> None:
    odd = f"Ein Satz mit Umlauten: äöü.\n\u200f{text}\u200e\nUnd noch einer."
    at = odd.index(value)
    assert kind in {each.kind for each in find(odd) if each.start <= at and each.end >= at + len(value)}


def test_digits_that_nobody_sees_between_are_one_number() -> None:
    assert [each.kind for each in find("card 4111\u200b1111\u20601111\u00ad1111 it is")] == [Kind.CARD]
    assert [each.kind for each in find("card 4111 1111\r\n1111 1111 it is")] == [Kind.CARD]


def test_a_private_key_is_one_finding_whole_or_torn() -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 8
    whole = f"before\n-----BEGIN RSA PRIVATE KEY-----\n{body}-----END RSA PRIVATE KEY-----\nafter"
    (one,) = find(whole)
    assert whole[one.start : one.end].startswith("-----BEGIN")
    assert whole[one.end :] == "\nafter"
    torn = f"before\n-----BEGIN PRIVATE KEY-----\n{body}\nafter it comes text."
    (one,) = find(torn)
    assert body.strip() in torn[one.start : one.end]


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("0123456789 -./()+@:=xaAeEiI\n\u00a0\u200b\uff11[]DE"), max_size=400))
def test_findings_are_in_order_apart_and_within_the_text(text: str) -> None:
    last = 0
    for each in find(text):
        assert last <= each.start < each.end <= len(text)
        assert 0 < each.score <= 1
        last = each.end


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from([row[:2] for row in FOUND]), st.text(max_size=60))
def test_what_stands_around_it_hides_nothing(before: str, one: tuple[str, str], after: str) -> None:
    text, value = one
    whole = f"{before}\n\n{text}\n\n{after}"
    at = whole.index(text, len(before)) + text.index(value)
    assert any(each.start < at + len(value) and each.end > at for each in find(whole))


@pytest.mark.parametrize(
    "piece",
    [
        "1", "1 ", "12 ", "1234 ", "1234-", "4111 1111 1111 1111 ", "+1", "(1", "a@", "a@a.", "@", "a.", "::", "a:",
        ":1", "=a", "password=", "-----BEGIN PRIVATE KEY-----", "eyJ", "eyJ.", " eyJa", "://", "www.", "GB12", "GB12 ",
        "AB12 34 56", "12345678", "born ", "born 1/", "passport ", "passport no ", "driving licence ", "sk-", " sk-",
        "1.1.1.", "\uff11", "\u200b1",
    ],
)  # fmt: skip
def test_time_is_linear_whatever_the_text(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (8_000, 64_000))
    spent = min(_seconds(small) for _ in range(2)), min(_seconds(large) for _ in range(2))
    # Eight times the text takes eight times the time; a quadratic search would take sixty-four times.
    assert spent[1] < 25 * spent[0] + 0.3, spent


def _seconds(text: str) -> float:
    began = time.process_time()
    find(text)
    return time.process_time() - began


def test_a_number_that_runs_over_the_end_of_a_line_is_found_where_it_is_named() -> None:
    assert [each.kind for each in find("My card is 4111 1111\n1111 1111, thanks.")] == [Kind.CARD]
    assert [each.kind for each in find("SSN: 536-22-\n4444")] == [Kind.SSN]
