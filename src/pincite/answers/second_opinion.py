"""Asks a model about the few claims that the learned score leaves uncertain, and says what that may change. Softly.

The models are the gateway's; the first verdict and the facts that outrank every opinion are in `verdicts/`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.model import Band, shipped
from pincite.answers.verdicts.verify import Alignment
from pincite.core import PinciteError, Scope, get_logger
from pincite.gateway import Usage

# Of the chance that the evidence carries the claim: from here on it does, below the other it was rated too well.
_CARRIED_FROM, _LOWERED_BELOW = 0.5, 0.1
_LOWER = {Verdict.SUPPORTED: Verdict.PARTIAL, Verdict.PARTIAL: Verdict.UNSUPPORTED}

log = get_logger(__name__)


class Opinion(Protocol):
    """How likely evidence carries a claim, in 0..1, and what it cost to ask; the gateway's value."""

    @property
    def chance(self) -> float: ...  # noqa: D102
    @property
    def usage(self) -> Usage: ...  # noqa: D102
    @property
    def cost_usd(self) -> Decimal | None: ...  # noqa: D102


class ClaimJudge(Protocol):
    """A model that says whether evidence carries a claim."""

    @property
    def name(self) -> str:
        """Names it in pins."""
        ...

    async def judge(self, scope: Scope, evidence: str, claim: str) -> Opinion:
        """Return its opinion. Raises: ModelError, Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Spent:
    """What the opinions on one answer used and cost; `cost_usd` is None where a price is not known."""

    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = Decimal(0)


class SecondOpinion:
    """Who is asked, about which claims, how long and how often.

    Args:
        judge: the model.
        band: lowest and highest score that count as uncertain; None for those that were learned with the score.
        timeout_s: longest one opinion may take.
        most: opinions asked for in one answer; the claims after that keep their first verdict.
    """

    def __init__(
        self, judge: ClaimJudge, *, band: tuple[float, ...] | None = None, timeout_s: float = 10.0, most: int = 8
    ) -> None:
        self.judge = judge
        self.band = shipped(vectors=True).uncertain if band is None else Band(*band)
        self.timeout_s = timeout_s
        self.most = most

    def begin(self, scope: Scope, found: Sequence[Candidate]) -> "Reviews":
        """Begin with one answer, whose claims rest on those sentences."""
        return Reviews(self, scope, found)


class Reviews:
    """The second opinions on one answer, and what they cost."""

    def __init__(self, settings: SecondOpinion, scope: Scope, found: Sequence[Candidate]) -> None:
        self._settings = settings
        self._scope = scope
        self._found = found
        self._left = settings.most
        self.spent = Spent()

    async def review(self, claim: str, first: Alignment) -> tuple[Alignment, str | None]:
        """Return the verdict with the opinion taken in, and who gave it; the first verdict and None where nobody did.

        Only what is uncertain is asked about, and nothing that a rule objects to. A judge that fails or is late is not
        asked again for this answer.
        """
        if first.differs or not first.nearest or not self._settings.band.holds(first.score) or not self._left:
            return first, None
        self._left -= 1
        judge = self._settings.judge
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                opinion = await judge.judge(self._scope, evidence_around(first.nearest, self._found), claim)
        except (PinciteError, TimeoutError) as error:
            log.warning("no second opinion", judge=judge.name, problem=str(error) or "took too long")
            self._left = 0
            return first, None
        self.spent = added(self.spent, opinion.usage, opinion.cost_usd)
        return revised(first, opinion.chance), judge.name


def revised(first: Alignment, chance: float) -> Alignment:
    """Return the first verdict after an opinion, with the mean of both scores. Pure.

    A claim that is found carried is `supported`; one that is not is `partial` at most; one that is plainly not is
    lowered by one. What a rule objects to stays as it is.
    """
    if first.differs:
        return first
    score = (first.score + chance) / 2
    if chance >= _CARRIED_FROM:
        return replace(first, spans=first.spans or first.nearest, verdict=Verdict.SUPPORTED, score=score)
    doubted = first.verdict is Verdict.SUPPORTED or chance < _LOWERED_BELOW
    verdict = _LOWER.get(first.verdict, first.verdict) if doubted else first.verdict
    return replace(first, spans=() if verdict is Verdict.UNSUPPORTED else first.spans, verdict=verdict, score=score)


def evidence_around(nearest: Sequence[Candidate], found: Sequence[Candidate]) -> str:
    """Return the sentences with the one before and after each, in the order of the documents, under their headings."""
    places = [found.index(each) for each in nearest]
    wanted = sorted({place + step for place in places for step in (-1, 0, 1)} & set(range(len(found))))
    passages = {each.passage for each in nearest}
    lines: list[str] = []
    heading = ""
    for each in (found[place] for place in wanted):
        if each.passage not in passages:
            continue
        if each.headings != heading:
            heading = each.headings
            lines.append(heading)
        lines.append(f"{each.header}\n{each.text}" if each.header else each.text)
    return "\n".join(lines)


def added(spent: Spent, usage: Usage, cost_usd: Decimal | None) -> Spent:
    """Return what was spent before and now; a cost that nobody knows makes the sum unknown."""
    return Spent(
        spent.usage + usage,
        None if spent.cost_usd is None or cost_usd is None else spent.cost_usd + cost_usd,
    )
