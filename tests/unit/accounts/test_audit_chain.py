"""The chain of the audit log: who changes an entry and makes its hash fit it has to change every later one."""

from dataclasses import replace
from datetime import UTC, datetime

from pincite.accounts.audit_chain import follow
from pincite.core.trail import GENESIS, Entry, Head, hash_of_entry

AT = datetime(2026, 11, 28, tzinfo=UTC)


def chained(entries: list[Entry], previous: str = GENESIS) -> list[Entry]:
    found: list[Entry] = []
    for each in entries:
        found.append(replace(each, hash=hash_of_entry(each, previous)))
        previous = found[-1].hash
    return found


def test_an_entry_whose_hash_was_made_to_fit_breaks_the_chain_behind_it() -> None:
    words = ("key.made", "key", "k", "{}", "192.0.2.1", "", "r", "done")
    entries = chained([Entry("t", seq, AT, "u", "Ada", None, *words) for seq in (1, 2, 3, 4)])
    assert follow(Head(), entries) == (Head(4, entries[-1].hash), None)
    changed = replace(entries[1], actor="somebody else", hash="")
    forged = replace(changed, hash=hash_of_entry(changed, entries[0].hash))
    head, problem = follow(Head(), [entries[0], forged, *entries[2:]])
    assert (head.seq, problem is None) == (2, False)
