"""A process that has contexts written and kills itself in the middle, for its test.

`run(HOME, AFTER)`: it dies when the model is asked for the AFTERth time (0: never).
"""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults.ingest_driver import SETTINGS, text
from tests.unit.ingest.rooms import SCOPE, rooms

from pincite.gateway import ChatRequest
from pincite.gateway.adapters.memory import ScriptedChat
from pincite.index import Filter
from pincite.index.adapters.lance import LanceIndex

WORD = "zebracorn"
BATCH = 4


async def main(home: Path, after: int) -> None:
    """Write contexts, or die over it; then report what there is."""

    def script(_request: ChatRequest) -> Sequence[str]:
        if after and len(writer.requests) >= after:
            os.kill(os.getpid(), signal.SIGKILL)
        return [f"It is about the {WORD} contract."]

    writer = ScriptedChat(script)
    settings = replace(SETTINGS, context_batch=BATCH, contexts_at_once=2)
    index = LanceIndex(str(home / "index"))
    async with rooms(home, index=index, settings=settings) as opened:
        if not (await opened.library.documents(SCOPE)).items:
            await opened.add("long.txt", text(0, 2))
    async with rooms(home, index=index, settings=settings, writer=writer, work=False) as opened:
        await opened.ingest.write_contexts(SCOPE, progress=lambda _: None)
        (document,) = (await opened.library.documents(SCOPE)).items
        generation = await opened.library.active_generation(SCOPE)
        assert generation is not None
        assert document.serving is not None
        chunks = [each.id async for some in opened.library.chunks(SCOPE, document.serving) for each in some]
        where = Filter((document.collection_id,))
        hits = await opened.index.search_text(SCOPE, generation, WORD, where, 10_000)
        findings = (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).findings
        found = {
            "chunks": sorted(chunks),
            "searched": sorted(hit.chunk_id for hit in hits),
            "kept": (await opened.library.context_costs(SCOPE)).contexts,
            "asked": len(writer.requests),
            "findings": [each.what for each in findings],
        }
    print(json.dumps(found))


def run(home: Path, after: int) -> None:
    """Be the process."""
    asyncio.run(main(home, after))
