"""The one base error: a stable code, a sentence for people and what to do about it.

Rooms subclass `PinciteError` with codes of their own; how an error is shown (HTTP, CLI) is decided in `app` alone.
"""

from enum import StrEnum
from typing import ClassVar


class ErrorKind(StrEnum):
    """What sort of failure it is; `app` maps each kind to an HTTP status and a process exit code."""

    INVALID = "invalid"
    MALFORMED = "malformed"
    MISDIRECTED = "misdirected"
    UNAUTHENTICATED = "unauthenticated"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    RATE_LIMITED = "rate_limited"
    STORAGE_FULL = "storage_full"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    INTERNAL = "internal"


class PinciteError(Exception):
    """Base of every error that may reach a person.

    Args:
        message: one sentence that says what went wrong, safe to show to the asker.
        remedy: what they can do about it; empty when nothing can be done.
    """

    code: ClassVar[str] = "internal"
    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class InvalidInput(PinciteError):
    """What the caller sent cannot be used as it is."""

    code = "invalid-input"
    kind = ErrorKind.INVALID


class Denied(PinciteError):
    """The asker is known, and may not do this to what they see."""

    code = "denied"
    kind = ErrorKind.DENIED


class NotFound(PinciteError):
    """There is no such thing, or this asker may not know of it; the two are never told apart."""

    code = "not-found"
    kind = ErrorKind.NOT_FOUND


class Conflict(PinciteError):
    """The thing exists in a state that does not allow this."""

    code = "conflict"
    kind = ErrorKind.CONFLICT


class OnHold(Conflict):
    """Something is on legal hold, so it is not deleted."""

    code = "on-hold"


class TryLater(PinciteError):
    """Too much was asked for at once; `retry_after_s` says how long to wait."""

    code = "try-later"
    kind = ErrorKind.RATE_LIMITED

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: int = 1) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class TooManyTries(TryLater):
    """Something was tried too often with a wrong secret; `retry_after_s` says how long to wait."""

    code = "too-many-tries"


class StorageFull(PinciteError):
    """The disk or the bucket took no more bytes; nothing was half written."""

    code = "storage-full"
    kind = ErrorKind.STORAGE_FULL


class QuotaExceeded(PinciteError):
    """A tenant would hold more than it may; nothing of what was sent is kept."""

    code = "quota-exceeded"
    kind = ErrorKind.STORAGE_FULL


class Unavailable(PinciteError):
    """Something this needs (database, provider, index) did not answer."""

    code = "unavailable"
    kind = ErrorKind.UNAVAILABLE
