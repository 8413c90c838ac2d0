"""The section around a place: it holds the place, from its heading to the next of its level, word for word."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.library.conftest import Hands

from pincite.core import InvalidInput, NotFound, Scope
from pincite.guard import Block, BlockKind, PageText
from pincite.library import Page, RevisionState
from pincite.library.sections import Path, headings_of, part_of
from pincite.library.service.sections import MAX_SECTION_CHARS

PARTS = st.lists(st.tuples(st.integers(0, 4), st.text("ab c", min_size=1, max_size=12)), max_size=6)


def page_text(number: int, parts: list[tuple[int, str]]) -> PageText:
    """Level 0 is a paragraph."""
    text, blocks = "", list[Block]()
    for level, body in parts:
        kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
        blocks.append(Block(kind, len(text), len(text) + len(body), level))
        text += body + "\n"
    return PageText(number, str(number), text, tuple(blocks))


def as_page(page: PageText) -> Page:
    return Page("r", page.number, page.label, page.text, page.blocks)


@given(st.lists(PARTS, min_size=1, max_size=4), st.integers(0, 3), st.data())
def test_a_section_runs_from_its_heading_to_the_next_of_its_level(
    given_pages: list[list[tuple[int, str]]], up: int, data: st.DataObject
) -> None:
    pages = [as_page(page_text(number, parts)) for number, parts in enumerate(given_pages, 1)]
    place = data.draw(st.integers(0, len(pages) - 1))
    at = data.draw(st.integers(0, len(pages[place].text)))
    path = Path()
    path.climb(headings_of(pages[place], at))
    for page in pages[:place][::-1]:
        path.climb(headings_of(page))
    chosen = path.chosen(up)
    if not chosen:
        assert not headings_of(pages[place], at)
        return
    levels = [heading.level for heading in chosen]
    assert all(one < other for one, other in itertools.pairwise(levels))
    own = chosen[-1]
    assert (own.page, own.start) <= (place + 1, at)
    for page in pages[own.page - 1 :]:
        part, ends, cut = part_of(page, own, 10_000)
        assert page.text[part.start : part.end] == part.text
        assert not cut
        inside = [each for each in headings_of(page) if part.start <= each.start < part.end]
        assert all(each.level > own.level or each == own for each in inside)
        if page.number == place + 1:
            assert part.start <= at
            assert at <= part.end or ends
        if ends:
            assert page.number >= place + 1
            break


async def _published(hands: Hands, pages: list[PageText]) -> str:
    registered = await hands.upload()
    revision = registered.revision.id
    await hands.library.set_state(hands.scope, revision, RevisionState.EXTRACTING, pages_total=len(pages))
    await hands.library.save_pages(hands.scope, revision, pages)
    await hands.library.set_state(hands.scope, revision, RevisionState.EMBEDDING, pages_done=len(pages))
    await hands.library.publish(hands.scope, revision)
    return revision


POLICY = [
    page_text(1, [(1, "Leave"), (0, "Leave is for all."), (2, "Carry-over"), (0, "Five days may be carried.")]),
    page_text(2, [(0, "They lapse in April."), (2, "Sickness"), (0, "Call by nine."), (1, "Travel"), (0, "By train.")]),
]


async def test_the_section_and_its_parents(hands: Hands) -> None:
    revision = await _published(hands, POLICY)
    own = await hands.library.section(hands.scope, revision, 2, 3)
    assert own.heading_path == ("Leave", "Carry-over")
    assert [part.text for part in own.parts] == ["Carry-over\nFive days may be carried.\n", "They lapse in April.\n"]
    assert own.whole
    parent = await hands.library.section(hands.scope, revision, 2, 3, up=1)
    assert parent.heading_path == ("Leave",)
    assert [part.page for part in parent.parts] == [1, 2]
    assert parent.parts[1].text.endswith("Call by nine.\n")
    assert await hands.library.section(hands.scope, revision, 2, 3, up=6) == parent


async def test_a_place_without_heading_has_its_page(hands: Hands) -> None:
    revision = await _published(hands, [page_text(1, [(0, "Plain words.")]), page_text(2, [(0, "More of them.")])])
    found = await hands.library.section(hands.scope, revision, 2, 4)
    assert (found.heading_path, [part.text for part in found.parts]) == ((), ["More of them.\n"])


async def test_a_long_section_is_cut_and_says_so(hands: Hands) -> None:
    long = [page_text(number, [(0, "word " * 400)]) for number in range(2, 60)]
    revision = await _published(hands, [page_text(1, [(1, "Terms")]), *long])
    found = await hands.library.section(hands.scope, revision, 45, 10)
    assert found.heading_path == ("Terms",)
    assert not found.whole
    assert sum(len(part.text) for part in found.parts) == MAX_SECTION_CHARS


async def test_who_may_not_read_finds_nothing(hands: Hands) -> None:
    revision = await _published(hands, POLICY)
    with pytest.raises(NotFound):
        await hands.library.section(Scope("rival", "bob"), revision, 1)
    with pytest.raises(NotFound):
        await hands.library.section(hands.scope, revision, 9)
    with pytest.raises(InvalidInput):
        await hands.library.section(hands.scope, revision, 1, 10_000)
