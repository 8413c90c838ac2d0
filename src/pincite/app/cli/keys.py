"""`pincite keys`: API keys, and a new sign-in link for somebody who is locked out.

Keys are shown once; only their hashes are stored.
"""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pincite.app.cli.output import Json, out, print_json, run
from pincite.app.cli.serve import address_file
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import open_house

app = typer.Typer(no_args_is_help=True, help="API keys and sign-in links.")


@app.command("create")
def create(name: Annotated[str, typer.Argument(help="What the key is for.")], as_json: Json = False) -> None:
    """Make an API key and print it once."""

    async def work() -> None:
        async with open_house(read_settings(log_level="warning")) as house:
            made = await house.accounts.create_key(await house.owner(), name)
        if as_json:
            print_json({"id": made.key.id, "name": made.key.name, "key": made.secret})
        else:
            out().print(f"{made.secret}\n\nKeep it now: it is not shown again.")

    run(work(), as_json=as_json)


@app.command("list")
def list_keys(as_json: Json = False) -> None:
    """List the API keys, without their secrets."""

    async def work() -> None:
        async with open_house(read_settings(log_level="warning")) as house:
            keys = await house.accounts.list_keys(await house.owner())
        if as_json:
            print_json({"items": [{"id": key.id, "name": key.name, "prefix": key.prefix} for key in keys]})
            return
        table = Table("Id", "Name", "Starts with", "Created")
        for key in keys:
            table.add_row(key.id, escape(key.name), key.prefix, f"{key.created_at:%Y-%m-%d %H:%M}")
        out().print(table)

    run(work(), as_json=as_json)


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, from `pincite keys list`.")], as_json: Json = False
) -> None:
    """Take a key's access away at once."""

    async def work() -> None:
        async with open_house(read_settings(log_level="warning")) as house:
            await house.accounts.revoke_key(await house.owner(), key_id)
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
        async with open_house(settings) as house:
            link = await house.sign_in_link(_address(settings))
        if as_json:
            print_json({"url": link})
        else:
            out().print(link)

    run(work(), as_json=as_json)


def _address(settings: Settings) -> str:
    served = address_file(settings)
    if settings.public_url is None and served.is_file():
        return served.read_text(encoding="utf-8").strip()
    return settings.public_url or f"http://{settings.host}:{settings.port}"
