"""Archives and Outlook messages: what lies within is read as pages of its own, within limits."""

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.contract.compound_files import compound, message, outlook
from tests.contract.format_samples import FACT, MARKDOWN, RTF, packed, pages_of, sheets, taped, word

from pincite.guard import BlockKind, DocumentReader, FileType, UnreadableDocument


def zip_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


async def test_members_are_pages_under_their_paths(reader: DocumentReader, tmp_path: Path) -> None:
    sheets(tmp_path / "rates.xlsx")
    members = {
        "a/": b"",
        "a/rules.md": MARKDOWN.encode(),
        "a/b/rates.xlsx": (tmp_path / "rates.xlsx").read_bytes(),
        "logo.png": b"\x89PNG\r\n\x1a\n",
        "__MACOSX/a/._rules.md": b"\0\x05\x16\x07",
        ".DS_Store": b"\0\0\0\1Bud1",
    }
    path = tmp_path / "all.zip"
    packed(path, members)
    assert await reader.sniff(path, "all.zip") is FileType.ZIP
    pages = await pages_of(reader, path, FileType.ZIP)
    assert [page.label for page in pages] == [
        "a/rules.md, Travel", "a/rules.md, Rates", "a/b/rates.xlsx, Sheet 'Rates', A1:D2",
        "a/b/rates.xlsx, Sheet 'Notes', A1",
        "Not read",
    ]  # fmt: skip
    assert pages[0].text.startswith("a/rules.md\n\nTravel\n\n")
    assert [(b.level, pages[0].text[b.start : b.end]) for b in pages[0].blocks if b.kind is BlockKind.HEADING] == [
        (1, "a/rules.md"), (2, "Travel"),
    ]  # fmt: skip
    assert pages[-1].warning == "Not read, because of their kind: logo.png."


async def test_bad_members_are_named_and_the_others_read(reader: DocumentReader, tmp_path: Path) -> None:
    word(tmp_path / "a.docx")
    path = tmp_path / "all.zip"
    packed(path, {"bad.docx": (tmp_path / "a.docx").read_bytes()[:-300], "empty.txt": b"", "good.txt": FACT.encode()})
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("secret.txt", "hidden " * 20)
        at = archive.getinfo("secret.txt").header_offset
    data = bytearray(path.read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    data[at + 6] |= 1
    data[directory + 8] |= 1
    path.write_bytes(data)
    pages = await pages_of(reader, path, FileType.ZIP)
    warned = [page.warning for page in pages if page.warning]
    assert [each.split(":")[0] for each in warned] == ["bad.docx", "empty.txt", "secret.txt"]
    assert "password" in warned[2]
    assert [page.text for page in pages if page.text] == [f"good.txt\n\n{FACT}"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("../../etc/passwd.txt", "etc/passwd.txt, 1"),
        ("/etc/passwd.txt", "etc/passwd.txt, 1"),
        ("..\\..\\win.txt", "win.txt, 1"),
        ("a\u202egpj.txt", "agpj.txt, 1"),
        ("..", "a file without a name, 1"),
        ("x/" * 200 + "y.txt", "…" + ("x/" * 200 + "y.txt")[-99:] + ", 1"),
        ("Prüfung.txt", "Prüfung.txt, 1"),
    ],
)
async def test_a_path_is_only_a_name(reader: DocumentReader, tmp_path: Path, name: str, label: str) -> None:
    path = tmp_path / "all.zip"
    packed(path, {name: FACT.encode()})
    (page,) = await pages_of(reader, path, FileType.ZIP)
    assert page.label == label
    assert list(tmp_path.iterdir()) == [path]


async def test_names_from_before_unicode_are_read_as_written(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    packed(path, {"zzzzzzzzzz.txt": FACT.encode()})
    path.write_bytes(path.read_bytes().replace(b"zzzzzzzzzz", "расходы1го".encode("cp866")))
    (page,) = await pages_of(reader, path, FileType.ZIP)
    assert page.label == "расходы1го.txt, 1"


async def test_names_by_consoles_of_western_europe_are_read_as_written(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "all.zip"
    packed(path, {"zzzzzzzz.txt": FACT.encode()})
    path.write_bytes(path.read_bytes().replace(b"zzzzzzzz", "Größe_ü1".encode("cp850")))
    (page,) = await pages_of(reader, path, FileType.ZIP)
    assert page.label == "Größe_ü1.txt, 1"


async def test_archives_in_archives_end_at_a_depth(reader: DocumentReader, tmp_path: Path) -> None:
    data = zip_of({"deep.txt": FACT.encode()})
    for level in range(5):
        data = zip_of({f"{level}.zip": data, f"{level}.txt": b"At level %d." % level})
    path = tmp_path / "all.zip"
    path.write_bytes(data)
    pages = await pages_of(reader, path, FileType.ZIP)
    said = [page.text.split("\n")[-1] for page in pages if page.text]
    assert said == ["At level 2.", "At level 3.", "At level 4."]
    assert pages[0].label == "4.zip, 3.zip, 2.zip, 1.zip"
    assert "too deep" in pages[0].warning


async def test_bombs_of_every_make_are_refused(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    zeros = bytes(60 << 20)
    refused = {
        "flat": {f"{n}.txt": zeros for n in range(2)},  # beyond what may be unpacked at all
        "nested": {f"{n}.zip": zip_of({"a.txt": b" " * (14 << 20)}) for n in range(8)},  # only in sum
        "many": {f"{n}": b"" for n in range(20_001)},
    }
    for name, members in refused.items():
        path.write_bytes(zip_of(members))
        with pytest.raises(UnreadableDocument, match=r"unpacks to|more than 20,000 members") as caught:
            await pages_of(reader, path, FileType.ZIP)
        assert caught.value.remedy, name
    with gzip.open(tmp_path / "bomb.gz", "wb") as out:
        out.write(bytes(300 << 20))
    with pytest.raises(UnreadableDocument, match=r"larger than|unpacks to"):
        await pages_of(reader, tmp_path / "bomb.gz", FileType.TAR)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
async def test_tape_archives_are_read_without_links(reader: DocumentReader, tmp_path: Path, mode: str) -> None:
    path = tmp_path / "all.tar"
    taped(path, mode)
    assert await reader.sniff(path, "all.tar") is FileType.TAR
    labels = [page.label for page in await pages_of(reader, path, FileType.TAR)]
    assert labels == ["travel/rules.md, Travel", "travel/rules.md, Rates", "facts.txt, 1"]
    with tarfile.open(path, "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo(f"link{kind!r}.txt")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    with pytest.raises(UnreadableDocument, match="empty"):
        await pages_of(reader, path, FileType.TAR)


async def test_a_single_gzipped_document_keeps_its_name(reader: DocumentReader, tmp_path: Path) -> None:
    (tmp_path / "rates.csv.gz").write_bytes(b"")
    with gzip.GzipFile(str(tmp_path / "rates.csv.gz"), "wb") as out:
        out.write(b"City,Rate,Note\nOslo,90,x\n")
    (page,) = await pages_of(reader, tmp_path / "rates.csv.gz", FileType.TAR)
    assert page.text == "rates.csv\n\nCity | Rate | Note\nOslo | 90 | x"


async def test_an_outlook_message_has_people_a_body_and_attachments(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.msg"
    inner = message("Older", "Ask first.", inner=True)
    outlook(path, "Travel", FACT, {"rules.md": MARKDOWN.encode(), "old": inner, "bad.pdf": b"%PDF-1.7\nbroken"})
    pages = await pages_of(reader, path, FileType.MSG)
    assert pages[0].text == (
        "Travel\n\nFrom: Ada <ada@example.org>\nTo: Bob\nDate: 2026-03-02 09:00 UTC\n\n"
        f"{FACT}\n\nAttachments: rules.md, old, bad.pdf"
    )
    assert [page.label for page in pages[1:]] == ["rules.md, Travel", "rules.md, Rates", "old, Older", "bad.pdf"]
    assert pages[3].text.startswith("old\n\nOlder\n\nFrom: Ada <ada@example.org>")
    assert pages[4].warning.startswith("bad.pdf: ")


def compressed_rtf(text: bytes) -> bytes:
    """Compressed RTF that only has literals and the mark of the end."""
    packed, place = b"", 207
    pieces = [bytes([byte]) for byte in text]
    for at in range(0, len(pieces) + 1, 8):
        run = pieces[at : at + 8]
        place = (place + len(run)) % 4096
        if len(run) < 8:
            packed += bytes([1 << len(run)]) + b"".join(run) + struct.pack(">H", place << 4)
        else:
            packed += b"\0" + b"".join(run)
    return struct.pack("<II4sI", len(packed) + 12, len(text), b"LZFu", 0) + packed


@pytest.mark.parametrize(
    "body",
    [
        {"__substg1.0_10130102": f"<html><p>{FACT}</p></html>".encode()},
        {"__substg1.0_10090102": compressed_rtf(RTF.encode())},
        {"__substg1.0_1000001E": FACT.encode()},
    ],
)
async def test_an_outlook_body_of_any_kind_is_read(
    reader: DocumentReader, tmp_path: Path, body: dict[str, bytes]
) -> None:
    path = tmp_path / "a.msg"
    path.write_bytes(compound(message("Travel", body)))
    assert FACT in "\n".join(page.text for page in await pages_of(reader, path, FileType.MSG))
