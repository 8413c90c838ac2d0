"""`pincite eval`: golden sets in and out, runs side by side, gates for CI, and learning the fusion's weight.

What is measured is decided in `evals`; what is evaluated is made in `app/evaluation.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pincite.app.cli.acting import acting
from pincite.app.cli.asking_sets import Asked, golden_set, runs_of, written_to
from pincite.app.cli.gating import Asking, checked, print_checks
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.cli.shadows import shadows
from pincite.app.cli.tuned import print_margin, print_tuned
from pincite.app.evaluation import Configuration, learned_weight
from pincite.app.margins import learned_margin
from pincite.app.settings import read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, utc_now
from pincite.evals import (
    GoldenSet,
    read_gate,
    read_set,
    report_of,
    write_report,
    write_set,
)

app = typer.Typer(help="Measure retrieval and answers on labelled questions.", no_args_is_help=True)
app.command("shadows")(shadows)
SetName = Annotated[
    str, typer.Argument(help="A file, a folder, or the name of a set that was imported, NAME@VERSION for an older one.")
]
Files = Annotated[
    Path | None, typer.Option("--files", help="Ask these documents, in a data folder of their own; default: yours.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only so many questions, spread over the set.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only questions with this tag.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Questions asked at once; 1 for fair times.")]
_SHOWN = (
    "supported F1",
    "unsupported F1",
    "verdict balanced accuracy",
    "verdict AUROC",
    "verdict right",
    "second opinions",
    "right page",
    "declined rightly",
    "says the answer",
    "pin precision",
    "pin recall",
    "quotes exact",
    "risk-coverage area",
    "page in 5 passages",
    "page in 10 passages",
    "page Success@5",
    "page Success@10",
    "page nDCG@10",
    "page RR",
    "passage nDCG@10",
    "passage R@5",
    "passage R@10",
    "passage R@50",
    "passage RR",
    "document R@5",
    "ms retrieve",
    "ms answer",
    "ms verdict",
)


@app.command("sets")
def sets(as_json: Json = False) -> None:
    """List the golden sets that were imported, the newest first."""

    async def work() -> list[dict[str, Any]]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            return [asdict(each) for each in await house.evaluations.sets(scope)]

    rows = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": [{**row, "created_at": row["created_at"].isoformat()} for row in rows]})
        return
    table = Table("Name", "Version", "Kind", "Cases", "Imported")
    for row in rows:
        table.add_row(
            escape(row["name"]), row["version"], row["kind"], str(row["cases"]), f"{row['created_at']:%Y-%m-%d %H:%M}"
        )
    print_table(table)


@app.command("import")
def import_set(
    path: Annotated[
        Path,
        typer.Argument(help="A JSON-lines file of cases (WiCE's and RAGTruth's too), a CSV of questions, or a folder."),
    ],
    name: Annotated[str | None, typer.Option(help="The set's name; default is the file's.")] = None,
    as_json: Json = False,
) -> None:
    """Keep a golden set in the database; changed content becomes a new version, and is then the newest."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            kept = await house.evaluations.keep_set(scope, read_set(path, name))
        return {"name": kept.name, "version": kept.version, "cases": kept.cases}

    kept = run(work(), as_json=as_json)
    if as_json:
        print_json(kept)
    else:
        out().print(f"{kept['name']}, version {kept['version']}: {kept['cases']} cases.", markup=False)


@app.command("export")
def export(
    name: Annotated[str, typer.Argument(help="The set's name, from `pincite eval sets`.")],
    target: Annotated[Path, typer.Argument(help="Where to write: a file, or a folder for passages.")],
    version: Annotated[str | None, typer.Option(help="Default: the newest.")] = None,
    as_json: Json = False,
) -> None:
    """Write a golden set as files that `import` reads."""

    async def work() -> int:
        async with acting(read_settings(log_level="error")) as (house, scope):
            if target.exists():
                raise InvalidInput(f"{target} is there already.", remedy="Name a new file or folder.")
            golden = await house.evaluations.golden_set(scope, name, version)
        with written_to(target):
            write_set(golden, target)
        return len(golden.cases)

    count = run(work(), as_json=as_json)
    if as_json:
        print_json({"path": str(target), "cases": count})
    else:
        out().print(f"{count} cases in {target}.", markup=False)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The set's name, from `pincite eval sets`.")],
    version: Annotated[str | None, typer.Option(help="Default: the newest.")] = None,
    as_json: Json = False,
) -> None:
    """Remove one version of a golden set."""

    async def work() -> None:
        async with acting(read_settings(log_level="error")) as (house, scope):
            await house.evaluations.remove_set(scope, name, version)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"removed": name})
    else:
        out().print(f"Removed {name}.", markup=False)


@app.command("run")
def run_set(
    name: SetName,
    configs: Annotated[
        list[str] | None,
        typer.Option("--config", help="default, words, meaning, rrf, or key=value,...; repeat to compare."),
    ] = None,
    files: Files = None,
    limit: Limit = None,
    tag: Tag = None,
    jobs: Jobs = 4,
    retrieval_only: Annotated[bool, typer.Option("--retrieval-only", help="Do not answer, only search.")] = False,
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for report.json and report.html.")] = None,
    as_json: Json = False,
) -> None:
    """Ask a golden set's questions and print the figures, each configuration against the first."""

    async def work() -> tuple[dict[str, Any], Sequence[Path]]:
        settings = read_settings(log_level="error")
        chosen = [Configuration.parse(text, settings) for text in configs or ["default"]]
        async with acting(settings) as (house, scope):
            golden = (await golden_set(house, scope, name)).only(tag, limit)
            if not golden.cases:
                raise InvalidInput(f"{name} has no such question.", remedy="Leave out --tag.")
            asked = Asked(scope, golden, files, jobs, retrieval_only)
            report = await _report(house, asked, chosen, quiet=as_json)
        if folder is None:
            return report, ()
        with written_to(folder):
            return report, write_report(report, folder)

    report, written = run(work(), as_json=as_json)
    if as_json:
        print_json(report)
        return
    _print_report(report)
    if written:
        out().print(f"\nWritten: {' and '.join(map(str, written))}", markup=False)


@app.command("gate")
def gate(
    path: Annotated[Path, typer.Argument(help="A gate's TOML file.")],
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write the baselines that the file names, instead of judging.")
    ] = False,
    jobs: Jobs = 4,
    as_json: Json = False,
) -> None:
    """Hold figures against a gate's file. Exit code 1 if a demand is not met."""

    async def work() -> list[dict[str, Any]]:
        asking = Asking(path.parent, jobs, write_baseline, quiet=as_json)
        async with acting(read_settings(log_level="error")) as (house, scope):
            checks = read_gate(path)
            if write_baseline and not any(check.baseline for check in checks):
                raise InvalidInput(f"{path} names no baseline to be written.", remedy="Add baseline and not_worse_by.")
            return [await checked(house, scope, check, asking) for check in checks]

    checks = run(work(), as_json=as_json)
    if as_json:
        print_json({"checks": checks})
    else:
        print_checks(checks, write_baseline=write_baseline)
    if any(not finding["holds"] for check in checks for finding in check["findings"]):
        raise typer.Exit(1)


@app.command("tune")
def tune(
    names: Annotated[list[str], typer.Argument(help="Files, BEIR folders or names of sets; all count alike.")],
    embedder: Annotated[str | None, typer.Option(help="As in the setting; default: the one that is set.")] = None,
    reranker: Annotated[str | None, typer.Option(help="Learn when this reranker (as in the setting) is spared")] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """Learn how much the embedder's score should weigh beside BM25, or when a reranker is spared, cross-validated."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            goldens = _told_apart(names, [await golden_set(house, scope, name) for name in names], limit)
            if reranker:
                return await learned_margin(house, scope, goldens, embedder, reranker)
            return await learned_weight(house, scope, goldens, embedder)

    tuned = run(work(), as_json=as_json)
    if as_json:
        print_json(tuned)
    else:
        print_margin(tuned) if reranker else print_tuned(tuned)


def _told_apart(names: Sequence[str], goldens: Sequence[GoldenSet], limit: int | None) -> list[GoldenSet]:
    """Call sets of one name as they were given: under one name they would be taken for one. Raises: InvalidInput."""
    if len({golden.version for golden in goldens}) < len(goldens):
        raise InvalidInput("A set is named twice.", remedy="Name each once; all count alike.")
    called = [golden.name for golden in goldens]
    return [
        replace(golden, name=given if called.count(golden.name) > 1 else golden.name).only(None, limit)
        for given, golden in zip(names, goldens, strict=True)
    ]


async def _report(house: House, asked: Asked, chosen: Sequence[Configuration], *, quiet: bool) -> dict[str, Any]:
    runs = [each async for each in runs_of(house, asked, chosen, quiet=quiet)]
    return report_of(asked.golden, runs, utc_now())


def _print_report(report: Mapping[str, Any]) -> None:
    runs: Sequence[Mapping[str, Any]] = report["runs"]
    about = report["set"]
    title = escape(f"{about['name']}, {about['cases']} cases")
    table = Table("Measure", *(escape(one["config"]) for one in runs), title=title)
    for name in [each for each in _SHOWN if any(each in one["measures"] for one in runs)]:
        table.add_row(name, *(_cell(one["measures"].get(name)) for one in runs))
    print_table(table)
    for each in report["comparisons"]:
        heading = escape(f"{each['config']} minus {each['against']}, with 95 % interval")
        compared = Table("Measure", heading)
        for name in [name for name in _SHOWN if name in each["differences"]]:
            found = each["differences"][name]
            compared.add_row(name, f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})")
        out().print(compared)
    for each in runs:
        lost = ", ".join(f"{count} {fault}" for fault, count in each["faults"].items())
        out().print(
            f"{each['config']}: {lost}.{_risk(each)} {each['fresh']} asked now, {each['seconds']:.1f} s.", markup=False
        )


def _risk(one: Mapping[str, Any]) -> str:
    curve = one["curve"]
    if curve is None:
        return ""
    naive = curve["baseline_area"]
    beside = "" if naive is None else f"; by the best retrieval score {naive:.4f}"
    return f" Risk-coverage area {curve['area']:.4f}{beside}."


def _cell(found: Mapping[str, float] | None) -> str:
    return "" if found is None else f"{found['mean']:.4f} ({found['low']:.3f} to {found['high']:.3f})"
