"""Looking at the audit log and walking along its chain, as values. Pure: nothing is stored or asked here.

What an entry and its hash are is in `core/trail.py`; queries are in `store/audit.py`, use cases in `audit.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pincite.core.trail import Entry, Head, hash_of_entry


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: an actor's id or name, the beginning of an action, an object's id, a time."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a tenant's log came to: how many entries hold, the hash of the last of them, and what is wrong.

    `broken_at` is the number of the first entry that is not as it was written; `problem` is None for a whole log.
    """

    tenant: str
    entries: int
    hash: str
    broken_at: int | None = None
    problem: str | None = None


def follow(head: Head, entries: Iterable[Entry]) -> tuple[Head, str | None]:
    """Walk along the chain from `head`; return where it ends, or the last good place and what is wrong behind it."""
    for entry in entries:
        expected = head.seq + 1
        if entry.seq > expected:
            return head, f"Entry {expected} is missing."
        if entry.seq < expected:
            return head, f"An entry with the number {entry.seq} was put in."
        if hash_of_entry(entry, head.hash) != entry.hash:
            return head, f"Entry {expected} is not what was written, or what was before it is not."
        head = Head(entry.seq, entry.hash)
    return head, None
