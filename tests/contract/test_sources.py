"""One suite over every kind of place: the new is read, the same is not, the gone goes, and faults delete nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.places import PLACES, Opened
from tests.unit.ingest.rooms import SCOPE
from tests.unit.sources.kept import Kept, kept

from pincite.sources import RunState
from pincite.sources.adapters import KINDS

ONE, TWO, THREE = "The valve of unit 7 is red.", "Pumps are blue and loud.", "Ferries leave at nine."
CHANGED = "Pumps are green now."


@pytest.fixture(params=sorted(PLACES))
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    async with PLACES[request.param](tmp_path) as opened:
        yield opened


@pytest.fixture
async def room(place: Opened, tmp_path: Path) -> AsyncIterator[Kept]:
    home = tmp_path / "home"
    home.mkdir()
    async with kept(home, allowed=place.allowed) as opened:
        opened.secrets.update(place.secrets)
        await place.put({"one": ONE, "two": TWO, "three": THREE})
        await opened.add(place.kind, place.location, **place.options)
        yield opened


def test_every_kind_is_held_to_this_suite() -> None:
    assert set(PLACES) == set(KINDS)


async def test_what_is_there_is_read_and_then_left_alone(place: Opened, room: Kept) -> None:
    first = await room.sync()
    assert (first.run.state, first.run.trouble) == (RunState.DONE, None)
    assert (first.run.counts.found, first.run.counts.added, first.items) == (3, 3, 3)
    texts = await room.texts()
    assert all(name.startswith("place/") for name in texts)
    for said in (ONE, TWO, THREE):
        assert sum(said in text for text in texts.values()) == 1, texts
    read = place.reads()
    room.passed.clear()
    second = await room.sync()
    assert (second.run.state, second.run.counts.found) == (RunState.DONE, 3)
    assert (second.run.counts.added, second.run.counts.changed, second.run.counts.removed) == (0, 0, 0)
    assert "sync.received" not in room.passed
    assert place.reads() == read, "nothing that did not change is read again"


async def test_additions_changes_and_deletions_are_followed(place: Opened, room: Kept) -> None:
    await room.sync()
    await room.texts()
    await place.put({"one": ONE, "two": CHANGED, "four": "Cranes stand still in the wind."})
    after = await room.sync()
    assert after.run.state is RunState.DONE, after.run
    counts = after.run.counts
    assert counts.found == 3
    # One that cannot be changed in its place goes and comes anew.
    assert (counts.added, counts.changed, counts.removed) == ((1, 1, 1) if place.edits else (2, 0, 2))
    texts = "\n".join((await room.texts()).values())
    assert CHANGED in texts
    assert "Cranes" in texts
    assert ONE in texts
    assert THREE not in texts
    assert TWO not in texts


async def test_a_place_that_fails_loses_nothing(place: Opened, room: Kept) -> None:
    await room.sync()
    before = await room.texts()
    await place.fail()
    failed = await room.sync()
    assert failed.run.state is RunState.FAILED
    assert failed.run.trouble is not None
    assert failed.run.trouble.message
    assert failed.run.trouble.remedy
    assert failed.items == 3
    assert await room.texts() == before


async def test_an_empty_place_is_a_fault_until_somebody_says_otherwise(place: Opened, room: Kept) -> None:
    await room.sync()
    await room.texts()
    await place.put({})
    withheld = await room.sync()
    assert withheld.run.trouble is not None
    assert withheld.run.trouble.code == "deletions-withheld"
    assert (withheld.items, withheld.run.counts.removed) == (3, 0)
    done = await room.sync(delete=True)
    assert (done.run.state, done.run.trouble, done.items, done.run.counts.removed) == (RunState.DONE, None, 0, 3)
    assert (await room.rooms.library.documents(SCOPE)).items == ()


async def test_what_is_on_hold_stays_and_goes_with_the_first_run_after(place: Opened, room: Kept) -> None:
    await room.sync()
    held = next(name for name, said in (await room.texts()).items() if TWO in said)
    document = await room.rooms.library.named(SCOPE, held)
    await room.rooms.library.hold(SCOPE, "document", document.id, "a matter")
    await place.put({"one": ONE})
    after = await room.sync()
    assert after.run.counts.removed == 1
    assert after.run.trouble is not None
    assert after.run.trouble.code == "deletions-on-hold"
    assert set(await room.texts()) >= {held}
    await room.rooms.library.release(SCOPE, "document", document.id)
    last = await room.sync()
    assert (last.run.trouble, last.run.counts.removed) == (None, 1)
    assert held not in await room.texts()
