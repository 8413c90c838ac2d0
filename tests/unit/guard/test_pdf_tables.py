"""Tables of PDFs: rows, cells and heads, and that a row never stands without what its head says."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas
from tests.unit.guard.papers import assert_in_order, pages_of, paper

from pincite.guard import Block, BlockKind, PageText
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner

Rows = Sequence[Sequence[str]]
HEAD = (("", "Year ended May 31,", ""), ("(in millions)", "2023", "2022"))
BODY = (
    ("Revenues", "$ 51,217", "$ 46,710"),
    ("Cost of sales", "28,925", "25,231"),
    ("Gross margin", "43.5 %", "46.0 %"),
    ("Other (income) expense, net", "(280)", "—"),
)


def draw(rows: Rows, sheet: Canvas, top: int = 700) -> None:
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            if column:
                sheet.drawRightString(200 + 130 * column, top - 14 * line, cell)
            else:
                sheet.drawString(72, top - 14 * line, cell)


def table(rows: Rows) -> tuple[PageText, Block]:
    (page,) = pages_of(paper(lambda sheet, _: draw(rows, sheet)))
    assert_in_order(page.text, page.blocks)
    (found,) = [block for block in page.blocks if block.kind is BlockKind.TABLE]
    return page, found


def cells(page: PageText, block: Block) -> list[list[str]]:
    assert block.table is not None
    return [[page.text[cell.start : cell.end] for cell in row] for row in block.table.rows]


def test_rows_cells_and_head() -> None:
    page, block = table([*HEAD, *BODY])
    assert block.table is not None
    assert block.table.head_rows == 2
    assert cells(page, block) == [[cell for cell in row if cell] for row in (*HEAD, *BODY)]
    assert [[cell.column for cell in row] for row in block.table.rows[1:]] == [[0, 1, 2]] * 5


def test_a_table_that_begins_with_figures_has_no_head() -> None:
    _, block = table(BODY)
    assert block.table is not None
    assert block.table.head_rows == 0


def test_a_head_written_column_by_column_is_read_row_by_row() -> None:
    def by_column(sheet: Canvas, _: int) -> None:
        for column, year in ((1, "2023"), (2, "2022")):
            for line, word in enumerate(("FISCAL", year)):
                sheet.drawRightString(200 + 130 * column, 728 - 14 * line, word)
        draw(BODY, sheet)

    (page,) = pages_of(paper(by_column))
    (block,) = page.blocks
    assert block.table is not None
    assert cells(page, block)[: block.table.head_rows] == [["FISCAL", "FISCAL"], ["2023", "2022"]]


def test_a_row_with_a_long_name_is_one() -> None:
    def statement(sheet: Canvas, _: int) -> None:
        sheet.setFontSize(8)
        label = "Short-term borrowings and the current portion of long-term debt, all told"
        draw([("Net sales", "101", "102"), ("Interest", "7", "8"), (label, "$ 938", "$ 307"), ("Tax", "3", "4")], sheet)

    (page,) = pages_of(paper(statement))
    (block,) = page.blocks
    assert [row[-2:] for row in cells(page, block)] == [["101", "102"], ["7", "8"], ["$ 938", "$ 307"], ["3", "4"]]


def test_amounts_of_things_are_no_head_and_a_name_may_go_on_below_it() -> None:
    rows = [("Vehicle", "First 10,000 miles in a", "After that"), ("", "tax year", "")]
    rows += [(name, "45p a mile", "25p a mile") for name in ("Car", "Motorcycle", "Bicycle, electric too")]

    def policy(sheet: Canvas, _: int) -> None:
        for line in range(9):
            sheet.drawString(
                72, 780 - 14 * line, "Vehicles are paid by distance, which covers fuel, wear and insurance."
            )
        draw(rows, sheet, 780 - 14 * 11)

    (page,) = pages_of(paper(policy))
    (block,) = [block for block in page.blocks if block.kind is BlockKind.TABLE]
    assert block.table is not None
    assert block.table.head_rows == 2
    assert cells(page, block) == [[cell for cell in row if cell] for row in rows]


@pytest.mark.parametrize("count", [40, 60])
def test_every_chunk_of_rows_knows_the_head(count: int) -> None:
    rows = [(f"Part number {row} of the plant", f"{row + 7},101", f"{row + 3},202") for row in range(count)]

    def long(sheet: Canvas, _: int) -> None:
        draw(HEAD, sheet, 820)
        draw(rows, sheet, 820 - 14 * len(HEAD))

    (page,) = pages_of(paper(long))
    chunker = Chunker(ChunkOwner("r", "d", "c"), ChunkingSettings(min_tokens=60, max_tokens=100))
    chunks = [*chunker.add(page), *chunker.finish()]
    assert len(chunks) > 3
    assert "2023" in chunks[0].text
    for chunk in chunks[1:]:
        assert chunk.heading_path[-1] == "(in millions) | Year ended May 31, 2023 | 2022"
        assert chunk.text.startswith("Part number")
        assert chunk.text.rsplit(maxsplit=1)[-1].endswith("202"), "no row is cut"


def test_prose_with_figures_is_no_table() -> None:
    def prose(sheet: Canvas, _: int) -> None:
        for line in range(6):
            sheet.drawString(
                72, 700 - 14 * line, f"In 20{line + 10} the plant sold {line} pumps and in 2022 it sold more."
            )

    (page,) = pages_of(paper(prose))
    assert [block.kind for block in page.blocks] == [BlockKind.PARAGRAPH]


_cell = st.sampled_from(["", "12", "$ 7", "(3)", "4.5 %", "n/a", "words here", "2023", "—"])
_rows = st.lists(st.tuples(st.sampled_from(["Oslo", "Net income", ""]), _cell, _cell), min_size=1, max_size=9)


@settings(max_examples=25, deadline=None)
@given(_rows)
def test_cells_are_of_the_text_and_cover_the_table(rows: Rows) -> None:
    for page in pages_of(paper(lambda sheet, _: draw([*rows, ("end", "", "")], sheet))):
        assert_in_order(page.text, page.blocks)
        for block in page.blocks:
            if block.table is None:
                continue
            places = sorted((cell.start, cell.end) for row in block.table.rows for cell in row)
            assert all(block.start <= start < end <= block.end for start, end in places)
            assert all(one[1] <= two[0] for one, two in pairwise(places))
            covered = "".join("".join(page.text[start:end].split()) for start, end in places)
            assert covered == "".join(page.text[block.start : block.end].split())
