"""What is erased is in no file below the home folder any more, and everything else is there as it was."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from pincite.answers import Answers, AskRequest, Drafters, EvidenceSource
from pincite.app.erasing import Eraser
from pincite.app.retention import Retention
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import Conflict, NotFound, Scope, Table, Unavailable, utc_now
from pincite.core.blobs import BlobStore
from pincite.core.errors import OnHold
from pincite.core.scope import EVERY_TENANT
from pincite.library import Grant, Library

# Words that are nowhere else, so that the index has each as a word of its own.
GOES, STAYS, THEIRS, ASKED = "zorbik", "vantrop", "quelmast", "brindlok"


@pytest.fixture
async def house(pincite_home: Path) -> AsyncIterator[House]:
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error"), work=True) as opened:
        yield opened


async def add(house: House, scope: Scope, word: str, collection: str = "papers") -> str:
    async def content() -> AsyncIterator[bytes]:
        yield f"# Valves\n\nThe {word} valve opens at seven bar. Every {word} valve is red.\n".encode()

    await house.ensure_collection(scope, collection)
    received = await house.ingest.receive(scope, collection=collection, source="a.md", stream=content())
    async with asyncio.timeout(30):
        while not (await house.library.document(scope, received.document.id)).latest.state.final:
            await asyncio.sleep(0.05)
    return received.document.id


async def ask(house: House, scope: Scope, word: str, collection: str = "papers") -> str:
    asked = AskRequest(f"At how many bar does the {word} valve open?", collections=(collection,))
    started = await house.answers.start(scope, asked)
    return (await house.answers.wait(scope, started.id)).text


def holding(home: Path, word: str) -> set[str]:
    """Return which files and folders of the home hold a word."""
    files = [path for path in home.rglob("*") if path.is_file()]
    found = [path.relative_to(home) for path in files if word.encode() in path.read_bytes()]
    return {path.parts[0].removesuffix("-wal") for path in found}


def index_files(home: Path, scope: Scope) -> set[Path]:
    """Return the files that hold rows and words of a tenant's index."""
    found = [path for path in (home / "index").rglob("*.lance") if path.is_file()]
    assert found
    return {path for path in found if scope.tenant in str(path)}


async def whole(house: House) -> None:
    """Make sure that what is left fits together."""
    report = await house.fsck(repair=False, deep=True, strict=True)
    assert report["findings"] == []
    assert [each.problem for each in await house.audit.verify() if each.problem] == []


async def test_a_document_is_in_no_file_any_more(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    rival = (await house.accounts.create_tenant("Rival")).scope
    document, kept = await add(house, owner, GOES), await add(house, owner, STAYS, "others")
    await add(house, rival, THEIRS)
    left = ((owner, STAYS, "others"), (rival, THEIRS, "papers"))
    for scope, word, collection in ((owner, GOES, "papers"), *left):
        assert word in await ask(house, scope, word, collection)
    await house.ingest.scrub(owner)  # so that its words are in the index of words, and not only in rows
    assert holding(pincite_home, GOES) >= {"pincite.db", "index", "blobs"}
    planned = await eraser.document(owner, document, dry_run=True)
    assert holding(pincite_home, GOES) >= {"pincite.db", "index", "blobs"}
    before = index_files(pincite_home, owner)
    done = await eraser.document(owner, document)
    assert holding(pincite_home, GOES) == set()
    assert not before & index_files(pincite_home, owner), "words in an index are packed: its files are all new"
    assert replace(planned, dry_run=False) == done
    assert (done.points, done.blobs, done.rows["library_revisions"], done.rows["answers_answers"]) == (1, 1, 1, 1)
    assert [each.id for each in (await house.library.documents(owner)).items] == [kept]
    for scope, word, collection in left:
        assert word in await ask(house, scope, word, collection)
        assert holding(pincite_home, word) >= {"pincite.db", "index", "blobs"}
    assert len(await house.answers.conversations(owner)) == 2
    await whole(house)


async def test_what_is_on_hold_is_not_erased(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    rival = (await house.accounts.create_tenant("Rival")).scope
    document, theirs = await add(house, owner, GOES), await add(house, rival, THEIRS)
    await house.library.hold(owner, "document", document, "a matter")
    await house.library.hold(rival, "document", theirs, "a matter")
    with pytest.raises(OnHold):
        await eraser.document(owner, document)
    with pytest.raises(OnHold):
        await eraser.tenant(rival.tenant)
    await house.library.hold(owner, "tenant", owner.tenant, "a matter")
    with pytest.raises(OnHold):
        await eraser.user(owner, owner.user)
    assert GOES in await ask(house, owner, GOES)
    assert THEIRS in await ask(house, rival, THEIRS)


async def test_an_erasure_that_broke_off_is_finished_by_its_documents_name(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    document = await add(house, owner, GOES)
    await house.library.remove(owner, document)  # and here it broke off
    assert holding(pincite_home, GOES) >= {"pincite.db", "index", "blobs"}
    done = await eraser.document(owner, "a.md")
    assert (done.id, done.resumed, done.points, done.blobs) == (document, True, 1, 1)
    assert holding(pincite_home, GOES) == set()
    with pytest.raises(NotFound, match="nor is one left") as gone:
        await eraser.document(owner, "a.md")
    assert "audit list --action document.removed" in gone.value.remedy
    by_id = await eraser.document(owner, document, scrub=False)
    assert (by_id.resumed, by_id.rows) == (True, {}), "by its id it is found as long as there is a tenant"
    await whole(house)


class LateHold(Library):
    """A library in which somebody sets a hold on everything just after it was asked whether there is one."""

    async def refuse_held(
        self, scope: Scope, *, collection_id: str | None = None, document_id: str | None = None
    ) -> None:
        await super().refuse_held(scope, collection_id=collection_id, document_id=document_id)
        await self.hold(scope, "tenant", scope.tenant, "a matter")

    async def refuse_any(self, scope: Scope) -> None:
        await super().refuse_any(scope)
        await self.hold(scope, "tenant", scope.tenant, "a matter")


class StuckStore(BlobStore):
    """A store that has stopped deleting, as a bucket may."""

    async def delete(self, scope: Scope, sha256: str) -> None:
        raise Unavailable("no answer")


async def test_a_tenants_erasure_yields_to_a_late_hold_and_is_finished_where_it_broke_off(
    house: House, pincite_home: Path
) -> None:
    rival = (await house.accounts.create_tenant("Rival")).scope
    await add(house, rival, GOES)
    late = LateHold(house.database, house.blobs)
    with pytest.raises(OnHold):
        await Eraser(replace(house, library=late)).tenant(rival.tenant)
    assert GOES in await ask(house, rival, GOES)
    await house.library.release(rival, "tenant", rival.tenant)
    with pytest.raises(Unavailable):
        await Eraser(replace(house, blobs=StuckStore(str(pincite_home / "blobs")))).tenant(rival.tenant)
    assert "blobs" in holding(pincite_home, GOES)
    assert (await Eraser(house).tenant(rival.tenant)).blobs == 1
    assert holding(pincite_home, GOES) == set()
    with pytest.raises(NotFound):
        await Eraser(house).tenant(rival.tenant)


async def test_a_hold_that_came_after_the_question_keeps_conversations(house: House) -> None:
    owner = await house.owner()
    document = await add(house, owner, GOES)
    await ask(house, owner, GOES)
    late = LateHold(house.database, house.blobs)
    answers = Answers(
        house.database, Drafters(EvidenceSource(house.retrieval, late), house.embedder, house.models), house.assistants
    )
    conversation = (await answers.conversations(owner))[0].id
    for deleting in (
        answers.delete_conversation(owner, conversation),
        house.answers.erase_quoting(owner, document),
        house.answers.erase_of(owner, owner.user),
    ):
        with pytest.raises(OnHold):
            await deleting
    assert [each.id for each in await answers.conversations(owner)] == [conversation]
    assert (await house.answers.erase_quoting(owner, document, only_count=True))["answers_conversations"] == 1


async def test_of_a_user_nothing_but_their_name_in_the_log_stays(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    user, _ = await house.people.invite(owner, name="Ada", role="admin", email=f"{GOES}@example.com")
    theirs = Scope(owner.tenant, user.id, roles=frozenset({"admin"}), name=user.name)
    await add(house, owner, STAYS)
    await ask(house, theirs, ASKED)
    await ask(house, owner, STAYS)
    assert holding(pincite_home, GOES) == holding(pincite_home, ASKED) == {"pincite.db"}
    planned = await eraser.user(owner, user.id, dry_run=True)
    done = await eraser.user(owner, user.id)
    assert holding(pincite_home, GOES) == holding(pincite_home, ASKED) == set()
    assert planned.rows == done.rows
    assert done.rows["answers_conversations"] == 1
    assert len(await house.answers.conversations(owner)) == 1
    with pytest.raises(NotFound):
        await house.people.user(owner, user.id)
    with pytest.raises(Conflict, match="last owner"):
        await eraser.user(owner, owner.user)
    assert (await house.people.user(owner, owner.user)).disabled is False
    await whole(house)


async def test_of_a_user_who_was_removed_the_rest_is_erased_by_their_id(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    user, _ = await house.people.invite(owner, name="Ada", role="admin")
    await add(house, owner, STAYS)
    await ask(house, Scope(owner.tenant, user.id, roles=frozenset({"admin"}), name=user.name), ASKED)
    await house.people.remove(owner, user.id)
    assert (await eraser.user(owner, user.id)).rows["answers_conversations"] == 1
    assert holding(pincite_home, ASKED) == set()
    with pytest.raises(NotFound):
        await eraser.user(owner, user.id)
    eve, _ = await house.people.invite(owner, name="Eve", role="editor")
    home = (await house.library.create_collection(owner, "letters")).id
    await house.library.grant(owner, "collection", home, Grant.of("user", eve.id))
    await house.people.remove(owner, eve.id)
    assert (await eraser.user(owner, eve.id)).rows == {"library_grants": 1}, "what was granted to them is left, too"
    assert eve.id not in {each.grantee for each in await house.library.grants(owner, "collection", home)}


async def test_what_cannot_be_written_anew_now_is_said_and_done_later(
    house: House, pincite_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    user, _ = await house.people.invite(owner, name="Ada", role="admin")
    await add(house, owner, STAYS)
    await ask(house, Scope(owner.tenant, user.id, roles=frozenset({"admin"}), name=user.name), ASKED)
    async with house.database.read(EVERY_TENANT) as reading:  # as a backup does
        await reading.execute(select(func.count()).select_from(Table.metadata.tables["accounts_users"]))
        with monkeypatch.context() as hurried:  # later it waits for who else reads just then, as ever
            hurried.setattr("pincite.core.database._LOG_TRIES", 1)
            done = await eraser.user(owner, user.id)
    assert done.rows["answers_conversations"] == 1
    assert done.left is not None
    await eraser.scrub(owner)
    assert holding(pincite_home, ASKED) == set()


async def test_a_tenant_is_gone_and_the_others_are_there(house: House, pincite_home: Path) -> None:
    owner, eraser = await house.owner(), Eraser(house)
    rival = (await house.accounts.create_tenant("Rival")).scope
    await add(house, owner, STAYS)
    await add(house, rival, GOES)
    assert GOES in await ask(house, rival, GOES)
    planned = await eraser.tenant(rival.tenant, dry_run=True)
    done = await eraser.tenant(rival.tenant)
    assert replace(planned, dry_run=False) == done
    assert done.rows["accounts_tenants"] == done.blobs == done.points == 1
    assert holding(pincite_home, GOES) == set()
    assert [each.id for each in await house.accounts.tenants()] == [owner.tenant]
    async with house.database.read(EVERY_TENANT) as session:
        for table in Table.metadata.sorted_tables:
            if "tenant" in table.c and not table.name.startswith("audit_"):
                query = select(func.count()).select_from(table).where(table.c.tenant == rival.tenant)
                assert await session.scalar(query) == 0, table.name
    assert STAYS in await ask(house, owner, STAYS)
    with pytest.raises(Conflict, match="own tenant"):
        await eraser.tenant(owner.tenant)
    with pytest.raises(NotFound):
        await eraser.tenant(rival.tenant)
    await whole(house)


async def test_what_a_collection_keeps_no_longer_is_erased_and_never_what_is_on_hold(
    house: House, pincite_home: Path
) -> None:
    owner, retention = await house.owner(), Retention(house)
    old, kept = await add(house, owner, GOES), await add(house, owner, STAYS, "others")
    held = await add(house, owner, THEIRS, "held")
    assert GOES in await ask(house, owner, GOES)
    for name, days in (("papers", 30), ("held", 1)):
        await house.library.set_keep_days(owner, (await house.library.collection(owner, name)).id, days)
    await house.library.hold(owner, "document", held, "a matter")
    assert await retention.look(utc_now() + timedelta(days=29)) == 0
    assert await retention.look(utc_now() + timedelta(days=31)) == 1
    assert {each.id for each in (await house.library.documents(owner)).items} == {kept, held}
    assert holding(pincite_home, GOES) == set()
    with pytest.raises(NotFound):
        await house.library.document(owner, old)
    await house.library.release(owner, "document", held)
    assert await retention.look(utc_now() + timedelta(days=31)) == 1
    assert [each.id for each in (await house.library.documents(owner)).items] == [kept]
    await whole(house)
