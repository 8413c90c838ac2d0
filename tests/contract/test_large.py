"""What large tenants have more of than one statement of PostgreSQL takes parameters (32,767), on both databases."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert
from tests.contract.conftest import SCOPE, Hands

from pincite.accounts import Accounts, People
from pincite.core import Conflict, Database, Table, new_id
from pincite.library import Library

MANY = 33_000


async def test_after_a_change_of_embedders_no_document_waits_for_vectors(library: Library, hands: Hands) -> None:
    registered, _ = await hands.ready()
    await library.await_vectors(SCOPE, registered.revision.id)
    others = {new_id() for _ in range(MANY)}
    await library.have_vectors(SCOPE, frozenset({registered.revision.id, *others}))
    assert await library.count_waiting(SCOPE) == (0, 0)


async def test_an_owner_may_go_where_there_is_another(database: Database) -> None:
    people = People(database)
    first = await Accounts(database).bootstrap()
    assert first is not None
    owner, now = first.scope, datetime.now(UTC)
    row = {"tenant": owner.tenant, "name": "Ada", "service": False, "created_at": now, "email": None}
    users = Table.metadata.tables["accounts_users"]
    async with database.transaction(owner) as tx:
        for start in range(0, MANY, 1000):
            some = [{**row, "id": f"u{number}", "roles": '["viewer"]'} for number in range(start, start + 1000)]
            await tx.execute(insert(users), some)
    with pytest.raises(Conflict):
        await people.change(owner, owner.user, role="viewer")
    second, _ = await people.invite(owner, name="Bob", role="owner")
    await people.change(owner, second.id, disabled=True)
    with pytest.raises(Conflict):
        await people.change(owner, owner.user, role="viewer")
    await people.change(owner, second.id, disabled=False)
    assert (await people.change(owner, owner.user, role="viewer")).roles == {"viewer"}
