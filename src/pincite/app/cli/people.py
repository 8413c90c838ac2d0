"""`pincite users`, `groups`, `grants` and `tenants`: who there is and what they may see, said on this machine.

Links and keys are shown once. Tenants are the installation's own business, the rest is within one.
"""

from typing import Annotated, Any, Literal, cast

import typer
from rich.markup import escape
from rich.table import Table

from pincite.accounts import Role
from pincite.app.cli.acting import acted, installed
from pincite.app.cli.keys import address_of
from pincite.app.cli.naming import everybody, only, user_of
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound, Scope
from pincite.library import Grant

ObjectKind = Literal["collection", "document"]
Level = Literal["viewer", "editor", "manager"]
EVERYONE = "all"

users = typer.Typer(no_args_is_help=True, help="Who may sign in, and programs that have keys.")
groups = typer.Typer(no_args_is_help=True, help="People who are granted things together.")
grants = typer.Typer(no_args_is_help=True, help="Who may see and change collections and documents.")
tenants = typer.Typer(no_args_is_help=True, help="Organisations that share this installation and nothing else.")

Name = Annotated[str, typer.Argument(help="How they are called.")]
Who = Annotated[str, typer.Argument(help="An id, an e-mail address or a name.")]
Group = Annotated[str, typer.Argument(help="The group's id or name.")]
Collection = Annotated[str | None, typer.Option(help="Id or name of a collection.")]
Document = Annotated[str | None, typer.Option(help="Id or name of a document.")]
ToUser = Annotated[str | None, typer.Option("--user", help="An id, an e-mail address or a name.")]
ToGroup = Annotated[str | None, typer.Option("--group", help="Id or name of a group.")]
Back = Annotated[bool, typer.Option("--back", help="Take back what was handed over, or what it made.")]
ToEveryone = Annotated[bool, typer.Option("--everyone", help="Everybody in the tenant.")]


@users.command("list")
def list_users(as_json: Json = False) -> None:
    """List the users, and what they are."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        return [_user_line(each) for each in await everybody(house, scope)]

    _show(acted(work, as_json=as_json), as_json=as_json)


@users.command("invite")
def invite(
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do at most.")] = Role.VIEWER,
    email: Annotated[str | None, typer.Option(help="Their e-mail address.")] = None,
    service: Annotated[bool, typer.Option("--service", help="A program: it has keys and does not sign in.")] = False,
    as_json: Json = False,
) -> None:
    """Make a user and print a link that signs them in, once, within a week."""
    settings = read_settings(log_level="warning")

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        user, token = await house.people.invite(scope, name=name, role=role, email=email, service=service)
        link = None if token is None else f"{address_of(settings)}/signin#token={token}"
        return {**_user_line(user), "url": link}

    made = acted(work, as_json=as_json)
    if as_json:
        print_json(made)
    elif made["url"] is None:
        out().print(f"Made {escape(name)}. `pincite keys create NAME --user {made['id']}` makes a key for it.")
    else:
        out().print(f"{made['url']}\n\nSend it to {escape(name)}: it signs in once, within a week.")


@users.command("change")
def change(
    who: Who,
    role: Annotated[Role | None, typer.Option(help="What they may do at most.")] = None,
    name: Annotated[str | None, typer.Option(help="How they are called from now on.")] = None,
    email: Annotated[str | None, typer.Option(help="The address that they sign in with.")] = None,
    disabled: Annotated[bool | None, typer.Option("--disable/--enable", help="Refuse them everywhere.")] = None,
    drop_codes: Annotated[bool, typer.Option("--drop-second-factor", help="Ask for no code any more.")] = False,
    drop_providers: Annotated[
        bool, typer.Option("--drop-providers", help="Let no sign-in provider sign them in any more.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Change what somebody is; counts from their next request on."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        user = await user_of(house, scope, who)
        if drop_codes:
            await house.people.drop_second_factor(scope, user)
        if drop_providers:
            await house.people.drop_providers(scope, user)
        changed = await house.people.change(scope, user, name=name, role=role, email=email, disabled=disabled)
        return _user_line(changed)

    _show([acted(work, as_json=as_json)], as_json=as_json)


@users.command("remove")
def remove_user(who: Who, as_json: Json = False) -> None:
    """Remove somebody with their keys and sessions."""

    async def work(house: House, scope: Scope) -> str:
        user = await user_of(house, scope, who)
        await house.people.remove(scope, user)
        return user

    _said({"removed": acted(work, as_json=as_json)}, "Removed.", as_json=as_json)


@users.command("link")
def link(who: Who, as_json: Json = False) -> None:
    """Print a link that signs somebody in, once, within a day."""
    settings = read_settings(log_level="warning")

    async def work(house: House, scope: Scope) -> str:
        token = await house.people.sign_in_token(scope, await user_of(house, scope, who), minutes=24 * 60)
        return f"{address_of(settings)}/signin#token={token}"

    url = acted(work, as_json=as_json)
    _said({"url": url}, url, as_json=as_json)


@users.command("hand-over")
def hand_over_user(who: Who, back: Back = False, as_json: Json = False) -> None:
    """Let a directory (SCIM) change somebody as if it had made them."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        user = await user_of(house, scope, who)
        await house.people.handing.user(scope, user, back=back)
        return {"user": user, "directory": not back}

    _said(acted(work, as_json=as_json), "Taken back." if back else "Handed over.", as_json=as_json)


@groups.command("list")
def list_groups(as_json: Json = False) -> None:
    """List the groups with their members."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        names = {each.id: each.name for each in await everybody(house, scope)}
        return [
            {"id": each.id, "name": each.name, "members": sorted(names.get(one, one) for one in each.members)}
            for each in await house.people.groups(scope)
        ]

    _show(acted(work, as_json=as_json), as_json=as_json)


@groups.command("create")
def create_group(name: Name, as_json: Json = False) -> None:
    """Make an empty group."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        return {"id": (await house.people.create_group(scope, name)).id, "name": name}

    _show([acted(work, as_json=as_json)], as_json=as_json)


@groups.command("add")
def add_member(group: Group, who: Who, as_json: Json = False) -> None:
    """Take somebody into a group."""
    _change_members(group, who, "come", as_json=as_json)


@groups.command("drop")
def drop_member(group: Group, who: Who, as_json: Json = False) -> None:
    """Take somebody out of a group."""
    _change_members(group, who, "leave", as_json=as_json)


@groups.command("remove")
def remove_group(group: Group, as_json: Json = False) -> None:
    """Remove a group; its members lose what was granted to it."""

    async def work(house: House, scope: Scope) -> str:
        found = await _group(house, scope, group)
        await house.people.remove_group(scope, found)
        return found

    _said({"removed": acted(work, as_json=as_json)}, "Removed.", as_json=as_json)


@groups.command("hand-over")
def hand_over_group(group: Group, back: Back = False, as_json: Json = False) -> None:
    """Let a directory (SCIM) see and change a group as if it had made it."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        found = await _group(house, scope, group)
        await house.people.handing.group(scope, found, back=back)
        return {"group": found, "directory": not back}

    _said(acted(work, as_json=as_json), "Taken back." if back else "Handed over.", as_json=as_json)


@grants.command("list")
def list_grants(collection: Collection = None, document: Document = None, as_json: Json = False) -> None:
    """List who may do what with a collection or a document; owners and admins may do everything."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        kind, key = await _object(house, scope, collection, document)
        users_by_id = {each.id: each.name for each in await everybody(house, scope)}
        names = users_by_id | {each.id: each.name for each in await house.people.groups(scope)}
        return [
            {"kind": each.kind.value, "grantee": each.grantee or EVERYONE, "name": names.get(each.grantee, ""),
             "level": each.level.value}
            for each in await house.library.grants(scope, kind, key)
        ]  # fmt: skip

    _show(acted(work, as_json=as_json), as_json=as_json)


@grants.command("give")
def give(
    level: Annotated[Level, typer.Argument(help="viewer: read and ask; editor: change; manager: grant, too.")],
    collection: Collection = None,
    document: Document = None,
    user: ToUser = None,
    group: ToGroup = None,
    everyone: ToEveryone = False,
    as_json: Json = False,
) -> None:
    """Let somebody see or change a collection or a document; counts from their next question on."""

    async def work(house: House, scope: Scope) -> dict[str, str]:
        kind, key = await _object(house, scope, collection, document)
        who, grantee = await _grantee(house, scope, user, group, everyone=everyone)
        await house.library.grant(scope, kind, key, Grant.of(who, grantee, level))
        return {kind: key, who: grantee, "level": level}

    _said(acted(work, as_json=as_json), "Granted.", as_json=as_json)


@grants.command("take")
def take(
    collection: Collection = None,
    document: Document = None,
    user: ToUser = None,
    group: ToGroup = None,
    everyone: ToEveryone = False,
    as_json: Json = False,
) -> None:
    """Take a grant back; counts from their next question on."""

    async def work(house: House, scope: Scope) -> dict[str, str]:
        kind, key = await _object(house, scope, collection, document)
        try:
            who, grantee = await _grantee(house, scope, user, group, everyone=everyone)
        except NotFound:  # what was given to somebody who was removed since stands with their id alone
            who, grantee = ("user", user or "") if group is None else ("group", group)
            left = await house.library.grants(scope, kind, key)
            if (who, grantee) not in {(each.kind.value, each.grantee) for each in left}:
                raise
        await house.library.revoke(scope, kind, key, Grant.of(who, grantee))
        return {kind: key, who: grantee}

    _said(acted(work, as_json=as_json), "Taken back.", as_json=as_json)


@tenants.command("list")
def list_tenants(as_json: Json = False) -> None:
    """List the tenants of this installation."""

    async def work() -> list[dict[str, Any]]:
        async with installed(read_settings(log_level="warning")) as house:
            return [{"id": each.id, "name": each.name} for each in await house.accounts.tenants()]

    _show(run(work(), as_json=as_json), as_json=as_json)


@tenants.command("create")
def create_tenant(name: Name, as_json: Json = False) -> None:
    """Make a tenant with its owner, and print a link that signs them in, once, within a day."""
    settings = read_settings(log_level="warning")

    async def work() -> dict[str, Any]:
        async with installed(settings) as house:
            made = await house.accounts.create_tenant(name)
            token = await house.accounts.sign_in_token(made.scope, minutes=24 * 60)
        return {"id": made.scope.tenant, "name": name, "url": f"{address_of(settings)}/signin#token={token}"}

    made = run(work(), as_json=as_json)
    _said(made, f"{made['url']}\n\nIt signs the owner of {escape(name)} in, once, within a day.", as_json=as_json)


def _change_members(group: str, who: str, how: Literal["come", "leave"], *, as_json: bool) -> None:
    async def work(house: House, scope: Scope) -> dict[str, Any]:
        wanted, user = await _group(house, scope, group), await user_of(house, scope, who)
        changed = await house.people.change_members(scope, wanted, **{how: [user]})
        return {"id": changed.id, "name": changed.name, "members": sorted(changed.members)}

    _show([acted(work, as_json=as_json)], as_json=as_json)


async def _group(house: House, scope: Scope, wanted: str) -> str:
    return only([(each.id, each.name) for each in await house.people.groups(scope)], wanted, "group")


async def _object(house: House, scope: Scope, collection: str | None, document: str | None) -> tuple[ObjectKind, str]:
    if (collection is None) == (document is None):
        raise InvalidInput("It is not said on what.", remedy="Give either --collection or --document.")
    if collection is not None:
        return "collection", (await house.library.collection(scope, collection)).id
    return "document", (await house.library.named(scope, document or "")).id


async def _grantee(
    house: House, scope: Scope, user: str | None, group: str | None, *, everyone: bool
) -> tuple[str, str]:
    if sum((user is not None, group is not None, everyone)) != 1:
        raise InvalidInput("It is not said to whom.", remedy="Give one of --user, --group and --everyone.")
    if everyone:
        return "everyone", EVERYONE
    if group is not None:
        return "group", await _group(house, scope, group)
    return "user", await user_of(house, scope, user or "")


def _user_line(user: Any) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": ", ".join(sorted(user.roles)),
        "service": user.service,
        "disabled": user.disabled,
    }


def _show(lines: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"items": lines})
        return
    if not lines:
        out().print("None yet.")
        return
    table = Table()
    for each in lines[0]:
        table.add_column(each.capitalize(), no_wrap=each in {"id", "grantee"})  # to be copied whole
    for line in lines:
        table.add_row(*(escape(_cell(value)) for value in line.values()))
    print_table(table)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in cast("list[object]", value))
    if isinstance(value, bool) or value is None:
        return "yes" if value else ""
    return str(value)


def _said(value: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        out().print(text)
