"""What an answer costs beside its own text: calls of a model that were made to find what it rests on. Pure.

What second opinions cost is counted in `second_opinion.py`.
"""

from collections.abc import Iterable
from dataclasses import replace

from pincite.answers.domain import Answer
from pincite.answers.second_opinion import Spent, added
from pincite.gateway import ChatFinished, Usage


def with_calls(answer: Answer, calls: Iterable[ChatFinished]) -> Answer:
    """Return the answer with the usage and cost of those calls added; one without a known price leaves no cost."""
    made = list(calls)
    if not made:
        return answer
    # An answer that no model has worded (yet) has cost nothing: its None does not mean that the price is unknown.
    spent = Spent() if answer.usage == Usage() else Spent(answer.usage, answer.cost_usd)
    for call in made:
        spent = added(spent, call.usage, call.cost_usd)
    return replace(answer, usage=spent.usage, cost_usd=spent.cost_usd)
