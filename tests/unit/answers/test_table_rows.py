"""Rows of tables are told cell by cell below the names of their columns, or not as rows at all."""

from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pincite.answers.table_rows import Row, Tables
from pincite.guard import Block, BlockKind
from pincite.guard.domain import Cell, Table

BARRED = "Kind | Length | At full pay\nMain carer | 52 weeks | 24 weeks\nSecond parent |  | 8 weeks"
PAGE = f"Leave\n{BARRED}\nNothing else."
BLOCKS = (Block(BlockKind.HEADING, 0, 5, 1), Block(BlockKind.TABLE, 6, 6 + len(BARRED)))
CELLS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


def row_at(page: str, blocks: Sequence[Block], start: int, end: int) -> Row | None:
    return Tables(page, blocks).row_at(start, end)


def drawn(rows: list[list[str]], head_rows: int = 1, wraps: bool = False) -> tuple[str, Block]:
    """Return a PDF's text of a table, its cells a blank apart, in two lines each where it `wraps`, and its block."""
    texts = [[each.replace(" ", "\r\n") if wraps else each for each in row] for row in rows]
    page = "\r\n".join(" ".join(each for each in row if each) for row in texts)
    at = 0
    found: list[tuple[Cell, ...]] = []
    for row in texts:
        filled = [(column, each) for column, each in enumerate(row) if each]
        starts = accumulate((len(each) + 1 for _, each in filled), initial=at)
        found.append(tuple(Cell(start, start + len(each), c) for start, (c, each) in zip(starts, filled, strict=False)))
        at = found[-1][-1].end + 2
    return page, Block(BlockKind.TABLE, 0, len(page), 0, Table(tuple(found), head_rows))


def test_a_row_is_told_below_the_head_with_its_empty_cells():
    start = PAGE.index("Second parent")
    row = row_at(PAGE, BLOCKS, start, start + 13)
    assert row is not None
    assert (row.head, row.cells) == (("Kind", "Length", "At full pay"), ("Second parent", "", "8 weeks"))
    assert PAGE[slice(*row.at)] == "Second parent |  | 8 weeks"
    assert PAGE[slice(*row.head_at)] == "Kind | Length | At full pay"
    assert row.said == "Second parent |  | 8 weeks"
    assert row.named == "| Kind | Length | At full pay |\n| --- | --- | --- |"


def test_what_is_no_row_is_none():
    outside, head = PAGE.index("Nothing"), PAGE.index("Kind")
    both = (PAGE.index("Main"), PAGE.index("8 weeks"))
    for start, end in ((outside, outside + 7), (head, head + 4), (0, 5), both, (both[0], len(PAGE))):
        assert row_at(PAGE, BLOCKS, start, end) is None


def test_a_line_of_a_row_that_a_page_wraps_is_all_of_it():
    page, block = drawn([["When", "What", "Who"], ["Every 6 months", "Look for webs", "Field crew"]], wraps=True)
    at = page.index("6\r\nmonths")
    row = row_at(page, (block,), at, at + 9)
    assert row is not None
    assert row.cells == ("Every 6 months", "Look for webs", "Field crew")


def test_a_name_may_go_on_in_the_lines_below_it():
    rows = [["Vehicle", "First 10,000 miles", "After that"], ["", "in a tax year", ""], ["Car", "45p", "25p"]]
    page, block = drawn(rows, head_rows=2)
    row = row_at(page, (block,), page.index("Car"), len(page))
    assert row is not None
    assert row.head == ("Vehicle", "First 10,000 miles in a tax year", "After that")
    assert " ".join(page[slice(*row.head_at)].split()) == "Vehicle First 10,000 miles After that in a tax year"


@pytest.mark.parametrize("line", [["", "Tax year", ""], ["assets", "", ""]])
def test_what_stands_below_names_and_does_not_go_on_is_none_of_them(line: list[str]):
    page, block = drawn([["Kind", "2021", "2022"], line, ["Total", "52", "24"]], head_rows=2)
    row = row_at(page, (block,), page.index("Total"), len(page))
    assert row is not None
    assert row.head == ("Kind", "2021", "2022")


def test_a_column_that_nothing_is_in_is_left_out():
    page, block = drawn([["Kind", "", "2021", "2022"], ["Total", "", "52", "24"], ["Other", "1", "", ""]])
    row = row_at(page, (block,), page.index("Total"), page.index("24"))
    assert row is not None
    assert (row.head, row.cells) == (("Kind", "2021", "2022"), ("Total", "52", "24"))


@pytest.mark.parametrize(
    "rows",
    [
        [["Document", "PPL-02"], ["Owner", "Aoife Brannigan"]],
        [["Phrase", "Meaning"], ["All stop", "Freeze"]],
        [["Up to £500", "Budget holder", "One"], ["Up to £1,000", "Director", "Two"]],
        [["Kind | of", "Length", "Pay"], ["Carer", "52", "24"]],
        [["Kind", "", ""], ["Carer", "52", "24"]],
        [["Kind", "Leased", "Owned"], ["Total", "", "284,257"]],
        [["Kind", "2021", "2022"], ["Kind", "2021", "2022"]],
        [["Kind", "Amount", "Amount"], ["Total", "52", "24"]],
        [["A" * 61, "Length", "Pay"], ["Carer", "52", "24"]],
        [["Kind", "Length", "Pay"], ["Carer", "5" * 900, "24"]],
    ],
)
def test_a_first_row_that_names_no_columns_is_not_taken_for_a_head(rows: list[list[str]]):
    page, block = drawn(rows)
    start = page.index(rows[1][0])
    assert row_at(page, (block,), start, start + len(rows[1][0])) is None


def test_columns_may_be_called_by_years_and_a_head_is_the_last_line_that_has_names():
    rows = [["In thousands", "", ""], ["Region", "2021", "2022"], ["Holstein", "1,000", "1,100"]]
    page, block = drawn(rows, head_rows=2)
    start = page.index("Holstein")
    row = row_at(page, (block,), start, start + 8)
    assert row is not None
    assert (row.head, row.cells) == (("Region", "2021", "2022"), ("Holstein", "1,000", "1,100"))


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=2, max_size=5), st.data())
def test_a_row_that_is_told_stands_on_the_page(rows: list[list[str]], data: st.DataObject):
    barred = "\n".join(" | ".join(row) for row in rows)
    for page, block in (drawn(rows), (barred, Block(BlockKind.TABLE, 0, len(barred)))):
        start = data.draw(st.integers(0, len(page) - 1))
        end = data.draw(st.integers(start + 1, len(page)))
        row = row_at(page, (block,), start, end)
        if row is not None:
            assert [*row.cells] in rows[1:]
            assert [*row.head] == rows[0]
            assert row.at[0] < end
            assert start < row.at[1]
            stands = page[slice(*row.at)]
            assert all(each in stands for each in row.cells)


def test_of_rows_of_one_name_each_says_what_stands_above_it():
    rows = [["", "2018", "2019"], ["International", "", ""], ["Net sales", "65", "74"], ["Income (loss)", "(2)", "(1)"]]
    rows += [["Consolidated", "", ""], ["Net sales", "232", "280"], ["Income", "10", "11"], ["Tax", "1", "3"]]
    page, block = drawn(rows)
    said: list[tuple[str, str, str | None]] = []
    for line in ("Net sales 65 74", "Net sales 232 280", "Income 10 11", "Tax 1 3"):
        start = page.index(line)
        row = row_at(page, (block,), start, start + len(line))
        assert row is not None
        said.append((row.cells[0], row.group, None if row.group_at is None else page[slice(*row.group_at)]))
        assert row.grouped == f"| {row.group} | | |"
    assert said == [
        ("Net sales", "International", "International"),
        ("Net sales", "Consolidated", "Consolidated"),
        ("Income", "Consolidated", "Consolidated"),
        ("Tax", "Consolidated", None),
    ]
