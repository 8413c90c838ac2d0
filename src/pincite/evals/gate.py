"""A gate: what a set's figures must reach, and how much worse than a baseline they may be. From a TOML file.

    [[check]]
    set = "golden.jsonl"
    files = "files"
    config = "default"
    at_least = { "right page" = 0.8 }
    baseline = "baseline.json"
    not_worse_by = { "right page" = 0.05 }

Paths are relative to the file; `$NAME` in one stands for a value that the caller gives.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pincite.evals.domain import BadGate, GoldenSet, Run
from pincite.evals.figures import LOWER_IS_BETTER, Values, figures_of, mean_of
from pincite.evals.report import PLACES, Baseline, read_baseline, write_baseline
from pincite.evals.statistics import Estimate, paired_difference
from pincite.evals.wholes import WHOLE_NAMES, Judged, judged_of, whole_changes_since, whole_estimates

_Measured = TypeVar("_Measured")
_NAME = re.compile(r"\$([A-Z_][A-Z_0-9]*)")
_EQUAL = 1e-9
_MILLISECONDS = "ms "
Bound = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class GateCheck(BaseModel):
    """One set, one configuration and what is asked of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    set: str
    files: str | None = None
    config: str = "default"
    limit: Annotated[int | None, Field(ge=1)] = None
    tag: str | None = None
    retrieval_only: bool = False
    at_least: Mapping[str, Bound] = {}
    at_most: Mapping[str, Bound] = {}
    baseline: str | None = None
    not_worse_by: Mapping[str, Annotated[Bound, Field(ge=0)]] = {}

    @model_validator(mode="after")
    def _demands(self) -> Self:
        """Refuse what would hold whatever is measured: no demand, a bound in per cent, a baseline for nothing."""
        if not (self.at_least or self.at_most or self.not_worse_by):
            raise ValueError(f"{self.set} is held against nothing: give at_least, at_most or not_worse_by")
        if bool(self.not_worse_by) != (self.baseline is not None):
            missing = "a baseline" if self.not_worse_by else "not_worse_by: its baseline is compared with nothing"
            raise ValueError(f"{self.set} needs {missing}")
        for name, bound in (*self.at_least.items(), *self.at_most.items(), *self.not_worse_by.items()):
            if not name.startswith(_MILLISECONDS) and not 0 <= bound <= 1:
                raise ValueError(f"`{name}` is between 0 and 1, and {bound:g} is not")
        if any(slack == 1 for name, slack in self.not_worse_by.items() if not name.startswith(_MILLISECONDS)):
            raise ValueError("no measure can fall by more than 1")
        return self

    def refuse_unknown(self, known: Collection[str]) -> None:
        """Refuse values in paths that nobody could give: such a check would never be judged. Raises: BadGate."""
        for text in (self.set, self.files or "", self.baseline or ""):
            for name in _NAME.findall(text):
                if name not in known:
                    raise BadGate(
                        f"{text}: ${name} is no value that a gate is given.", remedy=f"Use {', '.join(sorted(known))}."
                    )

    def path(self, text: str, base: Path, given: Mapping[str, str]) -> Path | None:
        """Return a path of the check, or None where it names a value that is not given.

        Args:
            text: one of the check's own paths.
            base: the folder of the gate's file.
            given: values by name.
        """
        if any(name not in given for name in _NAME.findall(text)):
            return None
        return base / _NAME.sub(lambda found: given[found[1]], text)

    def write_baseline(self, golden: GoldenSet, run: Run, path: Path) -> None:
        """Write the values that later runs are compared with: those that the check names, case by case.

        Raises:
            BadGate: the check names a measure that there is not.
            EvalExtraMissing: the measuring library is not installed.
        """
        figures = figures_of(golden.cases, run)
        whole = whole_estimates(golden.cases, run.outcomes)
        demanded = sorted({*self.at_least, *self.at_most, *self.not_worse_by})
        values = {name: _named({**figures, **whole}, name) for name in demanded}
        kept = {name: figures[name] for name in values if name in figures}
        judged: Judged = judged_of(golden.cases, run.outcomes) if WHOLE_NAMES & values.keys() else {}
        write_baseline(Baseline(kept, judged), golden, self.config, path)

    def judge(self, golden: GoldenSet, run: Run, baseline: Path | None) -> "list[Finding]":
        """Hold a run against the check's demands.

        Raises:
            BadGate: a demand names a measure that there is not, or the baseline cannot be used.
            EvalExtraMissing: the measuring library is not installed.
        """
        before = read_baseline(baseline, self.config, golden) if baseline is not None and self.not_worse_by else None
        if self.not_worse_by and before is None:
            raise BadGate(f"The baseline of {self.set} is not there.", remedy="Set what its path names.")
        whole = {name: each.mean for name, each in whole_estimates(golden.cases, run.outcomes).items()}
        figures = figures_of(golden.cases, run)
        if before is None:
            return judge(self, figures, None, whole)
        try:
            changes = whole_changes_since(golden.cases, run.outcomes, before.judged)
        except (KeyError, TypeError, ValueError) as error:
            raise BadGate(f"{baseline} cannot be read as a baseline.", remedy="Write it anew.") from error
        return judge(self, figures, before.values, whole, changes)


class _Gate(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    check: Annotated[list[GateCheck], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Finding:
    """One demand and what became of it."""

    demand: str
    found: str
    holds: bool


def read_gate(path: Path) -> list[GateCheck]:
    """Read a gate's file. Raises: BadGate, with the line or field that is wrong."""
    try:
        read = _Gate.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadGate(f"{path} cannot be read.", remedy="Give the path of a gate's TOML file.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadGate(f"{path} is not TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise BadGate(f"{path}: {where}: {said}.", remedy="See the how-to page on evaluations.") from error
    return read.check


def judge(
    check: GateCheck,
    figures: Mapping[str, Values],
    baseline: Mapping[str, Values] | None,
    whole: Mapping[str, float] | None = None,
    changes: Mapping[str, Estimate] | None = None,
) -> list[Finding]:
    """Hold figures against a check's demands.

    Args:
        check: the demands.
        figures: values by measure and case.
        baseline: those of before.
        whole: measures of the whole set, which have no value for a case.
        changes: by how much those are larger than before.

    Raises:
        BadGate: a demand names a measure that there is not.
    """
    findings: list[Finding] = []
    means = {**{name: mean_of(values) for name, values in figures.items()}, **(whole or {})}
    for name, bound in check.at_least.items():
        mean = _named(means, name)
        findings.append(Finding(f"{name} >= {bound:g}", _said(name, mean, figures), mean >= bound - _EQUAL))
    for name, bound in check.at_most.items():
        mean = _named(means, name)
        findings.append(Finding(f"{name} <= {bound:g}", _said(name, mean, figures), mean <= bound + _EQUAL))
    for name, slack in check.not_worse_by.items():
        if name in WHOLE_NAMES:
            _named(means, name)
            findings.append(_finding(name, slack, _named_before(changes or {}, name)))
        else:
            findings.append(_compared(name, slack, figures, baseline or {}))
    return findings


def _compared(name: str, slack: float, figures: Mapping[str, Values], baseline: Mapping[str, Values]) -> Finding:
    ours, theirs = _named(figures, name), _named_before(baseline, name)
    shared = sorted(ours.keys() & theirs.keys())
    if not shared:
        raise BadGate(f"The baseline shares no case with the set for `{name}`.", remedy="Write the baseline anew.")
    now, before = ([round(values[key], PLACES) for key in shared] for values in (ours, theirs))
    return _finding(name, slack, paired_difference(now, before), gone=len(theirs.keys() - ours.keys()))


def _finding(name: str, slack: float, change: Estimate, *, gone: int = 0) -> Finding:
    worse = change.mean if name in LOWER_IS_BETTER else -change.mean
    said = f"{change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}] over {change.cases}"
    said += f", {gone} of the baseline's have none now" if gone else ""
    return Finding(f"{name}: not worse than the baseline by more than {slack:g}", said, worse <= slack + _EQUAL)


def _named_before(baseline: Mapping[str, _Measured], name: str) -> _Measured:
    if name not in baseline:
        raise BadGate(f"The baseline has no `{name}`.", remedy="Write the baseline anew with --write-baseline.")
    return baseline[name]


def _said(name: str, mean: float, figures: Mapping[str, Values]) -> str:
    return f"{mean:.4f} over {len(figures[name])}" if name in figures else f"{mean:.4f}"


def _named(figures: Mapping[str, _Measured], name: str) -> _Measured:
    if name not in figures:
        raise BadGate(f"There is no measure `{name}`.", remedy=f"There are: {', '.join(sorted(figures))}.")
    return figures[name]
