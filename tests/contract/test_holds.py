"""What is on legal hold is not deleted by anybody, and goes its way once it is released."""

import asyncio

import pytest
from tests.contract.conftest import SCOPE, Hands

from pincite.core import Database, InvalidInput, NotFound, Scope
from pincite.core.errors import Denied, OnHold
from pincite.library import Grant
from pincite.library.grants import GranteeKind, Level
from pincite.library.holds import HoldKind

REASON = "Matter 2026-14"
EDITOR = Scope("tenant-1", "ada", roles=frozenset({"editor"}))
RIVAL = Scope("tenant-2", "u", roles=frozenset({"owner"}))


async def id_of(hands: Hands, kind: HoldKind, document_id: str) -> str:
    document = await hands.library.document(SCOPE, document_id)
    return {"tenant": SCOPE.tenant, "collection": document.collection_id, "document": document_id}[kind]


@pytest.mark.parametrize("kind", ["tenant", "collection", "document"])
async def test_what_is_on_hold_is_not_removed(hands: Hands, kind: HoldKind) -> None:
    document = (await hands.ready())[0].document
    held = await id_of(hands, kind, document.id)
    await hands.library.hold(SCOPE, kind, held, REASON)
    with pytest.raises(OnHold, match=REASON):
        await hands.library.remove(SCOPE, document.id)
    assert (await hands.library.document(SCOPE, document.id)).id == document.id
    await hands.library.release(SCOPE, kind, held)
    await hands.library.remove(SCOPE, document.id)
    with pytest.raises(NotFound):
        await hands.library.document(SCOPE, document.id)


async def test_a_hold_on_one_document_holds_no_other(hands: Hands) -> None:
    kept, other = (await hands.ready("a.pdf"))[0].document, (await hands.ready("b.pdf", b"two"))[0].document
    await hands.library.hold(SCOPE, "document", kept.id, REASON)
    await hands.library.remove(SCOPE, other.id)
    await hands.library.purge(SCOPE, other.id)
    assert [each.id for each in (await hands.library.documents(SCOPE)).items] == [kept.id]


@pytest.mark.parametrize("kind", ["tenant", "collection", "document"])
async def test_what_came_on_hold_after_it_was_removed_waits(hands: Hands, kind: HoldKind) -> None:
    document = (await hands.ready())[0].document
    held = await id_of(hands, kind, document.id)
    await hands.library.remove(SCOPE, document.id)
    await hands.library.hold(SCOPE, kind, held, REASON)
    with pytest.raises(OnHold):
        await hands.library.purge(SCOPE, document.id)
    assert await hands.library.held_removals(SCOPE) == {document.id}
    assert await hands.blobs.size(SCOPE, document.latest.sha256)
    await hands.library.release(SCOPE, kind, held)
    assert await hands.library.held_removals(SCOPE) == frozenset()
    await hands.library.purge(SCOPE, document.id)
    assert await hands.library.removals(SCOPE) == []


async def test_a_collection_on_hold_is_not_deleted_though_it_is_empty(hands: Hands) -> None:
    made = await hands.library.create_collection(SCOPE, "kept")
    await hands.library.hold(SCOPE, "collection", made.id, REASON)
    with pytest.raises(OnHold):
        await hands.library.delete_collection(SCOPE, made.id)
    await hands.library.release(SCOPE, "collection", made.id)
    await hands.library.delete_collection(SCOPE, made.id)


async def test_why_it_is_held_is_told_to_those_who_may_set_holds(hands: Hands) -> None:
    document = (await hands.ready())[0].document
    await hands.library.grant(SCOPE, "document", document.id, Grant(GranteeKind.USER, EDITOR.user, Level.EDITOR))
    await hands.library.hold(SCOPE, "document", document.id, REASON)
    with pytest.raises(OnHold) as refused:
        await hands.library.remove(EDITOR, document.id)
    assert REASON not in refused.value.message + refused.value.remedy
    for attempt in (
        hands.library.hold(EDITOR, "document", document.id, REASON),
        hands.library.release(EDITOR, "document", document.id),
        hands.library.holds(EDITOR),
    ):
        with pytest.raises(Denied):
            await attempt


async def test_holds_are_a_tenants_own_and_listed_by_cursor(hands: Hands) -> None:
    document = (await hands.ready())[0].document
    for kind in ("tenant", "collection", "document"):
        await hands.library.hold(SCOPE, kind, await id_of(hands, kind, document.id), f"{REASON}  {kind}")
    first = await hands.library.holds(SCOPE, limit=2)
    rest = await hands.library.holds(SCOPE, limit=2, cursor=first.next_cursor)
    assert [each.kind for each in (*first.items, *rest.items)] == ["collection", "document", "tenant"]
    assert rest.next_cursor is None
    assert first.items[0].reason == f"{REASON} collection"
    assert (await hands.library.holds(RIVAL)).items == ()
    with pytest.raises(NotFound):
        await hands.library.hold(RIVAL, "document", document.id, REASON)
    with pytest.raises(NotFound):
        await hands.library.release(RIVAL, "document", document.id)


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
async def test_a_hold_has_a_reason_of_some_length(hands: Hands, reason: str) -> None:
    with pytest.raises(InvalidInput):
        await hands.library.hold(SCOPE, "tenant", SCOPE.tenant, reason)


async def test_a_hold_and_a_removal_at_once_are_one_after_the_other(hands: Hands) -> None:
    document = (await hands.ready())[0].document
    held, removed = await asyncio.gather(
        hands.library.hold(SCOPE, "collection", document.collection_id, REASON),
        hands.library.remove(SCOPE, document.id),
        return_exceptions=True,
    )
    assert not isinstance(held, BaseException)
    gone = await hands.library.removals(SCOPE)
    assert bool(gone) is not isinstance(removed, OnHold)


async def test_a_hold_waits_for_a_deletion_that_asked_before_it_and_stops_each_that_asks_after_it(
    hands: Hands, database: Database
) -> None:
    document = (await hands.ready())[0].document
    async with database.transaction(SCOPE) as deleting:
        await hands.library.refuse_held_within(SCOPE, deleting, document_id=document.id)
        holding = asyncio.create_task(hands.library.hold(SCOPE, "tenant", SCOPE.tenant, REASON))
        await asyncio.sleep(0.1)
        assert not holding.done(), "it is not set between the question and the deletion"
    await holding
    for about in (None, document.id):
        with pytest.raises(OnHold):
            async with database.transaction(SCOPE) as late:
                await hands.library.refuse_held_within(SCOPE, late, document_id=about)
