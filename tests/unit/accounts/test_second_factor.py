"""The second factor: what it takes to set it up, that a code is good once, recovery codes, and a key that is lost."""

import asyncio
import base64
import time
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from pincite.accounts import Accounts, Factors, People
from pincite.accounts.domain import Role, Unauthenticated
from pincite.accounts.hashing import PasswordHasher
from pincite.accounts.passwords import WrongPassword
from pincite.accounts.second_factor import WrongCode
from pincite.accounts.tables import CodesRow, HalfSessionRow, SessionRow
from pincite.accounts.totp import code_of
from pincite.accounts.vault import KeyLost
from pincite.app.provider_web import ProviderWeb
from pincite.core import Conflict, Database, Scope, utc_now
from pincite.core.errors import Denied, TooManyTries
from pincite.core.scope import EVERY_TENANT

ADA, WORDS = "ada@example.com", "correct horse battery staple"


def code(secret: str, ahead: int = 0) -> str:
    """Return the code of now, or of a step beside it; one of the step before is good for two seconds more at least."""
    now_s = utc_now().timestamp()
    if ahead < 0 and now_s % 30 > 28:
        time.sleep(30 - now_s % 30)
        now_s = utc_now().timestamp()
    return code_of(base64.b32decode(secret), int(now_s) // 30 + ahead)


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
async def owner(accounts: Accounts) -> Scope:
    await accounts.bootstrap()
    return await accounts.owner_scope()


@pytest.fixture
async def ada(people: People, accounts: Accounts, factors: Factors, owner: Scope) -> tuple[Scope, str]:
    """Somebody with a password who signed in with a link: their scope and their session."""
    _, token = await people.invite(owner, name="Ada", role="editor", email=ADA)
    assert token is not None
    session = await accounts.redeem(token)
    scope = await accounts.authenticate(bearer=None, session=session)
    await factors.passwords.set(scope, session, WORDS, None)
    return scope, session


async def set_up(factors: Factors, ada: tuple[Scope, str]) -> tuple[str, list[str]]:
    """Set a second factor up; returns its secret and the recovery codes."""
    made = await factors.second.begin(*ada, None)
    return made.secret, await factors.second.confirm(ada[0], code(made.secret, -1))


async def half(factors: Factors) -> str:
    """Give the password, and return the session that owes a code."""
    entered = await factors.passwords.sign_in(ADA, WORDS, "192.0.2.1")
    assert entered.owes_code
    return entered.secret


async def test_it_counts_once_a_code_confirmed_it_and_then_the_password_is_not_enough(
    factors: Factors, accounts: Accounts, ada: tuple[Scope, str], database: Database
) -> None:
    made = await factors.second.begin(*ada, None)
    assert not (await factors.passwords.sign_in(ADA, WORDS, "192.0.2.1")).owes_code
    with pytest.raises(WrongCode):
        await factors.second.confirm(ada[0], "000000")
    recovery = await factors.second.confirm(ada[0], code(made.secret))
    assert len(set(recovery)) == 10
    assert {len(each.replace("-", "")) * 5 for each in recovery} == {120}, "bits"
    secret = await half(factors)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=None, session=secret)
    entered = await factors.second.finish(secret, code(made.secret, 1))
    assert await accounts.authenticate(bearer=None, session=entered) == ada[0]
    async with database.read(EVERY_TENANT) as session:
        kept = repr((await session.execute(text("SELECT * FROM accounts_codes"))).all())
        kept += repr((await session.execute(text("SELECT * FROM accounts_recovery_codes"))).all())
    assert made.secret not in kept
    assert not [each for each in recovery if each in kept or each.replace("-", "") in kept]


async def test_a_code_is_good_once_even_for_two_at_the_same_time(factors: Factors, ada: tuple[Scope, str]) -> None:
    secret, _ = await set_up(factors, ada)
    halves, now = [await half(factors), await half(factors)], code(secret)
    done = await asyncio.gather(*(factors.second.finish(each, now) for each in halves), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["WrongCode", "str"]


async def test_recovery_codes_are_good_once_however_they_are_typed(factors: Factors, ada: tuple[Scope, str]) -> None:
    _, recovery = await set_up(factors, ada)
    await factors.second.finish(await half(factors), recovery[0].upper().replace("-", " "))
    assert (await factors.second.state(ada[0])).recovery_left == 9
    with pytest.raises(WrongCode):
        await factors.second.finish(await half(factors), recovery[0])


async def test_codes_cannot_be_guessed(factors: Factors, ada: tuple[Scope, str]) -> None:
    secret, recovery = await set_up(factors, ada)
    for number in range(5):
        with pytest.raises(WrongCode):
            await factors.second.finish(await half(factors), f"{number:016}")
    for right in (code(secret), recovery[0]):
        with pytest.raises(TooManyTries):
            await factors.second.finish(await half(factors), right)


async def test_half_a_session_ends_with_a_change_of_the_password(factors: Factors, ada: tuple[Scope, str]) -> None:
    secret, _ = await set_up(factors, ada)
    changed = await half(factors)
    await factors.passwords.set(*ada, WORDS + " again", None)
    for each in (changed, "never was"):
        with pytest.raises(Unauthenticated):
            await factors.second.finish(each, code(secret))


async def test_a_code_that_comes_too_late_is_refused(
    factors: Factors, database: Database, ada: tuple[Scope, str]
) -> None:
    secret, _ = await set_up(factors, ada)
    late = await half(factors)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(HalfSessionRow).values(expires_at=utc_now() - timedelta(seconds=1)))
    with pytest.raises(Unauthenticated):
        await factors.second.finish(late, code(secret))


async def test_it_takes_the_password_to_set_up_and_a_code_to_turn_off(
    factors: Factors, database: Database, ada: tuple[Scope, str]
) -> None:
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(SessionRow).values(created_at=utc_now() - timedelta(hours=1)))
    with pytest.raises(WrongPassword):
        await factors.second.begin(*ada, "wrong")
    made = await factors.second.begin(*ada, WORDS)
    await factors.second.confirm(ada[0], code(made.secret, -1))
    with pytest.raises(Conflict):
        await factors.second.begin(*ada, WORDS)
    with pytest.raises(WrongCode):
        await factors.second.turn_off(ada[0], "000000")
    await factors.second.turn_off(ada[0], code(made.secret))
    assert not (await factors.passwords.sign_in(ADA, WORDS, "192.0.2.1")).owes_code


async def test_an_admin_takes_it_away_but_an_owners_only_an_owner(
    factors: Factors, accounts: Accounts, people: People, owner: Scope, ada: tuple[Scope, str]
) -> None:
    await people.change(owner, ada[0].user, role="owner")
    session = await accounts.redeem(await people.sign_in_token(owner, ada[0].user, minutes=5))
    now_owner = await accounts.authenticate(bearer=None, session=session), session
    await factors.passwords.set(*now_owner, WORDS, None)
    await set_up(factors, now_owner)
    admin = Scope(owner.tenant, "somebody", roles=frozenset({Role.ADMIN}))
    with pytest.raises(Denied):
        await people.drop_second_factor(admin, ada[0].user)
    await people.drop_second_factor(owner, ada[0].user)
    assert not (await factors.passwords.sign_in(ADA, WORDS, "192.0.2.1")).owes_code


async def test_whoever_becomes_an_owner_begins_without_the_old_factor_and_password(
    factors: Factors, people: People, owner: Scope, ada: tuple[Scope, str]
) -> None:
    await set_up(factors, ada)
    await people.change(owner, ada[0].user, role="owner")
    with pytest.raises(Unauthenticated):
        await factors.passwords.sign_in(ADA, WORDS, "192.0.2.1")


async def test_with_another_key_codes_are_not_read_and_recovery_codes_do(
    factors: Factors, database: Database, ada: tuple[Scope, str]
) -> None:
    secret, recovery = await set_up(factors, ada)
    other = Factors(
        database, b"another key that is long enough!", ProviderWeb([]), PasswordHasher(time_cost=1, memory_kib=64)
    )
    with pytest.raises(KeyLost, match="another secret key"):
        await other.second.finish(await half(other), code(secret))
    await other.second.finish(await half(other), recovery[0])


async def test_somebody_elses_secret_cannot_be_put_in_place(
    factors: Factors, people: People, accounts: Accounts, database: Database, owner: Scope, ada: tuple[Scope, str]
) -> None:
    secret, _ = await set_up(factors, ada)
    bob, token = await people.invite(owner, name="Bob", role="viewer", email="bob@example.com")
    assert token is not None
    await accounts.redeem(token)
    async with database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(CodesRow).values(user_id=bob.id))
    with pytest.raises(KeyLost):
        await factors.second.turn_off(Scope(owner.tenant, bob.id), code(secret))
