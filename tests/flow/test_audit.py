"""The audit log over HTTP and on the command line: searching, exporting, checking, and what is refused."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import signed_in
from typer.testing import CliRunner

from pincite.accounts.audit_chain import Wanted, follow
from pincite.app.audit_edge import ALL_A_MINUTE, EACH_A_MINUTE, Sparing
from pincite.app.cli.main import app as commands
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Unavailable, utc_now
from pincite.core.trail import Entry, Head
from pincite.ledger import Call, Purpose, Spend, Spent

WRONG = "pin_" + "w" * 43
CALL = Call("chat", "openai:test", Purpose("chat"), Spend(30, 3))


@pytest.fixture
async def idle(pincite_home: Path) -> AsyncIterator[House]:
    """Every room, without a worker."""
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error")) as opened:
        yield opened


@pytest.fixture
async def asked(idle: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(idle) as opened:
        yield opened


async def found(client: httpx2.AsyncClient, **query: str) -> list[dict[str, object]]:
    response = await client.get("/v1/audit", params=query)
    assert response.status_code == 200, response.text
    return response.json()["items"]


async def test_entries_say_who_did_what_to_which_object_from_where(asked: httpx2.AsyncClient, idle: House) -> None:
    made = await asked.post("/v1/groups", json={"name": "team"}, headers={"User-Agent": "curl/8\x01\x02"})
    (entry,) = await found(asked, action="group.")
    owner = await idle.owner()
    assert (entry["action"], entry["object_kind"], entry["object_id"]) == ("group.made", "group", made.json()["id"])
    assert (entry["actor"], entry["actor_name"], entry["client"]) == (owner.user, "Owner", "127.0.0.1")
    assert (entry["agent"], entry["request"]) == ("curl/8\ufffd\ufffd", made.headers["x-request-id"])
    assert (entry["outcome"], entry["detail"]) == ("done", {"name": "team"})
    (key,) = (await asked.get("/v1/keys")).json()["items"]
    assert entry["key"] == key["id"]


async def test_what_is_looked_for_is_found_and_nothing_else(asked: httpx2.AsyncClient) -> None:
    one = (await asked.post("/v1/groups", json={"name": "one"})).json()["id"]
    await asked.post("/v1/groups", json={"name": "two"})
    await asked.delete(f"/v1/groups/{one}")
    assert [each["action"] for each in await found(asked, object=one)] == ["group.removed", "group.made"]
    assert [each["action"] for each in await found(asked, actor="system")] == ["tenant.made"]
    assert len(await found(asked, actor="Owner", action="group.made")) == 2
    assert await found(asked, action="group%") == []
    soon = (utc_now() + timedelta(hours=1)).isoformat()
    assert await found(asked, since=soon) == []
    assert len(await found(asked, until=soon, action="group")) == 3
    assert (await asked.get("/v1/audit", params={"acter": "Owner"})).status_code == 422
    pages, cursor = [], None
    while cursor is not None or not pages:
        params = {"action": "group", "limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        page = (await asked.get("/v1/audit", params=params)).json()
        pages.append([each["action"] for each in page["items"]])
        cursor = page["next_cursor"]
    assert pages == [["group.removed", "group.made"], ["group.made"]]
    reads = await found(asked, action="audit.read")
    assert reads[-1]["detail"] == {"object": one}, "reading is noted, with what was looked for"


@pytest.mark.parametrize("given", [{"since": "0001-01-01T00:00:00+14:00"}, {"until": "9999-12-31T23:59:59-14:00"}])
async def test_the_first_and_the_last_day_of_all_are_times_too(
    asked: httpx2.AsyncClient, given: dict[str, str]
) -> None:
    assert [each["action"] for each in await found(asked, **given, action="tenant")] == ["tenant.made"]
    exported = await asked.get("/v1/audit/export", params=given)
    assert json.loads(exported.text.splitlines()[0])["action"] == "tenant.made"


def test_what_cannot_be_looked_for_is_said_on_the_command_line(pincite_home: Path) -> None:
    for option, longest in (("--actor", 200), ("--action", 60), ("--object", 200)):
        said = CliRunner().invoke(commands, ["audit", "list", option, "x" * (longest + 1)])
        assert (said.exit_code, f"{option}: String should have at most {longest}" in said.stderr) == (2, True)
    for time in ("yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        said = CliRunner().invoke(commands, ["audit", "list", "--since", time])
        assert (said.exit_code, "is no time" in said.stderr) == (2, True)


async def test_an_export_holds_the_chain_and_says_that_it_was_made(asked: httpx2.AsyncClient, idle: House) -> None:
    await asked.post("/v1/groups", json={"name": "Grüße \u0000"})
    response = await asked.get("/v1/audit/export")
    assert response.headers["content-type"].startswith("application/jsonl")
    lines = [json.loads(each) for each in response.text.splitlines()]
    assert lines[-1]["action"] == "audit.exported"
    entries = [entry_of(each) for each in lines]
    head, problem = follow(Head(), entries)
    assert (head.seq, problem) == (len(lines), None)
    assert [each.hash for each in await idle.audit.verify()] == [lines[-1]["hash"]]


def entry_of(line: dict[str, Any]) -> Entry:
    words: dict[str, Any] = {**line, "at": datetime.fromisoformat(line["at"])}
    return Entry(**words)


async def test_what_is_refused_is_noted_and_a_flood_of_it_is_not(asked: httpx2.AsyncClient, idle: House) -> None:
    viewer, _ = await idle.people.invite(await idle.owner(), name="Vi", role="viewer")
    key = await idle.accounts.create_key(await idle.owner(), "vi", user=viewer.id)
    denied = await asked.get("/v1/users", headers={"Authorization": f"Bearer {key.secret}"})
    assert denied.status_code == 403
    (entry,) = await found(asked, action="request.")
    assert (entry["actor_name"], entry["object_id"], entry["outcome"]) == ("Vi", "GET /v1/users", "denied")
    for _ in range(EACH_A_MINUTE + 5):
        assert (await asked.get("/v1/users", headers={"Authorization": f"Bearer {WRONG}"})).status_code == 401
    failed = await found(asked, action="key.failed", limit="200")
    assert len(failed) == EACH_A_MINUTE
    assert failed[0]["detail"] == {"key": WRONG[:12]}
    assert failed[0]["actor"] == ""
    exported = (await asked.get("/v1/audit/export")).text
    assert not [each for each in (WRONG, key.secret) if each in exported]


async def test_a_wrong_link_is_noted_and_a_browser_that_is_not_signed_in_is_not(
    asked: httpx2.AsyncClient, idle: House
) -> None:
    asked.headers.pop("Authorization")
    assert (await asked.post("/v1/session", json={"token": "not a token"})).status_code == 401
    assert (await asked.get("/v1/session")).status_code == 401
    entries = [each async for each in idle.audit.export(await idle.owner(), Wanted())]
    assert [each.action for each in entries if each.outcome == "denied"] == ["session.failed"]
    assert not [each for each in entries if "not a token" in each.detail]


def test_so_many_a_minute_are_noted_of_each_and_of_all() -> None:
    sparing = Sparing(each=2, everybody=3)
    assert [sparing.take("a", 0), sparing.take("a", 1), sparing.take("a", 2)] == [0, 0, None]
    assert [sparing.take("b", 3), sparing.take("c", 4)] == [1, None], "one of a's was left out before"
    assert sparing.take("a", 61) == 1
    assert EACH_A_MINUTE < ALL_A_MINUTE


def test_the_command_line_lists_exports_and_finds_what_was_changed(pincite_home: Path) -> None:
    def command(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands, ["audit", *words])
        return result.exit_code, result.stdout

    code, listed = command("list", "--json")
    assert code == 0
    assert [each["client"] for each in json.loads(listed)["items"]] == ["command line", "system"]
    code, exported = command("export")
    assert [json.loads(each)["action"] for each in exported.splitlines()] == [
        "tenant.made",
        "audit.read",
        "audit.exported",
    ]
    kept = json.loads(exported.splitlines()[-1])["hash"]
    assert command("verify", "--expect", kept)[0] == 0
    assert command("verify", "--expect", "0" * 64)[0] == 1
    assert command("verify", "--tenant", "nobody")[0] == 4
    meddle(pincite_home)
    code, said = command("verify", "--json")
    assert code == 1
    (verdict,) = json.loads(said)["tenants"]
    assert (verdict["broken_at"], verdict["entries"]) == (2, 1)


def meddle(home: Path) -> None:
    """Change a row as somebody can who has the file: past the trigger."""
    with sqlite3.connect(home / "pincite.db") as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("UPDATE audit_entries SET actor_name = 'Nobody' WHERE seq = 2")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_what_many_do_at_once_is_noted_with_their_calls_in_one_chain(
    pincite_home: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    given = {} if kind == "sqlite" else {"database_url": url}
    settings = read_settings(home=pincite_home, model="none", log_level="error", **given)
    async with open_house(settings) as house:
        owner = await house.owner()

        async def ask(number: int) -> None:
            house.ledger.note_with_next(owner, "model.asked", ("model", f"m{number}"))
            reservation = await house.ledger.reserve(owner, CALL)
            house.ledger.settle(reservation, Spent(1, 1, pico_usd=1))

        await asyncio.gather(*map(ask, range(60)))
        noted = await house.audit.entries(owner, Wanted(action="model.asked"), limit=100)
        assert sorted(each.object_id for each in noted) == sorted(f"m{number}" for number in range(60))
        assert [each.problem for each in await house.audit.verify()] == [None]
        house.ledger.note_with_next(owner, "model.asked", ("model", "alone"))
        async with asyncio.timeout(5):
            while len(await house.audit.entries(owner, Wanted(action="model.asked"), limit=100)) < 61:
                await asyncio.sleep(0.02)


async def test_a_note_that_cannot_be_written_holds_up_no_call(idle: House) -> None:
    owner = await idle.owner()
    idle.ledger.note_with_next(owner, "model.asked", ("model", "m1"))
    idle.ledger.note_with_next(owner, "x" * 10, (None, "what no table takes"))  # pyright: ignore[reportArgumentType]
    with pytest.raises(Unavailable):
        await idle.ledger.reserve(owner, CALL)
    assert await idle.ledger.reserve(owner, CALL)
    noted = await idle.audit.entries(owner, Wanted(action="model.asked"))
    assert [each.object_id for each in noted] == ["m1"]
    async with asyncio.timeout(2):  # nobody waits for what was given up
        await idle.ledger.budgets(owner)
    assert [each.problem for each in await idle.audit.verify()] == [None]
