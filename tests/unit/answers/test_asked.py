"""Questions whose answers may be given again, on both databases: by whom they are found, and when they go."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pincite.answers import store
from pincite.answers.domain import Answer, AnswerState, Conversation
from pincite.core import Database, Scope, utc_now
from pincite.core.scope import system_scope

ADA, BOB = Scope("acme", "ada"), Scope("acme", "bob")
ACME, OTHER = system_scope("acme"), system_scope("other")
VECTOR = bytes(range(8))


@pytest.fixture
async def database(tables_url: str) -> AsyncIterator[Database]:
    opened = Database(tables_url)
    yield opened
    await opened.close()


async def answered(database: Database, answer_id: str, state: AnswerState = AnswerState.COMPLETED) -> None:
    """Put an answer of Ada's there that may be given again."""
    now = utc_now()
    answer = Answer(answer_id, f"c-{answer_id}", "When does the ferry leave?", now)
    async with database.transaction(ADA) as session:
        await store.add_conversation(session, ADA, Conversation(answer.conversation, "Ferry", now, now, 0))
        await store.add_answer(session, ADA, answer, "worker")
        await store.remember(session, ADA, answer_id, ("key", VECTOR, now))
        if state is not AnswerState.RUNNING:
            await store.finish(session, ADA, replace(answer, state=state))


async def found(database: Database, scope: Scope, key: str = "key", most: int = 10) -> list[str]:
    async with database.read(scope) as session:
        asked = await store.asked(session, scope, key, (utc_now() - timedelta(days=1), most))
    assert all((each.question, each.vector) == ("When does the ferry leave?", VECTOR) for each in asked)
    return [each.answer for each in asked]


async def test_they_are_found_in_their_tenant_under_their_key_once_whole(database: Database) -> None:
    await answered(database, "a1")
    await answered(database, "a2")
    await answered(database, "a3", AnswerState.RUNNING)
    await answered(database, "a4", AnswerState.FAILED)
    assert await found(database, ACME) == ["a2", "a1"], "the newest first"
    assert await found(database, ACME, most=1) == ["a2"]
    assert await found(database, ACME, "another key") == []
    assert await found(database, OTHER) == await found(database, BOB) == []
    assert await found(database, ADA) == ["a2", "a1"]


async def test_they_go_with_their_answers_and_with_time(database: Database) -> None:
    await answered(database, "a1")
    await answered(database, "a2")
    async with database.transaction(ADA) as session:
        await store.delete_conversation(session, ADA, "c-a1")
    assert await found(database, ACME) == ["a2"]
    async with database.transaction(OTHER) as session:
        await store.forget_asked(session, OTHER, utc_now() + timedelta(days=1))
    assert await found(database, ACME) == ["a2"], "another tenant's stay"
    async with database.transaction(ACME) as session:
        await store.forget_asked(session, ACME, utc_now() + timedelta(days=1))
    assert await found(database, ACME) == []
