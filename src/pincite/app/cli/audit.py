"""`pincite audit`: who did what, and whether the log of it is as it was written.

That somebody looked is noted; `verify` is the installation's own and only compares.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.markup import escape
from rich.table import Table

from pincite.accounts.schemas import Filters, line_of
from pincite.app.cli.acting import acting, installed
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.core import InvalidInput

app = typer.Typer(no_args_is_help=True, help="Who did what to which object, from where.")

Actor = Annotated[str | None, typer.Option(help="A user's id, or their name at that time.")]
Action = Annotated[str | None, typer.Option(help="How the action begins: `grant.`, `document.removed`.")]
Object = Annotated[str | None, typer.Option("--object", help="The id of what it was done to.")]
Since = Annotated[str | None, typer.Option(help="From this time on: 2026-11-20 or 2026-11-20T09:00.")]
Until = Annotated[str | None, typer.Option(help="Before this time.")]


@app.command("list")
def list_entries(
    actor: Actor = None,
    action: Action = None,
    about: Object = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List entries of the audit log, newest first."""

    async def work() -> None:
        wanted = _wanted(actor, action, about, since, until)
        async with acting(read_settings(log_level="warning")) as (house, scope):
            found = [line_of(each) for each in await house.audit.entries(scope, wanted, limit=limit)]
        if as_json:
            print_json({"items": [{**each, "detail": json.loads(each["detail"])} for each in found]})
        else:
            _show(found)

    run(work(), as_json=as_json)


@app.command("export")
def export(
    actor: Actor = None, action: Action = None, about: Object = None, since: Since = None, until: Until = None
) -> None:
    """Write entries to standard output in their order, one JSON object a line."""

    async def work() -> None:
        wanted = _wanted(actor, action, about, since, until)
        async with acting(read_settings(log_level="warning")) as (house, scope):
            async for each in house.audit.export(scope, wanted):
                sys.stdout.write(json.dumps(line_of(each)) + "\n")

    run(work(), as_json=True)


@app.command("verify")
def verify(
    tenant: Annotated[str | None, typer.Option(help="The id of one tenant; all without.")] = None,
    expect: Annotated[
        str | None, typer.Option(help="A hash that was written down elsewhere and must be in the log.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that no entry was changed, removed, put in or moved, and that the end is there; print the last hash."""

    async def work() -> bool:
        async with installed(read_settings(log_level="warning")) as house:
            found = await house.audit.verify(tenant, expect)
        whole = all(each.problem is None for each in found)
        if as_json:
            print_json({"whole": whole, "tenants": [asdict(each) for each in found]})
            return whole
        for each in found:
            said = "whole" if each.problem is None else f"[bold red]broken[/]: {escape(each.problem)}"
            out().print(f"{each.tenant}: {each.entries:,} entries, {said}\n  {each.hash}")
        return whole

    if not run(work(), as_json=as_json):
        raise typer.Exit(1)


def _show(found: list[dict[str, Any]]) -> None:
    table = Table("Number")
    table.add_column("Time", no_wrap=True)
    for name in ("Who", "What", "To what", "From"):
        table.add_column(name, overflow="fold")
    for each in found:
        refused = "" if each["outcome"] == "done" else " (refused)"
        about = f"{each['object_kind']} {each['object_id']}"
        words = (each["actor_name"], each["action"] + refused, about, each["client"])
        table.add_row(str(each["seq"]), each["at"][:19], *(escape(word) for word in words))
    print_table(table)


def _wanted(actor: str | None, action: str | None, about: str | None, since: str | None, until: str | None) -> Any:
    try:
        return Filters(actor=actor, action=action, object=about, since=_time(since), until=_time(until)).wanted()
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidInput(f"--{wrong['loc'][0]}: {wrong['msg']}.", remedy="Give a shorter one.") from None


def _time(text: str | None) -> datetime | None:
    """Return a time of this machine's zone where it names none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):  # the latter of the first and the last day of all
        raise InvalidInput(f"{text[:50]!r} is no time.", remedy="Write it as 2026-11-20T09:00.") from None
