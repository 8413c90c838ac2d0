"""The list of revisions that wait for better vectors, and the fast index, on both databases."""

import asyncio

from pincite.core import Scope
from pincite.index import Generation
from pincite.library import Library

SCOPE = Scope("tenant-1", "u", roles=frozenset({"owner"}))
OTHER = Scope("tenant-2", "u", roles=frozenset({"owner"}))
QUICK, BETTER = Generation("quick", "static", 8), Generation("better", "minilm", 16)


async def _tiers(library: Library, scope: Scope = SCOPE) -> None:
    await library.add_generation(scope, QUICK)
    await library.make_fast(scope, QUICK.name)
    await library.ensure_generation(scope, BETTER)


async def test_a_revision_waits_until_it_is_claimed_and_done(library: Library, hands) -> None:
    await _tiers(library)
    registered, _ = await hands.ready()
    revision = registered.revision.id
    await library.await_vectors(SCOPE, revision)
    await library.await_vectors(SCOPE, revision)
    tier = await library.fast_tier(SCOPE)
    assert tier is not None
    assert (tier.generation, tier.waiting) == (QUICK, frozenset({revision}))
    assert [scope.tenant for scope in await library.tenants_waiting()] == ["tenant-1"]

    work = await library.claim_vectors(SCOPE, 60)
    assert work is not None
    assert (work.revision_id, work.chunks_done) == (revision, 0)
    assert await library.claim_vectors(SCOPE, 60) is None
    await library.note_vectors(SCOPE, revision, 2, 60)
    assert await library.count_waiting(SCOPE) == (1, 2)
    await library.release_vectors(SCOPE, revision)
    again = await library.claim_vectors(SCOPE, 0.0)
    assert again is not None
    assert again.chunks_done == 2
    await asyncio.sleep(0.01)
    assert await library.claim_vectors(SCOPE, 60) is not None, "a claim that has run out is anybody's"
    await library.have_vectors(SCOPE, frozenset({revision}))
    assert await library.count_waiting(SCOPE) == (0, 0)
    assert await library.tenants_waiting() == []
    assert (await library.fast_tier(SCOPE)) is not None


async def test_vectors_for_an_index_that_was_replaced_do_not_count(library: Library, hands) -> None:
    await _tiers(library)
    registered, _ = await hands.ready()
    revision = registered.revision.id
    await library.await_vectors(SCOPE, revision)
    assert await library.claim_vectors(SCOPE, 60) is not None
    await library.note_vectors(SCOPE, revision, 2, 60)
    newer = Generation("newer", "another", 24)
    await library.add_generation(SCOPE, newer)
    await library.activate_generation(SCOPE, newer.name, fast_model=QUICK.model_id)
    assert await library.count_waiting(SCOPE) == (1, 0)
    assert not await library.finish_vectors(SCOPE, revision, BETTER)
    again = await library.claim_vectors(SCOPE, 60)
    assert again is not None
    assert again.chunks_done == 0
    assert not await library.finish_vectors(OTHER, revision, newer)
    assert await library.finish_vectors(SCOPE, revision, newer)
    assert await library.count_waiting(SCOPE) == (0, 0)


async def test_one_of_many_gets_each_claim(library: Library, hands) -> None:
    await _tiers(library)
    revisions: set[str] = set()
    for name in "abcd":
        registered, _ = await hands.ready(source=f"{name}.pdf", data=name.encode())
        revisions.add(registered.revision.id)
        await library.await_vectors(SCOPE, registered.revision.id)
    claims = await asyncio.gather(*(library.claim_vectors(SCOPE, 60) for _ in range(8)))
    got = [claim.revision_id for claim in claims if claim is not None]
    assert len(got) == len(set(got))
    while (more := await library.claim_vectors(SCOPE, 60)) is not None:
        got.append(more.revision_id)
    assert sorted(got) == sorted(revisions)


async def test_what_is_not_ready_is_not_claimed_and_what_is_gone_leaves_the_list(library: Library, hands) -> None:
    await _tiers(library)
    reading = await hands.upload("slow.pdf", b"slow")
    await library.await_vectors(SCOPE, reading.revision.id)
    await library.await_vectors(SCOPE, "0" * 32)
    assert await library.count_waiting(SCOPE) == (2, 0)
    assert await library.claim_vectors(SCOPE, 60) is None
    assert await library.waiting_revisions(SCOPE) == frozenset({reading.revision.id})


async def test_strangers_have_lists_of_their_own(library: Library, hands) -> None:
    await _tiers(library)
    registered, _ = await hands.ready()
    revision = registered.revision.id
    await library.await_vectors(SCOPE, revision)
    await _tiers(library, OTHER)
    assert await library.waiting_revisions(OTHER) == frozenset()
    assert await library.count_waiting(OTHER) == (0, 0)
    await library.have_vectors(OTHER, frozenset({revision}))
    await library.note_vectors(OTHER, revision, 9, 60)
    await library.await_vectors(OTHER, revision)
    assert await library.claim_vectors(OTHER, 60) is None
    assert await library.count_waiting(SCOPE) == (1, 0)


async def test_the_quick_index_becomes_the_fast_one_when_another_takes_its_place(library: Library) -> None:
    assert await library.fast_tier(SCOPE) is None
    await library.ensure_generation(SCOPE, QUICK)
    await library.add_generation(SCOPE, BETTER)
    assert await library.activate_generation(SCOPE, BETTER.name, fast_model=QUICK.model_id) == ()
    tier = await library.fast_tier(SCOPE)
    assert tier is not None
    assert tier.generation == QUICK
    assert await library.active_generation(SCOPE) == BETTER
    second = Generation("second", QUICK.model_id, 8)
    await library.add_generation(SCOPE, second)
    await library.make_fast(SCOPE, second.name)
    tier = await library.fast_tier(SCOPE)
    assert tier is not None
    assert tier.generation == QUICK, "there is one fast index at most"
