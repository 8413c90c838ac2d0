"""What every answer goes through: a drafter is chosen, evidence is found, text and pins come as a stream of events.

How a draft is made is in `quoting.py` (no model) and `wording.py` (a model); where events go is the service's business.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pincite.answers.domain import Answer, AnswerMode, PinSpan, Turn
from pincite.answers.extractive import Chosen
from pincite.core import Scope
from pincite.gateway import Tier
from pincite.library import NamedPages
from pincite.retrieval import Evidence, ScoredPassage

DraftEvent = tuple[str, Mapping[str, Any]]
"""What an event is called, and what it says: see `docs/reference/events.md`."""

PASSAGES = 8
ABSTAINED = "The documents do not say."


@dataclass(frozen=True, slots=True)
class Task:
    """One answer to be made: for whom, to what, after which turns, from which collections (ids; None for all).

    A model is told an assistant's `instructions` beside the rules. `likeness` is how alike a question must be to one
    whose answer is given again; None is as set up.
    `tier` is that of the models that was asked for; of a `steady` one nothing is shown that may be taken back for a
    better one. In which `lane` it waits says whether somebody waits for it.
    """

    scope: Scope
    answer: Answer
    turns: tuple[Turn, ...]
    collections: tuple[str, ...] | None
    tier: Tier | None = None
    steady: bool = False
    instructions: str = ""
    likeness: float | None = None
    lane: Literal["interactive", "batch"] = "interactive"


class Draft(Protocol):
    """An answer in the making."""

    @property
    def answer(self) -> Answer:
        """The answer as far as it has come; kept when the draft is stopped."""
        ...

    def events(self) -> AsyncGenerator[DraftEvent]:
        """Yield events by name until the answer is whole. Raises: PinciteError."""
        ...


class Drafter(Protocol):
    """One way of making answers."""

    @property
    def mode(self) -> AnswerMode:
        """Who words the answers."""
        ...

    @property
    def model_name(self) -> str | None:
        """The model's name, if one does."""
        ...

    def look(self, scope: Scope) -> None:
        """Pass where another answer can be made just now. Raises: Overloaded."""
        ...

    def begin(self, task: Task) -> Draft:
        """Begin a draft; nothing happens before its events are asked for."""
        ...


def retrieval_event(evidence: Evidence, pages: NamedPages) -> dict[str, Any]:
    """Return the event that tells which passages were found; `pages` are those that they lie on."""
    return {
        "passages": [
            {
                "n": number,
                "document": found.passage.chunk.document_id,
                "revision": found.passage.chunk.revision_id,
                "source": found.passage.source,
                "page": found.passage.chunk.page,
                "end_page": found.passage.chunk.end_page,
                "start": found.passage.chunk.start,
                "end": found.passage.chunk.end,
                "score": round(found.score, 4),
                "text": found.passage.chunk.text,
                "newer": found.newer,
                "place": pages.stretch(found.passage.chunk),
            }
            for number, found in enumerate(evidence.passages, 1)
        ],
        "reading": list(evidence.reading),
        "timings_ms": dict(evidence.timings_ms),
    }


def pages_wanted(evidence: Evidence) -> Sequence[tuple[str, int]]:
    """Return the (revision, page) pairs that the passages lie on, each once."""
    wanted: dict[tuple[str, int], None] = {}
    for found in evidence.passages:
        chunk = found.passage.chunk
        wanted.update(dict.fromkeys((chunk.revision_id, number) for number in range(chunk.page, chunk.end_page + 1)))
    return list(wanted)


class Placed(Protocol):
    """A stretch of a passage with its place on a page."""

    @property
    def passage(self) -> int: ...  # noqa: D102
    @property
    def page(self) -> int: ...  # noqa: D102
    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102


def span_of(passages: Sequence[ScoredPassage], pages: NamedPages, placed: Placed) -> PinSpan:
    """Return the span of a stretch of one of the passages, which lie on `pages`."""
    passage = passages[placed.passage].passage
    revision = passage.chunk.revision_id
    return PinSpan(
        document=passage.chunk.document_id,
        revision=revision,
        source=passage.source,
        page=placed.page,
        start=placed.start,
        end=placed.end,
        quote=placed.text,
        place=pages.place(revision, placed.page, placed.start, placed.end),
    )


def spans_of(passages: Sequence[ScoredPassage], pages: NamedPages, chosen: Chosen) -> tuple[PinSpan, ...]:
    """Return the spans of a picked sentence: one for each page that it stands on."""
    return tuple(span_of(passages, pages, each) for each in (chosen, chosen.rest) if each is not None)


def abstention(reading: Sequence[str]) -> str:
    """Return the sentence that says that there is no answer, and whether there may be one later."""
    if not reading:
        return ABSTAINED
    names = ", ".join(reading[:3]) + (" and others" if len(reading) > 3 else "")
    return f"{ABSTAINED} Still being read: {names}."
