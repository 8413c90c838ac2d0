"""`pincite hold`: what must not be deleted, and why.

What a hold keeps is decided in `library`.
"""

from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acted
from pincite.app.cli.output import Json, out, print_json, print_table
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope

Kind = Literal["tenant", "collection", "document"]
_AT_ONCE = 200

app = typer.Typer(no_args_is_help=True, help="Legal holds: what must not be deleted, and why.")

What = Annotated[Kind, typer.Argument(help="What is held: all of the tenant, a collection with all in it, a document.")]
Which = Annotated[str | None, typer.Argument(help="Id or name of the collection or document; of the tenant nothing.")]


@app.command("set")
def set_hold(
    what: What,
    which: Which = None,
    reason: Annotated[str, typer.Option(help="Why: a matter's number, a court's order.")] = "",
    as_json: Json = False,
) -> None:
    """Let nothing of it be deleted until the hold is released."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        object_id = await _id(house, scope, what, which)
        before = {(each.kind, each.object_id): each.reason for each in await _all(house, scope)}.get((what, object_id))
        hold = await house.library.hold(scope, what, object_id, reason)
        return {"kind": hold.kind, "id": hold.object_id, "reason": hold.reason, "before": before}

    done = acted(work, as_json=as_json)
    if done["before"] in {None, done["reason"]}:
        said = "It is kept from now on."
    else:
        said = (
            f"It was kept already, and its reason was: {escape(done['before'])}\n"
            "There is one reason at a time, and one release ends the hold. Where both matter, say both."
        )
    _said(done, said, as_json=as_json)


@app.command("list")
def list_holds(as_json: Json = False) -> None:
    """List what is on hold."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        return [
            {
                "kind": each.kind,
                "id": each.object_id,
                "reason": each.reason,
                "placed_by": each.placed_by,
                "placed_at": each.placed_at.isoformat(),
            }
            for each in await _all(house, scope)
        ]

    lines = acted(work, as_json=as_json)
    if as_json:
        print_json({"items": lines})
        return
    table = Table("What", "Id", "Since", "Reason")
    for line in lines:
        table.add_row(line["kind"], line["id"], line["placed_at"][:10], Text(line["reason"]))
    print_table(table)


@app.command("release")
def release(what: What, which: Which = None, as_json: Json = False) -> None:
    """Release a hold; what was removed before it was set is deleted soon after."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        object_id = await _id(house, scope, what, which, held=True)
        await house.library.release(scope, what, object_id)
        return {"kind": what, "id": object_id}

    _said(acted(work, as_json=as_json), "Released.", as_json=as_json)


async def _id(house: House, scope: Scope, what: Kind, which: str | None, *, held: bool = False) -> str:
    """Return the id of what is named; one that is on hold may be removed by now, so its id is taken as it is."""
    if what == "tenant":
        if which not in {None, scope.tenant}:
            raise InvalidInput(
                "A hold on a tenant is on your own.",
                remedy="Leave the tenant out; for another one act as somebody of it (`pincite --as PERSON hold ...`).",
            )
        return scope.tenant
    if which is None:
        raise InvalidInput(f"It is not said which {what}.", remedy="Give its id or name.")
    if held and any((each.kind, each.object_id) == (what, which) for each in await _all(house, scope)):
        return which
    if what == "collection":
        return (await house.library.collection(scope, which)).id
    return (await house.library.named(scope, which)).id


async def _all(house: House, scope: Scope) -> list[Any]:
    found = await house.library.holds(scope, limit=_AT_ONCE)
    holds: list[Any] = list(found.items)
    while found.next_cursor is not None:
        found = await house.library.holds(scope, limit=_AT_ONCE, cursor=found.next_cursor)
        holds += found.items
    return holds


def _said(line: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(line)
    else:
        out().print(sentence)
