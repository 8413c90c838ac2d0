"""`pincite eval shadows`: how answers of a second route measure beside those that were shown.

Which route that is, and of which share of the answers, is said in the file of routes.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from pincite.app.cli.acting import acting
from pincite.app.cli.output import Json, out, print_json, print_table, run
from pincite.app.settings import read_settings
from pincite.core import utc_now


def shadows(
    days: Annotated[int, typer.Option(min=1, max=3660, help="So many days back.")] = 30, as_json: Json = False
) -> None:
    """Compare the answers of a shadow route with those that were shown to the same questions."""

    async def work() -> dict[str, Any]:
        async with acting(read_settings(log_level="error")) as (house, scope):
            pairs = await house.answers.shadows.pairs(scope, utc_now() - timedelta(days=days))
            found = house.evaluations.beside([(each.shown, each.shadow) for each in pairs])
            return {"pairs": len(pairs), "measures": {name: asdict(each) for name, each in found.items()}}

    report = run(work(), as_json=as_json)
    if as_json:
        print_json(report)
        return
    if not report["pairs"]:
        out().print(f"No answer of the last {days} days has a shadow. The file of routes says which have one.")
        return
    table = Table("Measure", "Shown", "Shadow", "Difference (95 % interval)", title=f"{report['pairs']} answers")
    for name, each in report["measures"].items():
        shown, shadow, difference = (each[key] for key in ("shown", "shadow", "difference"))
        table.add_row(name, f"{shown['mean']:.4f}", f"{shadow['mean']:.4f}", _said(difference))
    print_table(table)


def _said(found: Mapping[str, float]) -> str:
    return f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"
