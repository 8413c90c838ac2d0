"""`pincite ask` and `pincite search`: a question from the command line, answered from the data folder.

How an answer is made is in `answers`; what is shown here is its text, its pins and the quotes behind them.
"""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape

from pincite.answers import AskRequest
from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, err, out, print_json, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import NotFound, Scope
from pincite.gateway import Tier
from pincite.retrieval import Query

_LAST = "last"
_Question = Annotated[str, typer.Argument(help="What you want to know.")]
_Collections = Annotated[
    list[str] | None, typer.Option("--collection", "-c", help="Only these collections (repeat for more).")
]


def ask(
    question: _Question,
    collection: _Collections = None,
    assistant: Annotated[
        str | None, typer.Option("--assistant", "-a", help="Which one answers; `pincite assistants list` shows them.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="`none`, `auto` or `provider:name`; default from settings.")] = None,
    tier: Annotated[Tier | None, typer.Option(help="Which of a route's models are to answer.")] = None,
    conversation: Annotated[
        str | None, typer.Option(help="Go on with it: its id, or `last` for the one that was begun last.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it anew, whatever is kept of earlier askings.")] = False,
    as_json: Json = False,
) -> None:
    """Answer a question with every sentence pinned to its passage, or say that the documents do not say."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error", model=model)) as (house, scope):
            asked = AskRequest(
                question,
                conversation=await _conversation(house, scope) if conversation == _LAST else conversation,
                collections=None if collection is None else tuple(collection),
                # An assistant may have a model of its own, which is not overruled without a word.
                model=None if assistant is None else model,
                tier=tier,
                assistant=assistant,
                kept="renew" if fresh else "use",
            )
            return await house.ask(scope, asked)

    answer = run(work(), as_json=as_json)
    if as_json:
        print_json(answer)
    else:
        print_answer(answer)
    if answer["state"] == "failed":
        raise typer.Exit(1)


async def _conversation(house: House, scope: Scope) -> str:
    """Return the id of the asker's newest conversation. Raises: NotFound."""
    newest = await house.answers.conversations(scope, limit=1)
    if not newest:
        raise NotFound("There is no conversation yet.", remedy="Ask without `--conversation` first.")
    return newest[0].id


def search(
    query: Annotated[str, typer.Argument(help="Words to look for.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many passages.")] = 10,
    collection: _Collections = None,
    sections: Annotated[
        bool, typer.Option("--sections", help="Also give the section that each passage is in.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find passages by meaning and by words."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            wanted = None if collection is None else await house.collection_ids(scope, collection)
            found = await house.hits(
                scope, await house.retrieval.find(scope, Query(query, limit=limit, collections=wanted))
            )
            return await _with_sections(house, scope, found) if sections else found

    found = run(work(), as_json=as_json)
    if as_json:
        print_json(found)
        return
    console = out()
    for number, hit in enumerate(found["hits"], 1):
        version = "" if hit["newer"] is None else f", an older version of {escape(hit['newer'])}"
        where = f"[bold]{number}. {escape(hit['source'])}[/], {escape(_place(hit))}{version}"
        console.print(f"{where}  [dim]{hit['score']:.2f}[/]")
        if sections:
            _print_section(hit["section"])
        else:
            console.print(" ".join(hit["text"].split())[:300], markup=False, style="dim")
    if not found["hits"]:
        console.print("Nothing found.")


async def _with_sections(house: House, scope: Scope, found: dict[str, Any]) -> dict[str, Any]:
    hits = [
        {**hit, "section": asdict(await house.library.section(scope, hit["revision"], hit["page"], hit["start"]))}
        for hit in found["hits"]
    ]
    return {**found, "hits": hits}


def _print_section(section: dict[str, Any]) -> None:
    console = out()
    console.print(" > ".join(section["heading_path"]) or "(no heading above it)", markup=False)
    for part in section["parts"]:
        console.print(part["text"], markup=False, style="dim")
    if not section["whole"]:
        console.print("… it goes on.")


def _place(at: dict[str, Any]) -> str:
    """Return what people call the place; answers of earlier versions know the page's number alone."""
    return at["place"] or f"page {at['page']}"


def _print_span(mark: str, span: dict[str, Any]) -> None:
    out().print(f"{mark}{span['source']}, {_place(span)}", markup=False)
    _print_quote(span)


def _print_quote(span: dict[str, Any]) -> None:
    out().print(f"    “{' '.join(span['quote'].split())}”", markup=False, style="dim")


def _print_pins(pins: list[dict[str, Any]]) -> None:
    """Print what each pin points to, a place once a pin, and what several rows of a table have in common once."""
    told: set[tuple[str, int, int, int]] = set()
    for number, pin in enumerate(pins, 1):
        before: tuple[str, str] | None = None
        for span in pin["spans"]:
            at, where = (span["revision"], span["page"], span["start"], span["end"]), (span["source"], _place(span))
            if before is not None and at in told:
                continue
            if where == before:
                _print_quote(span)
            else:
                _print_span(f"[{number}] ", span)
            told.add(at)
            before = where


def print_answer(answer: dict[str, Any]) -> None:
    """Print an answer for people: the text with pin numbers, then the quotes."""
    console = out()
    text: str = answer["answer"]
    pins: list[dict[str, Any]] = answer["pins"]
    for number, pin in reversed(list(enumerate(pins, 1))):
        mark = "" if pin["verdict"] == "supported" else f" {pin['verdict']}"
        text = f"{text[: pin['claim'][1]]} [{number}{mark}]{text[pin['claim'][1] :]}"
    if text:
        console.print(text, markup=False, style="bold")
        console.print()
    _print_pins(pins)
    for span in answer["older"]:
        _print_span("An older version says: ", span)
    if answer["abstained"] and answer["nearest"]:
        console.print("What comes closest:")
        for span in answer["nearest"]:
            _print_span("", span)
    if answer["problem"] is not None:
        err().print(f"{answer['problem']['message']} {answer['problem']['remedy']}", markup=False, style="red")
    elif answer["mode"] == "extractive":
        console.print("\nQuoted from your documents; no model is configured.", style="dim")
    elif answer["cached"]:
        asked = answer["cached_question"]
        to = "" if asked is None else f" to “{asked}”"
        console.print(f"\nThis was answered before{to}; --fresh makes it anew.", markup=False, style="dim")
