"""What is evaluated on sets of claims: the verdict on each, by the same way that the pins of answers take.

How such sets are read is in `claim_formats.py`, what the verdicts are worth in `verdict_figures.py`.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pincite.answers import ClaimChecks
from pincite.core import Scope
from pincite.evals.domain import Case, GoldenSet, Outcome, Pinned
from pincite.evals.subjects import passages_of
from pincite.library import Passage


@dataclass(frozen=True, slots=True)
class ClaimSubject:
    """Holds the claims of a set against the passages that each names.

    Args:
        name: names the configuration.
        key: names what outcomes depend on; see `Subject`.
        scope: who asks.
        checks: gives verdicts.
        passages: the set's passages by id.
    """

    name: str
    key: str
    scope: Scope
    checks: ClaimChecks
    passages: Mapping[str, Passage]

    @classmethod
    def of(cls, name: str, key: str, scope: Scope, checks: ClaimChecks, golden: GoldenSet) -> Self:
        """Return the subject for a set."""
        return cls(name, key, scope, checks, passages_of(golden))

    async def judge(self, case: Case) -> Outcome:
        """Return the verdict on a claim. Raises: PinciteError."""
        evidence = [self.passages[key] for key in case.relevant]
        began = time.perf_counter()
        pin = await self.checks.check(self.scope, case.claim, evidence, case.question)
        return Outcome(
            case=case.id,
            pins=tuple(Pinned(each.source, each.page, each.quote, True, pin.verdict.value) for each in pin.spans),
            answer_ms=(time.perf_counter() - began) * 1000,
            verdict=pin.verdict.value,
            score=pin.score,
            judge=pin.judge,
        )
