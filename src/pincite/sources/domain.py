"""Values, seams and errors of outside places: what a source is, what it shows, how a run over it went.

No database and no network here; each kind of place is one file in `adapters/`.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import AfterValidator, BaseModel, Field

from pincite.core import Conflict, ErrorKind, InvalidInput, PinciteError
from pincite.guard import DocumentReader, Fetcher

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*|PINCITE_SECRET_\w+", re.ASCII)
Memory = Mapping[str, Any]
"""What an adapter wants to know of an item the next time (validators, links); small JSON."""


Pattern = Annotated[str, Field(max_length=500)]
"""Which names are wanted, as the shell spells it."""


def _named(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        raise ValueError("it takes the name of a variable such as PINCITE_SECRET_MAIL, never the secret itself")
    return value


SecretName = Annotated[str, Field(max_length=500), AfterValidator(_named)]
"""Which environment variable holds a secret: what is stored here is shown to admins, and lies in every backup."""


class SourceState(StrEnum):
    """Whether a source is kept in step. One that is `LEAVING` goes as soon as its documents have gone."""

    ACTIVE = "active"
    PAUSED = "paused"
    LEAVING = "leaving"


class RunState(StrEnum):
    """Where the newest run over a source is."""

    NEVER = "never"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


MOST_EVERY_S = 31_536_000
LIVE_RUNS = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a run or an item failed: a stable code, a sentence, what to do.

    `passing` says of an item that it is tried again; another is left alone until it changes.
    """

    code: str
    message: str
    remedy: str = ""
    passing: bool = False

    @classmethod
    def of(cls, error: PinciteError) -> "Trouble":
        """Return an error as a value that can be kept."""
        return cls(error.code, error.message, error.remedy)


@dataclass(frozen=True, slots=True)
class Counts:
    """What a run did so far.

    Args:
        found: items that the place shows.
        added: read for the first time.
        changed: read again, because they changed.
        removed: gone from the place, and so from the library.
        failed: could not be read; what was read of them before stays.
    """

    found: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run over a source. `number` counts from 1; `portion` counts the jobs that it took so far.

    `forced` says that deletions were confirmed, however many.
    """

    number: int
    portion: int
    state: RunState
    counts: Counts
    trouble: Trouble | None
    forced: bool
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """An outside place that a collection is kept in step with.

    Args:
        id: never changes.
        name: unique in the tenant; its documents' names begin with it.
        kind: one of the registry in `adapters/`.
        location: where it is: a path or a URL, as the kind wants it.
        options: what else the kind takes; never a secret, only the names of variables that hold one.
        collection: id of the collection that its documents are in.
        every_s: how often it is looked at; None for only when asked.
        state: see `SourceState`.
        items: how many of its items are documents.
        run: the newest run.
        next_at: when it is looked at next.
        created_at: when it was added.
    """

    id: str
    name: str
    kind: str
    location: str
    options: Mapping[str, Any]
    collection: str
    every_s: int | None
    state: SourceState
    items: int
    run: Run
    next_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewSource:
    """What somebody wants to be kept in step; see `Source`. `every_s` None means the kind's own rhythm, 0 never."""

    name: str
    kind: str
    location: str
    collection: str = "default"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    every_s: int | None = None


@dataclass(frozen=True, slots=True)
class SourceChanges:
    """What is to be another of a source; None leaves it as it is.

    Of `options` those that are named are set, and one that is None goes back to what the kind takes by itself.
    `every_s` 0 means only when asked.
    """

    location: str | None = None
    options: Mapping[str, Any] | None = None
    every_s: int | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is remembered of an item.

    `seen` says that this run has come by it already, `is_none` that it was no document any more then.
    """

    key: str
    mark: str
    memory: Memory
    seen: bool
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a place shows.

    Args:
        key: what it is known by in the place; never changes.
        name: what the document is called, after the source's name; a file ending in it helps to tell text formats.
        mark: differs when the content differs, as an ETag or a hash; the content is read only when it does.
        read: gives the bytes. May be called after others were found, except where the adapter says `one_by_one`.
            None for what is no document and only remembered: a page that stands for another, say.
        memory: what the adapter wants to know of it the next time.
    """

    key: str
    name: str
    mark: str
    read: Callable[[], AsyncIterator[bytes]] | None
    memory: Memory = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Item:
    """An item as it is kept: what of it was read, and what went wrong with it."""

    key: str
    name: str
    mark: str
    document_id: str | None
    trouble: Trouble | None


Recall = Callable[[str], Awaitable[Known | None]]
"""Gives what is remembered of an item by its key."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What adapters reach the world with.

    Args:
        fetcher: the guarded door to the network.
        reader: opens markup in a confined child.
        secret: gives the value of an environment variable that may hold a secret of a source.
        cache: a folder for what can be fetched again; may be emptied at any time.
    """

    fetcher: Fetcher
    reader: DocumentReader
    secret: Callable[[str], str]
    cache: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where an adapter looks: the source's id and location; and in which run, which may be one of many jobs.

    `forced` says that deletions were confirmed in that run, see `Run`.
    """

    source_id: str
    location: str
    run: int = 0
    forced: bool = False


class Adapter(Protocol):
    """One kind of outside place, opened. `find` shows everything that is there now, each thing once.

    When `find` ends without an error the list is whole, and what was not in it is gone from the place. So it must
    raise where a part could not be listed. `forgets` is False for a place that shows only what is newest: there nothing
    goes because it is no longer shown. `partly` says, when `find` has ended, what it left out on purpose, if anything.
    """

    kind: ClassVar[str]
    options: ClassVar[type[BaseModel]]
    every_s: ClassVar[int]
    one_by_one: ClassVar[bool]
    forgets: bool
    partly: Trouble | None

    def __init__(self, place: Place, options: Any, tools: Tools) -> None:
        """Take a location and checked options. Raises: BadSource."""
        ...

    @classmethod
    def local_path(cls, location: str, /) -> Path | None:
        """Return the path on this machine that a location names; None where it is elsewhere. Raises: BadSource."""
        ...

    def find(self, recall: Recall, /) -> AsyncGenerator[Found, None]:
        """Show what is there. Raises: SourceUnreachable, and what the guarded fetcher raises."""
        ...

    def watched(self) -> Path | None:
        """Return the folder whose changes are worth a run at once, where there is one."""
        ...


class Elsewhere:
    """What adapters of places share that are not on this machine and do not tell when they change."""

    partly: Trouble | None = None

    @classmethod
    def local_path(cls, _location: str, /) -> Path | None:
        """Return None: no path here is meant."""
        return None

    def watched(self) -> Path | None:
        """Return None: nothing tells of changes."""
        return None


class BadSource(InvalidInput):
    """The source cannot be described like that: its kind, location or an option does not fit."""

    code = "bad-source"


DISTRUSTED = "If an authority of your own made it, name its certificates in SSL_CERT_FILE and start Pincite again."
"""What to do about a certificate that is not trusted."""


class SourceUnreachable(PinciteError):
    """The place could not be listed; nothing was deleted."""

    code = "source-unreachable"
    kind = ErrorKind.UNAVAILABLE


class ItemGone(PinciteError):
    """Something that the place showed was no longer there when it was read; the next run sees."""

    code = "item-gone"
    kind = ErrorKind.NOT_FOUND


class ItemRefused(PinciteError):
    """One thing that the place shows is not given away; that says nothing of the place. It is tried again."""

    code = "item-refused"
    kind = ErrorKind.DENIED


class SourceBusy(Conflict):
    """The source is being removed, or does not allow this now."""

    code = "source-busy"


class SyncOvertaken(PinciteError):
    """This job works on a run that another job goes on with; it must not write any more."""

    code = "sync-overtaken"
    kind = ErrorKind.CONFLICT
