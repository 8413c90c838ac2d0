"""Logs of answers and of stored replies on their way to whoever follows them: what of them is told, and from when on.

How events are told is said by each protocol; where they come from, by the service.
"""

from collections.abc import AsyncIterator, Sequence

from pincite.answers.domain import Answer, AnswerEvent, AnswerMode, AnswerState
from pincite.answers.openai.completions import check_whole
from pincite.answers.openai.streams import begun
from pincite.answers.shapes import answer_from, standing


async def first_of(
    answer: Answer, events: AsyncIterator[AnswerEvent], patience_s: float | None
) -> AsyncIterator[AnswerEvent]:
    """Return what is told of an answer's events: at once; of a reply when its text begins, or after so long.

    Raises: what a reply failed by before that.
    """
    if answer.state is not AnswerState.RUNNING:
        events = in_turn((await what_stands(events))[0])
    return await begun(_until_text(events), events, patience_s) if answer.mode is AnswerMode.REPLY else events


async def what_stands(events: AsyncIterator[AnswerEvent]) -> tuple[Sequence[AnswerEvent], bool]:
    """Return the events of an answer that is over, without what is void because another model began anew.

    Returns: the events, and whether there was a void text: whoever followed it has seen numbers that are none of these.
    """
    log = [event async for event in events]
    held = standing(log)
    return held, any(event.name == "answer.delta" for event in log[: len(log) - len(held)])


async def in_turn(events: Sequence[AnswerEvent]) -> AsyncIterator[AnswerEvent]:
    """Yield events that are there."""
    for event in events:
        yield event


async def _until_text(events: AsyncIterator[AnswerEvent]) -> Sequence[AnswerEvent]:
    """Return the events of a reply until its first text, or its end.

    Raises: what it failed by, where that came first: it is told as if nothing had been streamed.
    """
    first: list[AnswerEvent] = []
    async for event in events:
        first.append(event)
        if event.name == "answer.failed":
            check_whole(answer_from(event.data))
        if event.name in {"answer.delta", "answer.completed"}:
            break
    return first
