"""Everything that is stored of many revisions, read in a few statements: whole, in order, and nobody else's."""

from dataclasses import replace

import pytest
from tests.unit.library.conftest import Hands

from pincite.core import Scope


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 100])
async def test_chunk_ids_are_whole_however_they_are_cut(hands: Hands, batch: int) -> None:
    wanted: dict[str, list[str]] = {}
    for number, pages in enumerate((1, 3, 2)):
        registered = await hands.upload(f"{number}.pdf", str(number).encode())
        wanted[registered.revision.id] = await hands.read(registered, tuple("abc"[:pages]))
    left_out = wanted.popitem()[0]
    found = [each async for each in hands.library.chunk_ids(hands.scope, list(wanted), batch=batch)]
    assert sorted(found) == sorted((chunk, revision) for revision, chunks in wanted.items() for chunk in chunks)
    assert left_out not in {revision for _, revision in found}


async def test_contents_are_in_order_and_only_the_askers(hands: Hands) -> None:
    first, ids = await hands.ready("1.pdf", b"1")
    second, others = await hands.ready("2.pdf", b"2")
    wanted = [second.revision.id, first.revision.id, "unknown"]
    found = await hands.library.contents(hands.scope, wanted)
    assert {revision: [chunk.id for chunk in chunks] for revision, (_, chunks) in found.items()} == {
        first.revision.id: ids,
        second.revision.id: others,
        "unknown": [],
    }
    assert all([page.number for page in pages] == [1, 2][: len(pages)] for pages, _ in found.values())
    stranger: Scope = replace(hands.scope, tenant="tenant-2")
    assert set((await hands.library.contents(stranger, wanted)).values()) == {((), ())}
    assert [each async for each in hands.library.chunk_ids(stranger, wanted)] == []
