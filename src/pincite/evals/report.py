"""What an evaluation found, as one plain value: measures with intervals, strata, curves, comparisons, every case.

It is written as JSON and drawn in `page.py`; a baseline of a gate is such a value too.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pincite.evals.domain import BadGate, Case, GoldenSet, Outcome, Run
from pincite.evals.figures import (
    Values,
    by_tag,
    differences,
    estimates,
    fault_of,
    figures_of,
    main_measure,
    risk_curve,
)
from pincite.evals.page import page_of
from pincite.evals.statistics import Estimate
from pincite.evals.wholes import Judged, judged_of, whole_changes, whole_estimates, whole_strata

FORMAT = 1
PLACES = 5
"""Decimals of what is written."""
_RANKING_SHOWN = 5


def report_of(golden: GoldenSet, runs: Sequence[Run], at: datetime) -> dict[str, Any]:
    """Return the report of runs over one set; each run but the first is compared with the first.

    Raises:
        EvalExtraMissing: the measuring library is not installed.
    """
    figures = [figures_of(golden.cases, run) for run in runs]
    return {
        "format": FORMAT,
        "set": {
            "name": golden.name,
            "version": golden.version,
            "kind": golden.kind.value,
            "cases": len(golden.cases),
        },
        "created_at": at.isoformat(),
        "main_measure": main_measure(golden.kind, figures[0]),
        "runs": [_run(golden.cases, run, values) for run, values in zip(runs, figures, strict=True)],
        "comparisons": [
            {
                "config": run.subject,
                "against": runs[0].subject,
                "differences": _plain(
                    {
                        **whole_changes(golden.cases, run.outcomes, runs[0].outcomes),
                        **differences(values, figures[0]),
                    }
                ),
            }
            for run, values in zip(runs[1:], figures[1:], strict=True)
        ],
    }


def write_json(report: Mapping[str, Any], path: Path) -> None:
    """Write a report so that it can be read by people and diffed."""
    said = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(said + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a run is compared with: values by measure and case, and what figures of the whole set are made of."""

    values: Mapping[str, Values]
    judged: Judged


def write_baseline(baseline: Baseline, golden: GoldenSet, config: str, path: Path) -> None:
    """Write it as the part of a report that `read_baseline` reads."""
    cases = [
        {
            "id": case.id,
            "values": {name: round(some[case.id], PLACES) for name, some in baseline.values.items() if case.id in some},
            **({"judged": baseline.judged[case.id]} if case.id in baseline.judged else {}),
        }
        for case in golden.cases
    ]
    about = {"name": golden.name, "version": golden.version}
    write_json({"format": FORMAT, "set": about, "runs": [{"config": config, "cases": cases}]}, path)


def read_baseline(path: Path, config: str, golden: GoldenSet) -> Baseline:
    """Return one run of a written report to compare with.

    Raises:
        BadGate: the file is no report, is one of another set or another version of it, or has no run of that
            configuration.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["format"] != FORMAT:
            raise ValueError("another format")
        if (written := report["set"]["version"]) != golden.version:
            raise BadGate(
                f"{path} is of other questions: version {written} of {report['set']['name']}, not {golden.version} of "
                f"{golden.name}.",
                remedy="Write the baseline anew with --write-baseline, by the release that it stands for.",
            )
        runs = {run["config"]: run for run in report["runs"]}
        if config not in runs:
            raise BadGate(f"{path} has no run of `{config}`.", remedy="Write the baseline anew with --write-baseline.")
        found: dict[str, dict[str, float]] = {}
        for case in runs[config]["cases"]:
            for name, value in case["values"].items():
                found.setdefault(name, {})[case["id"]] = float(value)
        judged = {case["id"]: dict(case["judged"]) for case in runs[config]["cases"] if case.get("judged")}
    except (OSError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadGate(
            f"{path} cannot be read as a baseline.", remedy="Write one with `pincite eval gate --write-baseline`."
        ) from error
    return Baseline(found, judged)


def _run(cases: Sequence[Case], run: Run, figures: Mapping[str, Values]) -> dict[str, Any]:
    curve = risk_curve(cases, run.outcomes)
    whole = whole_strata(cases, run.outcomes)
    judged = judged_of(cases, run.outcomes)
    faults = {case.id: fault_of(case, run.outcomes[case.id]) for case in cases}
    return {
        "config": run.subject,
        "seconds": round(run.seconds, 2),
        "fresh": run.fresh,
        "doubts": list(run.doubts),
        "measures": _plain({**whole_estimates(cases, run.outcomes), **estimates(figures)}),
        "strata": {tag: _plain({**whole[tag], **some}) for tag, some in by_tag(cases, figures).items()},
        "curve": None if curve is None else asdict(curve),
        "faults": dict(Counter(fault.value for fault in faults.values())),
        "cases": [
            {
                **_case(case, run.outcomes[case.id], faults[case.id].value, figures),
                "judged": judged.get(case.id),
            }
            for case in cases
        ],
    }


def _case(case: Case, outcome: Outcome, fault: str, figures: Mapping[str, Values]) -> dict[str, Any]:
    return {
        "id": case.id,
        "question": case.claim or case.question,
        "gold": case.answer,
        "answerable": case.answerable,
        "wanted": [case.label] if case.claim else _wanted(case),
        "tags": list(case.tags),
        "fault": fault,
        "answer": outcome.answer or outcome.verdict,
        "abstained": outcome.abstained,
        "confidence": outcome.confidence,
        "pins": [asdict(pin) for pin in outcome.pins],
        "ranking": [
            {"id": each.id, "source": each.source, "page": each.page, "score": each.score, "text": each.text[:300]}
            for each in outcome.ranking[:_RANKING_SHOWN]
        ],
        "values": {
            name: round(values[case.id], PLACES)
            for name, values in figures.items()
            if case.id in values and not name.startswith("ms ")
        },
    }


def _wanted(case: Case) -> list[str]:
    return [f"{each.source}, page {each.page}" for each in case.places] or list(case.relevant)


def _plain(some: Mapping[str, Estimate]) -> dict[str, dict[str, float | int]]:
    return {
        name: {
            "mean": round(each.mean, 5),
            "low": round(each.low, 5),
            "high": round(each.high, 5),
            "cases": each.cases,
        }
        for name, each in some.items()
    }


def write_report(report: Mapping[str, Any], folder: Path) -> tuple[Path, Path]:
    """Write a report into a folder as JSON and as a page; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    as_json, as_page = folder / "report.json", folder / "report.html"
    write_json(report, as_json)
    as_page.write_text(page_of(report), encoding="utf-8")
    return as_json, as_page
