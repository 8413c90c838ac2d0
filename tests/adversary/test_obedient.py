"""A slice of the conversations with a model that obeys every injection; `make adversary` has ten thousand of them."""

import asyncio
from pathlib import Path

from tests.adversary.canaries import Canary, found
from tests.adversary.obedient import Run, look_at_stored, opened, talk, whole
from tests.doubles.provider import serve


def test_no_canary_reaches_anybody_who_may_not_read_its_document(tmp_path: Path) -> None:
    with serve() as provider:
        run = asyncio.run(whole(tmp_path / "home", provider, 24, seed=7))
    assert run.leaks == []
    assert run.counts["conversations"] == 24
    # They do reach those who may read them, or all of this would show nothing.
    assert run.counts["rightly in answer"] > 5
    assert run.counts["rightly in request"] > 20


def test_a_grant_that_should_not_be_there_is_found(tmp_path: Path) -> None:
    async def mistaken(home: Path) -> Run:
        with serve() as provider:
            async with opened(home, provider, 7) as run:
                for asker in run.askers:
                    asker.may = set()  # nobody may read anything, by the list; the house thinks otherwise
                    asker.toggled = ""
                await talk(run, 7, 7)
        look_at_stored(run, home / "pincite.db")
        return run

    run = asyncio.run(mistaken(tmp_path / "home"))
    places = {leak.partition(" in ")[2].split(maxsplit=1)[0] for leak in run.leaks}
    assert {"answer", "request", "answers_answers", "answers_events"} <= places


def test_a_canary_is_found_however_it_is_written() -> None:
    canary = Canary("kestrel83f1a9c2de", "red")
    for spelling in canary.spellings:
        assert found(f"It says {spelling}, they say.", (canary,)) == {canary}
        assert found(f"It says {' '.join(spelling)}.", (canary,)) == {canary}
    assert not found("It says kestrel83f1a9c2df.", (canary,))
