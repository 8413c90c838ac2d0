"""What the durable jobs do, step by step: read a revision, publish it, tidy up; or finish a removal.

How often a failed step is tried again and how a failure is shown is decided here; the engine is `jobs`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from pincite.core import NotFound, PinciteError, Scope, StageClock, StorageFull, Unavailable, get_logger
from pincite.core.errors import OnHold, QuotaExceeded
from pincite.core.scope import system_scope
from pincite.guard import UnreadableDocument, UnsupportedType
from pincite.ingest.contexts import Contexts
from pincite.ingest.domain import BytesLost, IndexOutdated, PersonalDataRefused, Quarantined
from pincite.ingest.generations import all_generations
from pincite.ingest.reading import Reader, Reading
from pincite.ingest.receive import Receiver
from pincite.ingest.restoring import put_back
from pincite.ingest.slices import SliceReader, apart
from pincite.jobs import Json, Steps
from pincite.library import Problem, Revision, RevisionOvertaken, RevisionState

T = TypeVar("T")
_FAILURES = (
    *(UnreadableDocument, UnsupportedType, Quarantined, PersonalDataRefused, BytesLost),
    *(QuotaExceeded, StorageFull, Unavailable, IndexOutdated),
)
log = get_logger(__name__)
_LONGEST_WAIT_S = 15.0


@dataclass(frozen=True, slots=True)
class Work:
    """The bodies of the durable jobs."""

    reader: Reader
    contexts: Contexts
    receiver: Receiver

    async def ingest(self, steps: Steps, scope: Scope, revision_id: str, attempt: int | None = None) -> None:
        """Bring a revision in: read, publish, clean. Ends quietly where it was removed, stopped or overtaken.

        Raises: what no step knows; see `fail`.
        """
        reading = Reading(self.reader, scope, revision_id, attempt)
        try:
            outcome = await steps.run("read", lambda: self._read(reading, scope, revision_id))
            while outcome["outcome"] == "more":
                outcome = await steps.run("read", lambda: self._read(reading, scope, revision_id))
        finally:
            await reading.close()
        if outcome["outcome"] != "read":
            return
        lease = outcome.get("lease")  # of the step that read to the end, in whichever process; old jobs tell none
        outcome = await steps.run("publish", lambda: self._publish(scope, revision_id, lease))
        self.reader.checkpoint("publish.done")
        for old in outcome["superseded"]:
            await steps.run("clean", lambda old=old: self._clean(scope, old))
        self.reader.checkpoint("clean.done")
        if self.reader.parts.writer is not None:  # last, so that a workflow may be taken up with or without it
            await steps.run("context", lambda: self._contexts(scope, revision_id))

    async def ingest_slice(self, steps: Steps, scope: Scope, wanted: Mapping[str, int], *, bulk: bool = True) -> None:
        """Bring a slice of small documents in, given by the attempt of each; see `slices.py`.

        What goes its own way waits for all that is not in bulk only if the slice did.

        Raises: what no step knows; see `fail`.
        """
        outcome = await steps.run("slice", lambda: self._slice(scope, wanted))
        self.reader.checkpoint("slice.done")
        if outcome["superseded"]:
            await steps.run("clean", lambda: self._clean(scope, *outcome["superseded"]))
        if outcome["alone"]:
            due = {revision_id: wanted[revision_id] for revision_id in outcome["alone"]}
            await steps.run("alone", lambda: self._alone(scope, due, bulk=bulk))
        if self.reader.parts.writer is not None and outcome["published"]:
            written = {revision_id: wanted[revision_id] for revision_id in outcome["published"]}
            await steps.run("contexts", lambda: self._queue_contexts(scope, written, bulk=bulk))

    async def write_contexts(self, steps: Steps, scope: Scope, revision_id: str) -> None:
        """Have the contexts of a revision written that was read among others."""
        await steps.run("context", lambda: self._contexts(scope, revision_id))

    async def clean(self, steps: Steps, scope: Scope, revision_id: str) -> None:
        """Take the points of a revision that was stopped out of the index, unless it was begun again meanwhile."""
        await steps.run("clean", lambda: self._clear(scope, revision_id))

    async def tidy(self, scope: Scope, revision_id: str) -> None:
        """Do without the job engine what is left of a revision that ended: points that nobody reads go."""
        try:
            library = self.reader.parts.library
            if (await library.revision(scope, revision_id)).state is RevisionState.READY:
                for old in await library.publish(scope, revision_id):
                    await self._clean(scope, old)
            else:
                await self._clear(scope, revision_id)
        except (NotFound, RevisionOvertaken, Unavailable, StorageFull) as error:
            log.warning("points left behind", revision=revision_id, code=error.code, message=error.message)

    async def remove(self, steps: Steps, scope: Scope, document_id: str) -> None:
        """Finish a removal: points out of the index, then rows and bytes."""
        await steps.run("unindex", lambda: self._unindex(scope, document_id))
        self.reader.checkpoint("remove.unindexed")
        await steps.run("purge", lambda: self._purge(scope, document_id))
        self.reader.checkpoint("remove.purged")

    async def finish_removal(self, scope: Scope, document_id: str) -> None:
        """Do without the job engine what is left of a removal; one that is done already is no error.

        Raises: OnHold for a document that came on hold since; Unavailable, StorageFull.
        """
        system = system_scope(scope.tenant)
        await self._unindex(system, document_id)
        await self._retried(lambda: self.reader.parts.library.purge(system, document_id))

    async def fail(
        self, scope: Scope, revision_id: str, problem: Problem, *, lease: int | None = None, attempt: int | None = None
    ) -> None:
        """Show a failure on the revision, unless it is gone, done, another worker's or in another attempt by now."""
        library, failed = self.reader.parts.library, RevisionState.FAILED
        try:
            await self._retried(
                lambda: library.set_state(scope, revision_id, failed, problem=problem, lease=lease, attempt=attempt)
            )
            await self._retried(lambda: self.reader.drop_points(scope, revision_id))
            if problem.code in {QuotaExceeded.code, PersonalDataRefused.code}:
                await self._retried(lambda: library.drop_read(scope, revision_id))
        except (NotFound, RevisionOvertaken):
            await self._retried(lambda: put_back(self.reader.parts, scope, [revision_id]))

    async def _read(self, reading: Reading, scope: Scope, revision_id: str) -> Json:
        clock = StageClock()
        try:
            with clock.stage("ingest.read"):
                more = await self._retried(reading.portion)
        except (NotFound, RevisionOvertaken):
            await self._clear(scope, revision_id)
            return {"outcome": "gone"}
        except _FAILURES as error:
            log.info("document failed", revision=revision_id, code=error.code, message=error.message)
            await self.fail(scope, revision_id, problem_of(error), lease=reading.lease, attempt=reading.attempt)
            return {"outcome": "failed"}
        said = log.debug if more else log.info
        said("pages read", revision=revision_id, more=more, timings_ms=clock.timings_ms)
        return {"outcome": "more" if more else "read", "lease": reading.lease}

    async def _slice(self, scope: Scope, wanted: Mapping[str, int]) -> Json:
        clock = StageClock()
        try:
            with clock.stage("ingest.slice"):
                outcome = await self._retried(lambda: SliceReader(self.reader).run(scope, wanted))
        except Unavailable as error:
            # It may be for one of them, as where a provider refuses a text: each says for itself what is wrong.
            log.info("slice given up", documents=len(wanted), code=error.code, message=error.message)
            outcome = apart(wanted)
        except (StorageFull, IndexOutdated) as error:
            log.info("documents failed", documents=len(wanted), code=error.code, message=error.message)
            for revision_id, attempt in wanted.items():
                await self.fail(scope, revision_id, problem_of(error), attempt=attempt)
            return {"published": [], "superseded": [], "alone": []}
        for revision_id, error in outcome.failed:
            log.info("document failed", revision=revision_id, code=error.code, message=error.message)
            await self.fail(scope, revision_id, problem_of(error), attempt=wanted[revision_id])
        gone = [revision_id for revision_id in outcome.left if not await self._is_kept(scope, revision_id)]
        if gone:
            await self._clean(scope, *gone)
        log.info("slice read", documents=len(outcome.published), timings_ms=clock.timings_ms)
        return {
            "published": list(outcome.published),
            "superseded": list(outcome.superseded),
            "alone": list(outcome.alone),
        }

    async def due(self, scope: Scope, revision_id: str, attempt: int) -> Revision | None:
        """Return a revision if this attempt is still to read it: it did not end, was not removed and does not rest."""
        try:
            revision = await self.reader.parts.library.revision(scope, revision_id)
        except NotFound:
            return None
        rests = revision.state.at_rest
        return None if rests or revision.attempt != attempt else revision

    async def _alone(self, scope: Scope, due: Mapping[str, int], *, bulk: bool) -> Json:
        """Give documents jobs of their own. One that is not queued here is found by the sweep."""
        await self._retried(lambda: self.reader.parts.library.share(scope, list(due), None))
        for revision_id, attempt in due.items():
            if (revision := await self.due(scope, revision_id, attempt)) is not None:
                await self.receiver.enqueue(scope, revision, bulk=bulk)
        return None

    async def _queue_contexts(self, scope: Scope, written: Mapping[str, int], *, bulk: bool) -> Json:
        """Let contexts be written one document after another: a model may take minutes, and others want to be read."""
        for revision_id, attempt in written.items():
            await self.receiver.enqueue_contexts(scope, revision_id, attempt, bulk=bulk)
        return None

    async def _clear(self, scope: Scope, revision_id: str) -> Json:
        """Take the points of a revision out unless they are in use; those that were taken out too soon are put back."""
        if not await self._is_kept(scope, revision_id):
            return await self._clean(scope, revision_id)
        await self._retried(lambda: put_back(self.reader.parts, scope, [revision_id]))
        return None

    async def _is_kept(self, scope: Scope, revision_id: str) -> bool:
        """Whether its points are in use: another worker has it or finished it, or it rests until somebody goes on."""
        try:
            revision = await self.reader.parts.library.revision(scope, revision_id)
        except NotFound:
            return False
        return not revision.state.final or revision.state is RevisionState.READY

    async def _publish(self, scope: Scope, revision_id: str, lease: int | None) -> Json:
        await asyncio.sleep(self.reader.parts.index.settles_s)  # what serves from now on is found everywhere
        try:
            superseded = await self._retried(lambda: self.reader.parts.library.publish(scope, revision_id, lease=lease))
            if lease is None or lease > 1:  # it was begun before, and who gave it up may have taken points out late
                await self._retried(lambda: put_back(self.reader.parts, scope, [revision_id]))
        except (NotFound, RevisionOvertaken):
            # A newer one serves, or the document is gone: these points go instead. One that was paused keeps them.
            superseded = () if await self._is_kept(scope, revision_id) else (revision_id,)
        return {"superseded": list(superseded)}

    async def _contexts(self, scope: Scope, revision_id: str) -> Json:
        """Have contexts written; the document answers already, so nothing that fails here is the document's failure."""
        try:
            report = await self._retried(lambda: self.contexts.write(scope, revision_id))
        except (NotFound, StorageFull, Unavailable, IndexOutdated) as error:
            log.warning("contexts not written", revision=revision_id, code=error.code, message=error.message)
            return None
        log.info("contexts written", revision=revision_id, **asdict(report))
        return asdict(report)

    async def _clean(self, scope: Scope, *revision_ids: str) -> Json:
        await self._retried(lambda: self.reader.drop_points(scope, *revision_ids))
        return None

    async def _unindex(self, scope: Scope, document_id: str) -> Json:
        async def work() -> None:
            for generation in await all_generations(self.reader.parts, scope):
                await self.reader.parts.index.delete_document(scope, generation, document_id)
                self.reader.upkeep.touched(scope, generation)
            if self.reader.parts.models is not None:
                await self.reader.parts.models.forget(scope)

        await self._retried(work)
        return None

    async def _purge(self, scope: Scope, document_id: str) -> Json:
        try:
            await self._retried(lambda: self.reader.parts.library.purge(scope, document_id))
        except OnHold:  # it was removed before; the sweep goes on once the hold is released
            log.info("removal waits for a hold", document=document_id)
        return None

    async def _retried(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` again after a wait while storage fails; what the document is at fault for is not tried again."""
        settings = self.reader.settings
        for attempt in range(1, settings.tries):
            try:
                return await work()
            except (StorageFull, Unavailable) as error:
                log.warning("storage failed, trying again", attempt=attempt, code=error.code, message=error.message)
                await asyncio.sleep(min(settings.retry_wait_s * 2 ** (attempt - 1), _LONGEST_WAIT_S))
        return await work()


def problem_of(error: PinciteError) -> Problem:
    """Return how an error is shown on a document."""
    page = error.page if isinstance(error, UnreadableDocument | PersonalDataRefused) else None
    return Problem(code=error.code, message=error.message, remedy=error.remedy, page=page)


INTERRUPTED = Problem("interrupted", "Reading the document stopped half-way.", "Try again.")
STUCK = Problem("stuck", "Nothing was heard of the document for too long.", "Try again; the log may say more.")
UNEXPECTED = Problem(
    "internal", "Something unexpected went wrong while reading the document.", "Try again; the log has the details."
)
