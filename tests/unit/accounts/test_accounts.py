"""The first owner, tokens, sessions and keys, once on SQLite and once on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from pincite.accounts import Accounts
from pincite.accounts.domain import Unauthenticated
from pincite.core import Database, InvalidInput, NotFound, Scope
from pincite.core.scope import EVERY_TENANT


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    database = Database(tables_url)
    yield database
    await database.close()


async def test_bootstrap_makes_one_owner_even_when_two_processes_start_at_once(
    accounts: Accounts, tables_url: str
) -> None:
    other_database = Database(tables_url)
    other = Accounts(other_database)
    made = await asyncio.gather(*(a.bootstrap() for a in [accounts, other] * 5))
    assert len([owner for owner in made if owner is not None]) == 1
    assert await accounts.owner_scope() == await other.owner_scope()
    assert await accounts.bootstrap() is None
    await other_database.close()


async def test_before_bootstrap_there_is_no_owner(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.owner_scope()
    assert await accounts.never_signed_in()


async def test_a_token_is_good_once_even_for_two_at_the_same_time(accounts: Accounts) -> None:
    await accounts.bootstrap()
    token = await accounts.sign_in_token(await accounts.owner_scope())
    tried = await asyncio.gather(*(accounts.redeem(token) for _ in range(8)), return_exceptions=True)
    sessions = [secret for secret in tried if isinstance(secret, str)]
    assert len(sessions) == 1
    assert all(isinstance(error, Unauthenticated) for error in tried if not isinstance(error, str))
    assert await accounts.authenticate(bearer=None, session=sessions[0]) == await accounts.owner_scope()
    assert not await accounts.never_signed_in()


async def test_a_token_runs_out(accounts: Accounts) -> None:
    await accounts.bootstrap()
    token = await accounts.sign_in_token(await accounts.owner_scope(), minutes=-1)
    with pytest.raises(Unauthenticated):
        await accounts.redeem(token)


async def test_a_session_slides_and_runs_out(accounts: Accounts, database: Database) -> None:
    from sqlalchemy import text

    await accounts.bootstrap()
    scope = await accounts.owner_scope()
    secret = await accounts.redeem(await accounts.sign_in_token(scope))

    async def expiry() -> str:
        async with database.read(EVERY_TENANT) as session:
            return str((await session.execute(text("SELECT expires_at FROM accounts_sessions"))).scalar_one())

    first = await expiry()
    await accounts.authenticate(bearer=None, session=secret)
    assert await expiry() == first, "a use right after another is not written down"
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE accounts_sessions SET last_used_at = '2026-01-01 00:00:00.000000'"))
    await accounts.authenticate(bearer=None, session=secret)
    assert await expiry() > first
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(text("UPDATE accounts_sessions SET expires_at = '2026-01-01 00:00:00.000000'"))
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=None, session=secret)


async def test_keys_of_another_tenant_cannot_be_seen_or_revoked(accounts: Accounts) -> None:
    await accounts.bootstrap()
    scope = await accounts.owner_scope()
    made = await accounts.create_key(scope, "mine")
    stranger = Scope("another-tenant", scope.user, roles=scope.roles)
    assert await accounts.list_keys(stranger) == []
    with pytest.raises(NotFound) as foreign:
        await accounts.revoke_key(stranger, made.key.id)
    with pytest.raises(NotFound) as missing:
        await accounts.revoke_key(scope, "nothing")
    assert str(foreign.value) == str(missing.value)
    with pytest.raises(NotFound):
        await accounts.current_user(stranger)
    assert await accounts.authenticate(bearer=made.secret, session=None) == scope


@pytest.mark.parametrize("name", ["", "   ", "\x00\n", "x" * 101])
async def test_a_key_needs_a_name(accounts: Accounts, name: str) -> None:
    await accounts.bootstrap()
    with pytest.raises(InvalidInput):
        await accounts.create_key(await accounts.owner_scope(), name)


async def test_every_secret_is_another(accounts: Accounts) -> None:
    await accounts.bootstrap()
    scope = await accounts.owner_scope()
    made = [await accounts.create_key(scope, f"k{i}") for i in range(5)]
    assert len({m.secret for m in made}) == 5
    assert all(len(m.secret) >= 47 for m in made)
    assert {key.name for key in await accounts.list_keys(scope)} == {f"k{i}" for i in range(5)}
