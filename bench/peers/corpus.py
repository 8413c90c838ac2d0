"""Two hundred real files of the formats that all compared systems read, the same at every run: chosen by a seed.

A page is a page of a PDF; of other formats it is 3,000 characters of text. Files that another reader (pdfium,
python-docx, a decoder of UTF-8) finds empty or broken, and those over 5 MB, are not chosen.
"""

import math
import random
import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import docx
import pypdfium2 as pdfium
from docx.opc.exceptions import PackageNotFoundError
from lxml.etree import XMLSyntaxError

T = TypeVar("T")
SEED = 20_261_128
# Of two hundred; filings are FinanceBench's, the others are from collections of real files and from knowledge bases.
SHARES = {"filing": 10, "pdf": 52, "docx": 24, "html": 14, "md": 76, "txt": 24}
_PAGE_CHARS = 3_000
_LEAST_CHARS = 200
_MOST_BYTES = 5 << 20
_MOST_PAGES = 40  # of a PDF that is no filing: five of a thousand pages would be all that is measured
_SKIPPED = ("hostile_", "corpus_encodings", "corpus_pdfjs", "groundtruth", "expected", "source.md", "readme", "license")
_NO_TEXT = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>|\s+", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sample:
    """One file, copied to a folder of its own under a name that no other has."""

    path: Path
    kind: str
    pages: int


def chosen(data: Path, folder: Path, count: int) -> list[Sample]:
    """Copy so many files of PINCITE_BENCH_DATA into `folder`, in the shares above, and return them mixed."""
    luck = random.Random(SEED)
    samples: list[Sample] = []
    for kind, share in SHARES.items():
        wanted = max(1, round(share * count / sum(SHARES.values())))
        found: list[Sample] = []
        for name, content in _candidates(data, kind, luck):
            path = folder / f"{kind}-{len(found):03d}-{name}"
            path.write_bytes(content)
            pages = _pages(path, kind)
            if pages and len(found) < wanted:
                found.append(Sample(path, kind, pages))
            else:
                path.unlink()
            if len(found) == wanted:
                break
        samples += found
    luck.shuffle(samples)
    return samples


def _candidates(data: Path, kind: str, luck: random.Random) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents in an order that the seed decides."""
    if kind == "filing":
        yield from _contents(sorted((data / "financebench" / "pdfs").glob("*.pdf")), luck)
    elif kind == "md":
        with tarfile.open(data / "kb" / "kb.tar.gz") as archive:
            members = {each.name: each for each in archive.getmembers() if each.isfile() and each.name.endswith(".md")}
            for name in _shuffled(sorted(members), luck):
                opened = archive.extractfile(members[name])
                if opened is not None and members[name].size <= _MOST_BYTES:
                    yield Path(name).name, opened.read()
    else:
        found = (path for path in (data / "files").rglob(f"*.{kind}") if path.is_file())
        yield from _contents(sorted(path for path in found if not _skipped(path, data)), luck)


def _contents(paths: Sequence[Path], luck: random.Random) -> Iterator[tuple[str, bytes]]:
    for path in _shuffled(paths, luck):
        if path.stat().st_size <= (_MOST_BYTES if path.parent.name != "pdfs" else 1 << 30):
            yield path.name, path.read_bytes()


def _shuffled(items: Sequence[T], luck: random.Random) -> list[T]:
    return luck.sample(items, len(items))


def _skipped(path: Path, data: Path) -> bool:
    inside = path.relative_to(data).as_posix().casefold()
    return any(mark in inside for mark in _SKIPPED)


def _pages(path: Path, kind: str) -> int:
    """Return how many pages a file counts for; 0 where it is not to be chosen."""
    if kind in {"filing", "pdf"}:
        return _pdf_pages(path, math.inf if kind == "filing" else _MOST_PAGES)
    text = _docx_text(path) if kind == "docx" else _decoded(path)
    chars = len(_NO_TEXT.sub(" ", text)) if kind == "html" else len(text)
    return 0 if chars < _LEAST_CHARS else math.ceil(chars / _PAGE_CHARS)


def _pdf_pages(path: Path, most: float) -> int:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError:
        return 0
    try:
        chars = sum(document[number].get_textpage().count_chars() for number in range(min(3, len(document))))
        return len(document) if chars >= _LEAST_CHARS and len(document) <= most else 0
    except pdfium.PdfiumError:
        return 0
    finally:
        document.close()


def _docx_text(path: Path) -> str:
    try:
        read = docx.Document(str(path))
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, zipfile.BadZipFile):
        return ""
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(each.text for each in read.paragraphs), *cells])


def _decoded(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
