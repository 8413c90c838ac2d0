"""What is attached to a mail is read as pages of its own, and nothing attached keeps the mail from being read."""

import struct
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.contract.compound_files import outlook
from tests.contract.format_samples import FACT, pages_of, pdf, sheets

from pincite.guard import DocumentReader, FileType


def letter(subject: str, attached: dict[str, bytes]) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Ada <ada@example.org>"
    message.set_content(f"About {subject}.\n")
    for name, data in attached.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


async def test_attachments_follow_the_mail_as_labelled_pages(reader: DocumentReader, tmp_path: Path) -> None:
    pdf(tmp_path / "bill.pdf")
    sheets(tmp_path / "rates.xlsx")
    files = {name: (tmp_path / name).read_bytes() for name in ("bill.pdf", "rates.xlsx")}
    path = tmp_path / "a.eml"
    path.write_bytes(letter("travel", files).as_bytes())
    pages = await pages_of(reader, path, FileType.EML)
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert [page.label for page in pages[1:]] == [
        "bill.pdf, 1", "bill.pdf, 2", "rates.xlsx, Sheet 'Rates', A1:D2", "rates.xlsx, Sheet 'Notes', A1",
    ]  # fmt: skip
    assert FACT in pages[1].text
    assert all(page.text[block.start : block.end].strip() for page in pages for block in page.blocks)


async def test_a_bad_attachment_is_a_warning_and_a_picture_only_a_name(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    message = letter("travel", {"bill.pdf": b"%PDF-1.7\nbroken", "logo.png": b"\x89PNG\r\n\x1a\n" + bytes(50)})
    path.write_bytes(message.as_bytes())
    first, bad = await pages_of(reader, path, FileType.EML)
    assert "Attachments: bill.pdf, logo.png" in first.text
    assert (bad.text, bad.label) == ("", "bill.pdf")
    assert bad.warning.startswith("bill.pdf: ")


async def test_mail_within_mail_is_read_down_to_a_limit(reader: DocumentReader, tmp_path: Path) -> None:
    message = letter("level 6", {})
    for level in range(5, 0, -1):
        outer = letter(f"level {level}", {})
        outer.add_attachment(message)
        message = outer
    path = tmp_path / "a.eml"
    path.write_bytes(message.as_bytes())
    pages = await pages_of(reader, path, FileType.EML)
    said = "\n".join(page.text for page in pages)
    assert "About level 4." in said
    assert "About level 5." not in said
    assert "too deep" in pages[-1].warning


FOOTER = "Team list, https://lists.example.org"
PARTS = {"plain": "text/plain", "html": "text/html"}


def part(kind: str, text: str, *more: str) -> str:
    return "\r\n".join((f"Content-Type: {PARTS[kind]}; charset=utf-8", *more, "", text, ""))


def several(kind: str, mark: str, *parts: str) -> str:
    inner = "".join(f"--{mark}\r\n{each}\r\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{mark}"\r\n\r\n{inner}--{mark}--\r\n'


HEAD = "From: ada@example.org\r\nSubject: Fee\r\nMIME-Version: 1.0\r\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            several("mixed", "a", part("html", "<p>The fee is 400.</p>"), part("plain", FOOTER)),
            ["The fee is 400.", FOOTER],
        ),
        (
            several("alternative", "a", part("plain", "The fee is 400."), part("html", "<p>The <b>fee</b>: 400</p>")),
            ["The fee is 400."],
        ),
        (
            several("alternative", "a", part("plain", " "), part("html", "<ul><li>The fee is 400.</ul>")),
            ["The fee is 400."],
        ),
        (
            several(
                "mixed",
                "a",
                several("alternative", "b", part("html", "<p>no</p>"), part("plain", "The fee is 400.")),
                part("html", "<p>Signed.</p>"),
                part("plain", FOOTER),
            ),
            ["The fee is 400.", "Signed.", FOOTER],
        ),
        (
            several("related", "a", several("alternative", "b", part("html", "<p>The fee is 400.</p>"))),
            ["The fee is 400."],
        ),
    ],
)
async def test_all_that_a_mail_says_is_read_and_nothing_twice(
    reader: DocumentReader, tmp_path: Path, body: str, said: list[str]
) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(f"{HEAD}{body}".encode())
    (page,) = await pages_of(reader, path, FileType.EML)
    assert page.text.split("\n\n") == ["Fee", "From: ada@example.org", *said]


@pytest.mark.parametrize("encoding", ["utf-8", "koi8-r"])
async def test_headers_in_bare_bytes_are_read(reader: DocumentReader, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.eml"
    attached = 'Content-Disposition: attachment; filename="Счёт.txt"'
    subject = "Плата =?utf-8?b?0LfQsA==?=\n =?utf-8?b?INC80LDQuQ==?= ok"
    head = f"From: Ада <a@example.org>\nTo: b@example.org\nSubject: {subject}\n"
    if encoding == "utf-8":
        text = f"{head}{several('mixed', 'a', part('plain', 'Here.'), part('plain', 'Sum: 4', attached))}"
    else:
        text = f"{head}Content-Type: text/plain; charset={encoding}\n\nHere."
    path.write_bytes(text.encode(encoding))
    first, *rest = await pages_of(reader, path, FileType.EML)
    assert first.label == "Плата за май ok"
    assert "From: Ада <a@example.org>" in first.text
    assert [page.label for page in rest] == (["Счёт.txt, 1"] if encoding == "utf-8" else [])


async def test_a_mailbox_is_an_archive_of_its_messages(reader: DocumentReader, tmp_path: Path) -> None:
    pdf(tmp_path / "bill.pdf", pages=1)
    letters = [letter("travel", {"bill.pdf": (tmp_path / "bill.pdf").read_bytes()}), letter("rates", {})]
    letters[1].set_content("One.\n\nFrom here on at 10:00 it is quiet.\n\n>From home\n")
    begins = b"From ada@example.org Mon Mar  2 10:00:00 2026\n"
    path = tmp_path / "Inbox"
    path.write_bytes(b"".join(begins + each.as_bytes() + b"\n" for each in letters))
    assert await reader.sniff(path, "Inbox") is FileType.EML
    pages = await pages_of(reader, path, FileType.EML)
    assert [page.label for page in pages] == ["Message 1, travel", "Message 1, bill.pdf, 1", "Message 2, rates"]
    assert FACT in pages[1].text
    assert pages[2].text.startswith("Message 2\n\nrates\n\nFrom: Ada")
    assert pages[2].text.endswith("One.\n\nFrom here on at 10:00 it is quiet.\n\nFrom home")
    path.write_bytes(begins + letters[1].as_bytes())
    (page,) = await pages_of(reader, path, FileType.EML)
    assert page.label == "rates"


async def test_an_appointment_says_when_and_where(reader: DocumentReader, tmp_path: Path) -> None:
    calendar = bytes.fromhex("0220060000000000c000000000000046")
    names = b"".join(struct.pack("<IHH", known, 3 << 1, at) for at, known in enumerate((0x820D, 0x820E, 0x8208)))
    moments = [(1772442000 + 3600 * hour + 11_644_473_600) * 10**7 for hour in (1, 2)]
    times = b"".join(struct.pack("<IIQ", 0x80000040 + (at << 16), 0, value) for at, value in enumerate(moments))
    path = tmp_path / "a.msg"
    outlook(
        path,
        "Rates",
        {
            "__properties_version1.0": bytes(32) + times,
            "__substg1.0_001A001F": "IPM.Appointment".encode("utf-16-le"),
            "__substg1.0_1000001F": "Bring the bills.".encode("utf-16-le"),
            "__substg1.0_8002001F": "Room 4".encode("utf-16-le"),
            "__nameid_version1.0": {"__substg1.0_00020102": calendar, "__substg1.0_00030102": names},
        },
    )
    (page,) = await pages_of(reader, path, FileType.MSG)
    said = "Starts: 2026-03-02 10:00 UTC\nEnds: 2026-03-02 11:00 UTC\nLocation: Room 4\n\nBring the bills."
    assert page.text.endswith(said)
