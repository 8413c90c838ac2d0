"""What the calls at hand are made for: said once where the work begins, and true of all that happens for it.

So nothing between an answer and a call need pass it on. Whose work it is, the `Scope` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from pincite.ledger.domain import Purpose

_WORK: ContextVar[tuple[str | None, str | None]] = ContextVar("pincite_work", default=(None, None))


def at_hand(purpose: Purpose) -> Purpose:
    """Return a call's purpose with the answer, and the stage, that are at hand where it is made."""
    answer, stage = _WORK.get()
    return replace(purpose, answer=purpose.answer or answer, stage=stage or purpose.stage)


@contextmanager
def made_for(answer_id: str | None, *, stage: str | None = None) -> Iterator[None]:
    """Let calls of the block, and of the tasks that it begins, count to an answer, and to a `stage` whichever it is."""
    token = _WORK.set((answer_id, stage))
    try:
        yield
    finally:
        _WORK.reset(token)
