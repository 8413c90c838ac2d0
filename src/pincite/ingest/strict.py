"""The strict part of a check: every page and chunk of a document that is done, word for word, and every job.

It repairs nothing: what is wrong here is a fault of ours, and reading the document again mends it. Safe at any time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pincite.core import NotFound, Scope
from pincite.guard import body_text
from pincite.ingest.domain import Finding, IngestParts
from pincite.ingest.receive import INGEST_JOB
from pincite.ingest.reindex import documents_of
from pincite.jobs import JobState
from pincite.library import Chunk, Document, Page, Revision, RevisionState

_ROWS_AT_ONCE = 600  # pages and chunks of one read


@dataclass(frozen=True, slots=True)
class StrictCheck:
    """One strict look at one tenant.

    Args:
        parts: the rooms.
        recheck_s: what is wrong at one moment and no more after this time was being changed.
    """

    parts: IngestParts
    recheck_s: float

    async def run(self, scope: Scope) -> list[Finding]:
        """Return what is wrong twice. Raises: Unavailable."""
        found = await self._look(scope)
        if found:
            await asyncio.sleep(self.recheck_s)
            again = set(await self._look(scope))
            found = [one for one in found if one in again]
        return [Finding(code, what, repaired=False) for code, what in found]

    async def _look(self, scope: Scope) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        done: list[Document] = []
        async for document in documents_of(self.parts, scope):
            latest = document.latest
            if latest.state is not RevisionState.READY:
                continue
            if document.serving != latest.id:
                found.append(("not-serving", f"{document.source}: it is ready, and another version answers."))
                continue
            if done and sum(map(_rows, [*done, document])) > _ROWS_AT_ONCE:
                found += await self._documents(scope, done)
                done = []
            done.append(document)
        return found + await self._documents(scope, done) + await self._jobs(scope)

    async def _documents(self, scope: Scope, documents: Sequence[Document]) -> list[tuple[str, str]]:
        contents = await self.parts.library.contents(scope, [document.latest.id for document in documents])
        return [
            (code, f"{document.source}: {what}")
            for document in documents
            for code, what in _of_document(document.latest, *contents[document.latest.id])
        ]

    async def _jobs(self, scope: Scope) -> list[tuple[str, str]]:
        """Find jobs that run although what they are about is over."""
        running = [job for job in await self.parts.jobs.unfinished() if job.state is JobState.RUNNING]
        found: list[tuple[str, str]] = []
        for job in running:
            kind, _, rest = job.id.partition(":")
            if kind != INGEST_JOB:
                continue
            try:
                revision = await self.parts.library.revision(scope, rest.split(":")[0])
            except NotFound:
                continue  # another tenant's, or removed: the job ends by itself
            if revision.state.final:
                found.append(("job-stuck", f"Job {job.id} runs, but its document is {revision.state.value}."))
        return found


def _rows(document: Document) -> int:
    return document.latest.pages_done + document.latest.chunks


def _of_document(latest: Revision, pages: Sequence[Page], chunks: Sequence[Chunk]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    numbers = [page.number for page in pages]
    if numbers != list(range(1, latest.pages_done + 1)) or latest.pages_total != latest.pages_done:
        found.append(("pages-missing", f"{len(pages)} of {latest.pages_total} pages are stored."))
    if [chunk.ordinal for chunk in chunks] != list(range(latest.chunks)):
        found.append(("chunks-missing", f"{len(chunks)} of {latest.chunks} chunks are stored."))
    bodies = {page.number: body_text(page.text, page.blocks) for page in pages}
    wrong = sum(chunk.text != _text_of(bodies, chunk) for chunk in chunks)
    if wrong:
        found.append(("chunks-differ", f"{wrong} chunks are not what their pages say."))
    return found


def _text_of(bodies: Mapping[int, str], chunk: Chunk) -> str | None:
    """Return what the pages say where a chunk claims to be; None where they have no such place."""
    wanted = range(chunk.page, chunk.end_page + 1)
    if any(number not in bodies for number in wanted):
        return None
    texts = [bodies[number] for number in wanted]
    if len(texts) == 1:
        return texts[0][chunk.start : chunk.end]
    return "\n".join([texts[0][chunk.start :], *texts[1:-1], texts[-1][: chunk.end]])
