"""Users and groups: who may change whom, the last owner, keys that are narrowed, and what disabling ends."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from pincite.accounts import Accounts, People, Role
from pincite.accounts.domain import Unauthenticated
from pincite.accounts.tables import PasswordRow, UserRow
from pincite.core import Conflict, Database, InvalidInput, NotFound, Scope, utc_now
from pincite.core.errors import Denied
from pincite.core.scope import EVERY_TENANT


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
async def owner(accounts: Accounts) -> Scope:
    await accounts.bootstrap()
    return await accounts.owner_scope()


async def joined(people: People, accounts: Accounts, owner: Scope, name: str, role: str) -> tuple[Scope, str]:
    """Invite somebody who signs in; returns their scope and their session."""
    _, token = await people.invite(owner, name=name, role=role)
    assert token is not None
    session = await accounts.redeem(token)
    return await accounts.authenticate(bearer=None, session=session), session


async def test_somebody_invited_signs_in_once_with_their_role_and_groups(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    user, token = await people.invite(owner, name="Ada", role="editor", email=" Ada@Example.com ")
    assert token is not None
    assert user.email == "ada@example.com"
    group = await people.create_group(owner, "Legal")
    await people.set_members(owner, group.id, [user.id])
    scope = await accounts.authenticate(bearer=None, session=await accounts.redeem(token))
    assert scope == Scope(owner.tenant, user.id, frozenset({group.id}), frozenset({"editor"}))
    with pytest.raises(Unauthenticated):
        await accounts.redeem(token)
    with pytest.raises(Conflict):
        await people.invite(owner, name="Other", role="viewer", email="ADA@example.com")


async def test_whom_a_command_names_is_as_their_session_would_have_them(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    user, token = await people.invite(owner, name="Ada", role="editor", email="ada@example.com")
    group = await people.create_group(owner, "Legal")
    await people.set_members(owner, group.id, [user.id])
    session = await accounts.authenticate(bearer=None, session=await accounts.redeem(token or ""))
    program, _ = await people.invite(owner, name="Nightly", role="viewer", service=True)
    rival = (await accounts.create_tenant("Rival")).scope
    for named in (user.id, "ada@example.com", " Ada@Example.com "):
        assert await accounts.scope_named(named) == session
    assert (await accounts.scope_named(program.id)).user == program.id
    assert await accounts.scope_named(rival.user) == rival
    for nobody in ("Ada", "", "%", "ada@example", group.id, owner.tenant):
        with pytest.raises(NotFound):
            await accounts.scope_named(nobody)
    await people.change(owner, user.id, disabled=True)
    with pytest.raises(Denied, match="Ada is disabled"):
        await accounts.scope_named("ada@example.com")


@pytest.mark.parametrize("email", ["", "ada", "a@b@c", "a b@c", "a@" + "x" * 400, "a\n@b"])
async def test_an_address_that_is_none_is_refused(people: People, owner: Scope, email: str) -> None:
    with pytest.raises(InvalidInput):
        await people.invite(owner, name="Ada", role="viewer", email=email)


async def test_disabling_ends_sessions_and_keys_at_once_and_enabling_brings_keys_back(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    scope, session = await joined(people, accounts, owner, "Ada", "editor")
    key = (await accounts.create_key(scope, "mine")).secret
    await people.change(owner, scope.user, disabled=True)
    for bearer, cookie in ((key, None), (None, session)):
        with pytest.raises(Unauthenticated):
            await accounts.authenticate(bearer=bearer, session=cookie)
    with pytest.raises(InvalidInput):
        await people.sign_in_token(owner, scope.user, minutes=5)
    await people.change(owner, scope.user, disabled=False)
    assert (await accounts.authenticate(bearer=key, session=None)).user == scope.user
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=None, session=session)


async def test_a_session_that_was_left_to_somebody_who_is_disabled_opens_nothing(
    people: People, accounts: Accounts, owner: Scope, database: Database
) -> None:
    scope, session = await joined(people, accounts, owner, "Ada", "editor")
    async with database.transaction(scope) as tx:  # as one that was begun while they were being disabled
        await tx.execute(update(UserRow).where(UserRow.id == scope.user).values(disabled_at=utc_now()))
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=None, session=session)


async def test_who_come_and_leave_at_once_are_all_heeded(people: People, owner: Scope) -> None:
    group = await people.create_group(owner, "Legal")
    users = [(await people.invite(owner, name=f"U{number}", role="viewer"))[0].id for number in range(8)]
    await people.set_members(owner, group.id, users[:4])
    await asyncio.gather(
        *(people.change_members(owner, group.id, leave=[each]) for each in users[:4]),
        *(people.change_members(owner, group.id, come=[each]) for each in users[4:]),
    )
    assert (await people.groups(owner))[0].members == frozenset(users[4:])
    with pytest.raises(InvalidInput):
        await people.change_members(owner, group.id, come=["nobody"])
    with pytest.raises(NotFound):
        await people.change_members(owner, "nothing", leave=users)


async def test_an_invitation_that_went_to_a_wrong_address_is_good_no_more_once_that_is_corrected(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    ada, wrong = await people.invite(owner, name="Ada", role="admin", email="ada@exmaple.com")
    await people.change(owner, ada.id, name="Ada L.", email="Ada@Exmaple.com")  # the same one
    await people.change(owner, ada.id, email="ada@example.com")
    with pytest.raises(Unauthenticated):
        await accounts.redeem(wrong or "")
    await accounts.redeem(await people.sign_in_token(owner, ada.id, minutes=5))
    eve, first = await people.invite(owner, name="Eve", role="viewer")
    await people.change(owner, eve.id, email="eve@example.com")  # the link went nowhere else
    await accounts.redeem(first or "")


async def test_a_link_made_before_somebody_was_disabled_does_not_sign_them_in(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    user, token = await people.invite(owner, name="Ada", role="viewer")
    assert token is not None
    await people.change(owner, user.id, disabled=True)
    with pytest.raises(Unauthenticated):
        await accounts.redeem(token)


async def test_removing_somebody_removes_what_they_could_use(people: People, accounts: Accounts, owner: Scope) -> None:
    scope, session = await joined(people, accounts, owner, "Ada", "viewer")
    key = (await accounts.create_key(scope, "mine")).secret
    group = await people.create_group(owner, "Legal")
    await people.set_members(owner, group.id, [scope.user, owner.user])
    await people.remove(owner, scope.user)
    for bearer, cookie in ((key, None), (None, session)):
        with pytest.raises(Unauthenticated):
            await accounts.authenticate(bearer=bearer, session=cookie)
    assert (await people.groups(owner))[0].members == {owner.user}
    with pytest.raises(NotFound):
        await people.user(owner, scope.user)


async def test_the_last_owner_stays_an_owner(people: People, accounts: Accounts, owner: Scope) -> None:
    for attempt in (
        people.change(owner, owner.user, role="viewer"),
        people.change(owner, owner.user, disabled=True),
        people.remove(owner, owner.user),
    ):
        with pytest.raises(Conflict):
            await attempt
    second, _ = await joined(people, accounts, owner, "Eve", "owner")
    await people.change(second, owner.user, role="viewer")
    assert (await people.user(second, owner.user)).roles == {"viewer"}
    with pytest.raises(Conflict):
        await people.remove(second, second.user)


async def test_only_owners_make_change_and_act_as_owners(people: People, accounts: Accounts, owner: Scope) -> None:
    admin, _ = await joined(people, accounts, owner, "Bob", "admin")
    for attempt in (
        people.invite(admin, name="Eve", role="owner"),
        people.change(admin, admin.user, role="owner"),
        people.change(admin, owner.user, name="Nobody"),
        people.remove(admin, owner.user),
        people.sign_in_token(admin, owner.user, minutes=5),
        accounts.create_key(admin, "x", user=owner.user),
    ):
        with pytest.raises(Denied):
            await attempt
    key = await accounts.create_key(owner, "owner's")
    for refused in (accounts.rotate_key(admin, key.key.id), accounts.revoke_key(admin, key.key.id)):
        with pytest.raises(Denied):
            await refused


async def test_what_an_admin_has_of_somebody_is_worth_nothing_once_they_are_an_owner(
    people: People, accounts: Accounts, owner: Scope, database: Database
) -> None:
    admin, _ = await joined(people, accounts, owner, "Bob", "admin")
    scope, session = await joined(people, accounts, owner, "Ada", "editor")
    key = (await accounts.create_key(admin, "x", user=scope.user)).secret
    link = await people.sign_in_token(admin, scope.user, minutes=60)
    async with database.transaction(EVERY_TENANT) as tx:
        row = {"user_id": scope.user, "tenant": scope.tenant, "hash": "what an admin set", "changed_at": utc_now()}
        await tx.execute(insert(PasswordRow), [row])
    await people.change(owner, scope.user, role="owner")
    async with database.read(EVERY_TENANT) as reading:
        assert (await reading.scalars(select(PasswordRow.user_id))).all() == []
    for attempt in (
        accounts.authenticate(bearer=key, session=None),
        accounts.authenticate(bearer=None, session=session),
        accounts.redeem(link),
    ):
        with pytest.raises(Unauthenticated):
            await attempt
    mine = await accounts.create_key(owner, "o")
    await people.change(owner, owner.user, role="owner")
    assert (await accounts.authenticate(bearer=mine.secret, session=None)).user == owner.user


async def test_nothing_of_another_tenant_is_there(people: People, accounts: Accounts, owner: Scope) -> None:
    other = (await accounts.create_tenant("Rival")).scope
    group = await people.create_group(owner, "Legal")
    key = await accounts.create_key(owner, "x")
    for attempt in (
        people.user(other, owner.user),
        people.change(other, owner.user, name="x"),
        people.remove(other, owner.user),
        people.sign_in_token(other, owner.user, minutes=5),
        people.set_members(other, group.id, []),
        people.remove_group(other, group.id),
        accounts.create_key(other, "x", user=owner.user),
        accounts.rotate_key(other, key.key.id),
        accounts.revoke_key(other, key.key.id),
    ):
        with pytest.raises(NotFound):
            await attempt
    mine = await people.create_group(other, "Legal")
    with pytest.raises(InvalidInput):
        await people.set_members(other, mine.id, [owner.user])
    assert [each.id for each in await people.users(other)] == [other.user]
    assert [each.id for each in await people.groups(other)] == [mine.id]
    assert not await people.knows(other, "group", group.id)
    assert not await people.knows(other, "user", owner.user)
    assert await accounts.list_keys(other) == []


async def test_a_program_has_keys_and_does_not_sign_in(people: People, accounts: Accounts, owner: Scope) -> None:
    robot, token = await people.invite(owner, name="Import", role="editor", service=True)
    assert token is None
    with pytest.raises(InvalidInput):
        await people.sign_in_token(owner, robot.id, minutes=5)
    with pytest.raises(InvalidInput):
        await people.change(owner, robot.id, role=Role.OWNER)
    key = await accounts.create_key(owner, "import", user=robot.id, permissions=["read"])
    scope = await accounts.authenticate(bearer=key.secret, session=None)
    assert (scope.user, scope.roles, scope.permissions) == (robot.id, {"editor"}, {"read", "self"})


async def test_a_narrowed_key_makes_no_wider_one(people: People, accounts: Accounts, owner: Scope) -> None:
    narrow = await accounts.create_key(owner, "n", permissions=["read", "admin"])
    scope = await accounts.authenticate(bearer=narrow.secret, session=None)
    child = await accounts.create_key(scope, "child")
    assert child.key.permissions == {"read", "admin", "self"}
    for wanted in (["write"], ["read", "audit"]):
        with pytest.raises(Denied):
            await accounts.create_key(scope, "wide", permissions=wanted)
    wide = await accounts.create_key(owner, "wide")
    with pytest.raises(Denied):
        await accounts.rotate_key(scope, wide.key.id)
    with pytest.raises(InvalidInput):
        await accounts.create_key(owner, "x", permissions=["fly"])


async def test_a_narrowed_key_lets_nobody_in_who_may_do_more(people: People, accounts: Accounts, owner: Scope) -> None:
    narrow = await accounts.create_key(owner, "n", permissions=["admin"])
    scope = await accounts.authenticate(bearer=narrow.secret, session=None)
    ada, _ = await people.invite(owner, name="Ada", role="viewer")
    for attempt in (
        people.sign_in_token(scope, owner.user, minutes=5),
        people.sign_in_token(scope, ada.id, minutes=5),
        people.invite(scope, name="Eve", role="viewer"),
        people.change(scope, ada.id, role="editor"),
    ):
        with pytest.raises(Denied):
            await attempt
    assert (await people.change(scope, ada.id, name="Ada L.", disabled=True)).roles == {"viewer"}


async def test_a_key_ends_when_it_expires_and_another_secret_ends_the_first(accounts: Accounts, owner: Scope) -> None:
    with pytest.raises(InvalidInput):
        await accounts.create_key(owner, "late", expires_at=utc_now() - timedelta(seconds=1))
    made = await accounts.create_key(owner, "soon", expires_at=utc_now() + timedelta(seconds=0.4))
    assert (await accounts.authenticate(bearer=made.secret, session=None)).user == owner.user
    rotated = await accounts.rotate_key(owner, made.key.id)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=made.secret, session=None)
    assert rotated.key.expires_at == made.key.expires_at
    assert (await accounts.authenticate(bearer=rotated.secret, session=None)).user == owner.user
    await asyncio.sleep(0.5)
    with pytest.raises(Unauthenticated, match="has expired"):
        await accounts.authenticate(bearer=rotated.secret, session=None)
    with pytest.raises(Conflict, match="has expired"):
        await accounts.rotate_key(owner, made.key.id)


async def test_no_key_outlives_the_one_that_it_was_made_with(accounts: Accounts, owner: Scope) -> None:
    soon = await accounts.create_key(owner, "soon", expires_at=utc_now() + timedelta(hours=1))
    whole = await accounts.create_key(owner, "whole")
    scope = await accounts.authenticate(bearer=soon.secret, session=None)
    assert (await accounts.create_key(scope, "child")).key.expires_at == soon.key.expires_at
    sooner = utc_now() + timedelta(minutes=1)
    assert (await accounts.create_key(scope, "sooner", expires_at=sooner)).key.expires_at == sooner
    for attempt in (
        accounts.create_key(scope, "later", expires_at=utc_now() + timedelta(hours=2)),
        accounts.rotate_key(scope, whole.key.id),
    ):
        with pytest.raises(Denied):
            await attempt
    await accounts.rotate_key(scope, soon.key.id)


async def test_everybody_has_keys_of_their_own_and_sees_no_others(
    people: People, accounts: Accounts, owner: Scope
) -> None:
    viewer, _ = await joined(people, accounts, owner, "Ada", "viewer")
    theirs, mine = await accounts.create_key(viewer, "v"), await accounts.create_key(owner, "o")
    assert [each.id for each in await accounts.list_keys(viewer)] == [theirs.key.id]
    assert {each.id for each in await accounts.list_keys(owner)} == {theirs.key.id, mine.key.id}
    for attempt in (
        accounts.revoke_key(viewer, mine.key.id),
        accounts.rotate_key(viewer, mine.key.id),
        accounts.create_key(viewer, "x", user=owner.user),
    ):
        with pytest.raises(NotFound):
            await attempt
    await accounts.revoke_key(owner, theirs.key.id)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(bearer=theirs.secret, session=None)


async def test_whom_to_grant_to_is_found_by_how_they_begin_and_no_further(people: People, owner: Scope) -> None:
    ada, _ = await people.invite(owner, name="Ada", role="viewer", email="countess@example.com")
    legal = await people.create_group(owner, "Adamant")
    for number in range(25):
        await people.invite(owner, name=f"Zoe {number}", role="viewer")
    gone, _ = await people.invite(owner, name="Adam", role="viewer")
    await people.change(owner, gone.id, disabled=True)
    assert [each.id for each in await people.grantees(owner, "ADA", ())] == [legal.id, ada.id]
    assert [each.name for each in await people.grantees(owner, "count", ())] == ["Ada"]
    assert len(await people.grantees(owner, "zoe", ())) == 20
    for nobody in ("", "  ", "%", "_da", "da"):
        assert not await people.grantees(owner, nobody, ())
    assert [each.name for each in await people.grantees(owner, "", (gone.id, legal.id))] == ["Adamant", "Adam"]
    assert not await people.grantees(Scope("another", "somebody"), "ada", (ada.id,))
