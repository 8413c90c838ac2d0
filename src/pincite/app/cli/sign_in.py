"""`pincite sign-in`: the OpenID providers that people sign in with, added and tried on this machine.

What a provider's word is worth is decided in `accounts/federation/`.
"""

import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from pincite.accounts import Role
from pincite.accounts.settings import NewProvider, ProviderSettings
from pincite.app.cli.acting import acting
from pincite.app.cli.keys import address_of
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound, Scope

_LONGEST_SECRET = 1000

app = typer.Typer(no_args_is_help=True, help="OpenID providers that people sign in with.")
Id = Annotated[str, typer.Argument(help="The provider's id, from `pincite sign-in list`.")]


@dataclass(frozen=True, slots=True)
class _Given:
    """Options that say what a provider's word is worth; None where one was not given."""

    scopes: str | None
    create: bool | None
    link_by_email: bool | None
    domains: list[str] | None
    role: Role | None
    groups_claim: str | None
    roles: list[str] | None
    groups: list[str] | None
    session_hours: float | None
    sign_out_there: bool | None

    async def over(self, house: House, scope: Scope, before: ProviderSettings) -> ProviderSettings:
        """Return settings with what was given; what was not stays. Raises: InvalidInput, NotFound."""
        read = {
            **{each.name: getattr(self, each.name) for each in fields(self)},
            "scopes": None if self.scopes is None else self.scopes.split(),
            "domains": None if self.domains is None else [each.strip().lower() for each in self.domains],
            "roles": None if self.roles is None else [_pair(each) for each in self.roles],
            "groups": await _groups(house, scope, self.groups),
        }
        return _agreed(before, read)


@app.command("list")
def list_providers(as_json: Json = False) -> None:
    """List the providers, without their secrets."""

    async def work() -> list[dict[str, Any]]:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            return [_line(each) for each in await house.factors.federation.providers.list(scope)]

    lines = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": lines})
        return
    table = Table("Label", "Issuer", "Client")
    table.add_column("Id", no_wrap=True)  # to be copied whole
    for each in lines:
        table.add_row(*(escape(each[name]) for name in ("label", "issuer", "client_id", "id")))
    print_table(table)


@app.command("add")
def add(
    label: Annotated[str, typer.Argument(help="What the sign-in page calls it.")],
    issuer: Annotated[str, typer.Option(help="Its issuer, exactly as its discovery document has it.")],
    client_id: Annotated[str, typer.Option(help="What it calls Pincite.")],
    secret_from: Annotated[
        str | None, typer.Option(help="File that holds the client's secret; `-` for the standard input.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a provider, and print the address that it must send people back to."""

    async def work() -> dict[str, Any]:
        settings = read_settings(log_level="warning")
        async with acting(settings) as (house, scope):
            wanted = NewProvider(label, issuer, client_id, _secret(secret_from), ProviderSettings())
            made = await house.factors.federation.providers.add(scope, wanted)
            return {**_line(made), "redirect_uri": f"{address_of(settings).rstrip('/')}/signin/callback"}

    made = run(work(), as_json=as_json)
    if as_json:
        print_json(made)
    else:
        out().print(f"Added. Have the provider allow this address to come back to:\n\n{made['redirect_uri']}\n")
        out().print(f"`pincite sign-in check {made['id']}` tries whether it answers.")
        out().print(f"`pincite sign-in change {made['id']}` says whom it lets in, and as what: now only who links it.")


@app.command("change")
def change(
    provider_id: Id,
    label: Annotated[str | None, typer.Option(help="What the sign-in page calls it.")] = None,
    issuer: Annotated[str | None, typer.Option(help="Its issuer, exactly as its discovery document has it.")] = None,
    client_id: Annotated[str | None, typer.Option(help="What it calls Pincite.")] = None,
    secret_from: Annotated[
        str | None, typer.Option(help="File that holds the client's secret; `-` for the standard input.")
    ] = None,
    scopes: Annotated[str | None, typer.Option(help="What is asked for, with blanks between.")] = None,
    create: Annotated[
        bool | None, typer.Option("--create/--no-create", help="Make users of people in `--domain`.")
    ] = None,
    link_by_email: Annotated[
        bool | None,
        typer.Option("--link-by-email/--no-link-by-email", help="A verified address leads to the user who has it."),
    ] = None,
    domain: Annotated[
        list[str] | None, typer.Option("--domain", help="Believe addresses in this domain alone.")
    ] = None,
    role: Annotated[
        Role | None, typer.Option("--role", help="What people are of whose role nothing else is said.")
    ] = None,
    groups_claim: Annotated[
        str | None, typer.Option("--groups-claim", help="The claim that names somebody's groups, or its path.")
    ] = None,
    give_role: Annotated[
        list[str] | None, typer.Option("--give-role", help="A role for a group there: `GROUP=ROLE`.")
    ] = None,
    give_group: Annotated[
        list[str] | None, typer.Option("--give-group", help="A group here for one there: `THERE=HERE`.")
    ] = None,
    session_hours: Annotated[
        float | None, typer.Option("--session-hours", help="Longest until somebody signs in anew.")
    ] = None,
    sign_out_there: Annotated[
        bool | None, typer.Option("--sign-out-there/--stay-there", help="Sign out at the provider, too.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Change what is given; of what may be given more than once all is set anew."""
    first, last = (scopes, create, link_by_email, domain, role), (session_hours, sign_out_there)
    given = _Given(*first, groups_claim, give_role, give_group, *last)

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            before = await _known(house, scope, provider_id)
            agreed = await given.over(house, scope, before.settings)
            named = (label or before.label, issuer or before.issuer, client_id or before.client_id)
            wanted = NewProvider(*named, _secret(secret_from), agreed)
            return _line(await house.factors.federation.providers.change(scope, provider_id, wanted))

    changed = run(work(), as_json=as_json)
    if as_json:
        print_json(changed)
    else:
        out().print("Changed.")


@app.command("remove")
def remove(provider_id: Id, as_json: Json = False) -> None:
    """Remove a provider; sessions that it began end, users stay."""

    async def work() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            await house.factors.federation.providers.remove(scope, provider_id)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"removed": provider_id})
    else:
        out().print("Removed.")


@app.command("check")
def check(provider_id: Id, as_json: Json = False) -> None:
    """Ask a provider for its endpoints and keys, and say what is wrong if something is."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            found, keys = await house.factors.federation.providers.check(scope, provider_id)
            ends = {"authorization_endpoint": found.authorization_endpoint, "token_endpoint": found.token_endpoint}
            return {**ends, "keys": keys}

    found = run(work(), as_json=as_json)
    if as_json:
        print_json(found)
    else:
        out().print(f"It answers, and has {found['keys']} keys. People sign in at {found['authorization_endpoint']}")


def _agreed(before: ProviderSettings, given: dict[str, Any]) -> ProviderSettings:
    """Return settings with what was given; what was not stays. Raises: InvalidInput."""
    try:
        changed = {name: value for name, value in given.items() if value is not None}
        return ProviderSettings.model_validate(before.model_dump() | changed)
    except ValidationError as error:
        first = error.errors()[0]
        where, why = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{where}: {why}.", remedy="Correct the option and try again.") from None


async def _known(house: House, scope: Scope, provider_id: str) -> Any:
    known = await house.factors.federation.providers.list(scope)
    before = next((each for each in known if each.id == provider_id), None)
    if before is None:
        raise NotFound("There is no such sign-in provider.", remedy="`pincite sign-in list` shows them.")
    return before


async def _groups(house: House, scope: Scope, rules: list[str] | None) -> list[tuple[str, str]] | None:
    """Return rules with ids in place of names. Raises: InvalidInput, NotFound."""
    if rules is None:
        return None
    ids = {name: each.id for each in await house.people.groups(scope) for name in (each.id, each.name)}
    pairs = [_pair(each) for each in rules]
    if unknown := next((here for _, here in pairs if here not in ids), None):
        raise NotFound(f"There is no group {unknown!r} here.", remedy=f"`pincite groups create {unknown}` makes it.")
    return [(there, ids[here]) for there, here in pairs]


def _pair(rule: str) -> tuple[str, str]:
    there, separator, here = rule.rpartition("=")
    if not separator or not there or not here:
        raise InvalidInput(f"{rule[:60]!r} is no rule.", remedy="Write it as THERE=HERE.")
    return there, here


def _secret(path: str | None) -> str | None:
    """Read a secret, which is on no command line: those are seen by others. Raises: InvalidInput."""
    if path is None:
        return None
    try:
        read = sys.stdin.read(_LONGEST_SECRET + 1) if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeError):
        raise InvalidInput("The file of the secret cannot be read.", remedy="Name another, or - to type it.") from None
    if not read.strip() or len(read.strip()) > _LONGEST_SECRET:
        raise InvalidInput("There is no secret in the file.", remedy="Put the client's secret in it, and nothing else.")
    return read.strip()


def _line(each: Any) -> dict[str, Any]:
    agreed = each.settings.model_dump(mode="json")
    return {"id": each.id, "label": each.label, "issuer": each.issuer, "client_id": each.client_id, **agreed}
