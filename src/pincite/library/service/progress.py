"""Use cases of a revision on its way in: states, pages, chunks, and the flip that makes it serve.

How pages and chunks are made belongs to `ingest`.
"""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Database, InvalidInput, NotFound, Scope, utc_now
from pincite.guard import PageText
from pincite.library.domain import (
    LEADS_FROM,
    RESTING_STATES,
    Chunk,
    PageWarning,
    Problem,
    Revision,
    RevisionOvertaken,
    RevisionState,
)
from pincite.library.quotas import Amount
from pincite.library.store import collections, documents, passages, revisions, usage
from pincite.library.store.revisions import Step

_CLOSED = RESTING_STATES | {RevisionState.SUPERSEDED}
_BEING_READ = frozenset({RevisionState.EXTRACTING, RevisionState.EMBEDDING})


class Counts(TypedDict, total=False):
    """How far a revision is: pages read, pages there are (None while unknown), chunks indexed."""

    pages_done: int | None
    pages_total: int | None
    chunks: int | None


class Progress:
    """What the ingest workflow writes. Every call is idempotent and refused once the revision is gone or overtaken."""

    _db: Database

    async def set_state(
        self,
        scope: Scope,
        revision_id: str,
        state: RevisionState,
        *,
        problem: Problem | None = None,
        lease: int | None = None,
        attempt: int | None = None,
        **counts: Unpack[Counts],
    ) -> None:
        """Move a revision on, or report progress in the same state; counts not given, or None, stay as they are.

        `READY` and `SUPERSEDED` are reached by `publish` alone (setting the state it already has changes nothing).
        A revision that fails or is cancelled while it serves early stops serving.

        Raises:
            NotFound: no such revision, or its document was removed.
            RevisionOvertaken: its state does not lead there, another worker has it by now (`lease` is over), or it is
                in another `attempt`.
        """
        if state in {RevisionState.READY, RevisionState.SUPERSEDED}:
            await self._already(scope, revision_id, state)
            return
        now = utc_now()
        ended = state in {RevisionState.FAILED, RevisionState.CANCELLED}
        step = Step(state, now, **counts, problem=problem, finished=ended, lease=lease, attempt=attempt)
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            document_id = await revisions.move(tx, scope, revision_id, step, LEADS_FROM[state])
            if document_id is None:
                revision = await _existing(tx, scope, revision_id)
                raise _overtaken(revision, state.value)
            if ended:
                await documents.point_serving(tx, scope, document_id, None, instead_of=revision_id)
            await documents.touch(tx, scope, document_id, version, now)

    async def take(
        self, scope: Scope, revision_id: str, read_by: str, *, attempt: int | None = None
    ) -> tuple[Revision, bool]:
        """Take a revision to read it, from any worker that had it: what that one still writes is refused.

        Args:
            scope: the tenant.
            revision_id: the revision.
            read_by: the version of the parsers at hand. Pages that others made are dropped: theirs may end elsewhere.
            attempt: the one that is meant; another one belongs to another job.

        Returns:
            The revision with its new lease, and whether it is read from the start: then no page or chunk is left.

        Raises: NotFound; RevisionOvertaken, also where it is READY: somebody else finished it and it is in use.
        """
        async with self._db.transaction(scope) as tx:
            revision = await _writable(tx, scope, revision_id)
            if revision.state is RevisionState.READY or attempt not in {None, revision.attempt}:
                raise _overtaken(revision, "begun")
            afresh = revision.pages_done == 0 or revision.read_by != read_by
            await revisions.take(tx, scope, revision_id, read_by, afresh=afresh)
            if afresh:
                await passages.drop_chunks(tx, scope, [revision_id])
                await _drop_pages(tx, scope, revision_id)
            return await _existing(tx, scope, revision_id), afresh

    async def save_pages(
        self, scope: Scope, revision_id: str, pages: Sequence[PageText], *, lease: int | None = None
    ) -> None:
        """Store pages and what was noticed of them; a page stored twice is one.

        Raises: NotFound, RevisionOvertaken; QuotaExceeded, and none of them is stored.
        """
        noticed = [PageWarning(page.number, page.warning) for page in pages if page.warning]
        async with self._db.transaction(scope) as tx:
            revision = await _writable(tx, scope, revision_id, lease)
            before = (await usage.pages_of(tx, scope, [revision_id])).get(revision_id, 0)
            await passages.put_pages(tx, scope, revision_id, pages)
            if noticed:
                known = [each for each in revision.warnings if each.page < noticed[0].page]
                await revisions.warn(tx, scope, revision_id, [*known, *noticed])
            await usage.change_usage(tx, scope, Amount(pages=max([0, *(page.number - before for page in pages)])))

    async def drop_read(self, scope: Scope, revision_id: str) -> None:
        """Drop what was read of a revision that failed, so that it takes no room; a retry reads it from the start."""
        async with self._db.transaction(scope) as tx:
            revision = await revisions.find_revision(tx, scope, revision_id, lock=True)
            if revision is not None and revision.state is RevisionState.FAILED:
                await passages.drop_chunks(tx, scope, [revision_id])
                await _drop_pages(tx, scope, revision_id)

    async def save_chunks(
        self,
        scope: Scope,
        revision_id: str,
        chunks: Sequence[Chunk],
        *,
        lease: int | None = None,
        language: str | None = None,
    ) -> None:
        """Store chunks of one revision, and its language where it is given; the same id stored twice is one chunk.

        Raises:
            NotFound: no such revision, or its document was removed.
            RevisionOvertaken: it failed, was stopped or superseded, or another worker has it by now.
            InvalidInput: a chunk belongs to another revision or document.
        """
        async with self._db.transaction(scope) as tx:
            revision = await _writable(tx, scope, revision_id, lease)
            if any(c.revision_id != revision_id or c.document_id != revision.document_id for c in chunks):
                raise InvalidInput("A chunk belongs to another revision than the one it is stored for.")
            await passages.put_chunks(tx, scope, chunks)
            if language is not None and language != revision.language:
                await revisions.tell_language(tx, scope, revision_id, language)

    async def tell_language(self, scope: Scope, revision_id: str, language: str) -> None:
        """Set the language of a revision's text, as BCP-47. Raises: NotFound."""
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            document_id = await revisions.tell_language(tx, scope, revision_id, language)
            if document_id is None:
                raise NotFound("There is no such revision.")
            await documents.touch(tx, scope, document_id, version, utc_now())

    async def serve_early(self, scope: Scope, revision_id: str) -> bool:
        """Let an unfinished revision answer if the document has none that does; True if it serves now.

        Raises: NotFound.
        """
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            revision = await _existing(tx, scope, revision_id)
            if revision.state not in _BEING_READ:
                return revision.state is RevisionState.READY
            changed = await documents.serve_if_none(tx, scope, revision.document_id, revision_id)
            if changed:
                await documents.touch(tx, scope, revision.document_id, version, utc_now())
            document = await documents.find_document(tx, scope, revision.document_id)
        return document is not None and document.serving == revision_id

    async def publish(self, scope: Scope, revision_id: str, *, lease: int | None = None) -> tuple[str, ...]:
        """Make the revision READY and the one that serves, in one transaction; with `lease`, only while that holds.

        Older revisions become SUPERSEDED: their pages stay, so that old pins resolve, their chunks go. Doing it
        again changes nothing and returns the same.

        Returns:
            The ids of the superseded revisions, whose points the index should drop.

        Raises:
            NotFound: no such revision, or its document was removed.
            RevisionOvertaken: it failed, was stopped or not begun, a newer one was published, or another worker has it.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            revision = await _existing(tx, scope, revision_id)
            if revision.state is RevisionState.READY:
                return await revisions.superseded_by(tx, scope, revision)
            older = await revisions.older_revisions(tx, scope, revision)
            step = Step(RevisionState.READY, now, finished=True, lease=lease)
            if await revisions.move(tx, scope, revision_id, step, _BEING_READ) is None:
                raise _overtaken(revision, "ready")
            if older:
                await revisions.supersede(tx, scope, older, now)
                await passages.drop_chunks(tx, scope, older)
            await documents.point_serving(tx, scope, revision.document_id, revision_id)
            await documents.touch(tx, scope, revision.document_id, version, now)
        return older

    async def _already(self, scope: Scope, revision_id: str, state: RevisionState) -> None:
        async with self._db.read(scope) as session:
            revision = await _existing(session, scope, revision_id)
        if revision.state is not state:
            raise _overtaken(revision, f"{state.value} (only `publish` does that)")


async def _drop_pages(tx: AsyncSession, scope: Scope, revision_id: str) -> None:
    held = (await usage.pages_of(tx, scope, [revision_id])).get(revision_id, 0)
    await passages.drop_pages(tx, scope, [revision_id])
    await usage.change_usage(tx, scope, Amount(pages=-held))


async def _existing(tx: AsyncSession, scope: Scope, revision_id: str) -> Revision:
    revision = await revisions.find_revision(tx, scope, revision_id)
    if revision is None:
        raise NotFound("There is no such revision.")
    return revision


async def _writable(tx: AsyncSession, scope: Scope, revision_id: str, lease: int | None = None) -> Revision:
    revision = await revisions.find_revision(tx, scope, revision_id, lock=True)
    if revision is None:
        raise NotFound("There is no such revision.")
    if revision.state in _CLOSED or (lease is not None and revision.lease != lease):
        raise _overtaken(revision, "written to")
    return revision


def _overtaken(revision: Revision, wanted: str) -> RevisionOvertaken:
    return RevisionOvertaken(f"Revision {revision.number} is {revision.state.value} and cannot become {wanted}.")
