"""The gate: how much of the structured personal data of a public set is found, and how little else."""

from pathlib import Path

from bench.pii import measured, read, total


def test_recall_and_precision_on_structured_kinds(bench_data: Path) -> None:
    tallies = measured(read(bench_data))
    every = total(tallies.values())
    assert every.labelled > 300
    assert every.found / every.labelled >= 0.99
    assert every.right / every.findings >= 0.98
    assert all(each.found_as_such / each.labelled >= 0.95 for each in tallies.values())
