"""Learns when the reranker can be spared, on this house's documents or on sets with passages of their own.

What is learned and how is in `evals`; how a configuration becomes something to ask is in `evaluation.py`.
"""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, replace
from typing import Any

from pincite.app.evaluation import Configuration, open_subject
from pincite.app.wiring import House
from pincite.core import Scope
from pincite.evals import GoldenSet, Subject


async def learned_margin(
    house: House, scope: Scope, goldens: Sequence[GoldenSet], embedder: str | None, reranker: str
) -> dict[str, Any]:
    """Learn the lead of the first score over the fifth that spares a reranker.

    Raises:
        BadGoldenSet: no case can be used, or the reranker changes none.
        BadConfiguration: the house's index holds another embedder's vectors.
        PinciteError: a case could not be asked.
    """
    served = Configuration.parse("rerank_skip_margin=none", house.settings)
    plain = replace(served, name="default", embedder=embedder, reranker="none")
    always = replace(plain, name="reranked", reranker=reranker)
    async with AsyncExitStack() as opened:
        pairs: list[tuple[GoldenSet, Subject, Subject]] = []
        for golden in goldens:
            first, second = [
                await opened.enter_async_context(open_subject(house, scope, golden, each, retrieval_only=True))
                for each in (plain, always)
            ]
            pairs.append((golden, first, second))
        return asdict(await house.evaluations.margin(scope, pairs))
