"""What a reader gets of an answer that was made under other rules: nothing of what they may not see any more.

One that rests on documents which they may not see is withheld. One that holds personal data of a collection whose
policy covers it by now is covered. Both are decided by the library at each reading; what an answer rests on is noted
while it is made.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pincite.answers import store
from pincite.answers.choosing import Drafters
from pincite.answers.domain import Answer, AnswerEvent, AnswerProblem, AnswerState, PinSpan
from pincite.answers.shapes import answer_to, last_event
from pincite.core import Database, Scope
from pincite.gateway import Usage
from pincite.library import NamedPages

WITHHELD = AnswerProblem(
    "withheld", "This answer rests on documents that you may not read.", "Ask again: what you may read will answer."
)
_GONE = AnswerProblem(
    WITHHELD.code,
    "This answer quotes a document that was removed, and what is personal in it can be told no more.",
    "Ask again: what is there will answer.",
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
        self._versions: dict[str, tuple[float, asyncio.Future[int]]] = {}

    async def allowed(self, scope: Scope, answers: Sequence[Answer]) -> list[Answer]:
        """Return the answers, each as it is, covered or withheld."""
        hidden, masked = await self._rules(scope, [each.id for each in answers])
        theirs = [each for each in answers if each.id in masked and each.id not in hidden]
        pages = await self._pages(scope, theirs)
        covered = {each.id: await self._covered(scope, each, pages, masked[each.id]) for each in theirs}
        return [withheld(each) if each.id in hidden else covered.get(each.id, each) for each in answers]

    async def guard(
        self, scope: Scope, answer: Callable[[], Awaitable[Answer]], events: AsyncIterator[AnswerEvent]
    ) -> AsyncIterator[AnswerEvent]:
        """Yield events while the reader may see what the answer rests on; else one that says that it is withheld.

        Of an answer that is covered, there is the end alone: values may be cut in two by the events of its text.
        """
        looked_at, seen = 0.0, -1
        instead: tuple[str, Mapping[str, Any]] | None = None
        async for event in events:
            now = time.monotonic()
            if event.name in _NOTED_BEFORE or now - looked_at > LOOK_AGAIN_S:
                # What may be seen changes with the tenant's library alone, which counts its changes; a reader whose
                # own rights change is another reader. Taken before looking, so that no change is missed.
                version = await self._version(scope)
                is_news = event.name in _NOTED_BEFORE or version != seen
                is_settled = True
                if is_news:
                    instead, is_settled = await self._instead(scope, await answer())
                looked_at, seen = now, version if is_settled else -1
            if instead is not None:
                yield AnswerEvent(event.seq, *instead)
                return
            yield event

    async def _version(self, scope: Scope) -> int:
        """Return the version of the tenant's library, as of half a second ago at most: many streams ask at once."""
        now = time.monotonic()
        if scope.tenant not in self._versions or now - self._versions[scope.tenant][0] > LOOK_AGAIN_S / 2:
            self._versions[scope.tenant] = now, asyncio.ensure_future(self._drafters.version(scope))
        return await asyncio.shield(self._versions[scope.tenant][1])

    async def _instead(self, scope: Scope, found: Answer) -> tuple[tuple[str, Mapping[str, Any]] | None, bool]:
        """Return the name and data of the event that stands for all of an answer's, where they may not be seen.

        And whether that stays so while the library does: of one that is covered and still being made it does not.
        """
        hidden, masked = await self._rules(scope, [found.id])
        if hidden:
            return ("answer.failed", answer_to(withheld(found))), True
        if not masked or found.state is AnswerState.RUNNING:
            return None, not masked
        # Its log holds every passage as it was: what is left to see of it is its end.
        pages = await self._pages(scope, [found])
        return last_event(await self._covered(scope, found, pages, masked[found.id])), True

    async def _rules(
        self, scope: Scope, answer_ids: Sequence[str]
    ) -> tuple[frozenset[str], Mapping[str, frozenset[str]]]:
        """Return which answers are withheld and which are covered, these with the documents that policies cover.

        One is covered too where nobody knows any more which policy a document of its was under.
        """
        if not answer_ids:
            return frozenset(), {}
        async with self._db.read(scope) as session:
            basis = await store.basis(session, scope, answer_ids)
        documents = frozenset[str]().union(*basis.values())
        hidden = frozenset[str]() if scope.sees_all else await self._drafters.hidden(scope, documents)
        masked, forgotten = await self._drafters.masked(scope, documents)
        return (
            frozenset(each for each, some in basis.items() if some & hidden),
            {each: some & masked for each, some in basis.items() if some & (masked | forgotten)},
        )

    async def _pages(self, scope: Scope, answers: Sequence[Answer]) -> NamedPages:
        """Return the pages that answers quote, as far as they are there, with personal data covered."""
        wanted = {(span.revision, span.page) for each in answers for span in _spans(each)}
        return await self._drafters.named(scope, wanted) if wanted else NamedPages()

    async def _covered(self, scope: Scope, answer: Answer, pages: NamedPages, masked: frozenset[str]) -> Answer:
        """Return an answer with personal data in its text and its quotes covered; lengths stay, and so do claims.

        What a quote holds is known by the page around it: "X1234567" is a passport's number under such a heading. Where
        a page of a document that is `masked` is gone, nobody can tell, and the answer is withheld.
        """
        spans = _spans(answer)
        if any(span.document in masked and (span.revision, span.page) not in pages.pages for span in spans):
            return withheld(answer, _GONE)
        text, quotes = answer.text, list[str]()
        for span in spans:
            page = pages.pages.get((span.revision, span.page))
            there = "" if page is None else page.text[span.start : span.end]
            quotes.append(there if len(there) == len(span.quote) else span.quote)
            for value, cover in _covers(span.quote, quotes[-1]):
                text = text.replace(value, cover)
        text, *quotes = await self._drafters.covered(scope, [text, *quotes])
        of = dict(
            zip(spans, (replace(one, quote=quote) for one, quote in zip(spans, quotes, strict=True)), strict=True)
        )
        return replace(
            answer,
            text=text,
            pins=tuple(replace(pin, spans=tuple(of[span] for span in pin.spans)) for pin in answer.pins),
            nearest=tuple(of[span] for span in answer.nearest),
            older=tuple(replace(each, span=of[each.span]) for each in answer.older),
        )


def _spans(answer: Answer) -> list[PinSpan]:
    return [
        *(span for pin in answer.pins for span in pin.spans),
        *answer.nearest,
        *(each.span for each in answer.older),
    ]


def _covers(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield what was covered between two texts of one length, as values with what stands in their place."""
    words = [each.span() for each in re.finditer(r"\S+", before)]
    runs = [(start, end) for start, end in words if before[start:end] != after[start:end]]
    for start, end in _joined(runs, before):
        while before[start] == after[start]:
            start += 1
        while before[end - 1] == after[end - 1]:
            end -= 1
        if end - start > 1:
            yield before[start:end], after[start:end]


def _joined(runs: Sequence[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """Yield neighbours as one."""
    begun: tuple[int, int] | None = None
    for start, end in runs:
        if begun is not None and not text[begun[1] : start].strip():
            begun = begun[0], end
            continue
        if begun is not None:
            yield begun
        begun = start, end
    if begun is not None:
        yield begun


def withheld(answer: Answer, problem: AnswerProblem = WITHHELD) -> Answer:
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
        cached=False,
        cached_question=None,
        ended=None,
        echo={},
        problem=problem,
    )
