"""`pincite keys`: API keys, and a new sign-in link for somebody who is locked out.

Keys are shown once; only their hashes are stored.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pincite.accounts import ApiKey, NewApiKey, Permission
from pincite.app.cli.acting import acting, installed
from pincite.app.cli.naming import key_of, user_of
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.cli.serve import address_file
from pincite.app.settings import Settings, read_settings
from pincite.core import utc_now

app = typer.Typer(no_args_is_help=True, help="API keys and sign-in links.")
_KEY = "The key's id or name, from `pincite keys list`."


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    user: Annotated[
        str | None,
        typer.Option(help="An id, an e-mail address or a name: whom it acts as, if not as whom the command acts."),
    ] = None,
    permission: Annotated[
        list[Permission] | None, typer.Option(help="Narrow it to this; more than one may be given.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36_500, help="It stops working after so many days.")] = None,
    as_json: Json = False,
) -> None:
    """Make an API key and print it once."""

    async def work() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            until = None if days is None else utc_now() + timedelta(days=days)
            whom = user if user in {None, scope.user} else await user_of(house, scope, str(user))
            made = await house.accounts.create_key(scope, name, user=whom, permissions=permission, expires_at=until)
        _shown_once(made, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("rotate")
def rotate(key: Annotated[str, typer.Argument(help=_KEY)], as_json: Json = False) -> None:
    """Give a key another secret and print it once; the old one stops working at once."""

    async def work() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            made = await house.accounts.rotate_key(scope, await key_of(house, scope, key))
        _shown_once(made, as_json=as_json)

    run(work(), as_json=as_json)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the API keys, without their secrets."""

    async def work() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            keys = await house.accounts.list_keys(scope)
        if as_json:
            print_json({"items": [_line(key) for key in keys]})
            return
        table = Table("Name", "Starts with", "May", "Last used", "Until")
        table.add_column("Id", no_wrap=True)  # to be copied whole
        for key in keys:
            may = "everything" if key.permissions is None else ", ".join(sorted(key.permissions))
            times = (key.last_used_at, key.expires_at)
            table.add_row(escape(key.name), key.prefix, may, *(_time(each) for each in times), key.id)
        print_table(table)

    run(work(), as_json=as_json)


@app.command("revoke")
def revoke(key: Annotated[str, typer.Argument(help=_KEY)], as_json: Json = False) -> None:
    """Take a key's access away at once."""

    async def work() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            key_id = await key_of(house, scope, key)
            await house.accounts.revoke_key(scope, key_id)
        if as_json:
            print_json({"revoked": key_id})
        else:
            out().print("Revoked.")

    run(work(), as_json=as_json)


@app.command("sign-in-link")
def sign_in_link(as_json: Json = False) -> None:
    """Print a link that signs the owner in, once."""

    async def work() -> None:
        settings = read_settings(log_level="warning")
        async with installed(settings) as house:
            link = await house.sign_in_link(address_of(settings))
        if as_json:
            print_json({"url": link})
        else:
            out().print(link)

    run(work(), as_json=as_json)


def address_of(settings: Settings) -> str:
    """Return where the web app is: as it is set, as a server said that runs now, or as one would."""
    served = address_file(settings)
    if settings.public_url is None and served.is_file():
        return served.read_text(encoding="utf-8").strip()
    return settings.public_url or f"http://{settings.host}:{settings.port}"


def _shown_once(made: NewApiKey, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": made.key.id, "name": made.key.name, "key": made.secret})
    else:
        out().print(f"{made.secret}\n\nKeep it now: it is not shown again.")


def _line(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "user": key.user,
        "permissions": None if key.permissions is None else sorted(key.permissions),
        "last_used_at": None if key.last_used_at is None else key.last_used_at.isoformat(),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
    }


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
