"""`kill -9` at every boundary of the work on a document: the next start loses nothing and doubles nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.faults.ingest_driver import ACKNOWLEDGED, run
from tests.forked import Forked, finished

BEFORE_REGISTERED = "receive.staged"
AROUND = (
    BEFORE_REGISTERED,
    "receive.registered",
    "receive.queued",
    "publish.done",
    "clean.done",
    "remove.unindexed",
    "remove.purged",
)
WITHIN = (
    "read.cleared",
    "read.pages",
    "read.chunks",
    "read.embedded",
    "read.indexed",
    "read.served-early",
    "read.done",
)


def drive(home: Path, boundary: str, number: int = 0) -> Forked:
    return finished(run, (home, boundary, number))


@pytest.mark.faults
@pytest.mark.parametrize("boundaries", [AROUND, WITHIN], ids=["around the reading", "within the reading"])
def test_killed_at_every_boundary(tmp_path: Path, boundaries: tuple[str, ...]) -> None:
    acknowledged: set[str] = set()
    for number, boundary in enumerate(boundaries):
        died = drive(tmp_path, boundary, number)
        if ACKNOWLEDGED in died.stdout:
            acknowledged.add(boundary)
        assert died.returncode == -9, f"{boundary}: {died.stdout[-500:]}{died.stderr[-2000:]}"
    done = drive(tmp_path, "none")
    assert done.returncode == 0, done.stderr[-3000:]
    # Logs go the same way, and one may come behind it.
    report: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    assert report["findings"] == []
    assert report["points"] == report["distinct"]
    documents = report["documents"]
    kept = {f"doc-{n}.txt": boundary for n, boundary in enumerate(boundaries) if not boundary.startswith("remove")}
    assert sorted(documents) == sorted(kept)
    for source, boundary in kept.items():
        document = documents[source]
        assert document["ready"], boundary
        assert document["serves_latest"], boundary
        # An upload that was acknowledged is there. One that was not may be: work on an earlier document can reach the
        # boundary first.
        possible = {2} if boundary in acknowledged else {1} if boundary == BEFORE_REGISTERED else {1, 2}
        assert document["revision"] in possible, boundary
    assert len({document["chunks"] for document in documents.values()}) == 1
    assert report["points"] == sum(document["chunks"] for document in documents.values())
