"""Random histories of grants, groups and removals against a naive model of who may do what, on both databases.

Whatever a reader asks the library for, they get what the model grants and nothing else.
"""

import random
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from tests.contract.conftest import Hands

from pincite.core import Database, PinciteError, Scope
from pincite.guard import FileType
from pincite.index import Filter
from pincite.library import Library, RegisterOutcome, RevisionState
from pincite.library.domain import Change
from pincite.library.feed import FeedSettings, follow
from pincite.library.grants import Grant, GranteeKind, Level, ObjectKind

TENANT = "tenant-1"
OWNER = Scope(TENANT, "owner", roles=frozenset({"owner"}))
RIVAL = Scope("tenant-2", "owner", roles=frozenset({"owner"}))
USERS, GROUPS = ("ann", "bob", "eve"), ("legal", "sales")
STEPS = 16

Grantee = tuple[GranteeKind, str]
WHO: tuple[Grantee, ...] = (
    *((GranteeKind.USER, each) for each in USERS),
    *((GranteeKind.GROUP, each) for each in GROUPS),
    (GranteeKind.EVERYONE, ""),
)


@dataclass
class Paper:
    """A document of the model."""

    id: str
    revision: str
    collection: str
    source: str
    chunks: list[str]


@dataclass
class Model:
    """Who was granted what, as plainly as it can be said."""

    papers: list[Paper]
    collections: dict[str, str]
    grants: dict[tuple[ObjectKind, str, Grantee], Level] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: {each: set() for each in GROUPS})

    def scope(self, user: str) -> Scope:
        groups = frozenset(group for group, members in self.members.items() if user in members)
        return Scope(TENANT, user, groups, frozenset({"editor"}))

    def level(self, user: str, *objects: tuple[ObjectKind, str]) -> int:
        mine: set[Grantee] = {(GranteeKind.USER, user), (GranteeKind.EVERYONE, "")}
        mine |= {(GranteeKind.GROUP, group) for group, members in self.members.items() if user in members}
        found = [self.grants.get((*each, who)) for each in objects for who in mine]
        return max((level.rank for level in found if level is not None), default=0)

    def on(self, user: str, paper: Paper) -> int:
        return self.level(user, ("collection", paper.collection), ("document", paper.id))


async def filled(library: Library, hands: Hands) -> Model:
    papers: list[Paper] = []
    collections: dict[str, str] = {}
    for name in ("contracts", "handbook"):
        collections[(await library.create_collection(OWNER, name)).id] = name
        for number in range(3):
            source = f"{name}-{number}.pdf"
            made = await hands.upload(source, source.encode(), OWNER, name)
            chunks = await hands.read(made, scope=OWNER)
            await library.publish(OWNER, made.revision.id)
            papers.append(Paper(made.document.id, made.revision.id, made.document.collection_id, source, chunks))
    return Model(papers, collections)


@pytest.mark.parametrize("seed", range(2))
async def test_everybody_gets_what_is_granted_and_nothing_else(library: Library, hands: Hands, seed: int) -> None:
    model, rng = await filled(library, hands), random.Random(seed)
    for step in range(STEPS):
        await change(library, model, rng)
        user = rng.choice(USERS)
        await compare(library, model, user)
        few = rng.sample(model.papers, min(2, len(model.papers)))
        await compare_each(library, model, user, few)
        await compare_changes(library, hands, model, user, few)
        if step % 8 == 7:
            await compare_all(library, model)


async def change(library: Library, model: Model, rng: random.Random) -> None:
    homes: list[tuple[ObjectKind, str]] = [("collection", each) for each in model.collections]
    papers: list[tuple[ObjectKind, str]] = [("document", each.id) for each in model.papers]
    objects = homes + papers
    match rng.choice(("grant", "grant", "grant", "revoke", "revoke", "move", "move", "remove")):
        case "grant":
            (kind, key), who, level = rng.choice(objects), rng.choice(WHO), rng.choice(list(Level))
            await library.grant(OWNER, kind, key, Grant(*who, level))
            model.grants[kind, key, who] = level
        case "revoke" if model.grants:
            kind, key, who = rng.choice(sorted(model.grants))
            await library.revoke(OWNER, kind, key, Grant.of(*who))
            del model.grants[kind, key, who]
        case "move":
            model.members[rng.choice(GROUPS)] ^= {rng.choice(USERS)}
        case "remove" if len(model.papers) > 3:
            paper = model.papers.pop(rng.randrange(len(model.papers)))
            await library.remove(OWNER, paper.id)
            await library.purge(OWNER, paper.id)
            model.grants = {each: level for each, level in model.grants.items() if each[1] != paper.id}
        case _:
            pass


async def compare(library: Library, model: Model, user: str) -> None:
    """Ask for everything that there is, in every way."""
    scope = model.scope(user)
    seen = [paper for paper in model.papers if model.on(user, paper)]
    ids, sources = {each.id for each in seen}, {each.source for each in seen}
    chunks = {chunk for each in seen for chunk in each.chunks}
    all_chunks = [chunk for each in model.papers for chunk in each.chunks]
    homes = {each for each in model.collections if model.level(user, ("collection", each))}

    assert {each.id for each in (await library.documents(scope)).items} == ids
    assert {each.id for each in (await library.list_collections(scope)).items} == homes
    assert {each.document.id for each in await library.changes(scope, 0) if each.document is not None} == ids
    assert set(await library.hydrate(scope, all_chunks)) == chunks
    view = await library.view(scope)
    assert set(view.collections) == homes
    assert set(view.granted) == {each.id for each in seen if each.collection not in homes}
    assert {name for _, name in await library.document_names(scope, view, 100)} == sources
    everything = await library.view(OWNER)
    assert {name for _, name in await library.document_names(scope, everything, 100)} == sources
    assert await library.hidden(scope, frozenset(each.id for each in model.papers)) == {
        each.id for each in model.papers if each.id not in ids
    }
    runs = {(each.revision, 0, 1): each for each in model.papers}
    assert {runs[run].id for run in await library.stretches(scope, list(runs))} == ids
    named = await library.named_pages(scope, [(each.revision, 1) for each in model.papers])
    assert {revision for revision, _ in named.pages} == {each.revision for each in seen}
    for home in model.collections:
        assert (home in homes) == (await outcome(library.collection(scope, home)) == "done")
        assert (home in homes) == (await outcome(library.collection(scope, model.collections[home])) == "done")


async def compare_each(library: Library, model: Model, user: str, papers: Sequence[Paper]) -> None:
    """Ask for single documents in every way."""
    scope = model.scope(user)
    for paper in papers:
        for attempt in (
            library.document(scope, paper.id),
            library.revision(scope, paper.revision),
            library.page(scope, paper.revision, 1),
            library.pages(scope, paper.revision),
            library.page_summaries(scope, paper.revision),
            library.named(scope, paper.id),
            library.named(scope, paper.source),
            library.section(scope, paper.revision, 1),
        ):
            assert await outcome(attempt) == ("done" if model.on(user, paper) else "not-found"), (user, paper)


async def compare_changes(library: Library, hands: Hands, model: Model, user: str, papers: Sequence[Paper]) -> None:
    """Try to change what there is: the same bytes once more, so that nothing is changed where it is allowed."""
    scope = model.scope(user)
    for home, name in model.collections.items():
        level = model.level(user, ("collection", home))
        inside = [each for each in papers if each.collection == home]
        if inside:
            blob = await hands.store(inside[0].source.encode(), OWNER)
            attempt = library.register_upload(
                scope, collection=name, source=inside[0].source, blob=blob, file_type=FileType.PDF
            )
            expected = "not-found" if not level else "denied" if level < Level.EDITOR.rank else "unchanged"
            assert await outcome(attempt) == expected, (user, name)
        expected = "not-found" if not level else "denied" if level < Level.MANAGER.rank else "done"
        assert await outcome(library.grants(scope, "collection", home)) == expected
    for paper in papers:
        level = model.on(user, paper)
        expected = "not-found" if not level else "denied" if level < Level.MANAGER.rank else "done"
        assert await outcome(library.grants(scope, "document", paper.id)) == expected
        expected = "not-found" if not level else "denied" if level < Level.EDITOR.rank else "conflict"
        assert await outcome(library.retry(scope, paper.id)) == expected
        if level < Level.EDITOR.rank:
            expected = "denied" if level else "not-found"
            assert await outcome(library.remove(scope, paper.id)) == expected


async def compare_all(library: Library, model: Model) -> None:
    """Owners see all of their tenant, another tenant nothing, and somebody without any grant what everyone may see."""
    ids = {each.id for each in model.papers}
    assert {each.id for each in (await library.documents(OWNER)).items} == ids
    assert (await library.view(RIVAL)).matches_nothing
    assert await library.hydrate(RIVAL, [chunk for each in model.papers for chunk in each.chunks]) == {}
    nobody = Scope(TENANT, "nobody", frozenset({"no-such-group"}), frozenset({"viewer"}))
    open_to_all = {each.id for each in model.papers if model.on("nobody", each)}
    assert {each.id for each in (await library.documents(nobody)).items} == open_to_all


async def outcome(attempt: Awaitable[object]) -> str:
    try:
        result = await attempt
    except PinciteError as error:
        return error.code
    return "unchanged" if getattr(result, "outcome", None) is RegisterOutcome.UNCHANGED else "done"


async def test_whoever_makes_a_collection_manages_it_and_nobody_else_sees_it(library: Library, hands: Hands) -> None:
    ann = Scope(TENANT, "ann", roles=frozenset({"editor"}))
    made = await library.create_collection(ann, "mine")
    assert [each.level for each in await library.grants(ann, "collection", made.id)] == [Level.MANAGER]
    assert (await hands.upload("a.pdf", b"a", ann, "mine")).outcome is RegisterOutcome.CREATED
    bob = Scope(TENANT, "bob", roles=frozenset({"editor"}))
    assert await outcome(library.collection(bob, "mine")) == "not-found"
    assert await outcome(library.create_collection(bob, "mine")) == "conflict"
    assert await outcome(library.delete_collection(bob, made.id)) == "not-found"
    alike = await library.create_collection(ann, made.id)  # called as the other is known by
    assert (alike.name, alike.id != made.id) == (made.id, True)
    assert (await library.collection(ann, made.id)).name == "mine"


async def test_bytes_that_somebody_else_still_refers_to_outlive_a_removal(library: Library, hands: Hands) -> None:
    ann = Scope(TENANT, "ann", roles=frozenset({"editor"}))
    await library.create_collection(ann, "mine")
    hers = await hands.upload("a.pdf", b"same bytes", ann, "mine")
    await library.create_collection(OWNER, "theirs")
    theirs = await hands.upload("b.pdf", b"same bytes", OWNER, "theirs")
    await library.remove(ann, hers.document.id)
    await library.purge(ann, hers.document.id)
    assert await hands.blobs.exists(OWNER, theirs.revision.sha256)


async def test_what_is_said_of_all_is_done_to_what_the_asker_may_change(library: Library, hands: Hands) -> None:
    ann = Scope(TENANT, "ann", roles=frozenset({"editor"}))
    made: dict[str, str] = {}
    for name in ("hers", "seen", "hidden", "one of it"):
        home = await library.create_collection(OWNER, name)
        for number in range(2):
            made[f"{name} {number}"] = (await hands.upload(f"{number}.pdf", name.encode(), OWNER, name)).document.id
        if name in {"hers", "seen"}:
            level = Level.EDITOR if name == "hers" else Level.VIEWER
            await library.grant(OWNER, "collection", home.id, Grant(GranteeKind.USER, "ann", level))
    await library.grant(OWNER, "document", made["one of it 1"], Grant(GranteeKind.USER, "ann", Level.MANAGER))
    await library.grant(OWNER, "document", made["one of it 0"], Grant(GranteeKind.USER, "ann", Level.VIEWER))
    hers = {made[each] for each in ("hers 0", "hers 1", "one of it 1")}
    everything = list(made.values())
    paused = await library.stop(ann, RevisionState.PAUSED)
    assert {each.document_id for each in paused} == hers
    assert await library.stop(ann, RevisionState.CANCELLED, chosen=sorted(set(everything) - hers)) == ()
    assert {each.document_id for each in await library.go_on(ann, chosen=everything)} == hers
    await library.stop(OWNER, RevisionState.PAUSED)
    assert {each.document_id for each in await library.go_on(ann)} == hers
    states = {each: (await library.document(OWNER, each)).latest.state for each in everything}
    assert {each for each, state in states.items() if state is RevisionState.QUEUED} == hers


async def test_a_feed_looks_once_at_what_its_reader_may_not_see(library: Library, hands: Hands) -> None:
    await library.create_collection(OWNER, "secret")
    for number in range(3):
        await hands.upload(f"{number}.pdf", f"{number}".encode(), OWNER, "secret")
    looked: list[int] = []
    changes = library.changes

    async def noted(scope: Scope, after: int, limit: int = 200) -> list[Change]:
        looked.append(after)
        return await changes(scope, after, limit)

    setattr(library, "changes", noted)  # noqa: B010
    ann = Scope(TENANT, "ann", roles=frozenset({"editor"}))
    settings = FeedSettings(busy_s=0.01, idle_s=0.01, longest_s=0.3)
    events = [each.event async for each in follow(library, ann, 0, settings)]
    assert events == ["feed.started"]
    assert looked == [0]


async def test_a_batch_of_somebody_else_is_not_there(library: Library, hands: Hands) -> None:
    ann, bob = (Scope(TENANT, each, roles=frozenset({"editor"})) for each in ("ann", "bob"))
    await library.begin_batch(ann, "import")
    assert [each.name for each in (await library.batches(ann)).items] == ["import"]
    assert [each.name for each in (await library.batches(OWNER)).items] == ["import"]
    assert (await library.batches(bob)).items == ()
    for attempt in (library.batch(bob, "import"), library.set_batch(bob, "import", "cancelled"),
                    library.forget_batch(bob, "import")):  # fmt: skip
        assert await outcome(attempt) == "not-found"
    assert await outcome(library.begin_batch(bob, "import")) == "conflict"


async def test_so_many_documents_can_be_granted_that_a_query_could_not_name_them(
    library: Library, hands: Hands, database: Database
) -> None:
    await library.create_collection(OWNER, "papers")
    made = await hands.upload("a.pdf", b"a", OWNER, "papers")
    await hands.read(made, scope=OWNER)
    await library.publish(OWNER, made.revision.id)
    ann = Scope(TENANT, "ann", roles=frozenset({"viewer"}))
    await library.grant(OWNER, "document", made.document.id, Grant(GranteeKind.USER, "ann", Level.VIEWER))
    many = Filter((), granted=(made.document.id, *(f"{number:032}" for number in range(300_000))))
    assert await library.document_names(ann, many, 10) == ((made.document.id, "a.pdf"),)
    assert len(await library.document_languages(ann, many, 10)) == 1
    assert await library.reading(ann, many) == ()


def test_levels_hold_those_before_them() -> None:
    ranks: Iterable[int] = [each.rank for each in Level]
    assert list(ranks) == [1, 2, 3]
    assert [Level.of_rank(rank) for rank in (1, 2, 3)] == list(Level)


async def test_nobody_takes_the_collection_that_others_upload_to_without_a_name(library: Library, hands: Hands) -> None:
    ann = Scope(TENANT, "ann", roles=frozenset({"editor"}))
    assert await outcome(library.create_collection(ann, "default")) == "conflict"
    assert await outcome(hands.upload("a.pdf", b"a", ann)) == "not-found"
    theirs = await hands.upload("b.pdf", b"b", OWNER)
    assert await outcome(library.document(ann, theirs.document.id)) == "not-found"
