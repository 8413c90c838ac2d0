"""`pincite sources`: outside places that collections are kept in step with.

A running server or worker looks at them by itself; `sync` looks now, in this process.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, err, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope
from pincite.sources import LIVE_RUNS, NewSource, RunState, Source, SourceChanges

app = typer.Typer(no_args_is_help=True, help="Places that collections are kept in step with.")
_POLL_S = 0.1
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
Name = Annotated[str, typer.Argument(help="The source's name or id, from `pincite sources list`.")]


@app.command("add")
def add(
    kind: Annotated[str, typer.Argument(help="folder, web, bucket, git, feed or imap.")],
    location: Annotated[str, typer.Argument(help="Its path or address, as the kind wants it.")],
    name: Annotated[str, typer.Option("--name", "-n", help="What it is called; its documents' names begin with it.")],
    collection: Annotated[str, typer.Option("--collection", "-c", help="Made if there is none.")] = "default",
    every: Annotated[
        str | None, typer.Option(help="How often it is looked at: 30m, 6h, 1d, or 0 for only when asked.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="What else the kind takes, as key=value; several times.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add a source. A running server begins to read it within seconds; `pincite sources sync` reads it now."""

    async def work() -> Source:
        options = _options(option or [])
        async with acting(read_settings(log_level="error")) as (house, scope):
            home = await house.ensure_collection(scope, collection)
            new = NewSource(name, kind, location, home, options, _seconds(every))
            return await house.sources.add(scope, new, anywhere=True)

    _print([run(work(), as_json=as_json)], as_json=as_json)


@app.command("list")
def list_sources(as_json: Json = False) -> None:
    """List the sources with what the newest look at each came to."""

    async def work() -> list[Source]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            return await house.sources.sources(scope)

    found = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": [described(each) for each in found]})
    else:
        _show(found)


@app.command("sync")
def sync(
    name: Name,
    delete: Annotated[bool, typer.Option("--delete", help="Delete whatever is gone from it, however much.")] = False,
    as_json: Json = False,
) -> None:
    """Look at a source now, and wait until its documents are read. Exit code 1 if the look failed.

    Stopped half-way, it can be run again: it goes on where it was.
    """

    async def work() -> tuple[Source, list[dict[str, Any]]]:
        async with acting(read_settings(log_level="error"), work=True) as (house, scope):
            await house.sources.sync(scope, name, delete=delete)
            found = await _followed(house, scope, name, quiet=as_json)
            troubled = await house.sources.troubled(scope, name)
            return found, [{"name": each.name, **_said(each.trouble)} for each in troubled]

    found, troubled = run(work(), as_json=as_json)
    if as_json:
        print_json({**described(found), "troubled": troubled})
    else:
        _show([found])
        for each in troubled:
            out().print(Text(f"{each['name']}: {each['message']} {each['remedy']}".strip()))
        if (more := found.run.counts.failed - len(troubled)) > 0:
            out().print(Text(f"And {more} more that could not be read."))
    if found.run.state is RunState.FAILED:
        raise typer.Exit(1)


@app.command("change")
def change(
    name: Name,
    location: Annotated[str | None, typer.Option("--location", help="Another path or address.")] = None,
    every: Annotated[str | None, typer.Option(help="Another rhythm: 30m, 6h, 1d, or 0 for only when asked.")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", help="An option to set, as key=value; key= takes it back to its default."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change where a source is, its options or its rhythm. It is looked at anew; what is the same is not read again."""

    async def work() -> Source:
        options = {key: None if value == "" else value for key, value in _options(option or []).items()}
        changes = SourceChanges(location, options or None, _seconds(every))
        async with acting(read_settings(log_level="error")) as (house, scope):
            if changes == SourceChanges():
                raise InvalidInput("It is not said what to change.", remedy="Give --location, --every or -o key=value.")
            return await house.sources.change(scope, name, changes, anywhere=True)

    _print([run(work(), as_json=as_json)], as_json=as_json)


@app.command("pause")
def pause(name: Name, as_json: Json = False) -> None:
    """Let a source rest: it is not looked at until it is resumed. Its documents stay and answer."""

    async def work() -> Source:
        async with acting(read_settings(log_level="error")) as (house, scope):
            return await house.sources.pause(scope, name)

    _print([run(work(), as_json=as_json)], as_json=as_json)


@app.command("resume")
def resume(name: Name, as_json: Json = False) -> None:
    """Keep a source in step again, beginning at once."""

    async def work() -> Source:
        async with acting(read_settings(log_level="error")) as (house, scope):
            return await house.sources.resume(scope, name)

    _print([run(work(), as_json=as_json)], as_json=as_json)


@app.command("remove")
def remove(
    name: Name,
    documents: Annotated[bool, typer.Option("--documents", help="Remove the documents that came from it too.")] = False,
    as_json: Json = False,
) -> None:
    """Stop keeping a place in step. Its documents stay, unless you say otherwise."""

    async def work() -> None:
        async with acting(read_settings(log_level="error"), work=documents) as (house, scope):
            found = await house.sources.source(scope, name)
            await house.sources.remove(scope, name, documents=documents)
            # Another process may do the work.
            while any(each.id == found.id for each in await house.sources.sources(scope)):  # noqa: ASYNC110
                await asyncio.sleep(_POLL_S)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"removed": name})
    else:
        out().print("Removed.")


def described(source: Source) -> dict[str, Any]:
    """Return a source as `--json` prints it."""
    newest = source.run
    return {
        "id": source.id,
        "name": source.name,
        "kind": source.kind,
        "location": source.location,
        "options": dict(source.options),
        "collection": source.collection,
        "every_s": source.every_s,
        "state": source.state.value,
        "items": source.items,
        "run": {
            "number": newest.number,
            "state": newest.state.value,
            **asdict(newest.counts),
            "problem": None if newest.trouble is None else asdict(newest.trouble),
            "started_at": _told(newest.started_at),
            "finished_at": _told(newest.finished_at),
        },
        "next_at": _told(source.next_at),
        "created_at": _told(source.created_at),
    }


async def _followed(house: House, scope: Scope, name: str, *, quiet: bool) -> Source:
    """Wait until the run has ended and no document waits any more."""
    note = TextColumn("{task.fields[note]}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), note, TimeElapsedColumn())
    with Progress(*columns, console=err(), disable=quiet, transient=True) as progress:
        task = progress.add_task("Looking", note="", total=None)
        while (found := await house.sources.source(scope, name)).run.state in LIVE_RUNS:
            counts = found.run.counts
            progress.update(task, note=f"{counts.added} new, {counts.changed} changed, {counts.removed} gone")
            await asyncio.sleep(_POLL_S)
        progress.update(task, description="Reading")
        while waiting := await house.library.count_unfinished(scope):
            progress.update(task, note=f"{waiting} documents wait")
            await asyncio.sleep(_POLL_S)
    return found


def _print(found: Sequence[Source], *, as_json: bool) -> None:
    if as_json:
        print_json(described(found[0]))
    else:
        _show(found)


def _show(found: Sequence[Source]) -> None:
    table = Table("Name", "Kind", "Where", "State", "Every", "Documents", "Last look")
    for each in found:
        counts = each.run.counts
        looked = f"{counts.added} new, {counts.changed} changed, {counts.removed} gone, {counts.failed} not read"
        look = each.run.state.value if each.run.number == 0 else f"{each.run.state.value}: {looked}"
        every = _rhythm(each.every_s)
        cells = (each.name, each.kind, each.location, each.state.value, every, str(each.items), look)
        table.add_row(*(Text(cell) for cell in cells))
    print_table(table)
    for each in found:
        if each.run.trouble is not None:
            out().print(Text(f"{each.name}: {each.run.trouble.message} {each.run.trouble.remedy}".strip()))


def _told(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _said(trouble: Any) -> dict[str, str]:
    return {"code": "", "message": "", "remedy": ""} if trouble is None else asdict(trouble)


def _options(given: Sequence[str]) -> dict[str, Any]:
    """Read key=value pairs; a key that comes again makes a list."""
    options: dict[str, Any] = {}
    for each in given:
        key, separator, value = each.partition("=")
        if not separator:
            raise InvalidInput(f"The option {each} has no value.", remedy="Give it as key=value.")
        if key in options:
            options[key] = [*(options[key] if isinstance(options[key], list) else [options[key]]), value]
        else:
            options[key] = value
    return options


def _rhythm(every_s: int | None) -> str:
    """Return it as `--every` takes it."""
    if every_s is None:
        return "0"
    unit = next((name for name in ("d", "h", "m") if every_s % _UNITS[name] == 0), "s")
    return f"{every_s // _UNITS[unit]}{unit}"


def _seconds(every: str | None) -> int | None:
    if every is None:
        return None
    number, unit = (every[:-1], every[-1:]) if every[-1:] in _UNITS else (every, "s")
    if not number.isascii() or not number.isdigit():
        raise InvalidInput(f"{every} is no rhythm.", remedy="Give it as 30m, 6h or 1d, or 0 for only when asked.")
    return int(number) * _UNITS[unit]
