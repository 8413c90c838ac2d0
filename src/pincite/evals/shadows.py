"""How answers of a second route measure beside those that were shown, question by question. Pure.

Who makes them, and what is kept of them, is the answers' business.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from pincite.evals.statistics import Estimate, bootstrap, paired_difference


class Measured(Protocol):
    """One answer, as it measures."""

    @property
    def sentences(self) -> int: ...  # noqa: D102
    @property
    def supported(self) -> int: ...  # noqa: D102
    @property
    def unsupported(self) -> int: ...  # noqa: D102
    @property
    def abstained(self) -> bool: ...  # noqa: D102
    @property
    def cost_usd(self) -> float | None: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def problem(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Beside:
    """One measure over the questions of which both answers have it, and the difference with its interval."""

    shown: Estimate
    shadow: Estimate
    difference: Estimate


def beside(pairs: Sequence[tuple[Measured, Measured]]) -> Mapping[str, Beside]:
    """Return each measure that pairs of (shown, shadow) have, by its name. Shadows that failed are only counted so."""
    found: dict[str, Beside] = {}
    for name, measure in _MEASURES.items():
        both = [(measure(shown), measure(shadow)) for shown, shadow in pairs]
        known = [(ours, theirs) for ours, theirs in both if ours is not None and theirs is not None]
        if known:
            shown, shadow = ([one[0] for one in known], [one[1] for one in known])
            found[name] = Beside(bootstrap(shown), bootstrap(shadow), paired_difference(shadow, shown))
    return found


def _whole(measure: Callable[[Measured], float | None]) -> Callable[[Measured], float | None]:
    return lambda answer: None if answer.problem is not None else measure(answer)


def _share(of: Callable[[Measured], int]) -> Callable[[Measured], float | None]:
    """Return what says which share of an answer's sentences that is; of one that abstains there is none."""
    return lambda answer: None if answer.abstained or not answer.sentences else of(answer) / answer.sentences


_MEASURES: Mapping[str, Callable[[Measured], float | None]] = {
    "failed": lambda answer: float(answer.problem is not None),
    "abstained": _whole(lambda answer: float(answer.abstained)),
    "sentences supported": _whole(_share(lambda answer: answer.supported)),
    "sentences unsupported": _whole(_share(lambda answer: answer.unsupported)),
    "dollars": _whole(lambda answer: answer.cost_usd),
    "seconds": _whole(lambda answer: answer.seconds),
}
