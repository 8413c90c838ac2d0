"""`pincite pause`, `cancel`, `retry` and `reparse`: what is to be read of documents, decided from the command line.

They only change the state of documents; who reads them is another process, or the next `pincite serve`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from rich.markup import escape

from pincite.app.cli.acting import acted, acting
from pincite.app.cli.output import Json, out, print_json, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope

Names = Annotated[list[str] | None, typer.Argument(help="Ids or sources, from `pincite list`.")]
Of = Annotated[str | None, typer.Option("--collection", "-c", help="All documents of this collection.")]


def pause(documents: Names = None, collection: Of = None, as_json: Json = False) -> None:
    """Let documents rest that wait or are being read; `pincite retry` goes on where they were."""
    _change("Paused", lambda house: house.ingest.pause, documents, collection, as_json=as_json)


def cancel(documents: Names = None, collection: Of = None, as_json: Json = False) -> None:
    """Give up reading documents; an older version of one goes on answering."""
    _change("Cancelled", lambda house: house.ingest.cancel, documents, collection, as_json=as_json)


def retry(documents: Names = None, collection: Of = None, as_json: Json = False) -> None:
    """Queue failed, paused and cancelled documents again."""
    _change("Queued", lambda house: house.ingest.go_on, documents, collection, as_json=as_json)


def reparse(
    documents: Names = None,
    collection: Of = None,
    up_to_date: Annotated[
        bool, typer.Option("--up-to-date", help="Also what this version read; name documents, or a collection.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many there are.")] = False,
    as_json: Json = False,
) -> None:
    """Read anew what an earlier version read: all of it, or that of the documents or the collection that are named.

    The old text answers until the new one is there, and what quotes it goes on quoting it.
    """
    if up_to_date and not documents and collection is None:
        raise InvalidInput("It is not said which documents.", remedy="Name some, or a collection with -c.")

    async def work(house: House, scope: Scope) -> tuple[int, str | None]:
        chosen = [(await house.library.named(scope, name)).id for name in documents] if documents else None
        if dry_run:
            return await house.ingest.count_to_reparse(
                scope, chosen=chosen, collection=collection, up_to_date=up_to_date
            ), None
        done = await house.ingest.reparse(scope, chosen=chosen, collection=collection, up_to_date=up_to_date)
        return len(done.documents), done.batch

    count, batch = acted(work, as_json=as_json)
    if as_json:
        print_json({"documents": count, "batch": batch})
    elif batch is None:
        out().print(f"{count} to read anew.")
    else:
        out().print(f"Queued {count}, as the batch {escape(batch)!r}; `pincite batches list` shows how far it is.")


def _change(
    said: str,
    act: Callable[[House], Callable[..., Awaitable[tuple[str, ...]]]],
    documents: list[str] | None,
    collection: str | None,
    *,
    as_json: bool,
) -> None:
    if not documents and collection is None:
        raise InvalidInput("It is not said which documents.", remedy="Name some, or a collection with -c.")

    async def work() -> tuple[str, ...]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            chosen = [(await house.library.named(scope, name)).id for name in documents] if documents else None
            return await act(house)(scope, chosen=chosen, collection=collection)

    changed = run(work(), as_json=as_json)
    if as_json:
        print_json({"documents": list(changed)})
    else:
        out().print(f"{said} {len(changed)}.")
