"""Estimates what a rebuild of the index takes: chunks, tokens, time by a sample, and money. Changes nothing.

The rebuild itself is in `reindex.py`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from pincite.core import NotFound, Scope
from pincite.ingest.domain import IngestParts, RebuildForecast
from pincite.ingest.points import title_of
from pincite.ingest.reindex import documents_of
from pincite.ingest.units import estimate_tokens

SAMPLE = 96
"""Chunks that are embedded to see how long it takes; with a provider that costs money, they cost it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """One look at a tenant's documents."""

    parts: IngestParts
    batch: int

    async def run(self, scope: Scope) -> RebuildForecast:
        """Return what building with the chosen embedder would take. Raises: Unavailable."""
        chunks, tokens, sample = 0, 0, _Sample()
        async for document in documents_of(self.parts, scope):
            if document.serving is None:
                continue
            try:
                async for some in self.parts.library.chunks(scope, document.serving, batch=self.batch):
                    texts = [f"{title_of(document.source, chunk)}\n{chunk.text}" for chunk in some]
                    sample.offer(texts, chunks)
                    chunks += len(texts)
                    tokens += sum(estimate_tokens(texts))
            except NotFound:
                continue  # removed meanwhile
        active = await self.parts.library.active_generation(scope)
        return RebuildForecast(
            embedder=self.parts.embedders.chosen.model_id,
            instead_of=None if active is None else active.model_id,
            chunks=chunks,
            tokens=tokens,
            seconds=await self._seconds(scope, sample.texts, chunks),
            cost_usd=self.parts.embedders.cost_usd(tokens),
        )

    async def _seconds(self, scope: Scope, sample: Sequence[str], chunks: int) -> float:
        if not sample:
            return 0.0
        await self.parts.embedders.chosen.embed(scope, sample[:1])  # files are loaded, a connection is made
        started = time.perf_counter()
        await self.parts.embedders.chosen.embed(scope, sample)
        return (time.perf_counter() - started) / len(sample) * chunks


class _Sample:
    """Texts from all over a stream of unknown length: whenever there are too many, every other one goes."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._step = 1

    def offer(self, texts: Sequence[str], first: int) -> None:
        for place, text in enumerate(texts, first):
            if place % self._step == 0:
                self.texts.append(text)
            if len(self.texts) > SAMPLE:
                self.texts = self.texts[::2]
                self._step *= 2
