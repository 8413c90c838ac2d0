"""`pincite assistants`: named ways of answering, by collections, model and instructions.

What an assistant may be set up with is decided in `assistants`.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pincite.app.cli.acting import acted
from pincite.app.cli.output import Json, out, print_json, print_table
from pincite.app.wiring import House
from pincite.assistants import LEAST_LIKENESS, Assistant, Changes, may_set_up
from pincite.core import InvalidInput, Scope
from pincite.gateway import Tier

_NONE = "-"

app = typer.Typer(no_args_is_help=True, help="Named ways of answering: collections, model, instructions.")

Which = Annotated[str, typer.Argument(help="Its name or id.")]
Name = Annotated[str, typer.Argument(help="Of a-z, 0-9 and hyphens; clients send `pincite/NAME`.")]
About = Annotated[str | None, typer.Option("--description", help="What it is for.")]
Told = Annotated[
    str | None, typer.Option("--instructions", help="What its model is told beside the rules; @FILE reads a file.")
]
From = Annotated[
    list[str] | None,
    typer.Option("--collection", "-c", help=f"It answers from these alone (repeat for more); {_NONE} for all."),
]
By = Annotated[
    str | None, typer.Option("--model", help=f"`none`, `provider:name` or `route:name`; {_NONE} for the one set up.")
]
_TIER = f"`cheap` or `strong`; {_NONE} leaves it to the route."


@app.command("list")
def list_assistants(as_json: Json = False) -> None:
    """List those that you may use."""

    async def work(house: House, scope: Scope) -> list[dict[str, Any]]:
        return [_line(scope, each) for each in await house.assistants.all(scope)]

    lines = acted(work, as_json=as_json)
    if as_json:
        print_json({"items": lines})
        return
    table = Table("Name", "Version", "Answers from", "What for")
    for line in lines:
        where = Text(_where(line["collections"]))
        table.add_row(line["name"], str(line["version"]), where, Text(line["description"]))
    print_table(table)


@app.command("show")
def show(which: Which, as_json: Json = False) -> None:
    """Show how one is set up."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        return _line(scope, await house.assistants.one(scope, which))

    line = acted(work, as_json=as_json)
    if as_json:
        print_json(line)
        return
    for name, value in line.items():
        shown = _where(value) if name == "collections" else _NONE if value in {None, ""} else str(value)
        out().print(f"{name}: {shown}", markup=False)


@app.command("add")
def add(
    name: Name,
    description: About = None,
    instructions: Told = None,
    collection: From = None,
    model: By = None,
    tier: Annotated[str | None, typer.Option("--tier", help=_TIER)] = None,
    as_json: Json = False,
) -> None:
    """Set one up."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        wanted = _changes(description, instructions, collection, model, tier)
        return _line(scope, await house.assistants.make(scope, name, wanted))

    _said(acted(work, as_json=as_json), "It answers", as_json=as_json)


@app.command("change")
def change(
    which: Which,
    description: About = None,
    instructions: Told = None,
    collection: From = None,
    model: By = None,
    tier: Annotated[str | None, typer.Option("--tier", help=_TIER)] = None,
    as_json: Json = False,
) -> None:
    """Change what is said; whatever is left out stays."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        wanted = _changes(description, instructions, collection, model, tier)
        if not wanted:
            raise InvalidInput("It is not said what is to be another.", remedy="Give an option; --help lists them.")
        return _line(scope, await house.assistants.change(scope, which, wanted))

    _said(acted(work, as_json=as_json), "Changed; it answers", as_json=as_json)


@app.command("rename")
def rename(which: Which, name: Name, as_json: Json = False) -> None:
    """Give one another name; clients have to send that."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        return _line(scope, await house.assistants.change(scope, which, {"name": name}))

    _said(acted(work, as_json=as_json), "Renamed; it answers", as_json=as_json)


@app.command("likeness")
def set_likeness(
    which: Which,
    cosine: Annotated[str, typer.Argument(help=f"0.5 to 1; {_NONE} for what was learned on Pincite's own pairs.")],
    as_json: Json = False,
) -> None:
    """Say how alike two questions must be to be given the same answer, where answers are given again."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        wanted: Changes = {"likeness": None if cosine == _NONE else _number_of(cosine)}
        return _line(scope, await house.assistants.change(scope, which, wanted))

    _said(acted(work, as_json=as_json), "Changed; it answers", as_json=as_json)


@app.command("tune")
def tune(
    which: Which,
    pairs: Annotated[
        Path, typer.Argument(help='Lines of {"asked": "...", "other": "...", "same": true}.', dir_okay=False)
    ],
    save: Annotated[bool, typer.Option("--save", help="Set it up with what was learned.")] = False,
    as_json: Json = False,
) -> None:
    """Learn how alike two questions must be, on pairs that you have labelled."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        found = await house.assistants.one(scope, which)
        learned = await house.answers.learn_likeness(scope, _read(pairs))
        if save and (learned.threshold > 1 or not learned.found):
            raise InvalidInput(
                "It is not saved: on these pairs no two questions are found that mean the same and nothing else.",
                remedy="Look through the pairs; without --save it shows what is learned on them.",
            )
        if save:
            await house.assistants.change(scope, found.id, {"likeness": max(LEAST_LIKENESS, learned.threshold)})
        return {"name": found.name, **asdict(learned), "saved": save}

    line = acted(work, as_json=as_json)
    if as_json:
        print_json(line)
        return
    out().print(f"Cosine of two questions at least: {line['threshold']:.2f}")
    out().print(f"On pairs that did not choose it: {line['found']} of {line['same']} that mean the same are found,")
    out().print(f"{line['wrong']} of {line['different']} that do not are wrongly taken for one.")
    if line["wrong"]:
        out().print("So it would give wrong answers, now and then. More pairs of that kind make it stricter.")
    out().print("Saved." if save else "Not saved; --save does it.")


@app.command("remove")
def remove(which: Which, as_json: Json = False) -> None:
    """Remove one; conversations with it can be read, and do not go on."""

    async def work(house: House, scope: Scope) -> dict[str, Any]:
        await house.assistants.remove(scope, which)
        return {"name": which}

    line = acted(work, as_json=as_json)
    if as_json:
        print_json(line)
    else:
        out().print("Removed.")


def _changes(
    description: str | None,
    instructions: str | None,
    collections: list[str] | None,
    model: str | None,
    tier: str | None,
) -> Changes:
    """Return what options say. Raises: InvalidInput."""
    changes = Changes()
    if description is not None:
        changes["description"] = "" if description == _NONE else description
    if instructions is not None:
        changes["instructions"] = _text_of(instructions)
    if collections is not None:
        changes["collections"] = None if collections == [_NONE] else collections
    if model is not None:
        changes["model"] = None if model == _NONE else model
    if tier is not None:
        changes["tier"] = _tier_of(tier)
    return changes


def _text_of(given: str) -> str:
    if not given.startswith("@"):
        return "" if given == _NONE else given
    return _read(Path(given[1:]))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read as text: {error}.", remedy="Give another file.") from None


def _tier_of(given: str) -> Tier | None:
    if given == _NONE:
        return None
    if given not in {"cheap", "strong"}:
        raise InvalidInput(f"There is no tier {given!r}.", remedy=f"Use `cheap`, `strong` or {_NONE}.")
    return "cheap" if given == "cheap" else "strong"


def _number_of(given: str) -> float:
    try:
        return float(given)
    except ValueError:
        raise InvalidInput(f"{given!r} is no number.", remedy="Use 0.5 to 1.") from None


def _line(scope: Scope, assistant: Assistant) -> dict[str, Any]:
    """Return what is told of an assistant; how it answers, to whoever may set it up."""
    setup = assistant.setup
    line = {
        "id": assistant.id,
        "name": assistant.name,
        "version": assistant.version,
        "description": setup.description,
        "collections": None if setup.collections is None else list(setup.collections.values()),
    }
    how = {name: getattr(setup, name) for name in ("instructions", "model", "tier", "likeness")}
    return {**line, **how} if may_set_up(scope) else line


def _where(collections: Sequence[str] | None) -> str:
    if collections is None:
        return "all that its asker may read"
    return ", ".join(collections) or "none any more"


def _said(line: dict[str, Any], sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(line)
    else:
        name = line["name"]
        out().print(f"{sentence}: `pincite ask --assistant {name}`, and to clients as `pincite/{name}`.", markup=False)
