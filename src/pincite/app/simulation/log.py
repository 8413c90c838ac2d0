"""The provider's own log: every request, what is charged for it and how it ended. In memory, and bounded.

It holds no text and no image of a request or a reply. What is charged is said in `Record`; what is reported may be
told to differ.
"""

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pincite.app.simulation.domain import Asked, Kind, Wire
from pincite.app.simulation.prompts import Prompt, Prompts
from pincite.app.simulation.texts import images_of
from pincite.core import new_id, utc_now

MOST = 100_000
"""How many requests are remembered; the oldest are forgotten first."""


_NAME_CHARS = 200


class State(StrEnum):
    """How a request stands."""

    RUNNING = "running"
    DONE = "done"
    CUT = "cut"
    REFUSED = "refused"


@dataclass(slots=True, eq=False)
class Record:
    """One request. A refused one costs nothing; one that was cut costs the input and what was written until then.

    Args:
        kind, wire, model, client_request_id: as it was asked.
        input_tokens, output_tokens: what is charged so far.
        faults: what was done wrong.
        status: of HTTP, as soon as it is answered.
        reported: the tokens in and out that the answer named; None where it named none.
        prompt: what of its input was in the provider's cache, and came into it.
        images: how many it showed.
    """

    kind: Kind
    wire: Wire
    model: str
    client_request_id: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    faults: tuple[str, ...] = ()
    status: int | None = None
    reported: tuple[int, int] | None = None
    prompt: Prompt = field(default_factory=Prompt)
    images: int = 0
    state: State = State.RUNNING
    id: str = field(default_factory=lambda: f"sim-{new_id()}")
    began_at: datetime = field(default_factory=utc_now)
    first_byte_at: datetime | None = None
    ended_at: datetime | None = None

    def refuse(self) -> None:
        """It is refused, and costs nothing."""
        self.input_tokens = self.output_tokens = 0
        self._end(State.REFUSED)

    def finish(self) -> None:
        """It was answered to its end."""
        self._end(State.DONE)

    def cut(self) -> None:
        """It was broken off, by whichever side; nothing changes where it had ended before."""
        self._end(State.CUT)

    def answered(self, status: int) -> None:
        """The first of the answer is sent."""
        self.status, self.first_byte_at = status, utc_now()

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        reported = self.reported and {"input_tokens": self.reported[0], "output_tokens": self.reported[1]}
        return {
            "id": self.id,
            "client_request_id": self.client_request_id,
            "protocol": self.wire,
            "kind": self.kind,
            "model": self.model,
            "state": self.state,
            "status": self.status,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.prompt.read,
            "kept_tokens": self.prompt.kept,
            "images": self.images,
            "reported": reported,
            "faults": list(self.faults),
            "began_at": self.began_at.isoformat(),
            "first_byte_at": self.first_byte_at and self.first_byte_at.isoformat(),
            "ended_at": self.ended_at and self.ended_at.isoformat(),
        }

    def _end(self, state: State) -> None:
        if self.state is State.RUNNING:
            self.state, self.ended_at = state, utc_now()


class RequestLog:
    """The last requests, found by their id and by what their client calls them.

    Args:
        most: how many are remembered.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._of_client: dict[str, str] = {}
        self.prompts = Prompts()

    def begin(self, asked: Asked, *, input_tokens: int, faults: tuple[str, ...]) -> Record:
        """Remember a request that has come."""
        client_id = asked.client_request_id and asked.client_request_id[:_NAME_CHARS]
        record = Record(asked.kind, asked.wire, asked.model[:_NAME_CHARS], client_id, input_tokens, faults=faults)
        record.images = images_of(asked.body.get("messages"))
        self._records[record.id] = record
        if record.client_request_id is not None:
            self._of_client[record.client_request_id] = record.id
        while len(self._records) > self._most:
            self._forget_oldest()
        return record

    def find(self, name: str) -> Record | None:
        """Return the last request that its client calls so, or the one with this id; None if neither is there."""
        return self._records.get(self._of_client.get(name[:_NAME_CHARS], name))

    def newest(self, before: str | None = None) -> Iterator[Record]:
        """Return all, or those before the one with this id, newest first. Raises: KeyError, where it is not there."""
        found = list(reversed(self._records.values()))
        if before is None:
            return iter(found)
        return itertools.islice(found, found.index(self._records[before]) + 1, None)

    def _forget_oldest(self) -> None:
        _, oldest = self._records.popitem(last=False)
        client_id = oldest.client_request_id
        if client_id is not None and self._of_client.get(client_id) == oldest.id:
            del self._of_client[client_id]
