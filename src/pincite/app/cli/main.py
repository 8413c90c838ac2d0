"""Collects the commands of the files beside this one. The program itself starts in `app/program.py`.

Imports stay light here: a command pays only for what it uses.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from pincite.app.cli import (
    ask,
    assistants,
    audit,
    batches,
    collections,
    demo,
    documents,
    erase,
    evaluate,
    holds,
    keeping,
    keys,
    people,
    quotas,
    serve,
    sign_in,
    simulate,
    sources,
    spending,
    stopping,
)
from pincite.app.cli.acting import Commands
from pincite.app.cli.output import fail, out
from pincite.core import PinciteError

app = typer.Typer(
    name="pincite",
    cls=Commands,
    help="A document assistant whose every sentence is pinned to the passage that supports it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def say_version(wanted: bool) -> None:
    """Say which version this is, and end. Raises: typer.Exit."""
    if wanted:
        out().print(f"Pincite {version('pincite')}")
        raise typer.Exit


@app.callback()
def program(
    context: typer.Context,
    person: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PERSON",
            help="The e-mail address or id of whom the command acts as, in any tenant; default is the first tenant's "
            "owner, or PINCITE_AS.",
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=say_version, is_eager=True, help="Say which version this is."),
    ] = False,
) -> None:
    """Take what stands before the command."""
    commands = context.command
    assert isinstance(commands, Commands)
    commands.act_as(person)


app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("simulate")(simulate.simulate)
app.command("add")(documents.add)
app.command("list")(documents.list_documents)
app.command("remove")(documents.remove)
app.command("pause")(stopping.pause)
app.command("cancel")(stopping.cancel)
app.command("retry")(stopping.retry)
app.command("reparse")(stopping.reparse)
app.command("ask")(ask.ask)
app.command("search")(ask.search)
app.command("fsck")(keeping.fsck)
app.command("doctor")(keeping.doctor)
app.command("reindex")(keeping.reindex)
app.command("context")(keeping.context)
app.command("backup")(keeping.backup)
app.command("restore")(keeping.restore)
app.add_typer(assistants.app, name="assistants")
app.add_typer(batches.app, name="batches")
app.add_typer(collections.app, name="collections")
app.add_typer(erase.app, name="erase")
app.add_typer(evaluate.app, name="eval")
app.add_typer(keys.app, name="keys")
people.tenants.command("quota")(quotas.quota)
app.add_typer(people.users, name="users")
app.add_typer(people.groups, name="groups")
app.add_typer(people.grants, name="grants")
app.add_typer(people.tenants, name="tenants")
app.add_typer(sign_in.app, name="sign-in")
app.add_typer(audit.app, name="audit")
app.add_typer(holds.app, name="hold")
app.command("usage")(spending.usage)
app.add_typer(spending.budgets, name="budgets")
app.add_typer(sources.app, name="sources")


def main() -> None:
    """Run the command line; settings that cannot be used are said as any other error, before a command has begun."""
    try:
        app()
    except PinciteError as error:
        try:
            fail(error, as_json="--json" in sys.argv)
        except typer.Exit as left:
            sys.exit(left.exit_code)
