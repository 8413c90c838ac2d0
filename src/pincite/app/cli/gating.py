"""Holds the figures of golden sets against a gate's file, and prints what became of each demand.

What a gate demands is decided in `evals`; the command is in `evaluate.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from pincite.app.cli.asking_sets import Asked, golden_set, runs_of, written_to
from pincite.app.cli.output import err, out, print_table
from pincite.app.evaluation import Configuration
from pincite.app.settings import FOREIGN, foreign_values
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope
from pincite.evals import GateCheck


@dataclass(frozen=True, slots=True)
class Asking:
    """How a gate's checks are asked: from which folder its paths go, how many cases at once, whether to be judged."""

    base: Path
    jobs: int
    write_baseline: bool
    quiet: bool


async def checked(house: House, scope: Scope, check: GateCheck, asked: Asking) -> dict[str, Any]:
    """Judge one check, or write its baseline; returns what is printed of it. Raises: PinciteError."""
    check.refuse_unknown(FOREIGN)
    given = foreign_values()
    shown: dict[str, Any] = {
        "set": check.set,
        "config": check.config,
        "findings": [],
        "skipped": False,
        "baseline": None,
    }
    place = check.path(check.set, asked.base, given)
    files = None if check.files is None else check.path(check.files, asked.base, given)
    baseline = None if check.baseline is None else check.path(check.baseline, asked.base, given)
    if place is None or (check.files is not None and files is None):
        return {**shown, "skipped": True}
    golden = await golden_set(house, scope, str(place), check.set)
    some = golden.only(check.tag, check.limit)
    if not some.cases:
        raise InvalidInput(f"{check.set} has no case with the tag {check.tag}.", remedy="Correct the gate's file.")
    over = Asked(scope, some, files, asked.jobs, check.retrieval_only)
    chosen = Configuration.parse(check.config, house.settings)
    runs = [each async for each in runs_of(house, over, [chosen], quiet=asked.quiet)]
    if not asked.write_baseline:
        return {**shown, "findings": [asdict(each) for each in check.judge(some, runs[0], baseline)]}
    if baseline is None:
        return shown
    with written_to(baseline):
        check.write_baseline(some, runs[0], baseline)
    return {**shown, "baseline": str(baseline)}


def print_checks(checks: Sequence[Mapping[str, Any]], *, write_baseline: bool) -> None:
    """Print each demand with what was found, or which baselines were written; what was skipped is said."""
    skipped = [check for check in checks if check["skipped"]]
    if write_baseline:
        for check in checks:
            if check["baseline"] is not None:
                out().print(f"Written: {check['baseline']}", markup=False)
    else:
        _print_findings(checks)
    if len(skipped) == len(checks):
        err().print("Nothing was judged: the data of every check is not set.")


def _print_findings(checks: Sequence[Mapping[str, Any]]) -> None:
    table = Table("Set", "Configuration", "Demand", "Found", "Holds")
    for check in checks:
        about = (escape(check["set"]), escape(check["config"]))
        if check["skipped"]:
            table.add_row(*about, "skipped: its data is not set", "", "")
        for finding in check["findings"]:
            holds = "yes" if finding["holds"] else "NO"
            table.add_row(*about, escape(finding["demand"]), finding["found"], holds)
    print_table(table)
