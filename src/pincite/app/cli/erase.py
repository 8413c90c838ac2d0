"""`pincite erase`: a document, a user or a tenant, everywhere, with a report of what was deleted where.

What goes in which order is in `erasing.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from pincite.app.cli.acting import acting, installed
from pincite.app.cli.naming import user_of
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.erasing import Erased, Eraser
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import NotFound, Scope

app = typer.Typer(no_args_is_help=True, help="Erase a document, a user or a tenant everywhere, for good.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only report what would be deleted.")]


def _do(work: Callable[[House, Scope], Awaitable[Erased]], *, as_json: bool) -> None:
    async def inside() -> Erased:
        async with acting(read_settings(log_level="warning"), work=True) as (house, scope):
            return await work(house, scope)

    _report(run(inside(), as_json=as_json), as_json=as_json)


def _report(report: Erased, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    what = f"{report.kind.capitalize()} {report.id}"
    out().print(f"{what} was removed before; what is left:" if report.resumed else f"{what}:")
    table = Table("Where", "Would go" if report.dry_run else "Gone")
    for where, count in report.rows.items():
        table.add_row(where, f"{count:,}")
    for where, count in (("points", report.points), ("originals", report.blobs), ("copies", report.folders)):
        table.add_row(f"[dim]{where}[/dim]", f"{count:,}")
    print_table(table)
    out().print("Nothing was changed." if report.dry_run else f"Erased. What stays: {', '.join(report.stays)}.")
    if report.left:
        later = "Run `pincite erase files` when less is going on."
        out().print(f"[yellow]Pieces may be left in files:[/yellow] {report.left} {later}")


@app.command("document")
def document(
    document: Annotated[str, typer.Argument(help="Its id or name.")], dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Erase a document with all revisions, and every conversation that quotes it."""
    _do(lambda house, scope: Eraser(house).document(scope, document, dry_run=dry_run), as_json=as_json)


@app.command("user")
def user(
    user: Annotated[str, typer.Argument(help="An id, an e-mail address or a name; of who was removed, the id.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Erase a user with their conversations; documents stay, they are the tenant's."""

    async def work(house: House, scope: Scope) -> Erased:
        try:
            known = await user_of(house, scope, user)
        except NotFound as unknown:
            try:  # of one who was removed there is nothing left to be named by but the id
                return await Eraser(house).user(scope, user, dry_run=dry_run)
            except NotFound:
                raise unknown from None
        return await Eraser(house).user(scope, known, dry_run=dry_run)

    _do(work, as_json=as_json)


@app.command("files")
def files(as_json: Json = False) -> None:
    """Write index and database anew, so that nothing of what was deleted is left in them; writers wait meanwhile."""

    async def inside() -> None:
        async with acting(read_settings(log_level="warning")) as (house, scope):
            await Eraser(house).scrub(scope)

    run(inside(), as_json=as_json)
    if as_json:
        print_json({"written_anew": True})
    else:
        out().print("Written anew: nothing that was deleted is left in them.")


@app.command("tenant")
def tenant(
    tenant: Annotated[str, typer.Argument(help="Its id, from `pincite tenants list`.")],
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Erase a tenant with all that is its, but for its audit log. Stop the server first."""

    async def inside() -> Erased:
        async with installed(read_settings(log_level="warning"), work=True) as house:
            return await Eraser(house).tenant(tenant, dry_run=dry_run)

    _report(run(inside(), as_json=as_json), as_json=as_json)
