"""`pincite fsck`, `doctor`, `reindex`, `backup` and `restore`: keeping an installation whole.

What they check and repair is in `ingest`, `doctor.py` and `backup.py`.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn

from pincite.app.backup import read_backup, write_backup
from pincite.app.cli.acting import every_tenant, installed
from pincite.app.cli.output import Json, err, out, print_json, run
from pincite.app.doctor import examine
from pincite.app.settings import provider_environment, read_settings


def fsck(
    check_only: Annotated[bool, typer.Option("--check", help="Report only; repair nothing.")] = False,
    deep: Annotated[bool, typer.Option(help="Also read every stored byte again and compare its hash.")] = False,
    strict: Annotated[
        bool, typer.Option(help="Also compare every chunk with its pages, and jobs with documents; implies --deep.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check database, blobs and index against each other; repair what can be. Exit code 1 if anything is left."""

    async def work() -> dict[str, Any]:
        async with installed(read_settings(log_level="error"), work=not check_only) as house:
            return await house.fsck(repair=not check_only, deep=deep, strict=strict)

    report = run(work(), as_json=as_json)
    if as_json:
        print_json(report)
    else:
        for finding in report["findings"]:
            state = "[green]repaired[/]" if finding["repaired"] else "[red]left[/]"
            out().print(f"{state} {finding['code']}: {finding['what']}")
        out().print(f"Checked {report['documents']} documents, {report['chunks']} chunks, {report['blobs']} blobs.")
        out().print("Clean." if not report["findings"] else f"{len(report['findings'])} findings.")
    if any(not finding["repaired"] for finding in report["findings"]):
        raise typer.Exit(1)


def doctor(as_json: Json = False) -> None:
    """Say what Pincite found on this machine, which model it would use, and why. Exit code 1 if something is wrong."""
    findings = run(examine(read_settings(log_level="error"), provider_environment()), as_json=as_json)
    if as_json:
        print_json({"findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = {"ok": "[green]ok  [/]", "note": "[yellow]note[/]", "bad": "[red]bad [/]"}[finding.state]
            out().print(f"{mark} {finding.what}: {escape(finding.found)}")
            if finding.remedy:
                out().print(f"     {escape(finding.remedy)}", style="dim")
    if any(finding.state == "bad" for finding in findings):
        raise typer.Exit(1)


def reindex(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate chunks, tokens, time and cost.")] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="Drop the index that the last switch replaced.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Let the replaced index answer again.")] = False,
    as_json: Json = False,
) -> None:
    """Build the search index again with the embedder that is set, while the old one serves; then switch.

    A build that was broken off goes on where it stopped. An index that another embedder made is kept until --confirm.
    """
    if dry_run + confirm + rollback > 1:
        raise typer.BadParameter("--dry-run, --confirm and --rollback do not go together.")
    if dry_run:
        _forecast(as_json=as_json)
    elif confirm or rollback:
        _keep_or_undo(confirm=confirm, as_json=as_json)
    else:
        _rebuild(as_json=as_json)


def _rebuild(*, as_json: bool) -> None:
    async def work() -> int:
        async with installed(read_settings(log_level="error")) as house:
            with _spinner("Building the index") as progress:
                return await house.reindex(lambda done: progress.update(progress.task_ids[0], note=f"{done} chunks"))

    chunks = run(work(), as_json=as_json)
    if as_json:
        print_json({"chunks": chunks})
    else:
        out().print(f"The new index holds {chunks} chunks and is in use.")


def _forecast(*, as_json: bool) -> None:
    async def work() -> list[dict[str, Any]]:
        async with installed(read_settings(log_level="error")) as house:
            with _spinner("Timing a sample"):
                return await house.forecast()

    forecasts = run(work(), as_json=as_json)
    if as_json:
        print_json({"tenants": forecasts})
        return
    for each in forecasts:
        cost = "price not known" if each["cost_usd"] is None else f"{each['cost_usd']:.2f} USD"
        out().print(f"{each['chunks']} chunks, about {each['tokens']} tokens, with {each['embedder']}.")
        out().print(f"In use now: {each['instead_of'] or 'no index'}.")
        out().print(f"About {each['seconds'] / 60:.1f} minutes by a sample; {cost}. Nothing was changed.")


def _keep_or_undo(*, confirm: bool, as_json: bool) -> None:
    async def work() -> tuple[int, list[str]]:
        async with installed(read_settings(log_level="error")) as house:
            return (await house.confirm(), []) if confirm else (0, await house.go_back())

    dropped, embedders = run(work(), as_json=as_json)
    if as_json:
        print_json({"dropped": dropped} if confirm else {"embedders": embedders})
    elif confirm:
        out().print(f"{dropped} replaced indexes dropped." if dropped else "No replaced index was kept.")
    else:
        out().print(f"The index of {', '.join(sorted(set(embedders)))} answers again.")
        out().print("Set PINCITE_EMBEDDER back too, or `pincite reindex` switches forward.", style="dim")


def context(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only estimate passages, tokens, time and cost.")] = False,
    as_json: Json = False,
) -> None:
    """Have the model that is set write a sentence of context for each passage that has none; it is searched, not shown.

    New documents get theirs by themselves. A run that was broken off goes on where it stopped.
    """
    settings = read_settings(log_level="error")
    if settings.context_model == "none":
        raise typer.BadParameter("No model is set to write it. Set PINCITE_CONTEXT_MODEL to `auto` or `provider:name`.")

    async def work() -> list[dict[str, Any]]:
        async with installed(settings) as house:
            with _spinner("Writing a sample" if dry_run else "Writing contexts") as progress:
                if dry_run:
                    return await house.forecast_contexts()
                task = progress.task_ids[0]
                return await house.write_contexts(lambda done: progress.update(task, note=f"{done} passages"))

    tenants = run(work(), as_json=as_json)
    if as_json:
        print_json({"tenants": tenants})
        return
    for each in tenants:
        cost = "price not known" if each["cost_usd"] is None else f"{each['cost_usd']:.4f} USD"
        if dry_run:
            out().print(
                f"{each['chunks']} passages without context, {each['known']} with one, written by {each['model']}."
            )
            out().print(f"About {each['tokens']} tokens, {each['seconds'] / 60:.1f} minutes by a sample; {cost}.")
            out().print(f"Those that are there cost {each['spent_usd']:.4f} USD. Nothing was changed.")
        else:
            out().print(
                f"{each['written']} contexts written, {each['failed']} failed; {each['tokens']} tokens, {cost}."
            )


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write, e.g. pincite-backup.tar.")], as_json: Json = False
) -> None:
    """Write everything into one file, in one snapshot, while the server runs."""

    async def work() -> dict[str, Any]:
        async with installed(read_settings(log_level="error")) as house:
            scopes = await every_tenant(house)
            with _spinner("Backing up") as progress:
                task = progress.task_ids[0]
                report = await write_backup(
                    house.database, house.blobs, scopes, target, lambda name, _: progress.update(task, note=name[:40])
                )
        return asdict(report)

    _print_backup(run(work(), as_json=as_json), "Wrote", as_json=as_json)


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `pincite backup` wrote.")], as_json: Json = False
) -> None:
    """Bring a backup back into an empty data folder, then build the index."""

    async def work() -> dict[str, Any]:
        async with installed(read_settings(log_level="error"), bootstrap=False) as house:
            with _spinner("Restoring") as progress:
                task = progress.task_ids[0]
                report = await read_backup(
                    house.database, house.blobs, source, lambda name, _: progress.update(task, note=name[:40])
                )
                await house.reindex(lambda done: progress.update(task, note=f"{done} chunks indexed"))
        return asdict(report)

    _print_backup(run(work(), as_json=as_json), "Restored", as_json=as_json)


def _spinner(what: str) -> Progress:
    progress = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[note]}"), console=err()
    )
    progress.add_task(what, note="")
    return progress


def _print_backup(report: dict[str, Any], verb: str, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    megabytes = report["size_bytes"] / 1e6
    out().print(f"{verb} {report['path']}: {report['rows']} rows, {report['blobs']} files, {megabytes:.1f} MB.")
