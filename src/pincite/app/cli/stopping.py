"""`pincite pause`, `cancel` and `retry`: what becomes of documents on their way in, decided from the command line.

They only change the state of documents; who reads them is another process, or the next `pincite serve`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, out, print_json, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput

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
