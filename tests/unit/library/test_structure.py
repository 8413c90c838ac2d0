"""What is kept of a page beside its text: tables with their cells, places of scans and notes, links, and margins."""

from pathlib import Path

from tests.unit.library.conftest import Hands

from pincite.guard import Block, BlockKind, Overlay, PageBoxes, PageText
from pincite.guard.domain import Box, Cell, PageLink, PlacedText, Table
from pincite.library.passage_schemas import PassageBody
from pincite.library.store.rows import page_of
from pincite.library.tables import PageRow


class NoReader:
    """Fails the test when it is asked: a scan's places are stored."""

    async def boxes(self, path: Path, page: int, start: int, end: int, *, whose: str = "") -> PageBoxes:
        raise AssertionError

    async def render(self, path: Path, page: int, width_px: int, *, whose: str = "") -> bytes:
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


class Asked:
    """Stands for the reader: a box for whatever it is asked, and notes what that is."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []

    async def boxes(self, path: Path, page: int, start: int, end: int, *, whose: str = "") -> PageBoxes:
        self.spans.append((start, end))
        return PageBoxes(600, 800, (Box(0, 0, 1, 1),))

    async def render(self, path: Path, page: int, width_px: int, *, whose: str = "") -> bytes:
        raise AssertionError


async def test_a_note_behind_a_pages_text_has_its_stored_place_and_the_text_before_it_that_of_the_file(
    hands: Hands,
) -> None:
    links = (PageLink(4, 8, "https://example.org"), PageLink(0, 3, page=5))
    overlay = Overlay(600, 800, (PlacedText(10, 20, Box(10, 30, 80, 40), whole=True),), links)
    revision = (await hands.upload()).revision
    page = PageText(1, "1", "The pump\r\nNote: why?", (Block(BlockKind.NOTE, 10, 20),), "", overlay)
    await hands.library.save_pages(hands.scope, revision.id, [page])
    assert (await hands.library.page(hands.scope, revision.id, 1)).overlay == overlay
    file_box, note_box = (0, 0, 1, 1), (10, 30, 80, 40)
    for span, asked, expected in (
        ((16, 18), [], [note_box]),
        ((4, 18), [(4, 10)], [file_box, note_box]),
        ((4, 8), [(4, 8)], [file_box]),
    ):
        reader = Asked()
        body = PassageBody.of(await hands.library.passage_view(hands.scope, reader, revision.id, 1, span))
        assert reader.spans == asked
        assert [(box.x0, box.y0, box.x1, box.y1) for box in body.boxes] == expected
        leads = [(link.start, link.end, link.url, link.page) for link in body.links]
        assert leads == [(4, 8, "https://example.org", None), (0, 3, None, 5)]


def test_a_scan_that_was_stored_before_there_were_notes_keeps_its_places() -> None:
    stored = '{"blocks":[["paragraph",0,9,0]],"scan":[600.0,800.0,[[0,9,10.0,10.0,100.0,20.0]]]}'
    page = page_of(PageRow(revision_id="r", number=1, label="1", text="Part 2023", blocks=stored))
    assert page.blocks == (Block(BlockKind.PARAGRAPH, 0, 9),)
    assert page.overlay == Overlay(600, 800, (PlacedText(0, 9, Box(10, 10, 100, 20)),))


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
