"""Naming people and groups on the command line: an id is before an address, an address before a name."""

import json
from pathlib import Path
from typing import Any

import httpx2
from typer.testing import CliRunner

from pincite.app.cli.main import app


def said(*words: str) -> Any:
    result = CliRunner().invoke(app, [*words, "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def made(*words: str) -> str:
    found = said(*words)
    return str((found if "id" in found else found["items"][0])["id"])


def test_nobody_is_taken_for_somebody_else_by_what_they_call_themselves(pincite_home: Path) -> None:
    ada = made("users", "invite", "Ada", "--email", "ada@example.com")
    for name in (ada, "ada@example.com", "Ada@Example.com"):
        made("users", "invite", name)
    for named in (ada, "ada@example.com", "ADA@example.com"):
        assert made("users", "change", named, "--role", "editor") == ada
    made("users", "invite", "Ada")
    two = CliRunner().invoke(app, ["users", "change", "Ada", "--role", "editor"])
    assert (two.exit_code, "There are 2 of user 'Ada'" in two.stderr) == (2, True)
    legal = made("groups", "create", "Legal")
    made("groups", "create", legal)
    assert said("groups", "add", legal, ada)["items"][0]["name"] == "Legal"


async def test_members_are_changed_one_by_one_and_others_changes_stay(client: httpx2.AsyncClient) -> None:
    group = (await client.post("/v1/groups", json={"name": "Legal"})).json()["id"]
    ada, bob = [(await client.post("/v1/users", json={"name": name})).json()["id"] for name in ("Ada", "Bob")]

    async def members() -> set[str]:
        return set((await client.get("/v1/groups")).json()["items"][0]["members"])

    for method, person, expected in (
        ("PUT", ada, {ada}),
        ("PUT", bob, {ada, bob}),
        ("PUT", bob, {ada, bob}),
        ("DELETE", ada, {bob}),
        ("DELETE", ada, {bob}),
    ):
        assert (await client.request(method, f"/v1/groups/{group}/members/{person}")).status_code == 204
        assert await members() == expected
    for path in (f"{group}/members/nobody", f"nothing/members/{ada}"):
        for method in ("PUT", "DELETE"):
            assert (await client.request(method, f"/v1/groups/{path}")).status_code == 404
    told = (await client.get("/v1/audit", params={"object": group, "action": "group.members"})).json()["items"]
    assert [(each["detail"].get("came"), each["detail"].get("left")) for each in told][:2] == [([], []), ([], [ada])]


def test_who_is_erased_is_named_as_everybody_else_and_the_report_says_who_it_was(pincite_home: Path) -> None:
    ada = made("users", "invite", "Ada", "--email", "ada@example.com")
    bob = made("users", "invite", "Bob Ünal", "--email", "bob@example.com")
    assert said("erase", "user", "ADA@example.com", "--dry-run")["id"] == ada
    assert said("erase", "user", "ada@example.com")["id"] == ada
    told = CliRunner().invoke(app, ["erase", "user", "Bob Ünal"])
    assert (told.exit_code, f"User {bob}" in told.stdout) == (0, True)
    nobody = CliRunner().invoke(app, ["erase", "user", "Bob Ünal"])
    assert (nobody.exit_code, "`pincite users list` shows them" in nobody.stderr) == (4, True), nobody.stderr


def test_a_key_is_named_by_what_it_is_called_and_whom_it_acts_as_by_their_address(pincite_home: Path) -> None:
    bot = made("users", "invite", "Bot", "--email", "bot@example.com", "--role", "viewer")
    key = said("keys", "create", "nightly ünï", "--user", "BOT@example.com")["id"]
    assert bot in {each["user"] for each in said("keys", "list")["items"]}
    assert said("keys", "rotate", "nightly ünï")["id"] == key
    assert said("keys", "revoke", "nightly ünï")["revoked"] == key
    own = [said("keys", "create", "twice")["id"] for _ in range(2)]
    two = CliRunner().invoke(app, ["keys", "revoke", "twice"])
    assert (two.exit_code, all(each in two.stderr for each in own)) == (2, True)


def test_what_was_given_to_a_group_that_was_removed_is_taken_back_by_its_id(pincite_home: Path) -> None:
    legal, ada = made("groups", "create", "Legal"), made("users", "invite", "Ada")
    rules = pincite_home / "rules.md"
    rules.write_text("# Rules\n\nThe valve opens at seven bar.\n")
    said("add", str(rules), "--collection", "papers")
    for words in (("--group", "Legal"), ("--user", "Ada")):
        said("grants", "give", "viewer", "--collection", "papers", *words)
    said("groups", "remove", "Legal")
    said("users", "remove", "Ada")
    for words in (("--group", legal), ("--user", ada)):
        assert said("grants", "take", "--collection", "papers", *words)["collection"]
        again = CliRunner().invoke(app, ["grants", "take", "--collection", "papers", *words])
        assert (again.exit_code, "There is no" in again.stderr) == (4, True), again.output
    assert {each["grantee"] for each in said("grants", "list", "--collection", "papers")["items"]}.isdisjoint(
        {legal, ada}
    )
