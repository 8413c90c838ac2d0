"""`pincite usage` and `pincite budgets`: what models cost, who spent it, and the most that may be spent.

What is reserved, settled and refused is the ledger's business.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer
from rich.table import Column, Table
from rich.text import Text

from pincite.app.cli.acting import acted
from pincite.app.cli.naming import key_of, names_of, user_of
from pincite.app.cli.output import Json, out, print_json, print_table
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope, utc_now
from pincite.ledger import Budget, By, Period, Spend, Subject, Wanted
from pincite.ledger.schemas import BudgetBody, CostLine, sheet, shown

budgets = typer.Typer(no_args_is_help=True, help="Budgets: the most that may be spent on models.")


def usage(
    by: Annotated[list[By] | None, typer.Option(help="What lines are put together by; may be repeated.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="So many days back, today with them.")] = 30,
    user: Annotated[str | None, typer.Option(help="Only this user's: an id, an e-mail address or a name.")] = None,
    answer: Annotated[str | None, typer.Option(help="Only the calls made for this answer, by its id.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with exact dollars.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was spent on models: your own, or as an admin the whole tenant's."""
    groups = tuple(dict.fromkeys(by or [By.MODEL]))

    async def work(house: House, scope: Scope) -> tuple[str, list[dict[str, Any]], Mapping[str, str]]:
        since = Period.DAY.window(utc_now()) - timedelta(days=days - 1)
        whose = None if user is None else await user_of(house, scope, user)
        lines = await house.ledger.report(scope, Wanted(groups, since=since, user=whose, answer=answer))
        names = await _names(house, scope)
        return sheet(groups, lines), [CostLine.of_line(each).model_dump(mode="json") for each in lines], names

    csv, lines, known = acted(work, as_json=as_json)
    if as_json:
        print_json({"items": lines})
    elif as_csv:
        typer.echo(csv, nl=False)
    elif not lines:
        out().print(f"No model was called in {days} days.")
    else:
        _show_costs(groups, lines, known)


async def _names(house: House, scope: Scope) -> Mapping[str, str]:
    """Return what assistants, keys and people are called, by id: for people to read."""
    return await names_of(house, scope) | {each.id: each.name for each in await house.assistants.all(scope)}


def _show_costs(groups: tuple[By, ...], lines: list[dict[str, Any]], known: Mapping[str, str]) -> None:
    table = Table(*(each.value.capitalize() for each in groups))
    for name in ("Calls", "Tokens in", "Tokens out", "Cost", "Saved"):
        table.add_column(name, justify="right")
    for line in lines:
        counts = (line["calls"], line["input_tokens"], line["output_tokens"])
        unknown = f" and {line['unpriced']:,} calls without a price" if line["unpriced"] else ""
        cost = f"{shown(line['cost_usd'])}{unknown}"
        of = [line["of"][each] or "-" for each in groups]
        names, saved = (Text(known.get(each, each)) for each in of), shown(sum(line["saved"].values()))
        table.add_row(*names, *(f"{each:,}" for each in counts), cost, saved)
    print_table(table)
    said = _savings(lines)
    if said:
        out().print(said, markup=False)


def _savings(lines: list[dict[str, Any]]) -> str:
    """Say what was saved by what; "" where nothing was."""
    hits = sum(line["hits"] for line in lines)
    by = {name: sum(line["saved"][name] for line in lines) for name in ("replies_usd", "prompts_usd", "routing_usd")}
    parts = [
        f"{shown(by['replies_usd'])} by {hits:,} replies that were kept and given again" if hits else "",
        f"{shown(by['prompts_usd'])} by providers' own caches" if by["prompts_usd"] else "",
        f"{shown(by['routing_usd'])} by cheaper models of a route" if by["routing_usd"] else "",
    ]
    said = "; ".join(each for each in parts if each)
    return f"Saved: {said}." if said else ""


@budgets.command("list")
def list_budgets(as_json: Json = False) -> None:
    """List budgets and how each stands now."""

    async def work(house: House, scope: Scope) -> tuple[list[dict[str, Any]], Mapping[str, str]]:
        found = [BudgetBody.of(*each).model_dump(mode="json") for each in await house.ledger.budgets(scope)]
        return found, await _names(house, scope)

    lines, known = acted(work, as_json=as_json)
    if as_json:
        print_json({"items": lines})
        return
    table = Table(
        Column("Id", overflow="fold"), "Of", Column("Whose", overflow="fold"), "Every", "Spent", "Reserved", "Most"
    )
    for line in lines:
        most = [] if line["limit_usd"] is None else [shown(line["limit_usd"])]
        most += [] if line["limit_tokens"] is None else [f"{line['limit_tokens']:,} tokens"]
        stands = (_amount(line, "spent"), _amount(line, "reserved"), ", ".join(most))
        whose = "-" if line["subject"] == Subject.TENANT else known.get(line["subject_id"], line["subject_id"])
        table.add_row(line["id"], line["subject"], whose, line["period"], *stands)
    print_table(table)


def _amount(line: Mapping[str, Any], name: str) -> str:
    return f"{shown(line[name]['usd'])}, {line[name]['tokens']:,} tokens"


@budgets.command("set")
def set_budget(
    subject: Annotated[Subject, typer.Argument(help="Whose spending: all of the tenant, a user, a key, an assistant.")],
    of: Annotated[
        str | None, typer.Argument(help="Id or name of it; a user's e-mail address; of the tenant nothing.")
    ] = None,
    period: Annotated[Period, typer.Option(help="After how long it begins anew, in UTC.")] = Period.MONTH,
    usd: Annotated[str | None, typer.Option(help="Most dollars.")] = None,
    tokens: Annotated[int | None, typer.Option(min=0, help="Most tokens, read and written.")] = None,
    warn: Annotated[int, typer.Option(min=1, max=100, help="Percent from which on it warns.")] = 80,
    cheaper: Annotated[
        int | None, typer.Option(min=1, max=100, help="Percent from which on cheaper models answer.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bound what somebody may spend in each period; what was spent in this one counts."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        limit = None if usd is None else Spend.at_most(_dollars(usd), 0).pico_usd
        whose = await _whose(house, scope, subject, of)
        wanted = Budget("", subject, whose, period, limit, tokens, warn, cheaper)
        made = await house.ledger.set_budget(scope, wanted)
        return {"id": made.id, "bound": made.said}

    line = acted(work, as_json=as_json)
    if as_json:
        print_json(line)
    else:
        out().print(f"From now on: {line['bound']}. `pincite budgets remove {line['id']}` takes it back.")


@budgets.command("remove")
def remove_budget(
    budget: Annotated[str, typer.Argument(help="Its id; `pincite budgets list` shows it.")], as_json: Json = False
) -> None:
    """Bound that spending no longer."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        await house.ledger.remove_budget(scope, budget)
        return {"id": budget}

    line = acted(work, as_json=as_json)
    if as_json:
        print_json(line)
    else:
        out().print("Removed.")


async def _whose(house: House, scope: Scope, subject: Subject, of: str | None) -> str:
    """Return the id of whom a budget bounds. Raises: InvalidInput, NotFound."""
    if subject is Subject.TENANT:
        return scope.tenant
    if of is None:
        raise InvalidInput(f"It is not said which {subject.value}.", remedy="Give its id.")
    if subject is Subject.ASSISTANT:
        return await house.assistants.id_of(scope, of)
    return await (user_of if subject is Subject.USER else key_of)(house, scope, of)


def _dollars(text: str) -> Decimal:
    """Read dollars. Raises: InvalidInput."""
    try:
        found = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found < 0:
        raise InvalidInput(f"{text[:40]!r} is no amount of dollars.", remedy="Give a number such as 25 or 0.50.")
    return found
