"""Checks SQL, blobs and index of a tenant against each other and puts right what it can. Safe at any time.

What rows and bytes disagree on is found by the library; here the index is compared with the rows, and jobs with states.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass

from pincite.core import NotFound, Scope, Unavailable
from pincite.ingest.domain import Finding, FsckReport, IngestParts
from pincite.ingest.generations import Target, answering
from pincite.ingest.receive import ingest_job_id
from pincite.ingest.reindex import Reindex, documents_of, revisions_in_index
from pincite.ingest.restoring import complete
from pincite.ingest.strict import StrictCheck
from pincite.ingest.sweep import LIVE, Sweep, job_of
from pincite.jobs import JobStatus
from pincite.library import Document

_DOCUMENTS_AT_ONCE = 400
RECHECK_AFTER_S = 1.5  # longer than another process's commit to the index may stay unseen


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A set of chunk ids as their number and the exclusive-or of their hashes: equal sets have equal fingerprints."""

    count: int = 0
    mixed: int = 0

    def plus(self, chunk_id: str) -> "Fingerprint":
        """Return this with one more id; an id that comes twice is seen by the count."""
        digest = hashlib.blake2b(chunk_id.encode(), digest_size=8).digest()
        return Fingerprint(self.count + 1, self.mixed ^ int.from_bytes(digest))


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A revision whose points do not fit its chunks, in one build of the index."""

    target: Target
    revision_id: str
    document: Document | None
    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Fsck:
    """One check of one tenant."""

    parts: IngestParts
    sweep: Sweep
    batch: int

    async def run(self, scope: Scope, *, repair: bool, deep: bool, strict: bool) -> FsckReport:
        """Check everything; with `repair` put right what can be, with `deep` read every stored byte again.

        With `strict` also compare each chunk with its pages, and look for jobs that nothing needs: it reads all.

        Raises: Unavailable, StorageFull.
        """
        findings = await self._of_library(scope, repair=repair, deep=deep or strict)
        findings += await self._stuck(scope, repair=repair)
        damaged = await self._damage(scope, deep=deep or strict)
        for target, what in damaged.values():
            if repair:
                await Reindex(self.parts, self.batch).replace(scope, target)
            findings.append(Finding("index-damaged", what, repaired=repair))
        unreadable = frozenset[str]() if repair else frozenset(damaged)
        suspects = await self._suspects(scope, unreadable)
        if suspects:  # a second look: what is being written at this moment fits a moment later
            await asyncio.sleep(RECHECK_AFTER_S)
            again = {(one.target.generation.name, one.revision_id) for one in await self._suspects(scope, unreadable)}
            suspects = [one for one in suspects if (one.target.generation.name, one.revision_id) in again]
        for suspect in suspects:
            if repair:
                await self._mend(scope, suspect)
            findings.append(Finding(suspect.code, suspect.what, repaired=repair))
        if strict:
            findings += await StrictCheck(self.parts, RECHECK_AFTER_S).run(scope)
        return await self._report(scope, findings)

    async def _of_library(self, scope: Scope, *, repair: bool, deep: bool) -> list[Finding]:
        found = await self.parts.library.check(scope, repair=repair, deep=deep)
        if found and not repair:  # a second look, too: bytes are deleted a moment after their rows
            await asyncio.sleep(RECHECK_AFTER_S)
            again = set(await self.parts.library.check(scope, repair=False, deep=False))
            found = tuple(one for one in found if one in again or one.code == "blob-damaged")
        return [Finding(one.code, one.message, one.repaired) for one in found]

    async def _report(self, scope: Scope, findings: list[Finding]) -> FsckReport:
        documents = [document async for document in documents_of(self.parts, scope)]
        blobs = [blob async for blob in self.parts.blobs.list(scope)]
        return FsckReport(
            findings=tuple(findings),
            documents=len(documents),
            chunks=sum(document.latest.chunks for document in documents),
            blobs=len(blobs),
        )

    async def _stuck(self, scope: Scope, *, repair: bool) -> list[Finding]:
        """Find revisions on their way in that no job works on."""
        stuck: list[str] = []
        after = ""
        while items := await self.parts.library.unfinished(after=after):
            after = items[-1].revision_id
            jobs = {item.revision_id: job_of(item) for item in items if item.scope.tenant == scope.tenant}
            statuses = await self.parts.jobs.statuses(sorted(set(jobs.values())))
            lost = [revision_id for revision_id, job in jobs.items() if not _is_alive(statuses.get(job))]
            stuck += [revision_id for revision_id in lost if not await self._is_done(scope, revision_id)]
        if stuck and repair:
            await self.sweep.sweep()
        return [
            Finding("stuck-revision", f"Revision {revision_id} waited, but no job was going to read it.", repair)
            for revision_id in stuck
        ]

    async def _is_done(self, scope: Scope, revision_id: str) -> bool:
        """Whether nobody needs to read it, by now; another attempt of it has another job."""
        try:
            revision = await self.parts.library.revision(scope, revision_id)
        except NotFound:
            return True  # gone meanwhile
        return revision.state.at_rest or _is_alive(await self.parts.jobs.status(ingest_job_id(revision)))

    async def _damage(self, scope: Scope, *, deep: bool) -> dict[str, tuple[Target, str]]:
        """Find the builds that answer and are not what was written, by name; `deep` compares every file's checksum."""
        found: dict[str, tuple[Target, str]] = {}
        for target in await answering(self.parts, scope):
            parts = await self.parts.index.damaged(scope, target.generation) if deep else ()
            if parts:
                what = f"{len(parts)} files of the search index are not what was written: {', '.join(parts[:3])}."
                found[target.generation.name] = (target, what)
                continue
            try:
                await fingerprints(self.parts.index.chunk_ids(scope, target.generation))
            except Unavailable as error:
                found[target.generation.name] = (target, f"The search index cannot be read: {error.message}")
        return found

    async def _suspects(self, scope: Scope, unreadable: frozenset[str]) -> list[_Suspect]:
        """Look at the builds that answer; others are completed before they do. What waits for vectors is not missed."""
        suspects: list[_Suspect] = []
        for target in await answering(self.parts, scope):
            if target.generation.name in unreadable:
                continue
            held = await fingerprints(self.parts.index.chunk_ids(scope, target.generation))
            waiting = frozenset[str]() if target.fast else await self.parts.library.waiting_revisions(scope)
            suspects += [one for one in await self._compare(scope, target, held) if one.revision_id not in waiting]
        return suspects

    async def _compare(self, scope: Scope, target: Target, held: Mapping[str, Fingerprint]) -> list[_Suspect]:
        suspects: list[_Suspect] = []
        known: set[str] = set()
        some: dict[str, Document] = {}
        async for document in documents_of(self.parts, scope):
            known.update(one for one in revisions_in_index(document))
            serving = document.serving
            in_progress = not document.latest.state.final
            if serving is None or (serving == document.latest.id and in_progress):
                continue
            some[serving] = document
            if len(some) == _DOCUMENTS_AT_ONCE:
                suspects += await self._differing(scope, target, held, some)
                some = {}
        suspects += await self._differing(scope, target, held, some)
        for revision_id in sorted(held.keys() - known):
            if not await self._is_on_its_way(scope, revision_id):
                what = (
                    f"The index holds {held[revision_id].count} points of revision {revision_id}, which nobody reads."
                )
                suspects.append(_Suspect(target, revision_id, None, "stray-points", what))
        return suspects

    async def _differing(
        self, scope: Scope, target: Target, held: Mapping[str, Fingerprint], serving: Mapping[str, Document]
    ) -> list[_Suspect]:
        """Find those of the revisions that serve, given with their documents, whose points are not their chunks."""
        if not serving:
            return []
        wanted = await fingerprints(self.parts.library.chunk_ids(scope, sorted(serving)))
        suspects: list[_Suspect] = []
        for revision_id, document in serving.items():
            chunks, points = (each.get(revision_id, Fingerprint()) for each in (wanted, held))
            if chunks != points:
                what = f"{document.source} has {chunks.count} chunks, but {points.count} points in the index."
                suspects.append(_Suspect(target, revision_id, document, "points-differ", what))
        return suspects

    async def _is_on_its_way(self, scope: Scope, revision_id: str) -> bool:
        try:
            return not (await self.parts.library.revision(scope, revision_id)).state.final
        except NotFound:
            return False

    async def _mend(self, scope: Scope, suspect: _Suspect) -> None:
        """Write a revision's points afresh, or drop those that nobody reads."""
        target, document = suspect.target, suspect.document
        await self.parts.index.delete_revisions(scope, target.generation, [suspect.revision_id])
        if document is not None:
            await complete(self.parts, scope, target, suspect.revision_id, document.source)


async def fingerprints(points: AsyncIterable[tuple[str, str]]) -> dict[str, Fingerprint]:
    """Return the fingerprint of each revision's points from pairs of (chunk id, revision id)."""
    held: dict[str, Fingerprint] = {}
    async for chunk_id, revision_id in points:
        held[revision_id] = held.get(revision_id, Fingerprint()).plus(chunk_id)
    return held


def _is_alive(job: JobStatus | None) -> bool:
    return job is not None and job.state in LIVE
