"""What the calls at hand are made for: said once where the work begins, and true of all that happens for it.

So nothing between an answer and a call need pass it on. Whose work it is, the `Scope` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from pincite.ledger.domain import Purpose

_Work = tuple[str | None, str | None, str | None]
_WORK: ContextVar[_Work] = ContextVar("pincite_work", default=(None, None, None))


def at_hand(purpose: Purpose) -> Purpose:
    """Return a call's purpose with the answer, the stage and the assistant that are at hand where it is made."""
    answer, stage, assistant = _WORK.get()
    return replace(
        purpose,
        answer=purpose.answer or answer,
        stage=stage or purpose.stage,
        assistant=purpose.assistant or assistant,
    )


@contextmanager
def made_for(answer_id: str | None, *, stage: str | None = None, assistant: str | None = None) -> Iterator[None]:
    """Let calls of the block, and of the tasks that it begins, count to an answer, and to a `stage` whichever it is.

    They count to an `assistant`, too; where none is said, to the one that they counted to before.
    """
    token = _WORK.set((answer_id, stage, assistant or _WORK.get()[2]))
    try:
        yield
    finally:
        _WORK.reset(token)
