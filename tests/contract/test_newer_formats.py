"""What OpenDocument, reStructuredText, JSON and source code look like as pages, beyond what holds for every format."""

import json
from pathlib import Path

import pytest
from tests.contract.format_samples import CODE, FACT, RST, open_document, pages_of

from pincite.guard import BlockKind, DocumentReader, FileType, UnreadableDocument


async def test_opendocument_gives_headings_lists_tables_notes_and_no_deleted_text(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "travel.odt"
    open_document(path)
    first, second = await pages_of(reader, path, FileType.OPENDOCUMENT)
    assert (first.label, second.label) == ("Travel", "Rates")
    assert [block.kind for block in first.blocks] == [
        BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.PARAGRAPH, BlockKind.LIST,
    ]  # fmt: skip
    assert "With breakfast." in first.text
    assert "Keep the bill\nHand it in" in first.text
    assert "Deleted" not in first.text
    assert second.text.endswith("City | Rate\nOslo | 90")


async def test_opendocument_sheets_repeat_what_says_something_and_slides_are_pages(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "rates.ods"
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    empty = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        f"<table:table-row>{cell.format('', 'City')}{cell.format('', 'Rate')}{empty}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{cell.format("", "Oslo")}{cell.format("", "90")}'
        "</table:table-row>"
        f'<table:table-row table:number-rows-repeated="1048570">{empty}</table:table-row>'
    )
    open_document(path, "spreadsheet", f'<table:table table:name="Rates">{rows}</table:table>')
    (sheet,) = await pages_of(reader, path, FileType.OPENDOCUMENT)
    assert (sheet.label, sheet.text) == ("Sheet 'Rates', A1:B3", "Rates\n\nCity | Rate\nOslo | 90\nOslo | 90")
    frame = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    notes = f"<presentation:notes>{frame.format('Say it slowly.')}</presentation:notes>"
    path = tmp_path / "show.odp"
    slides = "".join(f"<draw:page>{frame.format(name)}{frame.format('Body')}{notes}</draw:page>" for name in ("A", "B"))
    open_document(path, "presentation", slides)
    pages = await pages_of(reader, path, FileType.OPENDOCUMENT)
    assert [page.label for page in pages] == ["Slide 1", "Slide 2"]
    assert pages[1].text == "B\n\nBody\n\nNotes\n\nSay it slowly."


async def test_rst_gives_structure_without_markup_and_no_options_of_directives(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "travel.rst"
    path.write_text(RST)
    first, second = await pages_of(reader, path, FileType.RST)
    assert (first.label, second.label) == ("Travel", "Rates")
    assert "See the rates or the site." in first.text
    assert "Keep the bill\nHand it in" in first.text
    assert "Ask first." in first.text
    assert "secret" not in first.text + second.text
    assert "City | Rate\nOslo | 90" in second.text
    assert second.blocks[-1].kind is BlockKind.CODE


async def test_json_reads_as_lines_and_records_as_a_table(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    path.write_text('{"rates": [{"city": "Oslo", "rate": 90}, {"city": "Rome", "rate": 80}], "open": {"from": "May"}}')
    text = "\n".join(page.text for page in await pages_of(reader, path, FileType.JSON))
    assert "city | rate\nOslo | 90\nRome | 80" in text
    assert "open > from: May" in text
    lines = tmp_path / "rates.jsonl"
    lines.write_text('{"city": "Oslo"}\n\n{"city": "Rome"}\n')
    assert "Oslo\nRome" in (await pages_of(reader, lines, FileType.JSON))[0].text
    lines.write_text('{"city": "Oslo"}\nno json\n')
    with pytest.raises(UnreadableDocument, match="Line 2"):
        await pages_of(reader, lines, FileType.JSON)
    path.write_text('{\n "city": "Oslo",\n "rates": [90,],\n "open": true\n}\n')
    with pytest.raises(UnreadableDocument, match="Line 3 is"):
        await pages_of(reader, path, FileType.JSON)
    lines.write_text("[" * 100_000)
    with pytest.raises(UnreadableDocument):
        await pages_of(reader, lines, FileType.JSON)


async def test_json_keeps_numbers_as_written_names_that_come_again_and_what_is_empty(
    reader: DocumentReader, tmp_path: Path
) -> None:
    path = tmp_path / "rates.json"
    path.write_text(
        '{"share": 0.10, "id": 12345678901234567890.123456789, "most": 1e400, "none": NaN, "share": 2, "cities": [], '
        '"share (2)": 3}'
    )
    assert (await pages_of(reader, path, FileType.JSON))[0].text.split("\n") == [
        "share: 0.10", "id: 12345678901234567890.123456789", "most: 1e400", "none: NaN", "share (2): 2", "cities: []",
        "share (2) (2): 3",
    ]  # fmt: skip


async def test_a_notebook_reads_as_its_cells_without_pictures(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "rates.ipynb"
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo=", "text/plain": ["<Figure>"]}}
    printed = {"output_type": "stream", "text": ["90\n"]}
    failed = {"output_type": "error", "ename": "KeyError", "evalue": "Lima", "traceback": []}
    code = {"cell_type": "code", "source": ["rate = 90\n", "print(rate)"], "outputs": [printed, picture, failed]}
    cells = [{"cell_type": "markdown", "source": ["# Rates\n", "Of *hotels*."]}, code]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}))
    (page,) = await pages_of(reader, path, FileType.JSON)
    assert page.text == "Rates\n\nOf hotels.\n\nrate = 90\nprint(rate)\n\n90\n\n<Figure>\n\nKeyError: Lima"
    assert [block.kind for block in page.blocks[2:]] == [BlockKind.CODE] * 4


async def test_code_is_cut_at_definitions_with_their_comments(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "till.py"
    path.write_text(CODE)
    pages = await pages_of(reader, path, FileType.CODE)
    assert [page.label for page in pages] == ["1", "def pay(city: str) -> int", "class Till"]
    assert f"# {FACT}\ndef pay" in pages[1].text
    path.write_text("#include <stdio.h>\n\nint main(int argc, char **argv) {\n  return 0;\n}\n\nfn no() {}\n")
    assert [page.label for page in await pages_of(reader, path, FileType.CODE)][1:] == [
        "int main(int argc, char **argv)", "fn no() {}",
    ]  # fmt: skip
    path.write_text("package a;\n\n/**\n * Pays bills.\n */\n@Entity\npublic class Till {\n}\n")
    assert (await pages_of(reader, path, FileType.CODE))[-1].text.startswith(
        "public class Till\n\n/**\n * Pays bills.\n */\n@Entity\npublic class Till"
    )
