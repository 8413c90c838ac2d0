"""Use case of an upload: bytes that are already in the blob store become a document or a revision of one.

Receiving the bytes and queueing the work belong to `ingest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pincite.core import Conflict, Database, InvalidInput, NotFound, PinciteError, Scope, new_id, utc_now
from pincite.core.audit import note
from pincite.core.blobs import BlobRef, BlobStore
from pincite.core.errors import QuotaExceeded
from pincite.core.scope import system_scope
from pincite.guard import FileType
from pincite.library.batches import Batch, BatchCancelled, BatchState
from pincite.library.domain import (
    DEFAULT_COLLECTION,
    RESTING_STATES,
    Collection,
    Document,
    DocumentBusy,
    Registered,
    RegisterOutcome,
    Revision,
    RevisionState,
)
from pincite.library.grants import Level
from pincite.library.names import clean_batch, clean_source
from pincite.library.quotas import Amount, Usage
from pincite.library.service import deletions
from pincite.library.service.collections import make_collection
from pincite.library.service.grants import require
from pincite.library.store import batches, collections, documents, purging, revisions, slices, usage


class Uploads:
    """Registering uploads and retrying failed ones."""

    _db: Database
    _blobs: BlobStore

    async def register_upload(
        self,
        scope: Scope,
        *,
        collection: str,
        source: str,
        blob: BlobRef,
        file_type: FileType,
        batch: str | None = None,
    ) -> Registered:
        """Register bytes under a name; safe to call at once from many places.

        The same bytes as the document's latest revision change nothing (`UNCHANGED`), unless that failed: then it is
        queued again. Other bytes are a new revision (`REVISED`). Enqueue the revision when `needs_work`.

        Args:
            scope: the asker.
            collection: id or name; `default` is made if it is not there.
            source: the name the user gave; cleaned of `../`, absolute paths and control characters.
            blob: what `BlobStore.put` returned.
            file_type: as found from the content.
            batch: id or name of the batch that it comes in, made if it is not there; in a paused one it rests.

        Raises:
            BatchCancelled: the batch takes no more.
            InvalidInput: the name has nothing left to use or is too long.
            NotFound: no such collection.
            Denied: the asker may only read it.
            DocumentBusy: the same bytes are being deleted at this moment.
            QuotaExceeded: the tenant holds as much as it may; the bytes are deleted.
        """
        registered = (await self.register_uploads(scope, collection, [(source, blob, file_type, None)], batch))[0]
        if isinstance(registered, PinciteError):
            raise registered
        return registered

    async def register_uploads(
        self,
        scope: Scope,
        collection: str,
        arrivals: Sequence[tuple[str, BlobRef, FileType, str | None]],
        batch: str | None = None,
    ) -> list[Registered | PinciteError]:
        """Register many at once, in one transaction; see `register_upload`.

        Args:
            scope: the asker.
            collection: id or name.
            arrivals: name, bytes, type, and the job that will read it among others; None where it has its own.
            batch: id or name of the batch that they come in.

        Returns:
            What became of each, in order: InvalidInput, DocumentBusy or QuotaExceeded for one that was refused.

        Raises:
            NotFound: no such collection.
            Denied: the asker may only read it.
            BatchCancelled: the batch takes no more.
            InvalidInput: the batch's name cannot be kept.
        """
        sent_in = None if batch is None else clean_batch(batch)
        outcomes: list[Registered | PinciteError] = [_deleted_meanwhile() for _ in arrivals]
        async with self._db.transaction(scope) as tx:
            last = await collections.next_version(tx, scope, len(arrivals))
            doomed = frozenset(await purging.doomed_blobs(tx, scope))
            home = await _collection(tx, scope, collection)
            within = None if sent_in is None else await _batch(tx, scope, sent_in)
            room = _Room(await usage.find_usage(tx, scope))
            for place, (source, blob, file_type, job) in enumerate(arrivals):
                if blob.sha256 in doomed:
                    continue
                try:
                    name = clean_source(source)
                except InvalidInput as error:
                    outcomes[place] = error
                    continue
                version = last - len(arrivals) + 1 + place
                arrival = _Arrival(home.id, name, blob, file_type, version, job, within)
                outcomes[place] = await _register_if_room(tx, scope, arrival, room)
            refused = [blob.sha256 for each, (_, blob, *_) in zip(outcomes, arrivals, strict=True) if _no_room(each)]
            await purging.doom_unreferenced(tx, scope, refused, utc_now())
            going = await deletions.claim(tx, scope, {*refused, *(doomed & {blob.sha256 for _, blob, *_ in arrivals})})
            await usage.change_usage(tx, scope, room.taken)
            await _note(tx, scope, home, within, outcomes)
        await deletions.finish(self._db, self._blobs, scope, going)
        for place, (_, blob, _, _) in enumerate(arrivals):
            outcome = outcomes[place]
            # Bytes that were deleted just before the row was written cannot be served; with the row there, nobody will.
            if isinstance(outcome, Registered) and not await self._blobs.exists(scope, blob.sha256):
                await self._take_back(scope, outcome)
                outcomes[place] = _deleted_meanwhile()
        return outcomes

    @staticmethod
    def cleaned(source: str) -> str:
        """Return the name that a document of this source is known by. Raises: InvalidInput where it has none."""
        return clean_source(source)

    async def retry(self, scope: Scope, document_id: str) -> Revision:
        """Queue a failed, paused or cancelled latest revision again (`attempt` + 1).

        A paused one goes on where it was. Raises: NotFound; Denied; Conflict for any other state.
        """
        now = utc_now()
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            document = await documents.find_document(tx, scope, document_id)
            if document is None:
                raise NotFound("There is no such document.")
            await require(tx, scope, Level.EDITOR, document)
            queued = await revisions.requeue(tx, scope, [document.latest.id], now, RESTING_STATES)
            if not queued:
                raise Conflict(
                    f"{document.source} has not failed; it is {document.latest.state.value}.",
                    remedy="Only a failed, paused or cancelled document can be tried again.",
                )
            await documents.touch(tx, scope, document_id, version, now)
            await note(tx, scope, "document.retried", ("document", document_id), name=document.source)
        return queued[0]

    async def _take_back(self, scope: Scope, registered: Registered) -> None:
        if registered.outcome is RegisterOutcome.UNCHANGED:
            return
        document, now = registered.document, utc_now()
        system = system_scope(scope.tenant)  # it is to go, also where the asker lost their grant meanwhile
        async with self._db.transaction(scope) as tx:
            version = await collections.next_version(tx, scope)
            freed = await usage.held_by(tx, system, [registered.revision.id])
            if registered.outcome is RegisterOutcome.CREATED:
                freed = freed.plus(Amount(documents=1))
                await documents.hide(tx, system, document.id, version, now)
                for removal in await documents.list_removals(tx, system, document.id):
                    await purging.drop_document(tx, system, removal)
            else:
                before = await revisions.older_revisions(tx, system, registered.revision)
                now_latest = await documents.find_document(tx, system, document.id)
                if before and now_latest is not None and now_latest.latest.id == registered.revision.id:
                    await documents.point_latest(tx, system, document.id, before[-1])
                await documents.touch(tx, system, document.id, version, now)
                await purging.drop_revisions(tx, system, [registered.revision.id])
            await usage.change_usage(tx, system, freed.negative)
            await note(tx, scope, "document.taken-back", ("document", document.id), name=document.source)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """What arrived, under which version of the tenant's feed."""

    collection_id: str
    source: str
    blob: BlobRef
    file_type: FileType
    version: int
    job: str | None = None
    batch: Batch | None = None

    @property
    def rests(self) -> bool:
        """Whether it waits for people before it is read."""
        return self.batch is not None and self.batch.state is BatchState.PAUSED


class _Room:
    """What there is still room for in a transaction that holds the feed's lock: nobody else takes any meanwhile."""

    def __init__(self, known: Usage) -> None:
        self._known = known
        self.taken = Amount()

    def take(self, wanted: Amount) -> None:
        """Take room. Raises: QuotaExceeded."""
        self._known = self._known.grow(wanted)
        self.taken = self.taken.plus(wanted)


async def _note(
    tx: AsyncSession,
    scope: Scope,
    home: Collection,
    within: Batch | None,
    outcomes: Sequence[Registered | PinciteError],
) -> None:
    """One entry for all of a transaction: what came of how many, and the first of their ids."""
    done = [each for each in outcomes if isinstance(each, Registered)]
    if not done:
        return
    told: dict[str, Any] = {"collection": home.id, "batch": None if within is None else within.id}
    told |= {each.value: count for each in RegisterOutcome if (count := sum(one.outcome is each for one in done))}
    if len(done) == 1:
        document = done[0].document
        await note(tx, scope, "document.uploaded", ("document", document.id), name=document.source, **told)
    else:
        ids = [each.document.id for each in done]
        await note(tx, scope, "documents.uploaded", ("collection", home.id), count=len(ids), ids=ids, **told)


async def _collection(tx: AsyncSession, scope: Scope, asked: str) -> Collection:
    if asked == DEFAULT_COLLECTION:
        await make_collection(tx, scope, DEFAULT_COLLECTION)
    found = await collections.find_collection(tx, scope, asked)
    if found is None:
        raise NotFound(f"There is no collection {asked[:100]!r}.", remedy="Make it first, or name one that there is.")
    await require(tx, scope, Level.EDITOR, found.id)
    return found


async def _batch(tx: AsyncSession, scope: Scope, asked: str) -> Batch:
    found = await batches.open_batch(tx, scope, asked)
    if found.state is BatchState.CANCELLED:
        raise BatchCancelled(
            f"The batch {found.name!r} was cancelled.", remedy="Retry the batch first, or send the file in another."
        )
    return found


def _no_room(outcome: Registered | PinciteError) -> bool:
    return isinstance(outcome, QuotaExceeded)


async def _register_if_room(
    tx: AsyncSession, scope: Scope, arrival: _Arrival, room: _Room
) -> Registered | QuotaExceeded:
    try:
        return await _register(tx, scope, arrival, room)
    except QuotaExceeded as error:
        return error


async def _register(tx: AsyncSession, scope: Scope, arrival: _Arrival, room: _Room) -> Registered:
    document = await documents.find_by_source(tx, scope, arrival.collection_id, arrival.source)
    if document is None:
        room.take(Amount(documents=1, size_bytes=arrival.blob.size_bytes))
        return await _create(tx, scope, arrival)
    if document.latest.sha256 == arrival.blob.sha256:
        return await _same_bytes(tx, scope, document, arrival)
    room.take(Amount(size_bytes=arrival.blob.size_bytes))
    revision = _new_revision(document.id, document.latest.number + 1, arrival)
    await revisions.add_revision(tx, scope, revision, arrival.job)
    await documents.point_latest(tx, scope, document.id, revision.id)
    await documents.touch(tx, scope, document.id, arrival.version, revision.created_at)
    changed = replace(document, latest=revision, version=arrival.version, updated_at=revision.created_at)
    return Registered(changed, revision, RegisterOutcome.REVISED)


async def _create(tx: AsyncSession, scope: Scope, arrival: _Arrival) -> Registered:
    revision = _new_revision(new_id(), 1, arrival)
    now = revision.created_at
    document = Document(
        id=revision.document_id,
        collection_id=arrival.collection_id,
        source=arrival.source,
        serving=None,
        latest=revision,
        created_at=now,
        updated_at=now,
        version=arrival.version,
    )
    await documents.add_document(tx, scope, document)
    await revisions.add_revision(tx, scope, revision, arrival.job)
    return Registered(document, revision, RegisterOutcome.CREATED)


async def _same_bytes(tx: AsyncSession, scope: Scope, document: Document, arrival: _Arrival) -> Registered:
    now = utc_now()
    if arrival.batch is not None and document.latest.state is not RevisionState.READY:
        await batches.join_batch(tx, scope, document.latest.id, arrival.batch.id)
    if not arrival.rests and await revisions.requeue(tx, scope, [document.latest.id], now, RESTING_STATES):
        if arrival.job is not None:
            await slices.assign(tx, scope, [document.latest.id], arrival.job)
        await documents.touch(tx, scope, document.id, arrival.version, now)
        again = await documents.find_document(tx, scope, document.id)
        assert again is not None
        document = again
    return Registered(document, document.latest, RegisterOutcome.UNCHANGED)


def _new_revision(document_id: str, number: int, arrival: _Arrival) -> Revision:
    return Revision(
        id=new_id(),
        document_id=document_id,
        number=number,
        sha256=arrival.blob.sha256,
        size_bytes=arrival.blob.size_bytes,
        file_type=arrival.file_type,
        state=RevisionState.PAUSED if arrival.rests else RevisionState.QUEUED,
        pages_done=0,
        pages_total=None,
        chunks=0,
        problem=None,
        created_at=utc_now(),
        seconds=None,
        batch=None if arrival.batch is None else arrival.batch.id,
    )


def _deleted_meanwhile() -> DocumentBusy:
    return DocumentBusy("The same file was being deleted at this moment.", remedy="Upload it again.")
