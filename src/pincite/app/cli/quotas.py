"""`pincite tenants quota`: what a tenant holds and the most that it may hold, said on this machine.

Nobody within a tenant can change it. Without an option it only shows.
"""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pincite.app.cli.acting import any_tenant, installed
from pincite.app.cli.output import Json, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound

_MOST = 1 << 60
_NONE = "none"

Tenant = Annotated[str, typer.Argument(help="Id or name of the tenant; `pincite tenants list` shows them.")]
Documents = Annotated[str | None, typer.Option(help="Most documents, or `none`.")]
Size = Annotated[str | None, typer.Option("--bytes", help="Most bytes of originals, or `none`.")]
Pages = Annotated[str | None, typer.Option(help="Most pages of text, or `none`.")]


def quota(
    tenant: Tenant, documents: Documents = None, size: Size = None, pages: Pages = None, as_json: Json = False
) -> None:
    """Show what a tenant holds and may hold, and set the most where it is given."""

    async def work() -> dict[str, dict[str, int | None]]:
        given = {"documents": _number(documents), "size_bytes": _number(size), "pages": _number(pages)}
        wanted = {name: value for name, value in given.items() if value is not None}
        async with installed(read_settings(log_level="warning")) as house:
            scope = any_tenant(await _tenant(house, tenant))
            usage = await house.library.usage(scope)
            if wanted:
                now = {name: getattr(usage.quota, name) for name in given}
                usage = await house.library.set_quota(scope, **now | {n: _bound(v) for n, v in wanted.items()})
            return {
                name: {"held": getattr(usage.held, name), "most": getattr(usage.quota, name)}
                for name in ("documents", "size_bytes", "pages")
            }

    _show(run(work(), as_json=as_json), as_json=as_json)


def _number(text: str | None) -> int | None:
    """Read an option; -1 stands for no bound. Raises: InvalidInput."""
    if text is None or text == _NONE:
        return None if text is None else -1
    if not text.isascii() or not text.isdigit() or int(text[:20]) > _MOST:
        raise InvalidInput(f"{text[:40]!r} is no bound.", remedy="Give a whole number, or `none`.")
    return int(text)


def _bound(value: int) -> int | None:
    return None if value < 0 else value


async def _tenant(house: House, asked: str) -> str:
    known = await house.accounts.tenants()
    found = [each.id for each in known if each.id == asked] or [each.id for each in known if each.name == asked]
    if len(found) != 1:
        raise NotFound(
            f"There is no one tenant {asked[:100]!r}.", remedy="`pincite tenants list` shows their ids; give one."
        )
    return found[0]


def _show(lines: dict[str, dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(lines)
        return
    table = Table()
    for name in ("", "Held", "Most"):
        table.add_column(name)
    for name, each in lines.items():
        most = "no bound" if each["most"] is None else f"{each['most']:,}"
        table.add_row(escape(name.replace("size_bytes", "bytes")), f"{each['held']:,}", most)
    print_table(table)
