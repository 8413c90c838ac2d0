"""An answer that is kept nowhere: made as every answer is, without conversation and log. For evaluations.

How drafts are made is in `quoting.py` and `wording.py`.
"""

from contextlib import aclosing
from dataclasses import dataclass, replace

from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AnswerState
from pincite.answers.drafting import Task
from pincite.core import Scope, new_id, utc_now
from pincite.core.keeping import with_kept


@dataclass(frozen=True, slots=True)
class Rehearsals:
    """Makes answers that are kept nowhere.

    Args:
        drafters: the ways of making answers.
        model: as in `AskRequest`.
    """

    drafters: Drafters
    model: str | None = None

    async def answer(self, scope: Scope, question: str, *, collections: tuple[str, ...] | None = None) -> Answer:
        """Return the whole answer to a first question.

        Args:
            scope: who asks.
            question: what.
            collections: ids that narrow what is read; None for all that the asker may read.

        Raises:
            PinciteError: what would have failed the answer.
        """
        drafter = self.drafters.choose(self.model)
        asked = Answer(
            id=new_id(),
            conversation="",
            question=question,
            created_at=utc_now(),
            mode=drafter.mode,
            model=drafter.model_name,
        )
        draft = drafter.begin(Task(scope, asked, (), collections))
        # What is measured is made, and not what was made before.
        with with_kept("avoid"):
            async with aclosing(draft.events()) as events:
                async for _ in events:
                    pass
        return replace(draft.answer, state=AnswerState.COMPLETED)
