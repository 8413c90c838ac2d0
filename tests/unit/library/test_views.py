"""What an asker sees as one value, on both databases: another as soon as anything of it is another."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pincite.core import Database, Scope
from pincite.core.blobs import BlobStore
from pincite.library import Library
from pincite.privacy import Policy

OWNER = Scope("acme", "owner", roles=frozenset({"owner"}))
ADA, BOB = Scope("acme", "ada"), Scope("acme", "bob", groups=frozenset({"crew"}))


@pytest.fixture
async def library(tables_url: str, tmp_path: Path) -> AsyncIterator[Library]:
    database = Database(tables_url)
    yield Library(database, BlobStore(str(tmp_path)))
    await database.close()


async def test_who_sees_nothing_sees_the_same_and_another_tenant_something_else(library: Library) -> None:
    assert await library.seen_by(ADA) == await library.seen_by(BOB)
    assert await library.seen_by(ADA) != await library.seen_by(Scope("other", "ada"))
    assert await library.seen_by(ADA) != await library.seen_by(ADA, ()), "all of nothing is not nothing of all"


async def test_a_policy_for_personal_data_is_seen_by_everybody(library: Library) -> None:
    made = await library.create_collection(OWNER, "notes")
    before = [await library.seen_by(each) for each in (OWNER, ADA)]
    await library.set_policy(OWNER, made.id, Policy("mask-answers"))
    after = [await library.seen_by(each) for each in (OWNER, ADA)]
    assert not set(before) & set(after)
