"""What fits into a model's context: passages up to a budget in tokens, and the order they stand in. Pure.

How the prompt is worded is in `prompt.py`. Source of the order: Liu et al. 2024, "Lost in the Middle" (TACL 12): models
use best what stands first and last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pincite.core.sentences import sentence_spans
from pincite.core.tokens import estimate_tokens

T = TypeVar("T")
PASSAGE_TOKENS = 6_000
# Of a passage that does not fit, a beginning is worth showing only if this much of it does.
_LEAST_SHARE = 0.25
# What is always left for passages, however long the conversation is.
_LEAST_TOKENS = 256
_FENCE_TOKENS = 24
# The estimate of tokens is no tokenizer: this share of the window stays empty.
_SPARE_SHARE = 0.1
# Earlier turns may take this share of what the rules, the question and the reply leave.
_TURNS_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Room:
    """How much a model can be given, in tokens.

    Args:
        window: the model's context, question and reply included; None where it is not known.
        passages: the most that passages may take.
    """

    window: int | None = None
    passages: int = PASSAGE_TOKENS


@dataclass(frozen=True, slots=True)
class Shares:
    """What of a room the parts of one prompt may take, in tokens. `turns` is None without a bound."""

    passages: int
    turns: int | None
    reply: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A passage as the model sees it: its number, the line above it, its text; `whole` unless the end was cut off."""

    number: int
    heading: str
    text: str
    whole: bool = True


def shares(room: Room, fixed: int, turns: int, reply: int) -> Shares:
    """Divide a room.

    Args:
        room: how much there is.
        fixed: what the rules and the question take.
        turns: what the conversation so far would take.
        reply: the longest reply.
    """
    if room.window is None:
        return Shares(room.passages, None, reply)
    reply = min(reply, room.window // 4)
    left = max(0, int(room.window * (1 - _SPARE_SHARE)) - fixed - reply)
    for_turns = min(turns, int(left * _TURNS_SHARE))
    return Shares(max(_LEAST_TOKENS, min(room.passages, left - for_turns)), for_turns, reply)


def filled(excerpts: Sequence[Excerpt], budget: int) -> list[Excerpt]:
    """Return the excerpts that fit, in the order given (best first).

    The first that does not fit is cut at a sentence's end where enough of it fits, and what comes after it is left out:
    nothing worse stands in for something better. At least the beginning of the first one is always there.
    """
    kept: list[Excerpt] = []
    left = budget
    for excerpt in excerpts:
        left -= _FENCE_TOKENS + estimate_tokens(excerpt.heading)
        whole = estimate_tokens(excerpt.text)
        if whole > left:
            if not kept or left >= whole * _LEAST_SHARE:
                kept += _cut(excerpt, max(left, 1), must=not kept)
            break
        kept.append(excerpt)
        left -= whole
    return kept


def at_edges(ranked: Sequence[T]) -> list[T]:
    """Return things ranked best first so that the best stand first and last and the worst in the middle."""
    return [*ranked[::2], *ranked[1::2][::-1]]


def latest(turns: Sequence[T], costs: Sequence[int], budget: int | None) -> list[T]:
    """Return the last turns that fit a budget, in order; all of them without one."""
    if budget is None:
        return list(turns)
    kept, left = 0, budget
    for cost in reversed(costs):
        left -= cost
        if left < 0:
            break
        kept += 1
    return list(turns[len(turns) - kept :])


def _cut(excerpt: Excerpt, budget: int, *, must: bool) -> list[Excerpt]:
    """Return the sentences of an excerpt that fit; where not one does, nothing, or some of the first if it `must`."""
    end = 0
    for _, until in sentence_spans(excerpt.text):
        if estimate_tokens(excerpt.text[:until]) > budget:
            break
        end = until
    if not end and must:
        end = len(excerpt.text)
        while end > 1 and estimate_tokens(excerpt.text[:end]) > budget:
            end //= 2
    return [replace(excerpt, text=excerpt.text[:end], whole=end == len(excerpt.text))] if end else []
