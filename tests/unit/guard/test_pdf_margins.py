"""Running headers, footers and page numbers: found where they are repeated, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas
from tests.unit.guard.papers import assert_in_order, pages_of, paper, said

from pincite.guard import Block, BlockKind, body_text

WORDS = ("heat", "water", "steam", "pump", "valve", "boiler", "pipe", "gauge", "meter", "tank", "drain", "seal")


def _body(sheet: Canvas, number: int, top: int = 700) -> None:
    for line in range(12):
        sheet.drawString(
            72, top - 14 * line, f"The {WORDS[(number + line) % 12]} of part {number} is checked by {line}."
        )


def _report(sheet: Canvas, number: int) -> None:
    sheet.drawString(72, 800, "Acme Engineering" if number % 2 else "Handbook of the plant")
    sheet.drawString(500, 800, "2026")
    _body(sheet, number)
    sheet.drawString(280, 30, f"Page {number} of 12")


def test_headers_and_footers_are_margins_and_stay_in_the_text() -> None:
    for page in pages_of(paper(_report, 12)):
        assert_in_order(page.text, page.blocks)
        name = "Acme Engineering" if page.number % 2 else "Handbook of the plant"
        margins = " ".join(said(page, BlockKind.MARGIN))
        assert name in margins
        assert f"Page {page.number} of 12" in margins
        assert "checked" not in margins
        body = body_text(page.text, page.blocks)
        assert len(body) == len(page.text)
        assert name in body, "it says what the page is about"
        assert "Page" not in body


def test_a_page_number_is_known_wherever_the_text_ends() -> None:
    def draw(sheet: Canvas, number: int) -> None:
        _body(sheet, number, 780 - 20 * (number % 5))
        sheet.drawString(280, 780 - 20 * (number % 5) - 12 * 14 - 30, str(number + 6))

    pages = pages_of(paper(draw, 9))
    assert [said(page, BlockKind.MARGIN) for page in pages] == [[str(page.number + 6)] for page in pages]


def test_a_page_number_behind_half_a_word_is_no_part_of_it() -> None:
    def draw(sheet: Canvas, number: int) -> None:
        _body(sheet, number)
        sheet.drawString(72, 520, "The makers of the pump estimate that year-on-")
        sheet.drawString(280, 30, str(number + 30))

    for page in pages_of(paper(draw, 9)):
        assert page.text.endswith(f"year-on\ufffe{page.number + 30}"), "pdfium joins them"
        assert said(page, BlockKind.MARGIN) == [str(page.number + 30)]


def test_titles_that_differ_and_titles_of_the_outline_are_no_margins() -> None:
    def draw(sheet: Canvas, number: int) -> None:
        sheet.setFont("Helvetica-Bold", 20)
        sheet.drawString(72, 780, f"Chapter {number}")
        sheet.setFont("Helvetica", 11)
        sheet.drawString(72, 750, "Introduction")
        sheet.bookmarkPage(str(number))
        sheet.addOutlineEntry("Introduction", str(number))
        _body(sheet, number)

    for page in pages_of(paper(draw, 6)):
        assert said(page, BlockKind.MARGIN) == []
        assert said(page, BlockKind.HEADING) == [f"Chapter {page.number}", "Introduction"]


def test_the_head_of_a_table_that_goes_on_is_no_margin() -> None:
    def draw(sheet: Canvas, number: int) -> None:
        for line, row in enumerate([("Part", "Price"), *((f"{word}{number}", f"{len(word)}.50") for word in WORDS)]):
            sheet.drawString(72, 800 - 14 * line, row[0])
            sheet.drawString(300, 800 - 14 * line, row[1])

    assert not any(said(page, BlockKind.MARGIN) for page in pages_of(paper(draw, 8)))


def test_two_pages_are_too_few_to_tell() -> None:
    assert not any(said(page, BlockKind.MARGIN) for page in pages_of(paper(_report, 2)))


@pytest.mark.parametrize("one_by_one", [False, True])
def test_reading_from_a_page_on_gives_the_same_text(one_by_one: bool) -> None:
    data = paper(_report, 9)
    whole = pages_of(data)
    part = pages_of(data, first_page=4, one_by_one=one_by_one)
    assert [page.text for page in part] == [page.text for page in whole[3:]]
    assert said(part[-1], BlockKind.MARGIN) == said(whole[-1], BlockKind.MARGIN)


_pieces = st.lists(st.tuples(st.sampled_from([*BlockKind]), st.text("ab \r\n", min_size=1, max_size=6)), max_size=6)


@given(_pieces, st.text(" \n", max_size=2))
def test_what_is_cut_out_of_a_body_is_verbatim(pieces: list[tuple[BlockKind, str]], gap: str) -> None:
    text, blocks = "", list[Block]()
    for kind, piece in pieces:
        text += gap
        blocks.append(Block(kind, len(text), len(text) + len(piece)))
        text += piece
    body = body_text(text, blocks)
    assert len(body) == len(text)
    start = len(body) - len(body.lstrip())
    shown = text
    for block in blocks:
        if block.kind is BlockKind.HIDDEN:
            shown = shown[: block.start] + "\n" * (block.end - block.start) + shown[block.end :]
    assert shown[start : len(body.rstrip())] == body.strip()
    for block in blocks:
        if block.kind is BlockKind.HIDDEN:
            assert not body[block.start : block.end].strip()
        elif block.kind is not BlockKind.MARGIN:
            assert body[block.start : block.end].split() == text[block.start : block.end].split()


def test_what_stands_below_a_title_of_the_outline_is_no_title_however_long_its_line() -> None:
    long = "The commission has a body of rules that apply to operators of cable, and these hold for all of us too"

    def draw(sheet: Canvas, number: int) -> None:
        sheet.setFont("Helvetica", 8)
        sheet.drawString(60, 700, "Video")
        sheet.drawString(60, 686, f"{long}, and what they say is known.")
        sheet.drawString(60, 672, "What follows is said of operators in areas where there are several of them.")
        sheet.bookmarkPage("video")
        sheet.addOutlineEntry("Video", "video")

    (page,) = pages_of(paper(draw))
    assert said(page, BlockKind.HEADING) == ["Video"]
