"""A stream ends within seconds when whoever opened it may not have it any more, whether or not it says anything."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from fastapi import FastAPI, Request

from pincite.accounts import Accounts, Audit, Door, People, watch, watched
from pincite.accounts.audit_routes import AuditRoutes
from pincite.accounts.schemas import Filters
from pincite.core import Database, Scope

CHANGES = ("key revoked", "key rotated", "disabled", "removed", "another role", "into a group", "out of a group")


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_AGAIN_S", 0.1)


class Stream:
    """What somebody follows: it ticks, or says nothing at all; knows whether it was closed."""

    def __init__(self, *, ticks: bool) -> None:
        self._ticks = ticks
        self.closed = False

    async def events(self) -> AsyncIterator[int]:
        try:
            for number in range(10_000):
                await asyncio.sleep(0.02 if self._ticks else 60)
                yield number
        finally:
            self.closed = True


def request_of(accounts: Accounts, secret: str) -> Request:
    app = FastAPI()
    app.state.door = Door(accounts)
    headers = [(b"authorization", f"Bearer {secret}".encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers, "app": app})


@pytest.mark.parametrize("ticks", [True, False])
@pytest.mark.parametrize("change", CHANGES)
async def test_a_stream_ends_when_its_reader_changes(
    accounts: Accounts, database: Database, change: str, ticks: bool
) -> None:
    people = People(database)
    await accounts.bootstrap()
    owner = await accounts.owner_scope()
    user, _ = await people.invite(owner, name="Ada", role="editor")
    group = await people.create_group(owner, "Legal")
    await people.set_members(owner, group.id, [user.id] if change == "out of a group" else [])
    key = await accounts.create_key(owner, "ada", user=user.id)
    changes: dict[str, Callable[[], Awaitable[object]]] = {
        "key revoked": lambda: accounts.revoke_key(owner, key.key.id),
        "key rotated": lambda: accounts.rotate_key(owner, key.key.id),
        "disabled": lambda: people.change(owner, user.id, disabled=True),
        "removed": lambda: people.remove(owner, user.id),
        "another role": lambda: people.change(owner, user.id, role="viewer"),
        "into a group": lambda: people.set_members(owner, group.id, [user.id]),
        "out of a group": lambda: people.set_members(owner, group.id, []),
    }
    request, stream = request_of(accounts, key.secret), Stream(ticks=ticks)
    scope = await accounts.authenticate(bearer=key.secret, session=None)
    seen, following = await followed(request, scope, stream)
    await asyncio.sleep(0.4)
    assert not following.done(), "nothing changed yet"
    assert bool(seen) == ticks
    await changes[change]()
    async with asyncio.timeout(2):
        await following
    assert stream.closed


async def test_a_stream_that_ends_by_itself_ends_and_one_that_is_left_is_closed(accounts: Accounts) -> None:
    await accounts.bootstrap()
    owner = await accounts.owner_scope()
    key = await accounts.create_key(owner, "x")
    scope = await accounts.authenticate(bearer=key.secret, session=None)

    async def three() -> AsyncIterator[int]:
        for number in range(3):
            yield number

    request = request_of(accounts, key.secret)
    assert [each async for each in watched(request, scope, three())] == [0, 1, 2]
    stream = Stream(ticks=False)
    _, following = await followed(request, scope, stream)
    following.cancel()
    await asyncio.wait([following])
    assert stream.closed


async def test_a_failure_in_a_stream_is_the_readers(accounts: Accounts) -> None:
    await accounts.bootstrap()
    key = await accounts.create_key(await accounts.owner_scope(), "x")
    scope = await accounts.authenticate(bearer=key.secret, session=None)

    async def broken() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        async for _ in watched(request_of(accounts, key.secret), scope, broken()):
            pass


async def followed(request: Request, scope: Scope, stream: Stream) -> tuple[list[int], "asyncio.Task[None]"]:
    seen: list[int] = []
    note = seen.append

    async def follow() -> None:
        events = watched(request, scope, stream.events())
        try:
            async for each in events:
                note(each)
        finally:
            await events.aclose()  # as the server does with a reply whose client is gone

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    return seen, following


async def test_an_export_of_the_log_ends_with_the_rights_to_it_and_says_so(
    accounts: Accounts, database: Database
) -> None:
    await accounts.bootstrap()
    owner, routes = await accounts.owner_scope(), AuditRoutes(Audit(database))
    auditor, _ = await People(database).invite(owner, name="Ada", role="auditor")
    for revokes in (False, True):
        key = await accounts.create_key(owner, "ada", user=auditor.id)
        scope = await accounts.authenticate(bearer=key.secret, session=None)
        export = await routes.export(scope, Filters(), request_of(accounts, key.secret))
        lines = aiter(export.body_iterator)
        assert json.loads(str(await anext(lines)))["action"] == "tenant.made"
        if revokes:
            await accounts.revoke_key(owner, key.key.id)
            await asyncio.sleep(1.5)  # a proof may be a second old
        rest = [json.loads(str(each)) async for each in lines]
        assert ("problem" in rest[-1], rest[-1].get("action") == "audit.exported") == (revokes, not revokes)
        assert len(rest) == 1 or not revokes
