"""Which answer the calls at hand are made for: said once where it is made, and true of all that happens for it.

So nothing between an answer and a call need pass it on. Whose answer it is, the `Scope` says.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ANSWER: ContextVar[str | None] = ContextVar("pincite_answer", default=None)


def answer_at_hand() -> str | None:
    """Return the answer that calls are made for; None where they are for none."""
    return _ANSWER.get()


@contextmanager
def made_for(answer_id: str) -> Iterator[None]:
    """Let calls of the block, and of the tasks that it begins, count to an answer."""
    token = _ANSWER.set(answer_id)
    try:
        yield
    finally:
        _ANSWER.reset(token)
