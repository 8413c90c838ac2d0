"""Has a model write where each chunk stands in its document; what it writes is searched with the chunk, never shown.

A step of its own behind reading: documents answer before it and without it. Source: Anthropic 2024, "Introducing
Contextual Retrieval". How it is asked is in `context_prompt.py`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from pincite.core import NotFound, PinciteError, Scope, get_logger
from pincite.core.together import all_of
from pincite.gateway import ChatFinished, ChatModel, ModelError, TextDelta, Usage
from pincite.guard import body_text
from pincite.ingest.context_prompt import Surroundings, cleaned, context_request
from pincite.ingest.domain import Context, ContextForecast, ContextReport, IngestParts, Progress
from pincite.ingest.generations import all_generations, targets
from pincite.ingest.points import digest_of, points_of
from pincite.ingest.reindex import documents_of
from pincite.ingest.settings import IngestSettings
from pincite.ingest.upkeep import Upkeep
from pincite.library import Chunk, Document, RevisionState

SAMPLE = 3
"""Contexts that a forecast has written, to see what they take; with a model that costs money, they cost it."""

log = get_logger(__name__)


@dataclass(slots=True)
class _Tally:
    """What was done so far."""

    chunks: int = 0
    written: list[Context] = field(default_factory=list[Context])
    failed: int = 0
    in_a_row: int = 0

    def report(self) -> ContextReport:
        costs = [each.cost_usd for each in self.written]
        known = [cost for cost in costs if cost is not None]
        return ContextReport(
            chunks=self.chunks,
            written=len(self.written),
            failed=self.failed,
            tokens=sum(each.tokens for each in self.written),
            cost_usd=sum(known) if len(known) == len(costs) else None,
        )


@dataclass(frozen=True, slots=True)
class Contexts:
    """Writes contexts, of one revision or of everything that has none yet."""

    parts: IngestParts
    settings: IngestSettings
    upkeep: Upkeep

    async def write(self, scope: Scope, revision_id: str) -> ContextReport:
        """Write the contexts that a revision's chunks lack, and index these chunks again.

        After a crash it goes on where it stopped: at most one batch is paid for twice. When the model fails several
        times in a row the rest is left to another run.

        Raises:
            NotFound: the revision was removed.
            Unavailable, StorageFull: the index or the embedder did not answer.
        """
        tally = _Tally()
        if self.parts.writer is not None:
            revision = await self.parts.library.revision(scope, revision_id)
            document = await self.parts.library.document(scope, revision.document_id)
            await self._revision(scope, document, revision_id, tally)
            await self._forget_if_gone(scope, revision_id)
        return tally.report()

    async def write_all(self, scope: Scope, progress: Progress) -> ContextReport:
        """Write what every serving document lacks; see `write`."""
        tally = _Tally()
        async for document in documents_of(self.parts, scope):
            if document.serving is None or self.parts.writer is None or self._gives_up(tally):
                continue
            try:
                await self._revision(scope, document, document.serving, tally, progress)
                await self._forget_if_gone(scope, document.serving)
            except NotFound:
                continue  # removed meanwhile
        return tally.report()

    async def forecast(self, scope: Scope) -> ContextForecast | None:
        """Estimate what `write_all` would take; None where no model is set. Raises: ModelError."""
        writer = self.parts.writer
        if writer is None:
            return None
        chunks = known = 0
        sample: list[tuple[Document, Surroundings]] = []
        async for document, batch in self._serving(scope):
            missing = await self._missing(scope, document, batch)
            chunks, known = chunks + len(missing), known + len(batch) - len(missing)
            if missing and len(sample) < SAMPLE:
                sample.append((document, missing[len(missing) // 2]))
        spent = (await self.parts.library.context_costs(scope)).cost_usd
        if not sample:
            return ContextForecast(writer.name, chunks, known, 0, 0.0, 0.0, spent)
        began = time.perf_counter()
        written = [await self._one(writer, scope, each) for _, each in sample]
        each_s = (time.perf_counter() - began) / len(written)
        share = chunks / len(written)
        costs = [each.cost_usd for each in written if each.cost_usd is not None]
        return ContextForecast(
            model=writer.name,
            chunks=chunks,
            known=known,
            tokens=round(sum(each.tokens for each in written) * share),
            seconds=each_s * chunks / min(self.settings.contexts_at_once, max(1, chunks)),
            cost_usd=sum(costs) * share if len(costs) == len(written) else None,
            spent_usd=spent,
        )

    async def _forget_if_gone(self, scope: Scope, revision_id: str) -> None:
        """Points of a revision that was superseded meanwhile would stay: who superseded it did not know of them."""
        if (await self.parts.library.revision(scope, revision_id)).state is not RevisionState.SUPERSEDED:
            return
        for generation in await all_generations(self.parts, scope):
            await self.parts.index.delete_revisions(scope, generation, [revision_id])

    def _gives_up(self, tally: _Tally) -> bool:
        return tally.in_a_row >= self.settings.context_failures

    async def _serving(self, scope: Scope) -> AsyncIterator[tuple[Document, tuple[Chunk, ...]]]:
        async for document in documents_of(self.parts, scope):
            if document.serving is None:
                continue
            try:
                async for batch in self.parts.library.chunks(
                    scope, document.serving, batch=self.settings.context_batch
                ):
                    yield document, batch
            except NotFound:
                continue  # removed meanwhile

    async def _revision(
        self, scope: Scope, document: Document, revision_id: str, tally: _Tally, progress: Progress | None = None
    ) -> None:
        async for batch in self.parts.library.chunks(scope, revision_id, batch=self.settings.context_batch):
            if self._gives_up(tally):
                return
            tally.chunks += len(batch)
            missing = await self._missing(scope, document, batch)
            if missing:
                await self._batch(scope, document, missing, tally)
            if progress is not None:
                progress(tally.chunks)

    async def _missing(self, scope: Scope, document: Document, batch: Sequence[Chunk]) -> list[Surroundings]:
        known = await self.parts.library.contexts(scope, document.id, [digest_of(chunk) for chunk in batch])
        missing = [place for place, chunk in enumerate(batch) if digest_of(chunk) not in known]
        if not missing:
            return []
        pages = await self.parts.library.pages(scope, batch[0].revision_id, 1, 1)
        opening = "".join(body_text(page.text, page.blocks) for page in pages)
        shown = await self.parts.library.for_models(scope, batch)
        if any(one is not other for one, other in zip(shown, batch, strict=True)):
            opening = (await self.parts.library.covered_texts(scope, [opening]))[0]
        return [
            Surroundings(
                source=document.source,
                opening=opening,
                before=shown[place - 1].text if place else "",
                chunk=batch[place],
                after=shown[place + 1].text if place + 1 < len(shown) else "",
                shown=shown[place],
            )
            for place in missing
        ]

    async def _batch(self, scope: Scope, document: Document, missing: Sequence[Surroundings], tally: _Tally) -> None:
        """Write contexts, index their chunks with them, then keep them: what is kept is in the index."""
        gate = asyncio.Semaphore(self.settings.contexts_at_once)
        written = [each for each in await all_of(self._tried(scope, each, gate, tally) for each in missing) if each]
        if not written:
            return
        texts = {each.digest: each.text for each in written}
        chunks = [each.chunk for each in missing if digest_of(each.chunk) in texts]
        await self._index(scope, document, chunks, texts)
        await self.parts.library.save_contexts(
            scope, document.id, list({each.digest: each for each in written}.values())
        )
        tally.written += written

    async def _tried(self, scope: Scope, each: Surroundings, gate: asyncio.Semaphore, tally: _Tally) -> Context | None:
        writer = self.parts.writer
        async with gate:
            if writer is None or self._gives_up(tally):
                tally.failed += 1
                return None
            try:
                context = await self._one(writer, scope, each)
            except PinciteError as error:
                tally.failed += 1
                tally.in_a_row += 1
                log.warning("no context written", chunk=each.chunk.id, model=writer.name, message=error.message)
                return None
            tally.in_a_row = 0
            return context

    async def _one(self, writer: ChatModel, scope: Scope, each: Surroundings) -> Context:
        text, usage, cost = "", Usage(), None
        async for event in writer.stream(scope, context_request(each, timeout_s=self.settings.context_timeout_s)):
            if isinstance(event, ChatFinished):
                usage, cost = event.usage, event.cost_usd
            else:
                text = text + event.text if isinstance(event, TextDelta) else ""
        tokens = usage.input_tokens + usage.output_tokens
        said = cleaned(text)
        if not said:
            raise ModelError(f"{writer.name} wrote nothing about a passage.", remedy="Use another model.")
        return Context(digest_of(each.chunk), said, writer.name, tokens, None if cost is None else float(cost))

    async def _index(self, scope: Scope, document: Document, chunks: Sequence[Chunk], texts: Mapping[str, str]) -> None:
        for target in await targets(self.parts, scope):
            if target.fast:
                await self.parts.library.await_vectors(scope, chunks[0].revision_id)
            points = await points_of(self.parts, target.embedder, scope, chunks, (document.source, texts))
            await self.parts.index.write(scope, target.generation, points)
            self.upkeep.touched(scope, target.generation)
