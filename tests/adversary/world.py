"""A tenant with secrets, and everybody who may ask for them: roles, grants, keys, strangers. For the matrix."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from pincite.accounts.settings import NewProvider, ProviderSettings
from pincite.answers import AskRequest
from pincite.app.wiring import House
from pincite.assistants import Changes
from pincite.core import Scope, new_id, utc_now
from pincite.ledger import Budget, Period, Subject
from pincite.library import RevisionState
from pincite.library.grants import Grant, GranteeKind, Level
from pincite.sources import LIVE_RUNS, NewSource

WHAT = ("text", "name", "collection", "question", "batch", "source", "group", "person", "key", "assistant")
CANARIES = tuple(f"canary-{each}-{number}" for number, each in enumerate(WHAT, 7141))
TEXT, NAME, COLLECTION, QUESTION, BATCH, SOURCE, GROUP, PERSON, KEY, ASSISTANT = CANARIES
PAGE = f"# Valves\n\nThe {TEXT} valve opens at 7 bar. Nobody else may know of it.\n"


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: by which secret, and what the matrix expects of them.

    `permissions` are what their role and key give, none where the secret is worth nothing; `level` is what they have on
    the secret collection, 0 to 3; `owns` says that the secret conversation is theirs; `sees_all` is of the tenant.
    """

    name: str
    secret: str | None
    permissions: frozenset[str] = frozenset()
    level: int = 0
    owns: bool = False
    sees_all: bool = False


@dataclass
class World:
    """The secret things, by the names that routes have for them."""

    house: House
    owner: Scope
    ids: dict[str, str] = field(default_factory=dict)
    askers: list[Asker] = field(default_factory=list)

    async def document(self) -> tuple[str, str]:
        """Make one more document in the secret collection, read it, and return its id and its revision's."""
        source = f"{NAME}-{new_id()}.md"
        received = await self.house.ingest.receive(
            self.owner, collection=COLLECTION, source=source, stream=_once(f"{PAGE}{source}\n".encode())
        )
        document = received.document
        while document.latest.state is not RevisionState.READY:
            await _a_moment()
            document = await self.house.library.document(self.owner, document.id)
        return document.id, document.latest.id


async def build(house: House, folder: Path) -> World:
    """Fill a house with a tenant's secrets and everybody who may ask."""
    world = await secrets(house, folder)
    world.askers = [each async for each in _askers(world)]
    return world


async def secrets(house: House, folder: Path) -> World:
    """Fill a house with a tenant's secrets."""
    owner = await house.owner()
    world = World(house, owner)
    ids = world.ids
    ids["collection_id"] = (await house.library.create_collection(owner, COLLECTION)).id
    ids["document_id"], ids["revision_id"] = await world.document()
    ids["batch"] = (await house.library.begin_batch(owner, BATCH)).id
    answer = await house.answers.start(owner, AskRequest(f"At how many bar does the {QUESTION} {TEXT} valve open?"))
    await house.answers.wait(owner, answer.id)
    ids["answer_id"], ids["conversation_id"] = answer.id, answer.conversation
    ids["budget_id"] = await a_budget(house, owner)
    ids["assistant_id"] = await an_assistant(house, owner, ASSISTANT)
    ids["group_id"] = (await house.people.create_group(owner, GROUP)).id
    await house.people.handing.group(owner, ids["group_id"])
    provider = NewProvider("Example", "https://login.example.com", "pincite", None, ProviderSettings())
    ids["provider_id"] = (await house.factors.federation.providers.add(owner, provider)).id
    folder.mkdir()
    kept = NewSource(name=SOURCE, kind="folder", location=str(folder), collection=COLLECTION, every_s=0)
    ids["source"] = (await house.sources.add(owner, kept)).id
    await house.sources.pause(owner, ids["source"])  # so that its first look does not come later
    while (await house.sources.source(owner, ids["source"])).run.state in LIVE_RUNS:
        await _a_moment()
    ids["user_id"] = (await house.people.invite(owner, name=PERSON, role="viewer"))[0].id
    ids["key_id"] = (await house.accounts.create_key(owner, KEY)).key.id
    ids["grantee"] = ids["user_id"]
    await house.accounts.redeem(await house.accounts.sign_in_token(owner))
    ids["session"] = (await house.accounts.sessions.list(owner, None))[0].id
    await _grant(world, ids["user_id"], Level.VIEWER)
    return world


async def a_budget(house: House, owner: Scope) -> str:
    """Make a budget of a key that there is not, and return its id."""
    made = Budget("", Subject.KEY, new_id(), Period.DAY, limit_pico_usd=1, limit_tokens=None)
    return (await house.ledger.set_budget(owner, made)).id


async def an_assistant(house: House, owner: Scope, name: str) -> str:
    """Set an assistant up that answers from the secret collection, and return its id."""
    wanted = Changes(description=f"Of {ASSISTANT}.", instructions=f"Say {ASSISTANT}.", collections=[COLLECTION])
    return (await house.assistants.make(owner, name, wanted)).id


async def _askers(world: World) -> AsyncIterator[Asker]:
    house, owner = world.house, world.owner
    everything = frozenset({"self", "read", "write", "admin", "audit", "scim"})
    of_role = {
        "admin": everything,
        "editor": frozenset({"self", "read", "write"}),
        "viewer": frozenset({"self", "read"}),
        "auditor": frozenset({"self", "audit"}),
    }
    own = await house.accounts.create_key(owner, "own")
    yield Asker("owner", own.secret, everything, 3, owns=True, sees_all=True)
    read_only = await house.accounts.create_key(owner, "narrow", permissions=["read"])
    yield Asker("owner's reading key", read_only.secret, frozenset({"self", "read"}), 3, owns=True, sees_all=True)
    yield Asker("admin", await _secret(world, "admin"), of_role["admin"], 3, sees_all=True)
    for role in ("editor", "viewer", "auditor"):
        for level in (None, *Level):
            scope, secret = await _person(world, role)
            if level is not None:
                await _grant(world, scope.user, level)
            yield Asker(f"{role} granted {level}", secret, of_role[role], 0 if level is None else level.rank)
    for role in ("editor", "viewer"):
        scope, secret = await _person(world, role)
        await _grant(world, scope.user, Level.MANAGER)
        await house.library.revoke(owner, "collection", world.ids["collection_id"], Grant.of("user", scope.user))
        yield Asker(f"{role} whose grant was taken back", secret, of_role[role])
    scope, secret = await _person(world, "editor")
    team = await house.people.create_group(owner, "team")
    await house.people.set_members(owner, team.id, [scope.user])
    grant = Grant(GranteeKind.GROUP, team.id, Level.EDITOR)
    await house.library.grant(owner, "collection", world.ids["collection_id"], grant)
    yield Asker("editor by their group", secret, of_role["editor"], 2)
    scope, secret = await _person(world, "editor")
    left = await house.people.create_group(owner, "left")
    await house.people.set_members(owner, left.id, [scope.user])
    await house.library.grant(owner, "collection", world.ids["collection_id"], replace(grant, grantee=left.id))
    await house.people.set_members(owner, left.id, [])
    yield Asker("editor who left the group", secret, of_role["editor"])
    rival = (await house.accounts.create_tenant("Rival")).scope
    stranger = await house.accounts.create_key(rival, "rival")
    yield Asker("owner of another tenant", stranger.secret, everything)
    async for each in _nobodies(world):
        yield each


async def _nobodies(world: World) -> AsyncIterator[Asker]:
    house, owner = world.house, world.owner
    yield Asker("nobody", None)
    yield Asker("a key that never was", "pin_" + "x" * 43)
    scope, secret = await _person(world, "editor")
    await _grant(world, scope.user, Level.MANAGER)
    await house.people.change(owner, scope.user, disabled=True)
    yield Asker("somebody disabled", secret)
    scope, secret = await _person(world, "editor")
    await house.people.remove(owner, scope.user)
    yield Asker("somebody removed", secret)
    revoked = await house.accounts.create_key(owner, "revoked")
    await house.accounts.revoke_key(owner, revoked.key.id)
    yield Asker("a key that was revoked", revoked.secret)
    rotated = await house.accounts.create_key(owner, "rotated")
    await house.accounts.rotate_key(owner, rotated.key.id)
    yield Asker("the secret before a rotation", rotated.secret)
    soon = await house.accounts.create_key(owner, "soon", expires_at=utc_now() + timedelta(seconds=0.01))
    await _a_moment()
    yield Asker("a key that expired", soon.secret)


async def _person(world: World, role: str) -> tuple[Scope, str]:
    user, token = await world.house.people.invite(world.owner, name=role, role=role)
    assert token is not None
    session = await world.house.accounts.redeem(token)
    scope = await world.house.accounts.authenticate(bearer=None, session=session)
    assert scope.user == user.id
    return scope, (await world.house.accounts.create_key(scope, "tests")).secret


async def _secret(world: World, role: str) -> str:
    return (await _person(world, role))[1]


async def _grant(world: World, user: str, level: Level) -> None:
    grant = Grant(GranteeKind.USER, user, level)
    await world.house.library.grant(world.owner, "collection", world.ids["collection_id"], grant)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _a_moment() -> None:
    await asyncio.sleep(0.05)
