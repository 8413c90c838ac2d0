"""Diversity over documents: a document that is shown already counts for a little less each time. Pure.

A greedy choice like maximal marginal relevance (Carbonell & Goldstein 1998, SIGIR); two passages are alike here if they
are of one document.
"""

from collections import Counter
from collections.abc import Sequence

from pincite.retrieval.domain import ScoredPassage


def diversified(ranked: Sequence[ScoredPassage], penalty: float) -> list[ScoredPassage]:
    """Return the passages in the order in which they are chosen; within one document their order stays.

    Args:
        ranked: best first.
        penalty: what each passage of a document that is chosen already takes off the score of the next; 0 for nothing.
    """
    if penalty <= 0:
        return list(ranked)
    queues: dict[str, list[tuple[int, ScoredPassage]]] = {}
    for place, each in enumerate(ranked):
        queues.setdefault(each.passage.chunk.document_id, []).append((place, each))
    taken: Counter[str] = Counter()
    chosen: list[ScoredPassage] = []
    while queues:
        document = max(queues, key=lambda each: (queues[each][0][1].score - penalty * taken[each], -queues[each][0][0]))
        chosen.append(queues[document].pop(0)[1])
        taken[document] += 1
        if not queues[document]:
            del queues[document]
    return chosen
