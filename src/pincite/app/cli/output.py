"""How the command line speaks: one JSON document or line with `--json`, tables and plain sentences without.

What is printed is decided by the commands; errors become one line and an exit code here.
"""

import asyncio
import contextlib
import getpass
import json
import re
import sys
from collections.abc import Coroutine, Iterator, Mapping
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table

from pincite.app.cli.tables import print_whole
from pincite.app.problems import exit_code, problem
from pincite.core import PinciteError
from pincite.core.origin import COMMAND_LINE, Origin, asked_from

T = TypeVar("T")
_BEYOND_ASCII = re.compile("[\x7f-\x9f]")  # of controls, which JSON lets stand
_COMMANDS: Mapping[int, int] = {code: 0xFFFD for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in {0x09, 0x0A}}
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]


class _Tame(Console):
    """Sends a terminal no command that stands in a text: documents, models and other people write what is printed."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield what is written; U+FFFD stands where a command would begin."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(segment.text.translate(_COMMANDS), segment.style)


def out() -> Console:
    """Return the console for results."""
    return _Tame(soft_wrap=True, highlight=False, emoji=False)


def err() -> Console:
    """Return the console for progress and errors, on standard error."""
    return _Tame(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def print_table(table: Table) -> None:
    """Print a table; of one without lines, that there are none."""
    if table.row_count:
        print_whole(out(), table)
    else:
        out().print("There are none.")


def print_json(value: Any) -> None:
    """Print one JSON value on one line of standard output."""
    said = json.dumps(value, ensure_ascii=False)
    sys.stdout.write(_BEYOND_ASCII.sub(lambda found: f"\\u{ord(found[0]):04x}", said) + "\n")
    sys.stdout.flush()


def run(work: Coroutine[Any, Any, T], *, as_json: bool = False) -> T:
    """Run a command to its end; a Pincite error becomes a message and an exit code, an interrupt code 130."""
    try:
        with asked_from(Origin(COMMAND_LINE, _login())):
            return asyncio.run(work)
    except PinciteError as error:
        fail(error, as_json=as_json)
    except KeyboardInterrupt:
        err().print("Stopped.")
    raise typer.Exit(130)


def fail(error: PinciteError, *, as_json: bool) -> None:
    """Say what went wrong and leave with the error's exit code. Raises: typer.Exit, always."""
    if as_json:
        print_json({"problem": problem(error, "")})
    else:
        console = err()
        console.print(f"[bold red]Error:[/] {_escaped(error.message)}")
        if error.remedy:
            console.print(_escaped(error.remedy))
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    raise typer.Exit(exit_code(error))


def _login() -> str:
    """Return what whoever runs the command is called on this machine, for the audit log; "" where nothing says it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user: in a container, under a number of its own
        return ""


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
