"""`pincite collections`: which there are, what happens with personal data in each, and how long it keeps documents.

Whose collections they are is said in `acting.py`.
"""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.privacy import Policy

_MOST = 1_000
_FOREVER = "forever"

app = typer.Typer(no_args_is_help=True, help="Sets of documents: personal data in them, and how long they are kept.")


@app.command("list")
def list_collections(as_json: Json = False) -> None:
    """List the collections by name."""

    async def work() -> list[dict[str, Any]]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            found = await house.library.list_collections(scope, limit=_MOST)
            return [_line(each) for each in found.items]

    lines = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": lines})
        return
    table = Table("Name", "Documents", "Personal data", "Kept for")
    for line in lines:
        table.add_row(Text(line["name"]), str(line["documents"]), line["personal_data"], _days(line["keep_days"]))
    print_table(table)


@app.command("personal-data")
def personal_data(
    collection: Annotated[str, typer.Argument(help="Id or name of the collection.")],
    policy: Annotated[
        Policy,
        typer.Argument(
            help="off; flag: count it; mask-answers: cover it in answers, too; mask-model: and for models; refuse: "
            "and fail documents that hold any.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Say what happens with personal data in a collection: at once in answers, else in what is read from now on."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            home = await house.library.collection(scope, collection)
            now = await house.library.set_policy(scope, home.id, policy)
            return _line(now)

    line = run(work(), as_json=as_json)
    if as_json:
        print_json(line)
    else:
        out().print(f"{line['personal_data']}: in answers at once. Documents are counted and refused as they are read.")


@app.command("keep")
def keep(
    collection: Annotated[str, typer.Argument(help="Id or name of the collection.")],
    days: Annotated[str, typer.Argument(help="Days after its last revision until a document is erased, or `forever`.")],
    as_json: Json = False,
) -> None:
    """Say for how long a collection keeps its documents: they are erased after that, once a day."""

    async def work() -> dict[str, Any]:
        wanted = None if days == _FOREVER else int(days) if days.isascii() and days.isdigit() else 0
        async with acting(read_settings(log_level="error")) as (house, scope):
            home = await house.library.collection(scope, collection)
            now = await house.library.set_keep_days(scope, home.id, wanted)
            return _line(now)

    line = run(work(), as_json=as_json)
    if as_json:
        print_json(line)
    else:
        out().print(f"Documents are kept: {_days(line['keep_days'])}.")


def _days(keep_days: int | None) -> str:
    return _FOREVER if keep_days is None else f"{keep_days} days"


def _line(collection: Any) -> dict[str, Any]:
    return {
        "id": collection.id,
        "name": collection.name,
        "documents": collection.documents,
        "personal_data": collection.personal_data.value,
        "keep_days": collection.keep_days,
    }
