"""Entries of the audit log and the chain that they form. Pure: nothing is stored or asked here.

Each entry's hash covers its own words and the hash before it, so that none can be changed, taken out or put in
without every later hash being another. How one is written down is in `audit.py`; looking and checking is `accounts`'.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, cast

GENESIS = "0" * 64
DONE, DENIED = "done", "denied"
MOST_IDS = 20
"""So many ids are named in one entry; how many there were is said beside them."""
_LONGEST_DETAIL = 4000


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done or refused, in a tenant's order: `seq` counts from 1 without a gap.

    `detail` is JSON as it was written; `key` is the id of the API key that was used, if one was. `hash` is "" until the
    entry is chained.
    """

    tenant: str
    seq: int
    at: datetime
    actor: str
    actor_name: str
    key: str | None
    action: str
    object_kind: str
    object_id: str
    detail: str
    client: str
    agent: str
    request: str
    outcome: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """How far a tenant's log goes, and its last hash: `GENESIS` before the first entry."""

    seq: int = 0
    hash: str = GENESIS


def hash_of_entry(entry: Entry, previous: str) -> str:
    """Return the hash that chains an entry to the one before it.

    It is the sha256 of the previous hash, a line feed and the entry as JSON without its hash: keys in order, no blanks,
    ASCII, the time in UTC with six places.
    """
    words: dict[str, Any] = {each.name: getattr(entry, each.name) for each in fields(entry) if each.name != "hash"}
    words["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(f"{previous}\n{_canonical(words)}".encode()).hexdigest()


def detail_json(detail: Mapping[str, Any]) -> str:
    """Write what else there is to say as JSON: long texts are cut, and lists of ids to the first `MOST_IDS`."""
    kept = {name: _cut(value) for name, value in detail.items() if value is not None}
    text = _canonical(kept)
    return text if len(text) <= _LONGEST_DETAIL else _canonical({"cut": True, "names": sorted(kept)[:MOST_IDS]})


def cleaned(text: str, most: int) -> str:
    """Return what a stranger may have written as it can be kept: printable and no longer than `most`."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:most])


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value[:300]
    if isinstance(value, Collection):
        ids = [str(each)[:100] for each in cast("Collection[object]", value)]
        return (sorted(ids) if isinstance(value, frozenset) else ids)[:MOST_IDS]
    return value


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
