"""What a reader gets of an answer that rests on documents which they may not see: that it is withheld, no more.

What they may see is decided by the library at each reading; what an answer rests on is noted while it is made.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from pincite.answers import store
from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AnswerEvent, AnswerProblem, AnswerState
from pincite.answers.shapes import answer_to
from pincite.core import Database, Scope
from pincite.gateway import Usage

WITHHELD = AnswerProblem(
    "withheld", "This answer rests on documents that you may not read.", "Ask again: what you may read will answer."
)
LOOK_AGAIN_S = 1.0
# With these it comes to be known what an answer rests on; it is noted before them.
_NOTED_BEFORE = frozenset({"retrieval.completed", "answer.completed", "answer.failed"})


class Withholding:
    """Decides which answers a reader may see.

    Args:
        database: where it is noted what answers rest on.
        drafters: knows the library.
    """

    def __init__(self, database: Database, drafters: Drafters) -> None:
        self._db = database
        self._drafters = drafters

    async def allowed(self, scope: Scope, answers: Sequence[Answer]) -> list[Answer]:
        """Return the answers, each as it is or withheld."""
        hidden = await self._withheld(scope, [each.id for each in answers])
        return [withheld(each) if each.id in hidden else each for each in answers]

    async def guard(
        self, scope: Scope, answer: Callable[[], Awaitable[Answer]], events: AsyncIterator[AnswerEvent]
    ) -> AsyncIterator[AnswerEvent]:
        """Yield events while the reader may see what the answer rests on; else one that says that it is withheld."""
        looked_at = 0.0
        async for event in events:
            now = time.monotonic()
            if not looked_at or event.name in _NOTED_BEFORE or now - looked_at > LOOK_AGAIN_S:
                found = await answer()
                if await self._withheld(scope, [found.id]):
                    yield AnswerEvent(event.seq, "answer.failed", answer_to(withheld(found)))
                    return
                looked_at = now
            yield event

    async def _withheld(self, scope: Scope, answer_ids: Sequence[str]) -> frozenset[str]:
        if scope.sees_all or not answer_ids:
            return frozenset()
        async with self._db.read(scope) as session:
            basis = await store.basis(session, scope, answer_ids)
        hidden = await self._drafters.hidden(scope, frozenset[str]().union(*basis.values()))
        return frozenset(each for each, documents in basis.items() if documents & hidden)


def withheld(answer: Answer) -> Answer:
    """Return what may be shown of an answer to somebody who may not see what it rests on: their question."""
    return replace(
        answer,
        text="",
        state=AnswerState.FAILED,
        abstained=False,
        reason=None,
        confidence=None,
        nearest=(),
        pins=(),
        older=(),
        usage=Usage(),
        cost_usd=None,
        timings_ms={},
        dropped_markers=0,
        dropped_sentences=0,
        problem=WITHHELD,
    )
