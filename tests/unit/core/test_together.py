"""Several things at once: what they come to is in order, and none outlives the others."""

import asyncio
from collections.abc import Coroutine, Iterator

import pytest

from pincite.core.together import all_of


class Held:
    """Something that takes a while to let go of."""

    def __init__(self) -> None:
        self.open = 0

    async def use(self, fails: Exception | None = None, lets_go_s: float = 0.05) -> int:
        """Have it until cancelled; or fail at once."""
        self.open += 1
        try:
            if fails is not None:
                await asyncio.sleep(0.01)
                raise fails
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(lets_go_s if fails is None else 0)
            self.open -= 1
        return self.open


async def number(value: int) -> int:
    await asyncio.sleep(0.01 * (5 - value))
    return value


async def test_results_come_in_order() -> None:
    assert await all_of(number(value) for value in range(5)) == [0, 1, 2, 3, 4]
    assert await all_of([]) == []


async def test_where_one_fails_the_others_have_let_go() -> None:
    held = Held()
    with pytest.raises(ValueError, match="first"):
        await all_of([held.use(), held.use(ValueError("first")), held.use()])
    assert held.open == 0


async def test_where_who_asked_is_cancelled_all_have_let_go() -> None:
    held = Held()
    asking = asyncio.create_task(all_of([held.use(), held.use(lets_go_s=0.3), held.use(lets_go_s=0.0)]))
    await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.sleep(0.1)
    asking.cancel()  # whoever asks for it again does not get it sooner
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert held.open == 0


async def test_where_there_is_no_end_of_work_what_was_begun_lets_go() -> None:
    held = Held()

    def work() -> Iterator[Coroutine[None, None, int]]:
        yield held.use()
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        await all_of(work())
    assert held.open == 0
