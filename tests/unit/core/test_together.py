"""Several things at once: what they come to is in order, and none outlives the others."""

import asyncio

import pytest

from pincite.core.together import all_of


class Held:
    """Something that takes a while to let go of."""

    def __init__(self) -> None:
        self.open = 0

    async def use(self, fails: Exception | None = None) -> int:
        """Have it until cancelled; or fail at once."""
        self.open += 1
        try:
            if fails is not None:
                await asyncio.sleep(0.01)
                raise fails
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05 if fails is None else 0)
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
    asking = asyncio.create_task(all_of([held.use(), held.use()]))
    await asyncio.sleep(0.02)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert held.open == 0
