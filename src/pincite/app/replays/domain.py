"""Values and errors of replays. No database and no web here."""

from collections.abc import Mapping
from dataclasses import dataclass

from pincite.core import ErrorKind, PinciteError


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a request was: the sha256 of method, path and body, and the body's length in bytes."""

    digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered. `body` is None where it must not be kept."""

    request: Fingerprint
    status: int
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Another request with the same key is being done; `abandoned` where who did it says nothing any more."""

    abandoned: bool


class KeyReused(PinciteError):
    """An `Idempotency-Key` came again with another request than the first time."""

    code = "idempotency-key-reused"
    kind = ErrorKind.INVALID


class StillRunning(PinciteError):
    """The first request with this `Idempotency-Key` is not answered yet."""

    code = "idempotency-still-running"
    kind = ErrorKind.CONFLICT


class AnsweredOnce(PinciteError):
    """The request was done, and its answer holds a secret that is shown once only."""

    code = "idempotency-answered-once"
    kind = ErrorKind.CONFLICT
