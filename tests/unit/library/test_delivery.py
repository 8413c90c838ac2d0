"""Byte ranges and file names in headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.guard import FileType
from pincite.library.delivery import MEDIA_TYPES, Slice, content_headers, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, Slice(0, 100, False)),
        ("bytes=0-0", Slice(0, 1, True)),
        ("bytes=10-19", Slice(10, 20, True)),
        ("bytes=90-", Slice(90, 100, True)),
        ("bytes=90-500", Slice(90, 100, True)),
        ("bytes=-5", Slice(95, 100, True)),
        ("bytes=-500", Slice(0, 100, True)),
        ("bytes=100-", None),
        ("bytes=-0", None),
        ("bytes=5-4", Slice(0, 100, False)),
        ("bytes=0-1,3-4", Slice(0, 100, False)),
        ("bytes=-", Slice(0, 100, False)),
        ("pages=1-2", Slice(0, 100, False)),
        ("bytes=٣-٤", Slice(0, 100, False)),
    ],
)
def test_ranges(header: str | None, expected: Slice | None) -> None:
    assert parse_range(header, 100) == expected


@given(st.text(max_size=60) | st.from_regex(r"bytes=\d{0,40}-\d{0,40}", fullmatch=True), st.integers(0, 10**12))
def test_a_range_never_leaves_the_file(header: str, size: int) -> None:
    part = parse_range(header, size)
    if part is not None:
        assert 0 <= part.start <= part.end <= size
        assert part.partial <= (part.start < part.end)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=80))
def test_a_name_cannot_break_out_of_its_header(name: str) -> None:
    header = content_headers(name, FileType.HTML, '"x"')["Content-Disposition"]
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.startswith("attachment; ")


def test_only_pdf_is_shown_in_the_browser_and_every_type_has_a_name() -> None:
    assert set(MEDIA_TYPES) == set(FileType)
    inline = [t for t in FileType if content_headers("a", t, "")["Content-Disposition"].startswith("inline")]
    assert inline == [FileType.PDF]
