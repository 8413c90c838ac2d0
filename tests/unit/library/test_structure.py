"""What is kept of a page beside its text: tables with their cells, where the words of a scan lie, and its margins."""

from pathlib import Path

from tests.unit.library.conftest import Hands

from pincite.guard import Block, BlockKind, Overlay, PageBoxes, PageText
from pincite.guard.domain import Box, Cell, PlacedText, Table
from pincite.library.passage_schemas import PassageBody


class NoReader:
    """Fails the test when it is asked: a scan's places are stored."""

    async def boxes(self, path: Path, page: int, start: int, end: int) -> PageBoxes:
        raise AssertionError

    async def render(self, path: Path, page: int, width_px: int) -> bytes:
        raise AssertionError


async def test_tables_and_the_places_of_a_scan_come_back(hands: Hands) -> None:
    table = Table(((Cell(0, 4, 0), Cell(5, 9, 1)), (Cell(10, 14, 0), Cell(15, 17, 1))), 1)
    scan = Overlay(600, 800, (PlacedText(0, 9, Box(10, 10, 100, 20)), PlacedText(10, 17, Box(10, 30, 80, 40))))
    blocks = (Block(BlockKind.TABLE, 0, 17, table=table),)
    revision = (await hands.upload()).revision
    await hands.library.save_pages(hands.scope, revision.id, [PageText(1, "1", "Part 2023\nPump 42", blocks, "", scan)])
    page = await hands.library.page(hands.scope, revision.id, 1)
    assert (page.blocks, page.overlay) == (blocks, scan)
    view = await hands.library.passage_view(hands.scope, NoReader(), revision.id, 1, (15, 17))
    body = PassageBody.of(view)
    assert (body.quote, body.width, body.height) == ("42", 600, 800)
    assert [(box.x0, box.y0, box.x1, box.y1) for box in body.boxes] == [(60, 30, 80, 40)]
    assert body.blocks[0].head_rows == 1
    assert [[(cell.start, cell.column) for cell in row] for row in body.blocks[0].rows] == [
        [(0, 0), (5, 1)],
        [(10, 0), (15, 1)],
    ]


async def test_neighbours_over_a_page_are_read_without_the_page_number_between(hands: Hands) -> None:
    texts = ("The pump runs.\nPage 1", "Acme\nIt is red.")
    registered = await hands.upload()
    await hands.read(registered, texts)
    margins = (Block(BlockKind.MARGIN, 15, 21),), (Block(BlockKind.MARGIN, 0, 4),)
    pages = [PageText(n, str(n), text, blocks) for n, (text, blocks) in enumerate(zip(texts, margins, strict=True), 1)]
    await hands.library.save_pages(hands.scope, registered.revision.id, pages)
    await hands.library.publish(hands.scope, registered.revision.id)
    run = (registered.revision.id, 0, 1)
    (passage,) = (await hands.library.stretches(hands.scope, [run])).values()
    assert "Page 1" not in passage.chunk.text
    assert passage.chunk.text.startswith("The pump runs.")
    assert passage.chunk.text.endswith("Acme"), "a running header stays: it often names what the page is about"
    assert len(passage.chunk.text) == len(texts[0]) + 1 + 4
