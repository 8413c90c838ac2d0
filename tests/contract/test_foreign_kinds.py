"""What is not read is called by its name, and a text that only begins with the letters of such a kind is a text."""

import bz2
from pathlib import Path

import pytest
from tests.contract.format_samples import FACT, pages_of

from pincite.guard import DocumentReader, FileType, UnsupportedType

FOREIGN = {
    "a font": b"OTTO\0\x0b\0\x80\0\3\0\x30CFF ",
    "an MP3": b"ID3\3\0\0\0\0\0\x0aTIT2\0\0\0\3\0\0\0hi",
    "a bzip2": bz2.compress(b"Hotels are paid. " * 50),
    "a GIF": b"GIF89a\1\0\1\0\x80\0\0\xff\xff\xff\0\0\0!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
    "a Parquet": b"PAR1\x15\0\x15\x1a\x15\x1e,",
    "a recording or picture": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0",
    "a video or picture": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a PostScript": b"%!PS-Adobe-3.0\nshowpage\n",
}


@pytest.mark.parametrize(("called", "data"), FOREIGN.items())
async def test_what_begins_as_a_kind_that_is_not_read_is_called_by_its_name(
    reader: DocumentReader, tmp_path: Path, called: str, data: bytes
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(data)
    with pytest.raises(UnsupportedType, match=called):
        await reader.sniff(path, "upload.txt")


@pytest.mark.parametrize(
    "begins", ["OTTO ", "ID3 ", "BZh ", "PAR1 ", "GIF89 ", "Rar! ", "RIFF ", "BM ", "MZ ", "see ftyp "]
)
async def test_a_text_that_begins_with_such_letters_is_read(
    reader: DocumentReader, tmp_path: Path, begins: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{begins}{FACT}\n")
    assert await reader.sniff(path, "a.txt") is FileType.TEXT
    (page,) = await pages_of(reader, path, FileType.TEXT)
    assert page.text == f"{begins}{FACT}"


@pytest.mark.timeout(10)
async def test_comments_before_nothing_take_no_time(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("<!---->" * 2_000 + FACT)
    assert await reader.sniff(path, "a.txt") is FileType.TEXT
