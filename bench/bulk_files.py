"""Makes a seeded folder of many documents in every format out of the texts of public sets, for `bench.bulk`.

Paragraphs of the knowledge base and of the retrieval sets are recombined; each document has a sentence of its own.
"""

import csv
import io
import json
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from email.message import EmailMessage
from html import escape
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

_PER_FOLDER = 1000
_LINE = 95
_WORD_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{}</Types>'
)
_RELATION = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_O = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
_NOTES = '<sheet name="Notes" sheetId="1" r:id="r1"/>'
_OFFICE = "application/vnd.openxmlformats-officedocument"


def make(folder: Path, data: Path, *, documents: int, seed: int) -> None:
    """Write the documents below a folder, a thousand in each subfolder; the same for the same seed."""
    texts = paragraphs(data)
    jobs = [(folder / f"{start // _PER_FOLDER:03d}", start, min(documents, start + _PER_FOLDER), seed, texts)
            for start in range(0, documents, _PER_FOLDER)]  # fmt: skip
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_make_some, jobs))


def paragraphs(data: Path) -> list[str]:
    """Return the texts of the knowledge base and the retrieval sets, cut into pieces of a few sentences."""
    found: list[str] = []
    with tarfile.open(data / "kb" / "kb.tar.gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                found += [" ".join(each.split()) for each in file.read().decode("utf-8", "replace").split("\n\n")]
    for corpus in sorted((data / "retrieval").glob("*/corpus.jsonl")):
        with corpus.open(encoding="utf-8") as lines:
            found += [" ".join(json.loads(line)["text"].split()) for line in lines]
    return [each[:1500] for each in found if len(each) > 80]


def change(folder: Path, *, share: float, seed: int) -> int:
    """Rewrite a share of the text documents with another sentence; returns how many."""
    chosen = random.Random(seed).sample(sorted(folder.rglob("*.md")), max(1, int(share * _count(folder))))
    for path in chosen:
        path.write_text(path.read_text(encoding="utf-8") + "\n\nThis paragraph was added later.\n", encoding="utf-8")
    return len(chosen)


def _count(folder: Path) -> int:
    return sum(1 for each in folder.rglob("*") if each.is_file())


def _make_some(job: tuple[Path, int, int, int, Sequence[str]]) -> None:
    folder, start, end, seed, texts = job
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, end):
        dice = random.Random(f"{seed}-{number}")
        ending, write = dice.choices(list(WRITERS.items()), [weight for _, weight in WEIGHTS])[0]
        body = [
            f"This is document {number} of the series {dice.randrange(10**9)}.",
            *dice.sample(texts, dice.randint(2, 9)),
        ]
        (folder / f"doc-{number:06d}.{ending}").write_bytes(write(f"Document {number}", body))


def _plain(title: str, body: Sequence[str]) -> bytes:
    return "\n\n".join([title, *body]).encode()


def _markdown(title: str, body: Sequence[str]) -> bytes:
    return "\n\n".join([f"# {title}", *(f"## Part {n}\n\n{each}" for n, each in enumerate(body, 1))]).encode()


def _rst(title: str, body: Sequence[str]) -> bytes:
    return f"{title}\n{'=' * len(title)}\n\n".encode() + "\n\n".join(body).encode()


def _html(title: str, body: Sequence[str]) -> bytes:
    inner = "".join(f"<h2>Part {n}</h2><p>{escape(each)}</p>" for n, each in enumerate(body, 1))
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1>{inner}</body></html>".encode()
    )


def _csv(_title: str, body: Sequence[str], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([["Number", "Note"], *enumerate(body, 1)])
    return out.getvalue().encode()


def _json(title: str, body: Sequence[str]) -> bytes:
    return json.dumps(
        {"title": title, "notes": [{"number": n, "text": each} for n, each in enumerate(body, 1)]}
    ).encode()


def _json_lines(_title: str, body: Sequence[str]) -> bytes:
    return "\n".join(json.dumps({"number": n, "text": each}) for n, each in enumerate(body, 1)).encode()


def _mail(title: str, body: Sequence[str]) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = title, "ada@example.org", "bob@example.org"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0100"
    message.set_content("\n\n".join(body))
    return message.as_bytes()


def _code(title: str, body: Sequence[str]) -> bytes:
    said = [each[:300].replace("\\", "/").replace('"', "'") for each in body]
    parts = [f'def part_{n}():\n    """{each}"""\n    return {n}\n' for n, each in enumerate(said, 1)]
    return f'"""{title}."""\n\n\n'.encode() + "\n\n".join(parts).encode()


def _rtf(title: str, body: Sequence[str]) -> bytes:
    return ("{\\rtf1\\ansi " + "\\par ".join(_escaped(each) for each in (title, *body)) + "}").encode()


def _escaped(text: str) -> str:
    plain = text.replace("\\", "/").replace("{", "(").replace("}", ")")
    codes = ((c, ord(c)) for c in plain if ord(c) < 0x10000)
    return "".join(c if code < 128 else f"\\u{code if code < 0x8000 else code - 0x10000}?" for c, code in codes)


def _zipped(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def _word(title: str, body: Sequence[str]) -> bytes:
    inner = f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{title}</w:t></w:r></w:p>' + "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{_xml(each)}</w:t></w:r></w:p>' for each in body
    )
    kind = f'<Override PartName="/word/document.xml" ContentType="{_OFFICE}.wordprocessingml.document.main+xml"/>'
    return _zipped(
        {
            "[Content_Types].xml": _WORD_TYPES.format(kind),
            "_rels/.rels": _RELATION.format("officeDocument", "word/document.xml"),
            "word/document.xml": f"<w:document {_W}><w:body>{inner}</w:body></w:document>",
        }
    )


def _sheet(_title: str, body: Sequence[str]) -> bytes:
    rows = "".join(
        f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="inlineStr"><is><t>{_xml(each)}</t></is></c></row>'
        for n, each in enumerate(body, 1)
    )
    kinds = (
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OFFICE}.spreadsheetml.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_OFFICE}.spreadsheetml.worksheet+xml"/>'
    )
    return _zipped(
        {
            "[Content_Types].xml": _WORD_TYPES.format(kinds),
            "_rels/.rels": _RELATION.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f"<workbook {_S} {_R}><sheets>{_NOTES}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": _RELATION.format("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<worksheet {_S}><sheetData>{rows}</sheetData></worksheet>",
        }
    )


def _open_document(title: str, body: Sequence[str]) -> bytes:
    paragraphs = "".join(f"<text:p>{_xml(each)}</text:p>" for each in body)
    inner = f'<text:h text:outline-level="1">{title}</text:h>{paragraphs}'
    body_xml = f"<office:body><office:text>{inner}</office:text></office:body>"
    content = f"<office:document-content {_O}>{body_xml}</office:document-content>"
    return _zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content})


def _book(title: str, body: Sequence[str]) -> bytes:
    inner = "".join(f"<p>{_xml(each)}</p>" for each in body)
    return _zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="book.opf"/></rootfiles></container>',
            "book.opf": '<package xmlns="http://www.idpf.org/2007/opf">'
            '<manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>',
            "a.xhtml": f"<html><body><h1>{title}</h1>{inner}</body></html>",
        }
    )


def _packed(title: str, body: Sequence[str]) -> bytes:
    return _zipped({f"part-{n}.txt": _plain(f"{title}, part {n}", [each]) for n, each in enumerate(body, 1)})


def _pdf(title: str, body: Sequence[str]) -> bytes:
    out = io.BytesIO()
    sheet = Canvas(out, pagesize=A4, pageCompression=1)
    sheet.setFont("Helvetica-Bold", 16)
    sheet.drawString(60, 790, title)
    sheet.setFont("Helvetica", 10)
    height = 765
    for line in _lines(body):
        if height < 50:
            sheet.showPage()
            sheet.setFont("Helvetica", 10)
            height = 790
        sheet.drawString(60, height, line)
        height -= 13
    sheet.save()
    return out.getvalue()


def _lines(body: Sequence[str]) -> Iterator[str]:
    for each in body:
        line = ""
        for word in each.encode("latin-1", "replace").decode("latin-1").split():
            if len(line) + len(word) > _LINE:
                yield line
                line = ""
            line += f"{word[:_LINE]} "
        yield line
        yield ""


def _xml(text: str) -> str:
    return escape("".join(c for c in text if c >= " " and c not in "\ufffe\uffff"))


WRITERS: dict[str, Callable[[str, Sequence[str]], bytes]] = {
    "md": _markdown,
    "txt": _plain,
    "html": _html,
    "rst": _rst,
    "docx": _word,
    "pdf": _pdf,
    "eml": _mail,
    "csv": _csv,
    "tsv": lambda title, body: _csv(title, body, "\t"),
    "json": _json,
    "jsonl": _json_lines,
    "xlsx": _sheet,
    "odt": _open_document,
    "epub": _book,
    "rtf": _rtf,
    "py": _code,
    "zip": _packed,
}
WEIGHTS = tuple(zip(WRITERS, (34, 12, 12, 5, 8, 6, 4, 3, 1, 3, 2, 3, 2, 1, 2, 1, 1), strict=True))
