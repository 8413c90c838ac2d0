"""Documents that kill their parser: only the page is lost, or only the document, and the next one goes on at once."""

import time
from pathlib import Path

from tests.unit.ingest.hostile import bomb, page, pdf
from tests.unit.ingest.rooms import SCOPE, rooms

from pincite.guard.settings import GuardSettings
from pincite.library import RevisionState

SMALL_CHILD = GuardSettings(memory_limit_mb=512, children=1)


async def test_a_page_that_kills_the_parser_is_left_out_and_said(tmp_path: Path) -> None:
    contents = [page(f"The valve of unit {number} is red.") for number in range(40)]
    contents[36] = bomb()
    async with rooms(tmp_path, guard=SMALL_CHILD) as opened:
        document = await opened.add("plant.pdf", pdf(contents))
        latest = document.latest
        assert (latest.state, latest.pages_done, latest.pages_total) == (RevisionState.READY, 40, 40)
        assert [warning.page for warning in latest.warnings] == [37]
        assert "left out" in latest.warnings[0].message
        pages = await opened.library.pages(SCOPE, latest.id)
        assert [number for number, each in enumerate(pages) if "unit" not in each.text] == [36]
        chunks = [chunk async for batch in opened.library.chunks(SCOPE, latest.id) for chunk in batch]
        assert all(f"unit {number} " in "".join(chunk.text for chunk in chunks) for number in (0, 35, 37, 39))


async def test_a_document_of_such_pages_is_quarantined_and_the_next_goes_on(tmp_path: Path) -> None:
    async with rooms(tmp_path, guard=SMALL_CHILD) as opened:
        received = await opened.add("bomb.pdf", pdf([page("The first.")] + [bomb()] * 5))
        latest = received.latest
        assert latest.state is RevisionState.FAILED
        assert latest.problem is not None
        assert latest.problem.code == "quarantined"
        assert latest.problem.remedy
        assert received.serving is None
        began = time.monotonic()
        after = await opened.add("good.pdf", pdf([page("The valve is red.")]))
        assert after.latest.state is RevisionState.READY
        assert time.monotonic() - began < 5
        again = await opened.ingest.retry(SCOPE, received.id)
        assert again.latest.attempt == 2
        assert (await opened.ends(received.id)).latest.state is RevisionState.FAILED
