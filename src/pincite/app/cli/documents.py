"""`pincite add`, `list` and `remove`: documents from the command line, read in this process with progress bars.

The data folder may be served by another process at the same time; both see the same documents.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acting
from pincite.app.cli.adding import add_paths, summary
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.library import RevisionState

_MOST_ROWS = 100
Collection = Annotated[str, typer.Option("--collection", "-c", help="The collection's name; made if there is none.")]


def add(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders are walked.")],
    collection: Collection = "default",
    bulk: Annotated[bool, typer.Option("--bulk", help="Let them wait for all that was not added in bulk.")] = False,
    batch: Annotated[
        str | None, typer.Option("--batch", help="The batch's name, with --bulk; by default that of the first path.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add documents and wait until each is ready or has failed. Exit code 1 if any failed.

    With --bulk they are a batch: `pincite batches` shows how far it is, pauses, resumes, retries and cancels it.
    Stopped half-way, it can be run again: what is there is not read again, and the rest goes on where it was.
    """

    async def work() -> list[dict[str, Any]]:
        settings = read_settings(log_level="error")
        async with acting(settings, work=True) as (house, scope):
            name = batch or (paths[0].resolve().name if bulk else None)
            return await add_paths(house, scope, paths, collection=collection, quiet=as_json, batch=name)

    lines = run(work(), as_json=as_json)
    for line in lines:
        if as_json:
            print_json(line)
    if not as_json:
        _print_summary(lines, most=_MOST_ROWS)
    if any(line["state"] == RevisionState.FAILED for line in lines):
        raise typer.Exit(1)


def list_documents(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    as_json: Json = False,
) -> None:
    """List the documents, newest first; with their ids where two have the same name."""

    async def work() -> list[dict[str, Any]]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            lines: list[dict[str, Any]] = []
            cursor = None
            while True:
                page = await house.library.documents(scope, collection=collection, limit=200, cursor=cursor)
                names = await house.library.collection_names(scope, {each.collection_id for each in page.items})
                lines += [{**summary(each), "collection": names.get(each.collection_id, "")} for each in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    return lines

    lines = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": lines})
    else:
        _print_summary(lines)


def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids or sources, from `pincite list`.")],
    as_json: Json = False,
) -> None:
    """Remove documents: their text, their place in the index and, where nothing else uses them, their bytes."""

    async def work() -> None:
        async with acting(read_settings(log_level="error"), work=True) as (house, scope):
            # One that is not there is told before any is removed.
            named = [(await house.library.named(scope, name)).id for name in documents]
            for document_id in dict.fromkeys(named):
                await house.remove_and_wait(scope, document_id)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"removed": documents})
    else:
        out().print(f"Removed {len(documents)}.")


def _print_summary(lines: Sequence[dict[str, Any]], *, most: int | None = None) -> None:
    """Print a row a document; of more than `most`, so many of those that have a problem or a warning, and counts."""
    names = [*_telling(lines), "Source", "State", "Pages", "Chunks", "Seconds", "Problem"]
    table = Table(*names)
    shown = lines
    if most is not None and len(lines) > most:
        noted = [line for line in lines if line["problem"] or line["warnings"]]
        shown = noted[:most]
        counts = Counter("unchanged" if line.get("unchanged") else line["state"] for line in lines)
        out().print(", ".join(f"{count} {state}" for state, count in counts.most_common()) + ".")
        if len(noted) > most:
            out().print(f"The first {most} of {len(noted)} with a problem or a warning; `--json` prints all.")
        if not shown:
            return
    for line in shown:
        problem = line["problem"]
        said = _warned(line["warnings"]) if problem is None else f"{problem['message']} {problem['remedy']}".strip()
        seconds = "" if line["seconds"] is None else f"{line['seconds']:.1f}"
        told = [line[name.lower()] for name in names[:-6]]
        cells = (*told, line["source"], line["state"], str(line["pages"]), str(line["chunks"]), seconds, said)
        table.add_row(*(Text(cell) for cell in cells))  # a name in brackets is no markup
    print_table(table)


def _telling(lines: Sequence[dict[str, Any]]) -> list[str]:
    """Return what tells documents apart where their names do not, or not all of it."""
    collections = {line.get("collection") for line in lines}
    alike = len({line["source"] for line in lines}) < len(lines)
    return [*(["Id"] if alike else []), *(["Collection"] if len(collections) > 1 else [])]


def _warned(warnings: Sequence[dict[str, Any]]) -> str:
    first = warnings[0] if warnings else None
    more = f" {len(warnings) - 1} more." if len(warnings) > 1 else ""
    return "" if first is None else f"Page {first['page']}: {first['message']}{more}"
