"""Every route by everybody: made from the routes that there are, so that a new one cannot be left out.

Whoever may not see a thing gets, to the byte, what they would get if it were not there; nothing changes, and none of
the tenant's secrets is in what they get or in what is logged. Whoever may see it and no more is told so.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import text
from tests.adversary.openai_asks import ASSISTANT, answering, named
from tests.adversary.world import BATCH, CANARIES, COLLECTION, NAME, Asker, World, a_budget, an_assistant, build

from pincite.accounts import Requirement
from pincite.answers import AskRequest
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import open_house
from pincite.core import Table, new_id
from pincite.core.scope import EVERY_TENANT
from pincite.library.grants import Level

ABSENT = "0" * 32
# Routes that are open to everybody: they hold nothing of a tenant.
OPEN = {
    "GET /openapi.json",
    "HEAD /openapi.json",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "POST /v1/session",
    "POST /v1/session/password",
    "POST /v1/session/code",
    "GET /v1/session/providers",
    "POST /v1/session/providers/{provider_id}",
    "POST /v1/session/providers/{provider_id}/sign-out",
    "POST /v1/session/provider",
    "GET /{path:path}",
}
# What it takes on the collection, beside the permission, where reading is not enough.
LEVELS = {
    "POST /v1/documents": Level.EDITOR,
    "DELETE /v1/documents/{document_id}": Level.EDITOR,
    "POST /v1/documents/{document_id}/retry": Level.EDITOR,
    "DELETE /v1/collections/{collection_id}": Level.MANAGER,
    "PATCH /v1/collections/{collection_id}": Level.MANAGER,
    "PUT /v1/collections/{object_id}/hold": Level.MANAGER,
    "DELETE /v1/collections/{object_id}/hold": Level.MANAGER,
    "PUT /v1/documents/{object_id}/hold": Level.MANAGER,
    "DELETE /v1/documents/{object_id}/hold": Level.MANAGER,
    "GET /v1/collections/{object_id}/grants": Level.MANAGER,
    "PUT /v1/collections/{object_id}/grants/{grantee_kind}/{grantee}": Level.MANAGER,
    "DELETE /v1/collections/{object_id}/grants/{grantee_kind}/{grantee}": Level.MANAGER,
    "GET /v1/documents/{object_id}/grants": Level.MANAGER,
    "PUT /v1/documents/{object_id}/grants/{grantee_kind}/{grantee}": Level.MANAGER,
    "DELETE /v1/documents/{object_id}/grants/{grantee_kind}/{grantee}": Level.MANAGER,
}
# Whose a thing is, where that is not said by grants: everybody else does not find it.
OWNED = {"answer_id", "conversation_id"}
KNOWN_TO_ALL = {"provider_id"}  # the sign-in page names them
TENANTS_OWN = {"budget_id", "batch", "source", "user_id", "group_id", "key_id"}
HELD = ("tenant", "collections/{object_id}", "documents/{object_id}")
BODIES: Mapping[str, Any] = {
    "POST /v1/keys": {"name": "new"},
    "POST /v1/users": {"name": "new"},
    "PATCH /v1/users/{user_id}": {"name": "renamed"},
    "POST /v1/groups": {"name": "new"},
    "PUT /v1/groups/{group_id}/members": {"members": []},
    "POST /v1/collections": {"name": "new"},
    "POST /v1/assistants": {"name": "new"},
    "PATCH /v1/assistants/{assistant_id}": {"description": "new"},
    "PATCH /v1/conversations/{conversation_id}": {"title": "new"},
    "POST /v1/budgets": {"subject": "tenant", "period": "total", "limit_usd": 1000},
    "PATCH /v1/collections/{collection_id}": {"personal_data": "flag"},
    "PATCH /v1/sources/{source}": {"every_s": 3600},
    **{f"PUT /v1/{each}/hold": {"reason": "a matter"} for each in HELD},
    "PUT /v1/session/password": {"password": "correct horse battery staple"},
    "POST /v1/session/second-factor": {},
    "PUT /v1/session/second-factor": {"code": "123456"},
    "POST /v1/session/second-factor/off": {"code": "123456"},
    "POST /v1/session/providers/{provider_id}/link": {},
    **{f"PUT /v1/{each}/grants/{{grantee_kind}}/{{grantee}}": {"level": "viewer"} for each in HELD[1:]},
    "POST /scim/v2/Users": {"userName": "new"},
    "PUT /scim/v2/Users/{user_id}": {"userName": "renamed"},
    "PATCH /scim/v2/Users/{user_id}": {"Operations": [{"op": "replace", "path": "active", "value": True}]},
    "POST /scim/v2/Groups": {"displayName": "from a directory"},
    "PUT /scim/v2/Groups/{group_id}": {"displayName": "renamed"},
    "PATCH /scim/v2/Groups/{group_id}": {"Operations": [{"op": "add", "path": "members", "value": []}]},
}
CHOICES = {f"POST /v1/documents/{what}" for what in ("pause", "cancel", "retry", "reparse")}
STREAMS = {"GET /v1/documents/events"}  # has no end; what is in it is what `changes` gives (tests/contract)
# What a page of text has none of, what is not in a state for it, and what an admin may not do to an owner.
EXPECTED: Mapping[str, set[int]] = {
    "GET /v1/passages/{revision_id}/{page}/image": {404},
    "POST /v1/documents/{document_id}/retry": {409},
    "DELETE /v1/collections/{collection_id}": {409},
    "POST /v1/keys/{key_id}/rotate": {200, 403},
    "DELETE /v1/keys/{key_id}": {204, 403},
    "DELETE /v1/documents/{object_id}/grants/{grantee_kind}/{grantee}": {204, 404},
    "DELETE /v1/collections/{object_id}/grants/{grantee_kind}/{grantee}": {204, 404},
    "DELETE /v1/documents/{object_id}/hold": {204, 404},  # of one that was made for it
    "POST /v1/collections": {201, 409},
    "POST /v1/assistants": {201, 409},
    "POST /v1/groups": {201, 409},
    "POST /scim/v2/Users": {201, 409},
    "POST /scim/v2/Groups": {201, 409},
    "POST /v1/answers/{answer_id}/cancel": {202},
    # A key cannot change what somebody signs in with.
    "PUT /v1/session/password": {403},
    "POST /v1/session/second-factor": {403},
    "PUT /v1/session/second-factor": {403},
    "POST /v1/session/second-factor/off": {403},
    "POST /v1/session/providers/{provider_id}/link": {403},
    "DELETE /v1/session/providers/{provider_id}": {403},
    "DELETE /v1/sessions": {403},
    "DELETE /v1/sessions/{session}": {403},
}
# Signing out ends what the test asks with; sources reach out of the house and have tests of their own.
ELSEWHERE = {
    "DELETE /v1/session",
    "POST /v1/sources",
    "DELETE /v1/sources/{source}",
    "POST /v1/sources/{source}/sync",
}
SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
QUESTION = "At how many bar does the valve open, and who may know of it?"
# Routes that name a thing elsewhere than in their path: which one, and how.
NAMED: Mapping[str, Sequence[tuple[str | None, Callable[[str], dict[str, Any]]]]] = {
    "POST /v1/documents": [
        ("collection_id", lambda key: {"files": {"file": ("new.md", b"# N\n\nNew.\n"), "collection": (None, key)}})
    ],
    "GET /v1/documents": [("collection_id", lambda key: {"params": {"collection": key}})],
    "GET /v1/search": [("collection_id", lambda key: {"params": {"q": QUESTION, "collection": key}})],
    "POST /v1/answers": [
        ("collection_id", lambda key: {"json": {"question": QUESTION, "collections": [key]}}),
        ("conversation_id", lambda key: {"json": {"question": QUESTION, "conversation": key}}),
        ("assistant_id", lambda key: {"json": {"question": QUESTION, "assistant": key}}),
    ],
    **named(QUESTION),
    **{name: [("document_id", lambda key: {"json": {"documents": [key]}})] for name in CHOICES},
}
# These say of everything in view what there is; who sees nothing gets an empty one.
PLAIN = ("assistants", "batches", "budgets", "collections", "conversations", "documents", "grantees", "keys", "models",
         "session", "session/factors", "session/way-out", "sessions", "status", "usage", "usage/costs",
         "usage/costs.csv")  # fmt: skip
LISTS: Mapping[str, dict[str, Any]] = {
    **{key: {} for key in map("GET /v1/{}".format, PLAIN)},
    "GET /v1/search": {"params": {"q": QUESTION}},
    "GET /scim/v2/Users": {},
    "GET /scim/v2/Groups": {},
    "POST /v1/answers": {"json": {"question": QUESTION}},
    **answering(QUESTION),
}
ASKING = {"POST /v1/answers", "GET /v1/search", "GET /v1/documents", *answering(QUESTION)}
_EACH = {"x-request-id", "ratelimit"}  # headers of each answer anew: its id, and how many requests are left
_VOLATILE = {"last_used_at", "expires_at", "signed_in_at"}
_KEPT_OUT = {"jobs_workers", "audit_entries", "audit_heads"}  # whose worker beats; what is refused is noted


@dataclass(frozen=True)
class Route:
    """A route as it declares itself."""

    method: str
    path: str
    permission: str | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)[}:]", self.path)


def routes_of(app: FastAPI) -> list[Route]:
    found: list[Route] = []
    for each in iter_route_contexts(app.routes):
        declared = [dependency.dependency for dependency in getattr(each, "dependencies", None) or ()]
        needs = [str(one.permission) for one in declared if isinstance(one, Requirement)]
        assert each.path is not None
        found += [Route(method, each.path, max(needs, default=None)) for method in sorted(each.methods or ())]
    return found


@dataclass(frozen=True)
class Reply:
    """What came back, as far as it must be the same for a thing that is hidden and one that is not there."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    @staticmethod
    def of(response: httpx2.Response, ids: Mapping[str, str]) -> "Reply":
        def same(value: str) -> str:
            for each in ids.values():
                value = value.replace(each, ABSENT)
            return value

        headers = sorted((name, same(value)) for name, value in response.headers.items() if name not in _EACH)
        body = re.sub(r'"request_id":"[^"]*"', "", response.text)
        return Reply(response.status_code, tuple(headers), same(body))


@pytest.fixture
async def world(pincite_home: Path, tmp_path: Path) -> AsyncIterator[World]:
    folder = tmp_path / "kept"
    settings = read_settings(home=pincite_home, model="none", log_level="debug", source_folders=str(folder))
    async with open_house(settings, work=True) as house:
        yield await build(house, folder)


@pytest.fixture
async def app(pincite_home: Path) -> AsyncIterator[FastAPI]:
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error")) as house:
        yield create_app(house)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(world.house), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        yield opened


@dataclass(frozen=True)
class Ask:
    """A request that a route takes, about a thing of the world or about none."""

    route: Route
    about: str | None
    given: Callable[[str], dict[str, Any]]

    async def send(self, client: httpx2.AsyncClient, asker: Asker, ids: Mapping[str, str]) -> httpx2.Response:
        values = {"page": "1", "grantee_kind": "user", "kind": "User", "urn": SCHEMA, "model": ASSISTANT, **ids}
        values["object_id"] = ids["collection_id" if "/collections/" in self.route.path else "document_id"]
        path = re.sub(r"{(\w+)(?::path)?}", lambda found: values[found.group(1)], self.route.path)
        headers = {} if asker.secret is None else {"Authorization": f"Bearer {asker.secret}"}
        more = self.given(ids.get(self.about or "", ""))
        return await client.request(self.route.method, path, headers=headers, timeout=30, **more)

    def is_seen_by(self, asker: Asker) -> bool:
        """Whether the thing that it is about is there for an asker."""
        if self.about in OWNED:
            return asker.owns
        return asker.sees_all if self.about in TENANTS_OWN else asker.level > 0

    def takes(self) -> int:
        return LEVELS.get(self.route.name, Level.VIEWER).rank


def asks_of(route: Route) -> list[Ask]:
    """Return what the matrix sends to a route; about what its path names first, where it names something."""
    if route.name in NAMED:
        return [Ask(route, about, given) for about, given in NAMED[route.name]]
    about = next((each for each in route.parameters if each.endswith("_id") or each in TENANTS_OWN), None)
    about = None if about in KNOWN_TO_ALL else about
    if about == "object_id":
        about = "collection_id" if "/collections/" in route.path else "document_id"
    body = BODIES.get(route.name)
    return [Ask(route, about, lambda _: {} if body is None else {"json": body})]


async def everything(world: World) -> dict[str, list[str]]:
    """Return all rows of the tenant's, but for when things were last used."""
    found: dict[str, list[str]] = {}
    async with world.house.database.read(EVERY_TENANT) as session:
        for name, table in Table.metadata.tables.items():
            columns = [each.name for each in table.columns if each.name not in _VOLATILE]
            if name not in _KEPT_OUT:
                rows = await session.execute(text(f"SELECT {', '.join(map(_quoted, columns))} FROM {name}"))
                found[name] = sorted(map(repr, rows.all()))
    return found


def _quoted(column: str) -> str:
    return f'"{column}"'


def leaks(response: httpx2.Response) -> list[str]:
    said = response.text + repr(response.headers)
    return [each for each in CANARIES if each in said and each not in str(response.request.url)]


async def test_nobody_learns_of_or_changes_what_they_may_not_see(
    world: World, client: httpx2.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    asks = [each for route in routes_of(create_app(world.house)) if route.name not in OPEN for each in asks_of(route)]
    absent = dict.fromkeys(world.ids, ABSENT)
    capfd.readouterr()
    before, tried = await everything(world), 0
    for asker in world.askers:
        for ask in asks:
            may = ask.route.permission in asker.permissions
            if may and (ask.about is None or ask.is_seen_by(asker)):
                continue  # the other tests'
            tried += 1
            there, gone = await ask.send(client, asker, world.ids), await ask.send(client, asker, absent)
            what = f"{asker.name}: {ask.route.name} about {ask.about}"
            assert Reply.of(there, world.ids) == Reply.of(gone, world.ids), what
            chosen = 202 if ask.route.name in CHOICES else 404
            assert there.status_code == (401 if not asker.permissions else chosen if may else 403), what
            assert not leaks(there), what
    assert tried > 800
    assert await everything(world) == before
    said = capfd.readouterr()
    assert not [each for each in CANARIES if each in said.out + said.err]


async def test_whoever_sees_a_thing_may_do_what_their_level_holds_and_no_more(
    world: World, client: httpx2.AsyncClient
) -> None:
    asks = [each for route in routes_of(create_app(world.house)) if route.name not in OPEN for each in asks_of(route)]
    tried = 0
    for asker in world.askers:
        for ask in asks:
            may = ask.route.permission in asker.permissions and (ask.about is None or ask.is_seen_by(asker))
            if not may or ask.route.name in STREAMS | ELSEWHERE:
                continue
            tried += 1
            response = await ask.send(client, asker, await fresh(world, ask, asker))
            what = f"{asker.name}: {ask.route.name} about {ask.about}: {response.text[:200]}"
            if ask.about is not None and asker.level < ask.takes():
                assert response.status_code == 403, what
            else:
                assert response.status_code in EXPECTED.get(ask.route.name, {200, 201, 202, 204}), what
    assert tried > 300


async def fresh(world: World, ask: Ask, asker: Asker) -> Mapping[str, str]:
    """Return the ids of things that may be changed: those of the world, and new ones where a request ends one."""
    ids = dict(world.ids)
    if ask.route.method not in {"DELETE", "PATCH"}:
        return ids
    house, owner = world.house, world.owner
    match ask.about:
        case "document_id" if "grants" not in ask.route.path and asker.level >= ask.takes():
            ids["document_id"], ids["revision_id"] = await world.document()
        case "user_id":
            ids["user_id"] = (await house.people.invite(owner, name="new", role="viewer"))[0].id
        case "group_id":
            ids["group_id"] = (await house.people.create_group(owner, new_id())).id
            if ask.route.permission == "scim":
                await house.people.handing.group(owner, ids["group_id"])
        case "key_id":
            ids["key_id"] = (await house.accounts.create_key(owner, "new")).key.id
        case "assistant_id":
            ids["assistant_id"] = await an_assistant(house, owner, f"a-{new_id()}")
        case "budget_id":
            ids["budget_id"] = await a_budget(house, owner)
        case "batch":
            ids["batch"] = (await house.library.begin_batch(owner, new_id())).id
        case "conversation_id" | "answer_id":
            answer = await house.answers.start(owner, AskRequest("Which valve?"))
            await house.answers.wait(owner, answer.id)
            ids["conversation_id"], ids["answer_id"] = answer.conversation, answer.id
        case _:
            pass
    return ids


async def test_lists_answers_and_searches_hold_what_is_seen_and_nothing_else(
    world: World, client: httpx2.AsyncClient
) -> None:
    routes = {each.name: each for each in routes_of(create_app(world.house))}
    for asker in world.askers:
        for name, given in LISTS.items():
            route = routes[name]
            if route.permission not in asker.permissions:
                continue
            response = await Ask(route, None, lambda _, given=given: given).send(client, asker, world.ids)
            assert response.status_code == 200, f"{asker.name}: {name}"
            if not asker.level:
                assert not leaks(response), f"{asker.name}: {name}: {response.text}"
            elif name in ASKING:
                assert NAME in response.text, f"{asker.name}: {name}"
            elif name == "GET /v1/collections":
                assert COLLECTION in response.text, f"{asker.name}: {name}"
            if name == "GET /v1/batches":
                assert (BATCH in response.text) == asker.sees_all, asker.name


def test_what_is_open_to_everybody_is_written_down_here(app: FastAPI) -> None:
    assert {each.name for each in routes_of(app) if each.permission is None} == OPEN


def test_every_level_that_is_written_down_is_of_a_route(app: FastAPI) -> None:
    names = {each.name for each in routes_of(app)}
    assert {*LEVELS, *BODIES, *NAMED, *LISTS, *STREAMS, *ELSEWHERE, *EXPECTED} <= names
    writes = {each.name for each in routes_of(app) if each.method != "GET" and "documents/{" in each.path}
    assert writes <= set(LEVELS), "whatever changes a document takes more than reading"
