"""What is attached to a mail is read as pages of its own, and nothing attached keeps the mail from being read."""

from email.message import EmailMessage
from pathlib import Path

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
