"""Use cases of a revision on its way in: states, pages, chunks, and the flip that makes it serve."""

from collections.abc import Sequence

from pincite.core import Database, Scope
from pincite.guard import PageText
from pincite.library.domain import Chunk, Problem, RevisionState


class Progress:
    """What the ingest workflow writes. Every call is idempotent and refused once the revision is gone or overtaken."""

    _db: Database

    async def set_state(
        self,
        scope: Scope,
        revision_id: str,
        state: RevisionState,
        *,
        pages_done: int | None = None,
        pages_total: int | None = None,
        chunks: int | None = None,
        problem: Problem | None = None,
    ) -> None:
        """Move a revision on, or report progress in the same state; numbers that are None stay as they are.

        `READY` and `SUPERSEDED` are reached by `publish` alone (setting the state it already has is fine).

        Raises:
            NotFound: no such revision, or its document was removed.
            RevisionOvertaken: its state does not lead there.
        """
        raise NotImplementedError

    async def save_pages(self, scope: Scope, revision_id: str, pages: Sequence[PageText]) -> None:
        """Store pages; a page stored twice is one page. Raises: NotFound, RevisionOvertaken."""
        raise NotImplementedError

    async def save_chunks(self, scope: Scope, revision_id: str, chunks: Sequence[Chunk]) -> None:
        """Store chunks; the same id stored twice is one chunk. Raises: NotFound, RevisionOvertaken."""
        raise NotImplementedError

    async def clear_derived(self, scope: Scope, revision_id: str) -> None:
        """Delete the revision's pages and chunks, for a fresh start. Raises: NotFound, RevisionOvertaken."""
        raise NotImplementedError

    async def clear_chunks(self, scope: Scope, revision_id: str) -> None:
        """Delete the revision's chunks and keep its pages. Raises: NotFound."""
        raise NotImplementedError

    async def serve_early(self, scope: Scope, revision_id: str) -> bool:
        """Let an unfinished revision answer if the document has none that does; True if it serves now.

        Raises: NotFound.
        """
        raise NotImplementedError

    async def publish(self, scope: Scope, revision_id: str) -> tuple[str, ...]:
        """Make the revision READY and the one that serves, in one transaction.

        Older revisions become SUPERSEDED: their pages stay, so that old pins resolve, their chunks go. Doing it
        again changes nothing and returns the same.

        Returns:
            The ids of the superseded revisions, whose points the index should drop.

        Raises:
            NotFound: no such revision, or its document was removed.
            RevisionOvertaken: it failed, or a newer one was published.
        """
        raise NotImplementedError
