"""Holds a claim against given passages, by the same way that pins take: for evaluations, and for whoever has a claim.

How a verdict comes about is in `pinning.py` and `verdicts/`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from pincite.answers.candidates import candidates
from pincite.answers.domain import Pin
from pincite.answers.markers import Sentence
from pincite.answers.pinning import Ground, Pinner
from pincite.answers.second_opinion import SecondOpinion
from pincite.core import Scope
from pincite.gateway import Embedder
from pincite.library import NamedPages, Passage
from pincite.retrieval import Evidence, ScoredPassage

_KEPT = 8
_Key = tuple[str, str, tuple[str, ...]]


class ClaimChecks:
    """Gives claims their pins.

    Args:
        embedder: the built-in static one: the weights of verdicts were learned with its vectors.
        second: who is asked about uncertain claims; None for nobody.
    """

    def __init__(self, embedder: Embedder, second: SecondOpinion | None = None) -> None:
        self._embedder = embedder
        self._second = second
        self._pinners: OrderedDict[_Key, Pinner] = OrderedDict()

    async def check(self, scope: Scope, claim: str, passages: Sequence[Passage], question: str = "") -> Pin:
        """Return the claim's pin: verdict, score, and the spans of the passages that carry it.

        Args:
            scope: who asks.
            claim: one sentence.
            passages: each on one page. Those of the last few calls are not read again.
            question: what the claim answers; its words need no evidence.
        """
        key = (scope.tenant, question, tuple(each.chunk.id for each in passages))
        if key not in self._pinners:
            self._pinners[key] = await asyncio.to_thread(self._pinner, scope, passages, question)
        self._pinners.move_to_end(key)
        pinner = self._pinners[key]
        while len(self._pinners) > _KEPT:
            self._pinners.popitem(last=False)
        return await pinner.pin(Sentence(0, len(claim), claim, ()))

    def _pinner(self, scope: Scope, passages: Sequence[Passage], question: str) -> Pinner:
        scored = tuple(ScoredPassage(each, 1.0, None, None) for each in passages)
        texts = {(each.chunk.revision_id, each.chunk.page): each.chunk.text for each in passages}
        ground = Ground(question, Evidence(scored), candidates(scored, texts), NamedPages.unnamed(texts))
        return Pinner(scope, self._embedder, ground, self._second)
