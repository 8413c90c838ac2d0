"""Answers that are given again to a question that means the same, while all that they rest on is as it was.

Whether two questions mean the same is said in `likeness.py`, what an asker sees in the library. Nothing is given again
or kept that is somebody's own: questions that say "my", hold personal data or lean on earlier turns.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from pincite.answers import store
from pincite.answers.domain import Answer, AnswerMode, AnswerState, Pin, Verdict
from pincite.answers.drafting import Draft, Drafter, DraftEvent, Task
from pincite.answers.evidence import EvidenceSource
from pincite.answers.likeness import THRESHOLD, alike, is_personal
from pincite.answers.prompt import VERSION
from pincite.answers.rewrite import leans
from pincite.answers.shapes import pin_to
from pincite.core import Database, PinciteError, Scope, StageClock, get_logger, utc_now
from pincite.core.keeping import kept_use
from pincite.core.scope import system_scope
from pincite.gateway import Embedder, Models, Usage
from pincite.ledger import Purpose
from pincite.privacy import find

KEPT_FOR = timedelta(days=7)
_LOOKED_AT = 500
_LONGEST_CHARS = 500
_PIECE_CHARS = 40

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Memory:
    """Where answers are found again.

    Args:
        database: where it is noted which questions were answered.
        source: says what an asker sees.
        embedder: makes vectors of questions; the built-in static one, whose threshold is known.
        models: write down what was saved.
        made_by: tells these settings from others that answers may be made by.
        threshold: the least cosine of two questions that mean the same.
    """

    database: Database
    source: EvidenceSource
    embedder: Embedder
    models: Models
    made_by: str
    threshold: float = THRESHOLD


class Remembered:
    """A drafter that gives answers again where it can.

    Args:
        drafter: makes those that are not there yet.
        memory: where the others are.
    """

    def __init__(self, drafter: Drafter, memory: Memory) -> None:
        self._drafter = drafter
        self._memory = memory

    @property
    def mode(self) -> AnswerMode:
        """Who words the answers."""
        return self._drafter.mode

    @property
    def model_name(self) -> str | None:
        """The model's name."""
        return self._drafter.model_name

    def look(self, scope: Scope) -> None:
        """Pass where another answer can be made just now. Raises: Overloaded."""
        self._drafter.look(scope)

    def begin(self, task: Task) -> Draft:
        """Begin a draft; nothing happens before its events are asked for."""
        draft = self._drafter.begin(task)
        question = task.answer.question
        is_long = len(question) > _LONGEST_CHARS
        is_own = is_long or bool(task.turns) or leans(question) or is_personal(question) or bool(find(question))
        return draft if is_own or self.mode is not AnswerMode.MODEL else RecalledDraft(task, draft, self._memory)


class RecalledDraft:
    """One answer that was there before, or is made now and kept."""

    def __init__(self, task: Task, draft: Draft, memory: Memory) -> None:
        self._task = task
        self._draft = draft
        self._memory = memory
        self._clock = StageClock()
        self._recalled: Answer | None = None
        self._place: tuple[str, NDArray[np.float32]] | None = None

    @property
    def answer(self) -> Answer:
        """The answer as far as it has come."""
        made = self._recalled or self._draft.answer
        return replace(made, timings_ms={**self._clock.timings_ms, **made.timings_ms})

    async def events(self) -> AsyncGenerator[DraftEvent]:
        """Yield the events of the answer that is there, else those of a new one. Raises: as its draft does."""
        found = await self._recall() if kept_use() != "avoid" else None
        events = self._draft.events() if found is None else self._again(*found)
        async with aclosing(events):
            async for event in events:
                yield event

    async def _recall(self) -> tuple[Answer, Mapping[str, Any], str] | None:
        """Return what is given again, and note under which key a new answer is kept; where that fails, neither."""
        question = self._task.answer.question
        try:
            with self._clock.stage("recall"):
                vectors = await self._memory.embedder.embed(self._task.scope, [question], query=True)
                key = await self._key()
                found = await self._found(key, vectors[0]) if kept_use() == "use" else None
        except (PinciteError, SQLAlchemyError) as error:
            log.warning("answer not looked for", problem=str(error))
            return None
        self._place = (key, vectors[0])
        return found

    async def keep(self, final: Answer) -> None:
        """Let the answer be found again, where it is whole, carried by documents and of nobody's own.

        One that was given again itself is not, nor one that another model than the first of its route wrote: that was
        for its asker's budget, or while a provider failed.
        """
        carried = any(pin.verdict is Verdict.SUPPORTED for pin in final.pins)
        is_own = final.model == self._task.answer.model and not final.cached
        is_whole = final.state is AnswerState.COMPLETED and not final.abstained and carried and is_own
        if self._place is None or self._recalled is not None or not is_whole or find(final.text):
            return
        key, vector = self._place
        scope, now = self._task.scope, utc_now()
        try:
            if await self._key() != key:
                return  # something has changed while it was made
            async with self._memory.database.transaction(scope) as session:
                await store.remember(session, scope, final.id, (key, vector.astype("<f4").tobytes(), now))
            system = system_scope(scope.tenant)
            async with self._memory.database.transaction(system) as session:
                await store.forget_asked(session, system, now - KEPT_FOR)
        except (PinciteError, SQLAlchemyError) as error:
            log.warning("answer not kept", problem=str(error))

    async def _key(self) -> str:
        task, memory = self._task, self._memory
        view = await memory.source.seen_by(task.scope, task.collections)
        by = task.answer.assistant
        assistant = "" if by is None else f"{by.id} {by.version}"
        made_by = (task.answer.model or "", task.tier or "", assistant, VERSION, memory.made_by)
        parts = (view, *made_by, memory.embedder.model_id)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    async def _found(self, key: str, vector: NDArray[np.float32]) -> tuple[Answer, Mapping[str, Any], str] | None:
        """Return the answer to the nearest question that means the same, its passages, and whose it is."""
        system = system_scope(self._task.scope.tenant)
        async with self._memory.database.read(system) as session:
            asked = await store.asked(session, system, key, (utc_now() - KEPT_FOR, _LOOKED_AT))
            cosines = [float(np.frombuffer(each.vector, "<f4") @ vector) for each in asked]
            near = [(cosine, each.question) for cosine, each in zip(cosines, asked, strict=True)]
        least = self._memory.threshold if self._task.likeness is None else self._task.likeness
        places = await asyncio.to_thread(alike, self._task.answer.question, near, least)
        if not places:
            return None
        nearest = asked[places[0]]
        async with self._memory.database.read(system) as session:
            answer = await store.answer(session, system, nearest.answer)
            events = await store.events(session, system, nearest.answer, 0)
        found = next((each.data for each in events if each.name == "retrieval.completed"), None)
        return None if found is None else (answer, found, nearest.user)

    async def _again(self, answer: Answer, passages: Mapping[str, Any], user: str) -> AsyncGenerator[DraftEvent]:
        task = self._task
        # How another put it is theirs: it would stay here when they are erased.
        is_own = user == task.scope.user and answer.question != task.answer.question
        asked = answer.question if is_own else None
        begun = replace(task.answer, model=answer.model, cached=True, cached_question=asked)
        self._recalled = begun = replace(begun, usage=Usage(), cost_usd=Decimal(0))
        yield "retrieval.completed", {**passages, "timings_ms": {}}
        said, pins = 0, list[Pin]()
        for pin in (*sorted(answer.pins, key=lambda each: each.claim[1]), None):
            end = len(answer.text) if pin is None else max(said, pin.claim[1])
            for at in range(said, end, _PIECE_CHARS):
                yield "answer.delta", {"text": answer.text[at : min(end, at + _PIECE_CHARS)]}
            said = end
            if pin is not None:
                pins.append(pin)
                self._recalled = replace(begun, text=answer.text[:said], pins=tuple(pins))
                yield "answer.pin", pin_to(pin)
        whole = replace(begun, text=answer.text, pins=answer.pins, older=answer.older, confidence=answer.confidence)
        self._recalled = replace(
            whole, dropped_markers=answer.dropped_markers, dropped_sentences=answer.dropped_sentences
        )
        purpose = Purpose("answer", answer=task.answer.id)
        await self._memory.models.note_saved(task.scope, answer.model or "", purpose, answer.cost_usd)


def remembered(drafter: Drafter, memory: Memory | None) -> Drafter:
    """Return a drafter that gives answers again where there is a memory."""
    return drafter if memory is None else Remembered(drafter, memory)
