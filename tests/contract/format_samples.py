"""One small sample of every format, made by code: what the format suite reads."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pptx
import xlwt
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas
from tests.contract.compound_files import outlook

from pincite.guard import DocumentReader, FileType, PageText

FACT = "Hotels are paid up to 180 euros a night."


def pdf(path: Path, *, pages: int = 2) -> None:
    sheet = canvas.Canvas(str(path), pagesize=A4)
    for number in range(1, pages + 1):
        sheet.bookmarkPage(f"p{number}")
        sheet.addOutlineEntry(f"Chapter {number}", f"p{number}")
        sheet.setFont("Helvetica-Bold", 20)
        sheet.drawString(72, 760, f"Chapter {number}")
        sheet.setFont("Helvetica", 11)
        sheet.drawString(72, 720, FACT)
        sheet.drawString(72, 706, "Trains are paid in second class.")
        for row, cells in enumerate((("Oslo", "90", "95"), ("Rome", "80", "85"), ("Lima", "70", "75"))):
            for column, cell in enumerate(cells):
                sheet.drawString(72 + 90 * column, 640 - 14 * row, cell)
        sheet.showPage()
    sheet.save()


def word(path: Path) -> None:
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Travel", 1)
    document.add_paragraph(FACT)
    document.add_paragraph("Keep the bill", style="List Bullet")
    document.add_paragraph("Hand it in", style="List Bullet")
    document.add_heading("Rates", 2)
    table = document.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, (("City", "Rate"), ("Oslo", "90")), strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    document.save(str(path))


def slides(path: Path) -> None:
    show: Any = pptx.Presentation()
    for title in ("Travel", "Rates"):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = f"{FACT}\nAsk first"
        slide.notes_slide.notes_text_frame.text = "Say this slowly."
    show.save(str(path))


def sheets(path: Path) -> None:
    book = openpyxl.Workbook()
    rates: Any = book.active
    rates.title = "Rates"
    rates.append(["City", "Rate", "From", "Share"])
    rates.append(["Oslo", 1234.5, date(2026, 3, 1), 0.125])
    rates["B2"].number_format = "#,##0.00"
    rates["C2"].number_format = "dd.mm.yyyy"
    rates["D2"].number_format = "0.0%"
    notes = book.create_sheet("Notes")
    notes.append([FACT])
    book.save(path)


def old_sheets(path: Path) -> None:
    book: Any = xlwt.Workbook()
    rates = book.add_sheet("Rates")
    for row, cells in enumerate((("City", "Rate", "From", "Share"), ("Oslo", 1234.5, date(2026, 3, 1), 0.125))):
        for column, (value, code) in enumerate(zip(cells, ("General", "#,##0.00", "dd.mm.yyyy", "0.0%"), strict=True)):
            rates.write(row, column, value, xlwt.easyxf(num_format_str=code))
    rates.write_merge(2, 3, 0, 0, "Rome")
    rates.write(2, 1, 80)
    rates.write(3, 1, True)
    book.add_sheet("Lists").visibility = 1
    book.add_sheet("Notes").write(0, 0, FACT)
    book.save(str(path))


def mail(path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Reise nach München"
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "bob@example.org"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message.set_content(f"Hello Bob,\n\n{FACT}\n")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="bill.pdf")
    path.write_bytes(message.as_bytes())


def book(path: Path) -> None:
    chapter = f"<html><body><h1>{{}}</h1><p>{FACT}</p></body></html>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="b" href="two.xhtml"/>'
            '<item id="a" href="one.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        )
        archive.writestr("OEBPS/one.xhtml", chapter.format("One"))
        archive.writestr("OEBPS/two.xhtml", chapter.format("Two"))


HTML = f"""<!doctype html><html><head><title>Handbook</title><style>p {{}}</style></head><body>
<nav><a href="/">Home</a></nav><main><h1>Travel</h1><p>{FACT}</p>
<ul><li>Keep the <b>bill</b></li><li>Hand it in</li></ul>
<h2>Rates</h2><table><tr><th>City</th><th>Rate</th></tr><tr><td>Oslo</td><td>90</td></tr></table></main>
<footer>Imprint</footer><script>alert(1)</script></body></html>"""
MARKDOWN = f"""---
owner: Ada
---
# Travel

{FACT} See the **[rates](https://example.org)**.

- Keep the `bill`
- Hand it in

## Rates

| City | Rate |
|------|-----:|
| Oslo | 90 |

```python
print("hello")
```
"""
RTF = (
    r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\stylesheet{\s1 heading 1;}{\s2 heading 2;}}"
    r"\pard\s1 Travel\par\pard " + FACT + r" Caf\'e9 \u8364?\par\pard\s2 Rates\par\pard"
    r"\trowd\intbl City\cell Rate\cell\row\trowd\intbl Oslo\cell 90\cell\row\pard Done.\par}"
)

RST = f"""======
Travel
======

{FACT} See :ref:`the rates <rates>` or `the site <https://example.org>`_.

* Keep the ``bill``
* Hand it in

.. note:: Ask *first*.

.. image:: /secret.png
   :alt: nothing

Rates
-----

+------+------+
| City | Rate |
+======+======+
| Oslo | 90   |
+------+------+

Call it like this::

    pay("Oslo")
"""
CODE = f'''"""Pays bills."""

LIMIT = 180


# {FACT}
def pay(city: str) -> int:
    return LIMIT if city == "Oslo" else 90


class Till:
    """Keeps them."""
'''
_ODF = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
)
ODT = (
    "<text:tracked-changes><text:p>Deleted.</text:p></text:tracked-changes>"
    '<text:h text:outline-level="1">Travel</text:h>'
    f"<text:p>{FACT}<text:note><text:note-citation>1</text:note-citation>"
    "<text:note-body><text:p>With breakfast.</text:p></text:note-body></text:note></text:p>"
    "<text:list><text:list-item><text:p>Keep the<text:s/>bill</text:p></text:list-item>"
    "<text:list-item><text:p>Hand it in</text:p></text:list-item></text:list>"
    '<text:h text:outline-level="2">Rates</text:h><table:table><table:table-row><table:table-cell><text:p>City</text:p>'
    "</table:table-cell><table:table-cell><text:p>Rate</text:p></table:table-cell></table:table-row><table:table-row>"
    "<table:table-cell><text:p>Oslo</text:p></table:table-cell><table:table-cell><text:p>90</text:p></table:table-cell>"
    "</table:table-row></table:table>"
)


def open_document(path: Path, kind: str = "text", body: str = ODT) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr(
            "content.xml",
            f"<office:document-content {_ODF}><office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        )


def packed(path: Path, members: "dict[str, bytes] | None" = None) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (members or {"travel/rules.md": MARKDOWN.encode(), "facts.txt": FACT.encode()}).items():
            archive.writestr(name, data)


def taped(path: Path, mode: str = "w:gz") -> None:
    with tarfile.open(path, mode) as archive:  # pyright: ignore[reportCallIssue, reportArgumentType]
        for name, data in {"travel/rules.md": MARKDOWN.encode(), "facts.txt": FACT.encode()}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


MAKERS: dict[FileType, Callable[[Path], object]] = {
    FileType.PDF: pdf,
    FileType.DOCX: word,
    FileType.PPTX: slides,
    FileType.XLSX: sheets,
    FileType.XLS: old_sheets,
    FileType.CSV: lambda path: path.write_text(f'City;Rate;Note\nOslo;90;"{FACT}"\nRome;80;x\nLima;70;y\n'),
    FileType.HTML: lambda path: path.write_text(HTML),
    FileType.MARKDOWN: lambda path: path.write_text(MARKDOWN),
    FileType.TEXT: lambda path: path.write_text(f"Dear all.\n\n{FACT}\n"),
    FileType.EML: mail,
    FileType.EPUB: book,
    FileType.RTF: lambda path: path.write_text(RTF),
    FileType.OPENDOCUMENT: open_document,
    FileType.RST: lambda path: path.write_text(RST),
    FileType.JSON: lambda path: path.write_text(json.dumps({"travel": {"hotel": FACT, "cities": ["Oslo", "Rome"]}})),
    FileType.CODE: lambda path: path.write_text(CODE),
    FileType.MSG: lambda path: outlook(path, "Travel", f"Hello.\r\n\r\n{FACT}\r\n", {"rules.md": MARKDOWN.encode()}),
    FileType.ZIP: packed,
    FileType.TAR: taped,
}


async def pages_of(reader: DocumentReader, path: Path, file_type: FileType) -> list[PageText]:
    return [page async for batch in reader.read(path, file_type) for page in batch.pages]
