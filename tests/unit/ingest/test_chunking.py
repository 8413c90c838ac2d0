"""Chunks: what every chunk of every document must hold, and how structure decides where they end."""

import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.core.sentences import sentence_spans
from pincite.guard import Block, BlockKind, PageText
from pincite.guard.domain import Cell, Table
from pincite.ingest.chunking import Chunker, ChunkingSettings, ChunkOwner
from pincite.ingest.units import estimate_tokens, page_units
from pincite.library import Chunk

OWNER = ChunkOwner("rev", "doc", "col")
SMALL = ChunkingSettings(min_tokens=30, max_tokens=50, overlap=0.2)


def make_page(number: int, parts: Sequence[tuple[BlockKind, str, int]]) -> PageText:
    text, blocks = "", []
    for kind, body, level in parts:
        text += "\r\n\r\n" if text else ""
        blocks.append(Block(kind, len(text), len(text) + len(body), level))
        text += body
    return PageText(number, str(number), text, tuple(blocks))


def cut(pages: Sequence[PageText], *, flowing: bool = True, sizes: ChunkingSettings = SMALL) -> list[Chunk]:
    chunker = Chunker(OWNER, sizes, flowing=flowing)
    chunks = [chunk for page in pages for chunk in chunker.add(page)]
    return chunks + chunker.finish()


def sentence(words: int, name: str = "word") -> str:
    return "The " + " ".join([name] * (words - 2)) + " end."


_words = st.integers(min_value=2, max_value=30)
_paragraph = st.lists(_words.map(sentence), min_size=1, max_size=8).map(lambda s: (BlockKind.PARAGRAPH, " ".join(s), 0))
_heading = st.tuples(st.just(BlockKind.HEADING), st.sampled_from(["Rates", "Leave of absence"]), st.integers(1, 4))
_table = st.lists(_words, min_size=1, max_size=30).map(
    lambda rows: (BlockKind.TABLE, "\n".join(" | ".join(["cell"] * (row // 3 + 1)) for row in rows), 0)
)
_list = st.lists(_words, min_size=1, max_size=10).map(
    lambda items: (BlockKind.LIST, "\n".join(sentence(item) for item in items), 0)
)
_giant = st.integers(60, 400).map(lambda words: (BlockKind.PARAGRAPH, "x" + "verylong " * words, 0))
_parts = st.lists(st.one_of(_paragraph, _heading, _table, _list, _giant), max_size=8)
_documents = st.lists(_parts, min_size=1, max_size=5).map(
    lambda pages: [make_page(number, parts) for number, parts in enumerate(pages, start=1)]
)


@settings(max_examples=150, deadline=None)
@given(_documents, st.booleans())
def test_what_holds_for_every_document(pages: list[PageText], flowing: bool) -> None:
    chunks = cut(pages, flowing=flowing)
    text = {page.number: page.text for page in pages}
    assert cut(pages, flowing=flowing) == chunks
    for ordinal, chunk in enumerate(chunks):
        assert (chunk.ordinal, chunk.id) == (ordinal, f"rev-{ordinal:06d}")
        assert chunk.text == slice_of(text, chunk)
        assert chunk.text.strip() == chunk.text != ""
        # A piece of a sentence that alone is too long is sized by estimate: a fifth of room.
        assert sum(estimate_tokens([chunk.text])) <= SMALL.max_tokens * 1.2 + 1
    assert_covered(pages, chunks)
    assert_overlap_is_bounded(text, chunks)


def slice_of(text: dict[int, str], chunk: Chunk) -> str:
    if chunk.page == chunk.end_page:
        return text[chunk.page][chunk.start : chunk.end]
    between = [text[number] for number in range(chunk.page + 1, chunk.end_page)]
    return "\n".join([text[chunk.page][chunk.start :], *between, text[chunk.end_page][: chunk.end]])


def assert_covered(pages: Sequence[PageText], chunks: Sequence[Chunk]) -> None:
    """Every sentence that fits a chunk is whole in at least one; of a longer one, every character is in some."""
    for page in pages:
        for unit in page_units(page, estimate_tokens, SMALL.max_tokens):
            begin, end = (page.number, unit.start), (page.number, unit.end)
            holds = [c for c in chunks if (c.page, c.start) <= begin and end <= (c.end_page, c.end)]
            assert holds, page.text[unit.start : unit.end]
        covered = "".join(page.text[u.start : u.end] for u in page_units(page, estimate_tokens, SMALL.max_tokens))
        assert "".join(covered.split()) == "".join(page.text.split())


def assert_overlap_is_bounded(text: dict[int, str], chunks: Sequence[Chunk]) -> None:
    for one, two in itertools.pairwise(chunks):
        assert (one.page, one.start) < (two.page, two.start)
        assert (one.end_page, one.end) < (two.end_page, two.end)
        if (two.page, two.start) < (one.end_page, one.end):
            repeated = Chunk("", "", "", "", 0, "", (), two.page, two.start, one.end_page, one.end)
            assert sum(estimate_tokens([slice_of(text, repeated)])) <= SMALL.overlap * SMALL.max_tokens


def test_chunks_end_at_sentences() -> None:
    body = " ".join(sentence(9, f"w{number}") for number in range(60))
    page = make_page(1, [(BlockKind.PARAGRAPH, body, 0)])
    starts = {start for start, _ in sentence_spans(body)}
    ends = {end for _, end in sentence_spans(body)}
    chunks = cut([page])
    assert len(chunks) > 5
    assert all(chunk.start in starts and chunk.end in ends for chunk in chunks)
    assert all(two.start < one.end for one, two in itertools.pairwise(chunks)), "sentences overlap"


def test_headings_make_the_path_and_begin_a_chunk() -> None:
    long = " ".join(sentence(10) for _ in range(3))
    page = make_page(
        1,
        [
            (BlockKind.HEADING, "Travel", 1),
            (BlockKind.HEADING, "Hotels", 2),
            (BlockKind.PARAGRAPH, long, 0),
            (BlockKind.HEADING, "Trains", 2),
            (BlockKind.PARAGRAPH, long, 0),
            (BlockKind.HEADING, "Leave", 1),
            (BlockKind.PARAGRAPH, long, 0),
        ],
    )
    chunks = cut([page])
    assert [chunk.heading_path for chunk in chunks] == [("Travel", "Hotels"), ("Travel", "Trains"), ("Leave",)]
    assert chunks[1].text.startswith("Trains")


def test_a_table_that_fits_is_kept_whole_and_a_long_one_carries_its_header() -> None:
    before = (BlockKind.PARAGRAPH, " ".join(sentence(10) for _ in range(3)), 0)
    small = (BlockKind.TABLE, "City | Rate\nOslo | 90\nRome | 80\nLima | 70\nBern | 60", 0)
    whole = cut([make_page(1, [before, small])])
    assert any(small[1] in chunk.text for chunk in whole)
    rows = "\n".join(["City | Rate", *(f"City{number} | {number}" for number in range(60))])
    parts = cut([make_page(1, [(BlockKind.TABLE, rows, 0)])])
    assert len(parts) > 3
    assert parts[0].heading_path == ()
    assert all(chunk.heading_path == ("City | Rate",) for chunk in parts[1:])
    assert "\n".join(chunk.text for chunk in parts) == rows, "rows are neither lost nor repeated"


def test_a_paragraph_flows_over_pages_but_a_slide_begins_anew() -> None:
    one = make_page(1, [(BlockKind.PARAGRAPH, "The first half of a sentence that", 0)])
    two = make_page(2, [(BlockKind.PARAGRAPH, "goes on here. " + sentence(8), 0)])
    (chunk,) = cut([one, two])
    assert (chunk.page, chunk.end_page) == (1, 2)
    assert chunk.text == one.text + "\n" + two.text
    slides = [make_page(number, [(BlockKind.PARAGRAPH, sentence(20), 0)]) for number in (1, 2, 3)]
    assert [(chunk.page, chunk.end_page) for chunk in cut(slides, flowing=False)] == [(1, 1), (2, 2), (3, 3)]


def test_memory_does_not_grow_with_the_document() -> None:
    chunker = Chunker(OWNER, SMALL)
    page_count = 300
    for number in range(1, page_count + 1):
        chunker.add(make_page(number, [(BlockKind.PARAGRAPH, " ".join([sentence(12)] * 10), 0)]))
        assert len(chunker._texts) <= 3
    assert chunker.finish()[-1].end_page == page_count


def table_page(number: int, rows: Sequence[Sequence[str]], *, head_rows: int) -> PageText:
    text, placed = "", list[tuple[Cell, ...]]()
    for row in rows:
        cells: list[Cell] = []
        for column, cell in enumerate(row):
            cells.append(Cell(len(text), len(text) + len(cell), column))
            text += cell + (" " if column + 1 < len(row) else "\r\n")
        placed.append(tuple(cells))
    table = Block(BlockKind.TABLE, 0, len(text.rstrip()), table=Table(tuple(placed), head_rows))
    return PageText(number, str(number), text.rstrip(), (table,))


def test_rows_on_the_next_page_are_under_the_head_of_their_table() -> None:
    def rows(first: int, columns: int = 3) -> list[list[str]]:
        return [[f"Town-{number}", "90", "95"][:columns] for number in range(first, first + 8)]

    pages = [
        table_page(1, [["City", "2025", "2026"], *rows(0)], head_rows=1),
        table_page(2, rows(8), head_rows=0),
        table_page(3, rows(16), head_rows=0),
        table_page(4, rows(24, 2), head_rows=0),
    ]
    paths = {chunk.page: chunk.heading_path for chunk in cut(pages)}
    assert paths[2] == paths[3] == ("City | 2025 | 2026",)
    assert paths[4] == ()
