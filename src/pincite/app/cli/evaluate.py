"""`pincite eval`: golden sets in and out, runs side by side, gates for CI, and learning the fusion's weight.

What is measured is decided in `evals`; what is evaluated is made in `app/evaluation.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pincite.app.cli.acting import acting, scratch
from pincite.app.cli.adding import add_paths
from pincite.app.cli.output import Json, err, out, print_json, print_table, run
from pincite.app.cli.shadows import shadows
from pincite.app.cli.tuned import print_margin, print_tuned
from pincite.app.evaluation import Configuration, learned_weight, open_subject, scratch_home
from pincite.app.margins import learned_margin
from pincite.app.settings import Settings, foreign_values, read_settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope, utc_now
from pincite.evals import (
    GateCheck,
    GoldenSet,
    SetKind,
    Subject,
    read_gate,
    read_set,
    report_of,
    write_report,
    write_set,
)

app = typer.Typer(help="Measure retrieval and answers on labelled questions.", no_args_is_help=True)
app.command("shadows")(shadows)
SetName = Annotated[str, typer.Argument(help="A file, a folder, or the name of a set that was imported.")]
Files = Annotated[
    Path | None, typer.Option("--files", help="Ask these documents, in a data folder of their own; default: yours.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Only so many questions, spread over the set.")]
Tag = Annotated[str | None, typer.Option("--tag", help="Only questions with this tag.")]
Jobs = Annotated[int, typer.Option("--jobs", min=1, max=64, help="Questions asked at once; 1 for fair times.")]
_POLL_S = 0.5
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one evaluation is over: whose, the set, the documents, how many at once."""

    scope: Scope
    golden: GoldenSet
    files: Path | None
    jobs: int
    retrieval_only: bool


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
            row["name"], row["version"], row["kind"], str(row["cases"]), f"{row['created_at']:%Y-%m-%d %H:%M}"
        )
    print_table(table)


@app.command("import")
def import_set(
    path: Annotated[Path, typer.Argument(help="A JSON-lines file of cases (WiCE's and RAGTruth's too), or a folder.")],
    name: Annotated[str | None, typer.Option(help="The set's name; default is the file's.")] = None,
    as_json: Json = False,
) -> None:
    """Keep a golden set in the database; changed content becomes a new version."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            kept = await house.evaluations.keep_set(scope, read_set(path, name))
        return {"name": kept.name, "version": kept.version, "cases": kept.cases}

    kept = run(work(), as_json=as_json)
    if as_json:
        print_json(kept)
    else:
        out().print(f"{kept['name']}, version {kept['version']}: {kept['cases']} cases.")


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

    async def work() -> dict[str, Any]:
        settings = read_settings(log_level="error")
        chosen = [Configuration.parse(text) for text in configs or ["default"]]
        async with acting(settings) as (house, scope):
            golden = (await _golden(house, scope, name)).only(tag, limit)
            if not golden.cases:
                raise InvalidInput(f"{name} has no such question.", remedy="Leave out --tag.")
            asked = _Asked(scope, golden, files, jobs, retrieval_only)
            return await _report(house, asked, chosen, quiet=as_json)

    report = run(work(), as_json=as_json)
    written = None if folder is None else write_report(report, folder)
    if as_json:
        print_json(report)
        return
    _print_report(report)
    if written is not None:
        out().print(f"\nWritten: {written[0]} and {written[1]}", markup=False)


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
        settings = read_settings(log_level="error")
        async with acting(settings) as (house, scope):
            return [
                await _checked(house, scope, check, path.parent, jobs, write_baseline=write_baseline)
                for check in read_gate(path)
            ]

    checks = run(work(), as_json=as_json)
    if as_json:
        print_json({"checks": checks})
    else:
        _print_checks(checks)
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
            goldens = [(await _golden(house, scope, name)).only(None, limit) for name in names]
            if reranker:
                return await learned_margin(house, scope, goldens, embedder, reranker)
            return await learned_weight(house, scope, goldens, embedder)

    tuned = run(work(), as_json=as_json)
    if as_json:
        print_json(tuned)
    else:
        print_margin(tuned) if reranker else print_tuned(tuned)


async def _golden(house: House, scope: Scope, name: str) -> GoldenSet:
    if Path(name).exists():
        return read_set(Path(name))
    return await house.evaluations.golden_set(scope, name)


async def _report(house: House, asked: _Asked, chosen: Sequence[Configuration], *, quiet: bool) -> dict[str, Any]:
    runs = [each async for each in _runs(house, asked, chosen, quiet=quiet)]
    return report_of(asked.golden, runs, utc_now())


async def _runs(house: House, asked: _Asked, chosen: Sequence[Configuration], *, quiet: bool) -> AsyncIterator[Any]:
    for configuration in chosen:
        async with _subject(house, asked, configuration, quiet=quiet) as subject:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with Progress(*columns, console=err(), disable=quiet, transient=True) as progress:
                bar = progress.add_task(configuration.name, total=len(asked.golden.cases))
                yield await house.evaluations.run(
                    asked.scope,
                    asked.golden,
                    subject,
                    jobs=asked.jobs,
                    progress=lambda done, _, bar=bar, progress=progress: progress.update(bar, completed=done),
                )


@asynccontextmanager
async def _subject(house: House, asked: _Asked, configuration: Configuration, *, quiet: bool) -> AsyncIterator[Subject]:
    alone = asked.retrieval_only
    if asked.files is None or asked.golden.kind is not SetKind.DOCUMENTS:
        async with open_subject(house, asked.scope, asked.golden, configuration, retrieval_only=alone) as subject:
            yield subject
        return
    async with scratch(_scratch(house.settings, asked.files, configuration)) as (apart, owner):
        if await apart.count_documents(owner) == 0:
            await add_paths(apart, owner, [asked.files], collection="default", quiet=quiet)
        await _wait_for_vectors(apart, owner)
        async with open_subject(apart, owner, asked.golden, configuration, retrieval_only=alone) as subject:
            yield subject


async def _wait_for_vectors(house: House, scope: Scope) -> None:
    """Wait until the chosen embedder has seen everything: half of its vectors would be measured as its quality."""
    while (tier := await house.library.fast_tier(scope)) is not None and tier.waiting:  # noqa: ASYNC110 - other processes may fill
        await asyncio.sleep(_POLL_S)


def _scratch(settings: Settings, files: Path, configuration: Configuration) -> Settings:
    if not files.exists():
        raise InvalidInput(f"There is no folder {files}.", remedy="Check the path.")
    home = scratch_home(settings, files, configuration.embedder)
    embedder = configuration.embedder or settings.embedder
    change = {
        "home": home,
        "embedder": embedder,
        "database_url": None,
        "jobs_url": None,
        "blobs_url": None,
        "index_url": None,
    }
    return settings.model_copy(update=change)


async def _checked(
    house: House, scope: Scope, check: GateCheck, base: Path, jobs: int, *, write_baseline: bool
) -> dict[str, Any]:
    given = foreign_values()
    shown: dict[str, Any] = {"set": check.set, "config": check.config, "findings": [], "skipped": False}
    place = check.path(check.set, base, given)
    files = None if check.files is None else check.path(check.files, base, given)
    baseline = None if check.baseline is None else check.path(check.baseline, base, given)
    if place is None or (check.files is not None and files is None):
        return {**shown, "skipped": True}
    golden = read_set(place).only(check.tag, check.limit)
    asked = _Asked(scope, golden, files, jobs, check.retrieval_only)
    runs = [each async for each in _runs(house, asked, [Configuration.parse(check.config)], quiet=True)]
    if write_baseline:
        if baseline is not None:
            check.write_baseline(golden, runs[0], baseline)
        return shown
    return {**shown, "findings": [asdict(each) for each in check.judge(golden, runs[0], baseline)]}


def _print_report(report: Mapping[str, Any]) -> None:
    runs: Sequence[Mapping[str, Any]] = report["runs"]
    about = report["set"]
    table = Table("Measure", *(one["config"] for one in runs), title=f"{about['name']}, {about['cases']} cases")
    for name in [each for each in _SHOWN if any(each in one["measures"] for one in runs)]:
        table.add_row(name, *(_cell(one["measures"].get(name)) for one in runs))
    print_table(table)
    for each in report["comparisons"]:
        compared = Table("Measure", f"{each['config']} minus {each['against']}, with 95 % interval")
        for name in [name for name in _SHOWN if name in each["differences"]]:
            found = each["differences"][name]
            compared.add_row(name, f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})")
        out().print(compared)
    for each in runs:
        lost = ", ".join(f"{count} {fault}" for fault, count in each["faults"].items())
        curve = each["curve"]
        risk = (
            ""
            if curve is None
            else (f" Risk-coverage area {curve['area']:.4f}; by the best retrieval score {curve['baseline_area']:.4f}.")
        )
        out().print(
            f"{each['config']}: {lost}.{risk} {each['fresh']} asked now, {each['seconds']:.1f} s.", markup=False
        )


def _cell(found: Mapping[str, float] | None) -> str:
    return "" if found is None else f"{found['mean']:.4f} ({found['low']:.3f} to {found['high']:.3f})"


def _print_checks(checks: Sequence[Mapping[str, Any]]) -> None:
    table = Table("Set", "Configuration", "Demand", "Found", "Holds")
    for check in checks:
        if check["skipped"]:
            table.add_row(check["set"], check["config"], "skipped: its data is not set", "", "")
        for finding in check["findings"]:
            holds = "yes" if finding["holds"] else "NO"
            table.add_row(check["set"], check["config"], finding["demand"], finding["found"], holds)
    print_table(table)
