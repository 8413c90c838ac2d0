"""Names that people give, hostile ones too."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.core import InvalidInput
from pincite.library.names import SOURCE_CHARS, clean_collection, clean_source


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("folder/sub/a.pdf", "folder/sub/a.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\me\\a.pdf", "Users/me/a.pdf"),
        ("./a//b/./c.txt", "a/b/c.txt"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("bad\udcffname.pdf", "bad\ufffdname.pdf"),
        ("u\u0308ber.pdf", "über.pdf"),
        ("  spaced name .pdf ", "spaced name .pdf"),
        ("...hidden", "...hidden"),
        ("10:30 meeting.txt", "10:30 meeting.txt"),
    ],
)
def test_known_names(given_name: str, kept: str) -> None:
    assert clean_source(given_name) == kept


@pytest.mark.parametrize("name", ["", "  ", "..", "/", "../..", "\x00", "x" * 501, "C:\\", "\u202e"])
def test_names_with_nothing_to_keep(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        clean_source(name)
    assert caught.value.remedy


any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=600)


@given(any_text)
def test_any_name_becomes_a_safe_one_or_is_refused(name: str) -> None:
    try:
        cleaned = clean_source(name)
    except InvalidInput:
        return
    cleaned.encode("utf-8")
    assert 0 < len(cleaned) <= SOURCE_CHARS
    assert not cleaned.startswith("/")
    assert {"", ".", ".."}.isdisjoint(cleaned.split("/"))
    assert all(unicodedata.category(c) != "Cc" for c in cleaned)
    assert clean_source(cleaned) == cleaned, "cleaning again changes nothing"


@given(any_text)
def test_a_collection_has_one_line(name: str) -> None:
    try:
        cleaned = clean_collection(name)
    except InvalidInput:
        return
    assert len(cleaned.splitlines()) == 1
    assert clean_collection(cleaned) == cleaned


@pytest.mark.parametrize(
    ("name", "cleaned"), [("C:\\a\\b.md", "a/b.md"), ("C:C:/D:/b.md", "b.md"), ("/C:/b.md", "b.md")]
)
def test_drives_go_however_many_there_are(name: str, cleaned: str) -> None:
    assert clean_source(name) == cleaned
