"""Use cases of workers and `fsck`: unfinished work of all tenants, and SQL and blobs checked against each other."""

from pincite.core import Database, Scope
from pincite.core.blobs import BlobStore
from pincite.library.domain import Finding, WorkItem


class Upkeep:
    """What concerns the whole installation; only commands and workers on the machine itself call this."""

    _db: Database
    _blobs: BlobStore

    async def tenants(self) -> list[Scope]:
        """Return a scope for each tenant that has anything here, to do the system's own work under."""
        raise NotImplementedError

    async def unfinished(self, limit: int = 1000) -> list[WorkItem]:
        """Return revisions that are in no final state, of all tenants, longest waiting first."""
        raise NotImplementedError

    async def check(self, scope: Scope, *, repair: bool) -> tuple[Finding, ...]:
        """Compare rows and bytes of a tenant; with `repair` put right what can be.

        Bytes without a row (older than an hour) are deleted, revisions without bytes fail with a reason, removed
        documents and half-done deletions are finished, chunks of superseded revisions deleted.
        """
        raise NotImplementedError
