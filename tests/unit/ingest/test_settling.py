"""An index whose commits are seen elsewhere after a while: nothing serves before its points are."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.unit.ingest.rooms import SCOPE, rooms, stream

from pincite.core import Scope
from pincite.index import Generation, Point
from pincite.index.adapters.memory import MemoryIndex
from pincite.ingest import IngestSettings, Received
from pincite.library import RevisionState


class Settling(MemoryIndex):
    """An index in a bucket: what is written to it is not seen elsewhere at once."""

    settles_s = 0.4

    def __init__(self) -> None:
        super().__init__()
        self.written_at = 0.0

    async def write(self, scope: Scope, generation: Generation, points: Sequence[Point]) -> None:
        await super().write(scope, generation, points)
        self.written_at = time.monotonic()


SETTINGS = IngestSettings(retry_wait_s=0.01, sweep_s=60.0, maintain_after_s=0.01, slice_documents=16)


@pytest.mark.parametrize("count", [1, 3], ids=["alone", "in a slice"])
async def test_nothing_serves_before_its_points_are_seen_everywhere(tmp_path: Path, count: int) -> None:
    index = Settling()
    async with rooms(tmp_path, settings=SETTINGS, index=index) as opened:
        texts = [f"The valve of unit {number} is red.".encode() for number in range(count)]
        staged = [
            (f"{n}.txt", await opened.ingest.stage(SCOPE, f"{n}.txt", stream(each))) for n, each in enumerate(texts)
        ]
        received = await opened.ingest.register_many(SCOPE, staged, collection="default", bulk=count > 1)
        for each in received:
            assert isinstance(each, Received)
            document = await opened.ends(each.document.id)
            assert document.latest.state is RevisionState.READY
        assert time.monotonic() - index.written_at >= index.settles_s
