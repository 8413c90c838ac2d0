"""An answer's log: whatever happens to its writers, the numbers have no gap, the text is whole and the end is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from pincite.answers import store
from pincite.answers.domain import Answer, AnswerEvent, AnswerState, Conversation
from pincite.answers.journal import Journal
from pincite.answers.log import LogWriter, tail
from pincite.core import Database, Scope, Table, Unavailable, new_id, utc_now
from pincite.core.scope import EVERY_TENANT

SCOPE = Scope("acme", "ada")


class Flaky(Database):
    """A database that can be told to be away, and counts who has read."""

    away = False
    reads = 0

    @asynccontextmanager
    async def read(self, scope: Scope, *, one_moment: bool = False) -> AsyncIterator[AsyncSession]:
        async with super().read(scope, one_moment=one_moment) as session:
            yield session
        self.reads += 1

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[AsyncSession]:
        if self.away:
            raise Unavailable("Away.")
        async with super().transaction(scope) as session:
            yield session


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Flaky]:
    opened = Flaky(f"sqlite+aiosqlite:///{tmp_path / 'log.db'}")
    async with opened.engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    yield opened
    await opened.close()


async def _begun(database: Database) -> Answer:
    now = utc_now()
    conversation = Conversation(new_id(), "Who?", now, now, 0)
    answer = Answer(id=new_id(), conversation=conversation.id, question="Who?", created_at=now)
    async with database.transaction(EVERY_TENANT) as session:
        await store.add_conversation(session, SCOPE, conversation)
        await store.add_answer(session, SCOPE, answer, "here")
    return answer


async def _log(database: Database, answer: Answer) -> list[AnswerEvent]:
    async with database.read(EVERY_TENANT) as session:
        return await store.events(session, SCOPE, answer.id, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pauses_ms=st.lists(st.sampled_from([0, 0, 1, 5, 30]), min_size=1, max_size=8),
    cancel_after_ms=st.floats(0, 60),
)
async def test_a_writer_cancelled_at_any_time_leaves_no_gap(
    database: Flaky, pauses_ms: list[int], cancel_after_ms: float
) -> None:
    answer = await _begun(database)
    writer = LogWriter(Journal(database), SCOPE, answer.id)
    given_text = ""

    async def write() -> None:
        nonlocal given_text
        for number, pause_ms in enumerate(pauses_ms):
            given_text += f"{number} "
            await writer.write("answer.delta", {"text": f"{number} "})
            await asyncio.sleep(pause_ms / 1000)

    task = asyncio.create_task(write())
    await asyncio.sleep(cancel_after_ms / 1000)
    task.cancel()
    await asyncio.wait([task])
    async with writer.closing("answer.failed", {}) as last, database.transaction(EVERY_TENANT) as session:
        await store.append(session, answer.id, last)
    events = await _log(database, answer)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert "".join(event.data.get("text", "") for event in events) == given_text
    assert [event.name for event in events].count("answer.failed") == 1


async def test_what_could_not_be_stored_is_stored_later(database: Flaky) -> None:
    answer = await _begun(database)
    writer = LogWriter(Journal(database), SCOPE, answer.id)
    await writer.write("answer.delta", {"text": "one "})
    database.away = True
    await writer.write("answer.delta", {"text": "two "})
    await asyncio.sleep(0.06)
    with pytest.raises(Unavailable):
        await writer.write("answer.pin", {"claim": [0, 3]})
    database.away = False
    await writer.write("answer.delta", {"text": "three"})
    await writer.flush()
    events = await _log(database, answer)
    assert [(event.seq, event.name) for event in events] == [
        (1, "answer.delta"),
        (2, "answer.pin"),
        (3, "answer.delta"),
    ]
    assert "".join(event.data.get("text", "") for event in events) == "one two three"


async def test_nobody_waits_for_ever_for_a_log_that_breaks_as_nobody_knows(
    database: Flaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await _begun(database)
    writer = LogWriter(Journal(database), SCOPE, answer.id)

    async def broken(*_: object) -> None:
        raise RuntimeError("as nobody knows")

    with monkeypatch.context() as patched:
        patched.setattr(store, "append_all", broken)
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(writer.write("answer.pin", {"claim": [0, 3]}), 2)
    await writer.write("answer.pin", {"claim": [4, 9]})
    assert [event.data["claim"] for event in await _log(database, answer)] == [[0, 3], [4, 9]]


@pytest.mark.parametrize("after", [0, 1, 7])
async def test_a_tail_of_an_answer_that_is_over_ends(database: Flaky, after: int) -> None:
    answer = await _begun(database)
    async with database.transaction(EVERY_TENANT) as session:
        await store.finish(session, SCOPE, replace(answer, state=AnswerState.COMPLETED))
        await store.append(session, answer.id, [AnswerEvent(1, "answer.completed", {})])
    async with asyncio.timeout(2):
        seen = [event.seq async for event in tail(database, Journal(database), SCOPE, answer.id, after)]
    assert seen == [1][after:]


async def test_a_tail_ends_when_the_answer_is_deleted(database: Flaky) -> None:
    answer = await _begun(database)

    async def follow() -> None:
        async for _ in tail(database, Journal(database), SCOPE, answer.id, 0):
            pass

    following = asyncio.create_task(follow())
    while not database.reads:
        await asyncio.sleep(0.01)
    async with database.transaction(EVERY_TENANT) as session:
        await store.delete_conversation(session, SCOPE, answer.conversation)
    await asyncio.wait_for(following, 2)


async def test_an_answer_that_its_process_forgot_is_not_kept_alive(database: Flaky) -> None:
    kept, forgotten = await _begun(database), await _begun(database)
    silent = timedelta(seconds=0.3)
    await asyncio.sleep(silent.total_seconds())
    async with database.transaction(EVERY_TENANT) as session:
        await store.beat(session, "here", [kept.id])
    async with database.read(EVERY_TENANT) as session:
        orphans = await store.orphans(session, silent)
    assert [answer.id for _, answer, _ in orphans] == [forgotten.id]
