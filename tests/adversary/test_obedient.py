"""A slice of the conversations with a model that obeys every injection; `make adversary` has ten thousand of them."""

import asyncio
from pathlib import Path

from tests.adversary.canaries import Canary, found
from tests.adversary.obedient import look_at_stored, whole
from tests.doubles.provider import serve


def test_no_canary_reaches_anybody_who_may_not_read_its_document(tmp_path: Path) -> None:
    with serve() as provider:
        run = asyncio.run(whole(tmp_path / "home", provider, 21, seed=7))
    assert run.leaks == []
    assert run.counts["conversations"] == 21
    # They do reach those who may read them, or all of this would show nothing.
    assert run.counts["rightly in answer"] > 5
    assert run.counts["rightly in request"] > 20
    # And where the list says that nobody may read anything, what is stored is full of leaks.
    run.might = dict.fromkeys(run.might, frozenset[str]())
    look_at_stored(run, tmp_path / "home" / "pincite.db")
    assert {leak.split()[4] for leak in run.leaks} == {"answers_answers", "answers_events"}


def test_a_canary_is_found_however_it_is_written() -> None:
    canary = Canary("kestrel83f1a9c2de", "red")
    for spelling in canary.spellings:
        assert found(f"It says {spelling}, they say.", (canary,)) == {canary}
        assert found(f"It says {' '.join(spelling)}.", (canary,)) == {canary}
    assert not found("It says kestrel83f1a9c2df.", (canary,))
