"""The strict part of a check: every page and chunk of a document that is done, word for word, and every job.

It repairs nothing: what is wrong here is a fault of ours, and reading the document again mends it. Safe at any time.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core import NotFound, Scope
from pincite.guard import body_text
from pincite.ingest.domain import Finding, IngestParts
from pincite.ingest.receive import INGEST_JOB
from pincite.ingest.reindex import documents_of
from pincite.jobs import JobState
from pincite.library import FINAL_STATES, Chunk, Document, Page, RevisionState

_PAGES = 200


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
        async for document in documents_of(self.parts, scope):
            if document.latest.state is RevisionState.READY:
                found += [(code, f"{document.source}: {what}") for code, what in await self._document(scope, document)]
        return found + await self._jobs(scope)

    async def _document(self, scope: Scope, document: Document) -> list[tuple[str, str]]:
        latest = document.latest
        if document.serving != latest.id:
            return [("not-serving", "it is ready, and another version answers.")]
        try:
            pages = await self._pages(scope, latest.id)
            chunks = [chunk async for batch in self.parts.library.chunks(scope, latest.id) for chunk in batch]
        except NotFound:
            return []  # removed meanwhile
        found: list[tuple[str, str]] = []
        if sorted(pages) != list(range(1, latest.pages_done + 1)) or latest.pages_total != latest.pages_done:
            found.append(("pages-missing", f"{len(pages)} of {latest.pages_total} pages are stored."))
        if [chunk.ordinal for chunk in chunks] != list(range(latest.chunks)):
            found.append(("chunks-missing", f"{len(chunks)} of {latest.chunks} chunks are stored."))
        wrong = sum(chunk.text != _text_of(pages, chunk) for chunk in chunks)
        if wrong:
            found.append(("chunks-differ", f"{wrong} chunks are not what their pages say."))
        return found

    async def _pages(self, scope: Scope, revision_id: str) -> dict[int, Page]:
        pages: dict[int, Page] = {}
        while some := await self.parts.library.pages(scope, revision_id, max(pages, default=0) + 1, _PAGES):
            pages |= {page.number: page for page in some}
        return pages

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
            if revision.state in FINAL_STATES:
                found.append(("job-stuck", f"Job {job.id} runs, but its document is {revision.state.value}."))
        return found


def _text_of(pages: dict[int, Page], chunk: Chunk) -> str | None:
    """Return what the pages say where a chunk claims to be; None where they have no such place."""
    wanted = range(chunk.page, chunk.end_page + 1)
    if any(number not in pages for number in wanted):
        return None
    texts: Sequence[str] = [body_text(pages[number].text, pages[number].blocks) for number in wanted]
    if len(texts) == 1:
        return texts[0][chunk.start : chunk.end]
    return "\n".join([texts[0][chunk.start :], *texts[1:-1], texts[-1][: chunk.end]])
