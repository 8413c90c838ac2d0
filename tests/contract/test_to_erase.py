"""Which document is meant that is to be erased: one that is there, or one that was removed and is not gone yet."""

import pytest
from tests.contract.conftest import SCOPE, Hands

from pincite.core import InvalidInput, NotFound, Scope


async def test_what_was_removed_is_named_to_be_erased_where_nothing_that_is_there_has_the_name(hands: Hands) -> None:
    library, rival = hands.library, Scope("tenant-2", "u", roles=frozenset({"owner"}))
    first = (await hands.ready())[0].document.id
    assert await library.to_erase(SCOPE, "a.pdf") == await library.to_erase(SCOPE, first) == (first, False)
    await library.remove(SCOPE, first)
    assert await library.to_erase(SCOPE, "a.pdf") == await library.to_erase(SCOPE, first) == (first, True)
    second = (await hands.ready())[0].document.id
    assert await library.to_erase(SCOPE, "a.pdf") == (second, False)
    await library.remove(SCOPE, second)
    with pytest.raises(InvalidInput, match="were removed") as several:
        await library.to_erase(SCOPE, "a.pdf")
    assert first in several.value.remedy
    assert second in several.value.remedy
    await library.purge(SCOPE, first)
    assert await library.to_erase(SCOPE, first) == (first, True), "its id stays"
    assert await library.to_erase(SCOPE, "a.pdf") == (second, True)
    await library.purge(SCOPE, second)
    for scope, name in ((SCOPE, "a.pdf"), (rival, first), (rival, "a.pdf")):
        with pytest.raises(NotFound):
            await library.to_erase(scope, name)
