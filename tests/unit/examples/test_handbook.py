"""The example handbook: made anew it is the same to the byte, and each golden quote stands where it is said to."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pptx
import pytest

from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings

ROOT = Path(__file__).resolve().parents[3]
HANDBOOK = ROOT / "examples" / "handbook"
FILES = HANDBOOK / "files"
# Reads PDFs with pdfium in a process of its own: pdfium and threads do not mix.
_PDF = """
import json, sys, pypdfium2
document = pypdfium2.PdfDocument(sys.argv[1])
print(json.dumps([page.get_textpage().get_text_range() for page in document]))
"""


def _golden() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HANDBOOK / "golden.jsonl").read_text(encoding="utf-8").splitlines()]


def _flat(text: str) -> str:
    return "".join(character for character in text if not character.isspace() and character != "|")


@cache
def _pdf(name: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PDF, str(FILES / name)], capture_output=True, text=True, check=True, timeout=60
    )
    pages: list[str] = json.loads(done.stdout)
    return pages


@cache
def _slides(name: str) -> list[str]:
    pages: list[str] = []
    for slide in pptx.Presentation(str(FILES / name)).slides:
        shapes: list[Any] = list(slide.shapes)
        texts = [shape.text_frame.text for shape in shapes if shape.has_text_frame]
        rows = [row for shape in shapes if shape.has_table for row in shape.table.rows]
        pages.append("\n".join([*texts, *(" ".join(cell.text for cell in row.cells) for row in rows)]))
    return pages


@cache
def _sheets(name: str) -> list[str]:
    book = openpyxl.load_workbook(FILES / name)
    return ["\n".join(" ".join(str(v or "") for v in row) for row in sheet.values) for sheet in book.worksheets]


async def _sections(name: str) -> list[str]:
    reader = DocumentReader(GuardSettings(children=1, viewers=1))
    try:
        file_type = await reader.sniff(FILES / name, name)
        return [page.text async for batch in reader.read(FILES / name, file_type) for page in batch.pages]
    finally:
        await reader.close()


async def _pages(name: str) -> list[str]:
    readers = {".pdf": _pdf, ".pptx": _slides}
    if Path(name).suffix in readers:
        return readers[Path(name).suffix](name)
    return await _sections(name)


def test_the_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    command = [sys.executable, str(HANDBOOK / "generate.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=100)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_bytes() for path in FILES.iterdir()}
    assert made == kept


def test_the_golden_set_is_whole() -> None:
    golden = _golden()
    assert len({case["id"] for case in golden}) == len(golden)
    answerable = [case for case in golden if case["answerable"]]
    assert len(answerable) >= 40
    assert len(golden) - len(answerable) == 8
    assert sum("demo" in case["tags"] for case in golden) == 1
    tags = {tag for case in golden for tag in case["tags"]}
    assert {"table", "conflict", "two-documents", "look-alike"} <= tags
    for case in golden:
        assert bool(case["evidence"]) == case["answerable"] == bool(case["answer"])
        for evidence in case["evidence"] + case.get("also", []):
            assert (FILES / evidence["source"]).is_file()


@pytest.mark.parametrize("source", sorted(path.name for path in FILES.iterdir()))
async def test_each_quote_stands_on_its_page(source: str) -> None:
    quotes = [
        (evidence["page"], evidence["quote"])
        for case in _golden()
        for evidence in case["evidence"] + case.get("also", [])
        if evidence["source"] == source
    ]
    pages = await _pages(source)
    for page, quote in quotes:
        assert _flat(quote) in _flat(pages[page - 1]), (page, quote)


async def test_a_workbooks_cells_are_those_of_the_file() -> None:
    """Our own reader shows amounts with their currency; names and words are as another reader sees them."""
    ours = await _sections("people-directory.xlsx")
    theirs = _sheets("people-directory.xlsx")
    assert len(ours) == len(theirs)
    assert "Martha Lindquist" in theirs[0]
    assert "Martha Lindquist" in ours[0]


async def test_there_are_about_sixty_pages_and_one_of_them_is_a_scan() -> None:
    pages = {path.name: await _pages(path.name) for path in FILES.iterdir()}
    assert sum(len(found) for found in pages.values()) >= 60
    empty = [(name, n) for name, found in pages.items() if name.endswith(".pdf") for n, t in enumerate(found) if not t]
    assert len(empty) == 1
