"""Neighbouring chunks read as one passage: verbatim, of the serving revision, for whom may read it."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.library.conftest import Hands

from pincite.core import Scope
from pincite.library import Chunk
from pincite.library.store.stretches import joined

PAGES = st.lists(st.text("ab \n", max_size=30), min_size=1, max_size=6)


@settings(max_examples=200)
@given(PAGES, st.data())
def test_a_join_is_the_pages_between_its_ends(texts: list[str], data: st.DataObject) -> None:
    pages = {("r", number): text for number, text in enumerate(texts, 1)}
    places = st.integers(1, len(texts)).flatmap(
        lambda number: st.tuples(st.just(number), st.integers(0, len(texts[number - 1])))
    )
    marks = sorted(data.draw(st.lists(places, min_size=2, max_size=8)))
    chunks = [
        Chunk(f"r-{n}", "r", "d", "c", n, "", (f"h{n}",), first[0], first[1], last[0], last[1])
        for n, (first, last) in enumerate(itertools.pairwise(marks))
    ]
    whole = joined(chunks, pages)
    (page, start), (end_page, end) = marks[0], marks[-1]
    everything = "\n".join(texts)
    offset = [sum(len(text) + 1 for text in texts[:number]) for number in range(len(texts))]
    assert whole.text == everything[offset[page - 1] + start : offset[end_page - 1] + end]
    assert (whole.page, whole.start, whole.end_page, whole.end) == (page, start, end_page, end)
    assert whole.heading_path == ("h0",)


async def _published(hands: Hands, texts: tuple[str, ...]) -> str:
    registered = await hands.upload()
    revision = registered.revision.id
    await hands.read(registered, texts)
    await hands.library.publish(hands.scope, revision)
    return revision


async def test_neighbours_are_read_as_one(hands: Hands) -> None:
    revision = await _published(hands, ("One is here.", "Two is here.", "Three is here."))
    found = await hands.library.stretches(hands.scope, [(revision, 0, 1), (revision, 2, 9), (revision, 7, 9)])
    assert set(found) == {(revision, 0, 1), (revision, 2, 9)}
    both = found[revision, 0, 1]
    assert both.source == "a.pdf"
    assert both.chunk.text == "One is here.\nTwo "
    assert found[revision, 2, 9].chunk.text == "Thre"
    assert await hands.library.stretches(hands.scope, []) == {}


async def test_nobody_else_reads_them_and_old_revisions_are_not_read(hands: Hands) -> None:
    revision = await _published(hands, ("One is here.", "Two is here."))
    assert await hands.library.stretches(Scope("rival", "bob"), [(revision, 0, 1)]) == {}
    registered = await hands.upload(data=b"two")
    await hands.read(registered, ("Other.",))
    await hands.library.publish(hands.scope, registered.revision.id)
    assert await hands.library.stretches(hands.scope, [(revision, 0, 1)]) == {}
