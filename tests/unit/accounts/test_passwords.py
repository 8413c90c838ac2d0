"""Setting a password and signing in with it: what it takes, what it ends, and that a refusal says nothing."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from pincite.accounts import Accounts, Factors, People
from pincite.accounts.domain import Unauthenticated
from pincite.accounts.hashing import MOST_WAITING, PasswordHasher
from pincite.accounts.passwords import Passwords, WrongPassword
from pincite.accounts.tables import SessionRow
from pincite.accounts.throttle import Throttle
from pincite.core import Conflict, Database, InvalidInput, Scope, utc_now
from pincite.core.errors import Denied, TooManyTries, TryLater
from pincite.core.scope import EVERY_TENANT

ADA, WORDS, OTHERS = "ada@example.com", "correct horse battery staple", "tangerine marble oxide nine"


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
def passwords(factors: Factors) -> Passwords:
    return factors.passwords


@pytest.fixture
async def owner(accounts: Accounts) -> Scope:
    await accounts.bootstrap()
    return await accounts.owner_scope()


@pytest.fixture
async def ada(people: People, accounts: Accounts, owner: Scope) -> tuple[Scope, str]:
    """Somebody who signed in with their invitation's link: their scope and their session."""
    _, token = await people.invite(owner, name="Ada", role="editor", email=ADA)
    assert token is not None
    session = await accounts.redeem(token)
    return await accounts.authenticate(bearer=None, session=session), session


async def age(database: Database, by: timedelta) -> None:
    """Let all sessions have begun earlier."""
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(SessionRow).values(created_at=utc_now() - by))


async def refusal(of: Awaitable[object]) -> tuple[str, str, str]:
    with pytest.raises(Unauthenticated) as refused:
        await of
    return refused.value.code, refused.value.message, refused.value.remedy


async def test_a_password_that_was_set_after_a_link_signs_in(
    passwords: Passwords, accounts: Accounts, ada: tuple[Scope, str], database: Database
) -> None:
    scope, session = ada
    assert not (await passwords.state(scope, session)).is_set
    await passwords.set(scope, session, WORDS, None)
    entered = (await passwords.sign_in(" Ada@Example.com", WORDS, "192.0.2.1")).secret
    assert await accounts.authenticate(bearer=None, session=entered) == scope
    async with database.read(EVERY_TENANT) as reading:
        hashed = (await reading.execute(text("SELECT hash FROM accounts_passwords"))).scalar_one()
    assert hashed.startswith("$argon2id$")


async def test_whatever_is_wrong_is_refused_alike(
    passwords: Passwords, people: People, owner: Scope, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    await people.invite(owner, name="Import", role="editor", email="import@example.com", service=True)
    await people.invite(owner, name="Bob", role="editor", email="bob@example.com")
    refused = {
        await refusal(passwords.sign_in(address, tried, f"192.0.2.{number}"))
        for number, (address, tried) in enumerate(
            [
                (ADA, OTHERS),
                (ADA, "x" * 5000),
                ("nobody@example.com", WORDS),
                ("import@example.com", WORDS),
                ("bob@example.com", WORDS),
                ("", WORDS),
            ]
        )
    }
    await people.change(owner, scope.user, disabled=True)
    refused.add(await refusal(passwords.sign_in(ADA, WORDS, "192.0.2.9")))
    assert len(refused) == 1


async def test_a_change_takes_the_current_password_unless_a_link_was_just_used(
    passwords: Passwords, database: Database, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    await passwords.set(scope, session, OTHERS, None)
    await age(database, timedelta(minutes=16))
    assert (await passwords.state(scope, session)).needs_current
    for current in (None, WORDS):
        with pytest.raises(WrongPassword):
            await passwords.set(scope, session, WORDS, current)
    await passwords.set(scope, session, WORDS, OTHERS)
    by_password = (await passwords.sign_in(ADA, WORDS, "192.0.2.1")).secret
    with pytest.raises(WrongPassword):
        await passwords.set(scope, by_password, OTHERS, None)


async def test_the_current_password_cannot_be_guessed_from_a_session(
    passwords: Passwords, database: Database, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    await age(database, timedelta(minutes=16))
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await passwords.set(scope, session, OTHERS, "wrong")
    with pytest.raises(TooManyTries):
        await passwords.set(scope, session, OTHERS, WORDS)


async def test_a_change_ends_all_other_sessions_and_links(
    passwords: Passwords, people: People, accounts: Accounts, owner: Scope, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    other = (await passwords.sign_in(ADA, WORDS, "192.0.2.1")).secret
    link = await people.sign_in_token(owner, scope.user, minutes=5)
    owners = await accounts.redeem(await accounts.sign_in_token(owner))
    await passwords.set(scope, session, OTHERS, None)
    await accounts.authenticate(bearer=None, session=session)
    await accounts.authenticate(bearer=None, session=owners)
    for ended in (accounts.authenticate(bearer=None, session=other), accounts.redeem(link)):
        with pytest.raises(Unauthenticated):
            await ended


async def test_of_two_changes_at_once_the_one_that_came_too_late_is_told(
    passwords: Passwords, accounts: Accounts, people: People, owner: Scope, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    other = await accounts.redeem(await people.sign_in_token(owner, scope.user, minutes=5))
    done = await asyncio.gather(
        passwords.set(scope, session, WORDS, None), passwords.set(scope, other, OTHERS, None), return_exceptions=True
    )
    assert [type(each) for each in done if each is not None] == [Conflict]


async def test_nobody_sets_a_password_with_somebody_elses_session_or_without_an_address(
    passwords: Passwords, accounts: Accounts, people: People, owner: Scope, ada: tuple[Scope, str]
) -> None:
    owners = await accounts.redeem(await accounts.sign_in_token(owner))
    with pytest.raises(Unauthenticated):
        await passwords.set(ada[0], owners, WORDS, None)
    with pytest.raises(InvalidInput, match="e-mail"):
        await passwords.set(owner, owners, WORDS, None)
    await people.change(owner, owner.user, email="Owner@example.com")
    await passwords.set(owner, owners, WORDS, None)
    await passwords.sign_in("owner@example.com", WORDS, "192.0.2.1")


async def test_the_password_of_somebody_removed_goes_with_them(
    passwords: Passwords, people: People, database: Database, owner: Scope, ada: tuple[Scope, str]
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    await people.remove(owner, scope.user)
    async with database.read(EVERY_TENANT) as reading:
        assert (await reading.execute(text("SELECT count(*) FROM accounts_passwords"))).scalar_one() == 0


async def test_an_unknown_address_costs_a_hash_too(database: Database) -> None:
    compared: list[str | None] = []

    class Counting(PasswordHasher):
        async def matches(self, password: str, hashed: str | None) -> bool:
            compared.append(hashed)
            return await super().matches(password, hashed)

    hasher = Counting(time_cost=1, memory_kib=64)
    await refusal(Passwords(database, hasher, Throttle(database)).sign_in("nobody@example.com", WORDS, "192.0.2.1"))
    assert compared == [None]
    assert not await hasher.matches(WORDS, None)
    assert await hasher.matches(WORDS, await hasher.hash(WORDS))


async def test_a_password_is_kept_as_argon2id_with_what_owasp_asks_for() -> None:
    kept = await PasswordHasher().hash(WORDS)
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_hash_of_other_parameters_is_made_anew_by_the_next_sign_in(
    passwords: Passwords, ada: tuple[Scope, str], database: Database
) -> None:
    scope, session = ada
    await passwords.set(scope, session, WORDS, None)
    stronger = Passwords(database, PasswordHasher(time_cost=2, memory_kib=64), Throttle(database))

    async def kept() -> str:
        async with database.read(EVERY_TENANT) as reading:
            return str((await reading.execute(text("SELECT hash FROM accounts_passwords"))).scalar_one())

    with pytest.raises(Unauthenticated):
        await stronger.sign_in(ADA, OTHERS, "192.0.2.1")
    assert "t=1," in await kept(), "who does not know the password changes nothing"
    await stronger.sign_in(ADA, WORDS, "192.0.2.1")
    first = await kept()
    assert "t=2," in first
    await stronger.sign_in(ADA, WORDS, "192.0.2.1")
    assert await kept() == first


async def test_too_many_at_once_are_sent_away_and_hold_nobody_up() -> None:
    hasher = PasswordHasher(time_cost=1, memory_kib=64)
    kept = await hasher.hash(WORDS)
    came = await asyncio.gather(*(hasher.matches(WORDS, kept) for _ in range(200)), return_exceptions=True)
    refused = [each for each in came if isinstance(each, TryLater)]
    assert len(refused) == 200 - MOST_WAITING
    assert all(each.retry_after_s > 0 for each in refused)
    assert came.count(True) == MOST_WAITING
    assert await hasher.matches(WORDS, kept)


async def test_a_session_that_is_not_new_sets_no_first_password(
    passwords: Passwords, ada: tuple[Scope, str], database: Database
) -> None:
    scope, session = ada
    await age(database, timedelta(minutes=16))
    with pytest.raises(Denied, match="link") as refused:
        await passwords.set(scope, session, WORDS, None)
    assert "15 minutes" in refused.value.remedy
    assert not (await passwords.state(scope, session)).is_set
