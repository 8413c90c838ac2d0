"""Every command by everybody: made from the commands that there are, so that a new one cannot be left out.

What somebody's role does not hold is refused before anything changes, and none of the tenant's secrets is in what they
are told. Routes are held to the same in `test_matrix.py`.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.adversary.test_matrix import everything
from tests.adversary.world import BATCH, CANARIES, COLLECTION, GROUP, NAME, PERSON, SOURCE, TEXT, World, secrets
from typer.core import TyperGroup
from typer.testing import CliRunner, Result

from pincite.accounts import Permission
from pincite.accounts.audit_chain import Wanted
from pincite.accounts.domain import ROLE_PERMISSIONS
from pincite.app.cli.acting import Commands, _Entry, _leaves, _Running
from pincite.app.cli.declared import COMMANDS, Own, check_declared
from pincite.app.cli.main import app
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import open_house
from pincite.core.errors import Denied
from pincite.core.scope import EVERY_TENANT
from pincite.core.trail import Entry
from pincite.library.grants import Grant

HELD = {name: takes for name, takes in COMMANDS.items() if not isinstance(takes, Own)}
OWN = sorted(set(COMMANDS) - set(HELD))
ROLES = {"owner": "owner", "admin": "admin", "editor": "editor", "viewer": "viewer", "auditor": "auditor",
         "rival": "owner", "granted": "viewer", "disabled": None}  # fmt: skip
QUESTION = "At how many bar does the valve open?"
READS = (["list"], ["search", "valve"], ["ask", QUESTION], ["collections", "list"], ["batches", "list"])
# What these print is of the whole tenant.
OTHERS = (["users", "list"], ["groups", "list"], ["sources", "list"], ["keys", "list"], ["audit", "list"],
          ["hold", "list"], ["eval", "sets"], ["sign-in", "list"])  # fmt: skip
# Arguments and options that must be more than a word for a command to begin.
WORDS = {
    "days": "30",
    "what": "document",
    "subject": "tenant",
    "policy": "off",
    "level": "viewer",
    "paths": __file__,
    "path": __file__,
}


@dataclass
class Home:
    """A data folder with a tenant's secrets, and how those are named who may ask for them."""

    folder: Path
    ids: dict[str, str] = field(default_factory=dict[str, str])
    people: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def settings(self) -> Settings:
        """The settings of a process on it."""
        return read_settings(home=self.folder, model="none", log_level="error", source_folders=str(self.folder.parent))

    def run(self, *words: str, person: str | None = None, **environment: str) -> Result:
        """Run a command, as somebody where they are named."""
        named = [] if person is None else ["--as", self.people.get(person, person)]
        env = {"PINCITE_HOME": str(self.folder), "PINCITE_MODEL": "none", **environment}
        return CliRunner().invoke(app, [*named, *words], env=env)

    def rows(self) -> dict[str, list[str]]:
        """Return all rows there are, but for the log."""

        async def read() -> dict[str, list[str]]:
            async with open_house(self.settings) as house:
                return await everything(World(house, EVERY_TENANT))

        return asyncio.run(read())

    def entries(self, action: str) -> list[Entry]:
        """Return the first tenant's entries of an action, newest first."""

        async def read() -> list[Entry]:
            async with open_house(self.settings) as house:
                return await house.audit.entries(await house.owner(), Wanted(action=action))

        return asyncio.run(read())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Made once: what is tried on it is refused, or only reads."""
    folder = tmp_path_factory.mktemp("commands")
    made = Home(folder / "home")

    async def fill() -> None:
        async with open_house(made.settings, work=True) as house:
            world = await secrets(house, folder / "kept")
            made.ids.update(world.ids)
            made.people.update(await invited(world))

    asyncio.run(fill())
    return made


async def invited(world: World) -> dict[str, str]:
    """Invite one of each role, without a grant but for one; returns ids, and addresses as somebody might write them."""
    house, owner = world.house, world.owner
    found, ids = {"owner": owner.user}, dict[str, str]()
    for name in set(ROLES) - {"owner", "rival"}:
        address = f"{name}@example.com"
        user, _ = await house.people.invite(owner, name=name, role=ROLES[name] or "owner", email=address)
        ids[name], found[name] = user.id, address.capitalize()
    await house.people.change(owner, ids["disabled"], disabled=True)
    team = await house.people.create_group(owner, "readers")
    await house.people.set_members(owner, team.id, [ids["granted"]])
    grant = Grant.of("group", team.id, "viewer")
    await house.library.grant(owner, "collection", world.ids["collection_id"], grant)
    found["rival"] = (await house.accounts.create_tenant("Rival")).scope.user
    return found


def holds(name: str, takes: tuple[Permission, ...]) -> bool:
    """Whether somebody's role holds what a command takes."""
    role = ROLES[name]
    return role is not None and set(takes) <= ROLE_PERMISSIONS[role]


def commands() -> dict[str, Any]:
    """Return all commands by their names."""
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return dict(_leaves(root))


def words_of(home: Home, name: str) -> list[str]:
    """Return a command with a value for each argument, and for each option that it cannot begin without."""
    command = commands()[name]
    named = {"document": "document_id", "documents": "document_id", "which": "document_id", "group": "group_id",
             "who": "user_id", "user": "user_id", "batch": "batch", "key_id": "key_id",
             "collection": "collection_id"}  # fmt: skip
    given: list[str] = []
    for each in command.params:
        value = WORDS.get(each.name, home.ids.get(named.get(each.name, ""), "any"))
        if each.param_type_name == "argument":
            given.append(value)
        elif each.required:
            given += [each.opts[0], value]
    return [*name.split(), *given]


def leaks(said: str) -> list[str]:
    return [each for each in CANARIES if each in said]


def test_a_command_that_declares_nothing_stops_the_program() -> None:
    app = typer.Typer(cls=Commands)
    below = typer.Typer()
    below.command("peek")(lambda: None)
    app.add_typer(below, name="documents")
    with pytest.raises(RuntimeError, match=r"declare nothing in cli/declared\.py: documents peek"):
        CliRunner().invoke(app, ["documents", "peek"])
    with pytest.raises(RuntimeError, match=r"declare nothing .*: peek"):
        check_declared(["peek"], {"peek": ()})
    with pytest.raises(RuntimeError, match="no commands: poke"):
        check_declared([], {"poke": Own.INSTALLATION})


def test_every_command_is_declared_and_nothing_else_is() -> None:
    assert set(commands()) == set(COMMANDS)
    assert len(HELD) > 50


async def test_each_command_lets_in_whom_its_declaration_does_and_nobody_else(home: Home) -> None:
    alike = {takes: command for command, takes in HELD.items()}  # what takes the same is let in by the same lines
    tried = [(name, takes) for name in ROLES for takes in alike]
    async with open_house(home.settings) as house:
        for name, takes in tried:
            entry = _Entry(_Running(alike[takes], takes, home.people[name]), home.settings)
            what = f"{alike[takes]} by {name}"
            try:
                await entry.admit(house)
            except Denied:
                assert not holds(name, takes), what
            else:
                assert holds(name, takes), what
                assert ROLES[name] in entry.scope.roles, what
    assert len(tried) > 40


def test_what_a_role_does_not_hold_is_refused_by_each_command_before_anything_changes(home: Home) -> None:
    before = home.rows()
    refused: set[str] = set()
    for number, command in enumerate(sorted(HELD)):
        by = [name for name in ("viewer", "auditor", "editor", "disabled") if not holds(name, HELD[command])]
        name = by[number % len(by)]
        said = home.run(*words_of(home, command), *_as_json(command), person=name)
        assert said.exit_code == 3, f"{command} by {name}: {said.output}"
        assert json.loads(said.stdout)["problem"]["code"] == "denied", f"{command} by {name}"
        assert not leaks(said.output), f"{command} by {name}"
        refused.add(name)
    assert refused == {"viewer", "auditor", "editor", "disabled"}
    assert home.rows() == before


def _as_json(command: str) -> list[str]:
    return [] if command == "audit export" else ["--json"]


@pytest.mark.parametrize("name", ["viewer", "rival", "granted", "admin"])
def test_what_is_read_as_somebody_is_what_they_may_see(home: Home, name: str) -> None:
    sees = name in {"granted", "admin"}
    for words in READS:
        said = home.run(*words, "--json", person=name)
        assert said.exit_code == 0, f"{words}: {said.output}"
        if not sees:
            assert not leaks(said.output), words
        elif words[0] in {"list", "search"}:
            assert NAME in said.output, words
        elif words == ["collections", "list"]:
            assert COLLECTION in said.output
    answer = json.loads(home.run("ask", QUESTION, "--json", person=name).stdout)
    assert (answer["abstained"], TEXT in answer["answer"]) == (not sees, sees)


def test_the_owner_of_another_tenant_sees_their_own_and_nothing_of_ours(home: Home) -> None:
    for words in OTHERS:
        said = home.run(*words, "--json", person="rival")
        assert said.exit_code == 0, f"{words}: {said.output}"
        assert not leaks(said.output), words
        assert not any(each in said.output for each in home.ids.values()), words
    ours = [home.run(*words, "--json").output for words in OTHERS[:4]]
    assert [bool(leaks(each)) for each in ours] == [True] * 4, "the first owner sees what was not to be seen"


def test_what_is_anothers_is_not_there_by_name_or_id(home: Home) -> None:
    before = home.rows()
    ids = home.ids
    for words in (
        ["remove", ids["document_id"]],
        ["collections", "keep", COLLECTION, "3"],
        ["batches", "cancel", BATCH],
        ["grants", "give", "viewer", "--collection", ids["collection_id"], "--user", home.people["rival"]],
        ["users", "change", PERSON, "--role", "admin"],
        ["groups", "remove", GROUP],
        ["sources", "pause", SOURCE],
        ["sources", "change", SOURCE, "--every", "1d"],
        ["keys", "rotate", ids["key_id"]],
        ["erase", "document", ids["document_id"]],
        ["hold", "set", "document", ids["document_id"], "--reason", "none"],
    ):
        said = home.run(*words, "--json", person="rival")
        assert said.exit_code == 4, f"{words}: {said.output}"
        assert not [each for each in leaks(said.output) if each not in words], words
    assert home.rows() == before


@pytest.mark.parametrize("command", OWN)
def test_what_is_the_installations_own_acts_as_nobody(tmp_path: Path, command: str) -> None:
    home = Home(tmp_path / "home")
    words = words_of(home, command)
    for said in (home.run(*words, person="ada@example.com"), home.run(*words, PINCITE_AS="ada@example.com")):
        assert said.exit_code == 2, said.output
        assert "is the installation's own: it acts as nobody who could be named" in " ".join(said.output.split())
    assert not home.folder.exists(), "it was over before anything was opened"


def test_who_is_not_there_is_said_and_nobody_else_is_taken_for_them(home: Home) -> None:
    for nobody in ("nobody@example.com", "", " ", "%", PERSON, "Owner"):
        said = home.run("list", "--json", person=nobody)
        assert said.exit_code == 4, f"{nobody!r}: {said.output}"
        assert json.loads(said.stdout)["problem"]["code"] == "not-found"
    disabled = home.run("list", person="disabled")
    assert disabled.exit_code == 3
    assert re.search("disabled is disabled.*--enable", " ".join(disabled.output.split()))


def test_the_environment_names_somebody_too_and_the_option_wins(home: Home) -> None:
    said = home.run("list", "--json", PINCITE_AS=home.people["viewer"])
    assert (said.exit_code, leaks(said.output)) == (0, [])
    assert NAME in home.run("list", "--json", person="granted", PINCITE_AS=home.people["viewer"]).output
    assert home.run("users", "list", PINCITE_AS=home.people["viewer"]).exit_code == 3
    assert NAME in home.run("list", "--json").output


def test_the_log_says_for_whom_and_that_it_was_on_the_command_line(home: Home) -> None:
    assert home.run("ask", QUESTION, person="granted").exit_code == 0
    assert home.run("users", "list", person="granted").exit_code == 3
    asked, denied = home.entries("question.asked")[0], home.entries("command.denied")[0]
    assert [(each.actor_name, each.client, each.outcome) for each in (asked, denied)] == [
        ("granted", "command line", "done"),
        ("granted", "command line", "denied"),
    ]
    assert (denied.object_kind, denied.object_id) == ("command", "users list")
    assert asked.agent == denied.agent != ""
