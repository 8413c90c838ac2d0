"""`pincite batches`: what was added as one, how far it is, and stopping, going on and trying again.

They only change the state of documents; who reads them is another process, or the next `pincite serve`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import Scope
from pincite.library.schemas import BatchBody

T = TypeVar("T")
app = typer.Typer(help="Batches of documents: how far they are, pause, resume, retry, cancel.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Id or name, from `pincite batches list`.")]


@app.command("list")
def list_batches(as_json: Json = False) -> None:
    """List batches, newest first, with documents by state and the time that is left."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = await house.library.batches(scope, limit=50, cursor=cursor)
            found += [BatchBody.of(each).model_dump(mode="json") for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    lines = run(_opened(work), as_json=as_json)
    if as_json:
        print_json({"items": lines})
    else:
        _print(lines)


@app.command()
def pause(batch: Name, as_json: Json = False) -> None:
    """Let a batch rest, with files of it that are still to come; what is read stays and answers."""
    _change("Paused", batch, "pause", as_json=as_json)


@app.command()
def resume(batch: Name, as_json: Json = False) -> None:
    """Go on with a batch that was paused."""
    _change("Queued", batch, "resume", as_json=as_json)


@app.command()
def retry(batch: Name, as_json: Json = False) -> None:
    """Queue what failed or was cancelled of a batch again."""
    _change("Queued", batch, "retry", as_json=as_json)


@app.command()
def cancel(batch: Name, as_json: Json = False) -> None:
    """Give up what is left of a batch; what is ready stays, and files that are still to come are refused."""
    _change("Cancelled", batch, "cancel", as_json=as_json)


@app.command()
def forget(batch: Name, as_json: Json = False) -> None:
    """Take a batch that is over off the list; its documents stay."""

    async def work(house: House, scope: Scope) -> None:
        await house.library.forget_batch(scope, batch)

    run(_opened(work), as_json=as_json)
    if as_json:
        print_json({"forgotten": batch})
    else:
        out().print("Forgotten. Its documents stay.")


def _change(said: str, batch: str, action: str, *, as_json: bool) -> None:
    async def work(house: House, scope: Scope) -> int:
        return await house.ingest.change_batch(scope, batch, action)

    changed = run(_opened(work), as_json=as_json)
    if as_json:
        print_json({"documents": changed})
    else:
        out().print(f"{said} {changed}.")


async def _opened(work: Callable[[House, Scope], Awaitable[T]]) -> T:
    async with acting(read_settings(log_level="error")) as (house, scope):
        return await work(house, scope)


def _print(lines: list[dict[str, Any]]) -> None:
    table = Table("Batch", "State", "Documents", "Time left")
    for line in lines:
        reading = line["state"] == "reading"
        left = time_left(line["seconds_left"]) if reading else ""
        cells = (line["name"], f"{line['state']}, {line['progress']:.0%}", _counts(line), left)
        table.add_row(*(Text(cell) for cell in cells))  # a name in brackets is no markup
    print_table(table)


def _counts(line: dict[str, Any]) -> str:
    counts = {**line["counts"], "with warnings": line["warned"]}
    left = sum(counts.pop(state, 0) for state in ("queued", "extracting", "embedding"))
    others = (f"{count} {name}" for name, count in (*counts.items(), ("left", left)) if count and name != "ready")
    return ", ".join((f"{counts.get('ready', 0)} of {line['documents']} ready", *others))


def time_left(seconds: float | None) -> str:
    """Return a time to come in words; not known while nothing was finished lately."""
    if seconds is None:
        return "not known yet"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
