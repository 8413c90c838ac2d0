"""Whom a command acts as: the one place where the command line gets rooms and a scope, held to what is declared.

What each command takes is in `declared.py`; what is done is in the commands' own files. A test holds them to it: none
opens a house or makes a scope by itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from typer.core import TyperGroup

from pincite.accounts import Requirement
from pincite.app.cli.declared import COMMANDS, Own, Takes, check_declared
from pincite.app.cli.output import fail, run
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import House, open_house
from pincite.core import InvalidInput, PinciteError, Scope
from pincite.core.errors import Denied
from pincite.core.scope import system_scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Running:
    """The command that runs: its name, what it takes, and who was named with `--as`; None where nobody was."""

    name: str
    takes: Takes
    person: str | None

    def named(self, settings: Settings) -> str | None:
        """Return as whom it is to act; the option wins over the environment. None for the first tenant's owner."""
        return settings.as_ if self.person is None else self.person


# The command alone, and as it was typed: who that is, and whether they may, is looked up where rooms are opened.
_RUNNING: ContextVar[_Running] = ContextVar("pincite_command")


class Commands(TyperGroup):
    """The program's commands, each of them held to its declaration.

    Raises: RuntimeError, before any runs, where one declares nothing.
    """

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._person: str | None = None
        found = dict(_leaves(self))
        check_declared(found)
        for name, command in found.items():
            command.callback = self._held(name, command.callback)

    def act_as(self, person: str | None) -> None:
        """Let the command that runs next act as somebody."""
        self._person = person

    def _held(self, name: str, callback: Callable[..., None]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            running = _Running(name, COMMANDS[name], self._person)
            _refuse_person(running, as_json=bool(given.get("as_json")))
            token = _RUNNING.set(running)
            try:
                callback(**given)
            finally:
                _RUNNING.reset(token)

        return command


@asynccontextmanager
async def acting(settings: Settings, *, work: bool = False) -> AsyncIterator[tuple[House, Scope]]:
    """Open every room, and give whom the running command acts as.

    With `work` it takes jobs too, once it is known that they may do what the command does.

    Raises:
        Denied: their role does not hold what the command takes, or they are disabled.
        NotFound: there is nobody of that id or address.
    """
    entry = _Entry(_RUNNING.get(), settings)
    async with open_house(settings, work=work, admit=entry.admit) as house:
        yield house, entry.scope


@asynccontextmanager
async def installed(settings: Settings, *, work: bool = False, bootstrap: bool = True) -> AsyncIterator[House]:
    """Open every room for a command that is the installation's own."""
    _only_for_the_installation()
    async with open_house(settings, work=work, bootstrap=bootstrap) as house:
        yield house


@asynccontextmanager
async def scratch(settings: Settings) -> AsyncIterator[tuple[House, Scope]]:
    """Open rooms over a data folder of the command's own, as its owner: it holds what the command puts there."""
    async with open_house(settings, work=True) as house:
        yield house, await house.owner()


async def first_owner(house: House) -> Scope:
    """Return the owner of the first tenant, for a command that is the installation's own."""
    _only_for_the_installation()
    return await house.owner()


async def every_tenant(house: House) -> list[Scope]:
    """Return one scope a tenant, for a command that is the installation's own."""
    _only_for_the_installation()
    return await house.system_scopes()


def any_tenant(tenant_id: str) -> Scope:
    """Return the scope of the installation's work for a tenant, for a command that is the installation's own."""
    _only_for_the_installation()
    return system_scope(tenant_id)


class _Entry:
    """Asks, before a job is taken or anything is changed, whom a command acts as and whether they may."""

    def __init__(self, running: _Running, settings: Settings) -> None:
        if isinstance(running.takes, Own):
            raise RuntimeError(f"`{running.name}` is the installation's own and is nobody's")
        self._name = running.name
        self._takes = running.takes
        self._person = running.named(settings)
        self._scope: Scope | None = None

    @property
    def scope(self) -> Scope:
        """Whom it acts as, once they were let in."""
        assert self._scope is not None
        return self._scope

    async def admit(self, house: House) -> None:
        """Let the command in. Raises: Denied, NotFound."""
        scope = await (house.owner() if self._person is None else house.accounts.scope_named(self._person))
        try:
            for permission in self._takes:
                await Requirement(permission)(scope)
        except Denied:
            await house.audit.refused(scope, "command.denied", ("command", self._name))
            raise
        self._scope = scope


def _only_for_the_installation() -> None:
    running = _RUNNING.get()
    if not isinstance(running.takes, Own):
        raise RuntimeError(f"`{running.name}` acts as somebody and is not the installation's own")


def _refuse_person(running: _Running, *, as_json: bool) -> None:
    """Leave where somebody was named for what is the installation's own. Raises: typer.Exit."""
    if not isinstance(running.takes, Own):
        return
    try:
        if running.named(read_settings()) is not None:
            raise InvalidInput(
                f"`pincite {running.name}` is the installation's own: it acts as nobody who could be named.",
                remedy="Leave out --as, and unset PINCITE_AS.",
            )
    except PinciteError as error:
        fail(error, as_json=as_json)


def _leaves(group: TyperGroup, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the commands below a group by their whole names."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def acted(work: Callable[[House, Scope], Awaitable[T]], *, as_json: bool) -> T:
    """Run what a command does as whom it acts as, and return what that comes to; what fails is told, and ends it."""

    async def inside() -> T:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            return await work(house, scope)

    return run(inside(), as_json=as_json)
