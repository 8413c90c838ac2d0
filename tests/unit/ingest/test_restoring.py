"""Points that are taken out too late, of a document that somebody finished meanwhile, are put back."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import SCOPE, rooms
from tests.unit.ingest.test_service import SMALL, points, text
from tests.unit.ingest.test_slices import QUICK, note
from tests.unit.ingest.test_stopping import upload

from pincite.core import Scope
from pincite.index import Generation
from pincite.index.adapters.memory import MemoryIndex
from pincite.library import RevisionState


class Frozen(MemoryIndex):
    """Holds back the deletions of one caller until it is woken, as a worker that freezes there would."""

    def __init__(self) -> None:
        super().__init__()
        self.freezes = False
        self.frozen = asyncio.Event()
        self.woken = asyncio.Event()

    async def delete_revisions(self, scope: Scope, generation: Generation, revision_ids: Sequence[str]) -> None:
        if self.freezes and not self.frozen.is_set():
            self.frozen.set()
            await self.woken.wait()
        await super().delete_revisions(scope, generation, revision_ids)


async def test_a_stopped_document_that_is_read_again_before_its_points_go(tmp_path: Path) -> None:
    index = Frozen()

    def passing(boundary: str) -> None:
        if boundary == "read.indexed" and not index.frozen.is_set():
            index.freezes = True

    async with rooms(tmp_path, index=index, settings=SMALL, checkpoint=passing) as opened:
        document = await upload(opened, "valves.txt", text("valve", 400))
        async with asyncio.timeout(20):
            while not index.freezes:
                await asyncio.sleep(0.005)
            await opened.ingest.cancel(SCOPE, chosen=[document.id])
            await index.frozen.wait()
            await opened.ingest.go_on(SCOPE, chosen=[document.id])
            while (again := await opened.library.document(SCOPE, document.id)).latest.state is not RevisionState.READY:
                await asyncio.sleep(0.01)
            assert await points(opened) == {again.latest.id: again.latest.chunks}
            index.woken.set()
            while await opened.jobs.unfinished():
                await asyncio.sleep(0.01)
        assert await points(opened) == {again.latest.id: again.latest.chunks}
        assert (await opened.ingest.fsck(SCOPE, repair=False, strict=True)).clean


@pytest.mark.parametrize("superseded", [False, True])
async def test_what_is_put_back_is_what_serves(tmp_path: Path, superseded: bool) -> None:
    async with rooms(tmp_path, settings=replace(QUICK, sweep_s=60.0)) as opened:
        first = await opened.add("note.md", note(1))
        held = await points(opened)
        assert held == {first.latest.id: first.latest.chunks}
        if superseded:
            second = await opened.add("note.md", note(2))
            held = {second.latest.id: second.latest.chunks}
            async with asyncio.timeout(10):
                while await points(opened) != held:
                    await asyncio.sleep(0.01)
        await opened.ingest.work.reader.drop_points(SCOPE, first.latest.id)
        assert await points(opened) == held
