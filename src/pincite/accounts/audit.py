"""Use cases of the audit log: looking, exporting, checking that nothing was meddled with, and what is refused.

What is done is noted by whoever does it (`core/audit.py`), in the same transaction. No web here.
"""

from collections.abc import AsyncIterator
from typing import Any

from pincite.accounts.audit_chain import Verdict, Wanted, follow
from pincite.accounts.store import audit as store
from pincite.accounts.store import proofs
from pincite.core import Database, NotFound, Scope
from pincite.core.audit import note
from pincite.core.scope import EVERY_TENANT, system_scope
from pincite.core.trail import DENIED, Entry, Head

_AT_ONCE = 1000


class Audit:
    """The audit log of each tenant.

    Args:
        database: where rows are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def refused(self, scope: Scope | None, action: str, about: tuple[str, str], **detail: Any) -> None:
        """Write down what was refused, in a transaction of its own.

        It goes to the log of whoever asked, or of the installation's own tenant where nobody could be told.
        """
        async with self._db.transaction(scope or EVERY_TENANT) as tx:
            if scope is None:
                owner = await proofs.find_owner(tx)
                if owner is None:
                    return
                scope = Scope(owner.tenant, "")
            await note(tx, scope, action, about, outcome=DENIED, **detail)

    async def entries(self, scope: Scope, wanted: Wanted, *, limit: int = 50, before: int | None = None) -> list[Entry]:
        """Return entries that match, newest first, from the one before the number `before`. That is noted too."""
        async with self._db.transaction(scope) as tx:
            await note(tx, scope, "audit.read", ("audit", ""), before=before, **_asked(wanted))
        async with self._db.read(scope) as session:
            return await store.newest(session, scope, wanted, limit, before)

    async def export(self, scope: Scope, wanted: Wanted) -> AsyncIterator[Entry]:
        """Yield the entries that match in their order, up to the note of it; nothing is open between two."""
        async with self._db.transaction(scope) as tx:
            last = await note(tx, scope, "audit.exported", ("audit", ""), **_asked(wanted))
        after: int | None = None
        while True:
            async with self._db.read(scope) as session:
                found = await store.oldest(session, scope, wanted, _AT_ONCE, after)
            for entry in found:
                if entry.seq > last:
                    return
                yield entry
            if len(found) < _AT_ONCE:
                return
            after = found[-1].seq

    async def verify(self, tenant: str | None = None, expect: str | None = None) -> list[Verdict]:
        """Walk along the log of every tenant, or of one, and say where it is not what was written.

        Args:
            tenant: an id; None for all.
            expect: a hash that was written down elsewhere; it must be in a log that is checked.

        Raises: NotFound: no such tenant.
        """
        async with self._db.read(EVERY_TENANT) as session:
            known = await store.tenants(session)
        if tenant is not None and tenant not in known:
            raise NotFound("There is no such tenant.", remedy="`pincite tenants list` shows them.")
        walks = [_Walk(self._db, system_scope(each), expect) for each in known if tenant in {None, each}]
        verdicts = [await each.verdict() for each in walks]
        if expect is not None and not any(each.met for each in walks):
            problem = "The hash that was written down is not in the log: it was written anew since, or cut off."
            return [each if each.problem else _broken(each, None, problem) for each in verdicts]
        return verdicts


class _Walk:
    """A walk along one tenant's log from its first entry to its end."""

    def __init__(self, database: Database, scope: Scope, expect: str | None) -> None:
        self._db = database
        self._scope = scope
        self._expect = expect
        self.met = expect is None

    async def verdict(self) -> Verdict:
        """Return what the walk came to."""
        head, problem = Head(), None
        while problem is None:
            entries, end = await self._next(head)
            self.met = self.met or any(each.hash == self._expect for each in entries)
            head, problem = follow(head, entries)
            if problem is None and len(entries) < _AT_ONCE:
                problem = _wrong_end(head, end)
                break
        found = Verdict(self._scope.tenant, head.seq, head.hash)
        return found if problem is None else _broken(found, head.seq + 1, problem)

    async def _next(self, head: Head) -> tuple[list[Entry], Head | None]:
        """Return the entries that follow and where the log ends, as of one moment: others may add to it meanwhile."""
        after = head.seq or None  # a number below 1 is found, too
        async with self._db.read(EVERY_TENANT, one_moment=True) as session:
            end = await store.find_head(session, self._scope)
            return await store.oldest(session, self._scope, Wanted(), _AT_ONCE, after), end


def _wrong_end(head: Head, end: Head | None) -> str | None:
    if end is None:
        return "Where the log ends is not recorded any more."
    if end.seq > head.seq:
        return f"Entry {head.seq + 1} is missing: the log goes to {end.seq}."
    if end != head:
        return f"The log ends at {end.seq} and another hash than that of entry {head.seq}."
    return None


def _broken(verdict: Verdict, at: int | None, problem: str) -> Verdict:
    return Verdict(verdict.tenant, verdict.entries, verdict.hash, at, problem)


def _asked(wanted: Wanted) -> dict[str, Any]:
    return {
        "actor": wanted.actor,
        "action": wanted.action,
        "object": wanted.object,
        "since": None if wanted.since is None else wanted.since.isoformat(),
        "until": None if wanted.until is None else wanted.until.isoformat(),
    }
