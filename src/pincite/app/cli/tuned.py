"""Prints what was learned on golden sets: the fusion's weight, and when a reranker is spared.

How it is learned is in `evals`; the command is in `evaluate.py`.
"""

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from pincite.app.cli.output import out, print_table


def print_margin(learned: Mapping[str, Any]) -> None:
    """Print the learned margin, what it spares and costs, and the line to set."""
    table = Table("On questions that did not choose it", "Mean (95 % interval)")
    table.add_row("share that spares the reranker", _gain(learned["skipped"]))
    table.add_row("nDCG@10 that this costs", _gain(learned["loss"]))
    table.add_row("nDCG@10 that the reranker brings", _gain(learned["gain"]))
    print_table(table)
    if learned["margin"] is None:
        out().print("No margin keeps its cost below the limit on questions that did not choose it: leave it unset.")
    else:
        out().print(f"PINCITE_RERANK_SKIP_MARGIN={learned['margin']:.2f}")


def print_tuned(tuned: Mapping[str, Any]) -> None:
    """Print the learned weight with what it gains on each set."""
    table = Table("Set", "Words alone", "Fused, cross-validated", "Gain (95 % interval)")
    for name, (words, fused, gain) in tuned["by_set"].items():
        table.add_row(escape(name), f"{words:.4f}", f"{fused:.4f}", _gain(gain))
    table.add_row("mean", f"{tuned['words']['mean']:.4f}", f"{tuned['quality']['mean']:.4f}", _gain(tuned["gain"]))
    print_table(table)
    out().print(f"Weight of the dense score: {tuned['weight']:.2f}")


def _gain(found: Mapping[str, float]) -> str:
    return f"{found['mean']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"
