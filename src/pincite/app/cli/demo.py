"""`pincite demo`: the handbook goes in, a first question is answered with its pins, then the web app is served.

The handbook's files come with the package; they are read like anybody's documents.
"""

import contextlib
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from pincite.answers import AskRequest
from pincite.app.cli.acting import first_owner, installed
from pincite.app.cli.adding import add_paths
from pincite.app.cli.ask import print_answer
from pincite.app.cli.output import err, out, run
from pincite.app.cli.serve import bind, serve_on
from pincite.app.settings import Settings, read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput

COLLECTION = "handbook"
QUESTION = "How long do I have to report a lost laptop to the service desk?"


def demo(
    once: Annotated[bool, typer.Option("--once", envvar="ONCE", help="Stop after the first answer.")] = False,
    question: Annotated[str, typer.Option(help="The first question.")] = QUESTION,
) -> None:
    """Read the sample handbook, answer a first question and serve the web app."""
    stop = once or not sys.stdout.isatty()
    settings = read_settings(log_level="error")
    run(_demo(settings, question, stop=stop))


def handbook_folder() -> Path:
    """Return where the sample documents are: in the package, or in the checkout. Raises: InvalidInput."""
    package = Path(__file__).parents[1] / "handbook"
    checkout = Path(__file__).parents[4] / "examples" / "handbook" / "files"
    for folder in (package, checkout):
        if folder.is_dir():
            return folder
    raise InvalidInput("The sample documents are missing.", remedy="Install Pincite again, or run from a checkout.")


async def _demo(settings: Settings, question: str, *, stop: bool) -> None:
    listener = None if stop else bind(settings)
    async with installed(settings, work=True) as house:
        await _read_and_ask(house, question)
    if listener is None:
        out().print('\nNext: `pincite serve` opens the web app, `pincite ask "..."` asks again.')
        return
    out().print()
    with contextlib.closing(listener):
        await serve_on(listener, settings)


async def _read_and_ask(house: House, question: str) -> None:
    scope = await first_owner(house)
    started = time.perf_counter()
    err().print("Reading the sample handbook ...")
    lines = await add_paths(house, scope, [handbook_folder()], collection=COLLECTION, quiet=not sys.stderr.isatty())
    pages = sum(line["pages"] for line in lines)
    ready = sum(line["state"] == "ready" for line in lines)
    out().print(f"{ready} of {len(lines)} documents ready, {pages} pages, {time.perf_counter() - started:.1f} s.\n")
    for line in lines:
        if line["problem"] is not None:
            out().print(f"{line['source']}: {line['problem']['message']}", markup=False)
    out().print(f"Question: {question}\n", markup=False)
    print_answer(await house.ask(scope, AskRequest(question, collections=(COLLECTION,))))
