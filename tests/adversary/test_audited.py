"""Every route that changes something leaves a row in the audit log, made from the routes that there are.

A new one cannot be left out: it is asked here too, with what it takes, and must leave a row of its own request.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.adversary.openai_asks import bodies
from tests.adversary.test_matrix import BODIES, Route, routes_of
from tests.adversary.world import a_budget

from pincite.accounts.settings import NewProvider, ProviderSettings
from pincite.accounts.store import federation
from pincite.answers import AskRequest
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.core import Scope, new_id, utc_now
from pincite.library import RevisionState
from pincite.sources import NewSource

QUESTION = "At how many bar does the canary valve open?"
SECRETS = ("The canary valve", QUESTION, "canary.example")
# These take a browser's session and one another, in their order; see the test of what people sign in with.
PROVIDER = "/v1/session/providers/{provider_id}"
FACTORS = frozenset(
    {"/v1/session/password", "/v1/session/second-factor", "/v1/session/second-factor/off", PROVIDER, f"{PROVIDER}/link"}
    | {"/v1/sessions", "/v1/sessions/{session}"}
)
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
MORE: Mapping[str, dict[str, Any]] = {
    "POST /v1/documents": {"files": {"file": ("new.md", b"# N\n\nThe canary valve.\n")}},
    "POST /v1/answers": {"json": {"question": QUESTION}},
    **{name: {"json": body} for name, body in bodies(QUESTION).items()},
}


@dataclass
class Things:
    """What there is to change, by the names that routes have for it; nothing is read, so that documents stay queued."""

    house: House
    owner: Scope
    folder: Path
    ids: dict[str, str] = field(default_factory=dict)

    async def make(self, route: Route) -> None:
        """Make what a route is about anew: the last one may have ended it."""
        house, owner, ids = self.house, self.owner, self.ids
        named = f"{route.path} {'documents' if route.path.startswith('/v1/documents/') else ''}"
        if "{collection_id}" in named or "/collections/" in named:
            ids["collection_id"] = (await house.library.create_collection(owner, new_id())).id
        if "documents" in named:
            ids["document_id"] = await self.document()
        if "{batch}" in named:
            ids["batch"] = (await house.library.begin_batch(owner, new_id())).id
        if "{answer_id}" in named or "{conversation_id}" in named:
            answer = await house.answers.start(owner, AskRequest(QUESTION))
            await house.answers.wait(owner, answer.id)
            ids["answer_id"], ids["conversation_id"] = answer.id, answer.conversation
        if "{user_id}" in named or "{grantee}" in named:
            ids["user_id"] = ids["grantee"] = (await house.people.invite(owner, name="new", role="viewer"))[0].id
        if "{budget_id}" in named:
            ids["budget_id"] = await a_budget(house, owner)
        if "{assistant_id}" in named:
            ids["assistant_id"] = (await house.assistants.make(owner, f"a-{new_id()}", {})).id
        if "{group_id}" in named:
            ids["group_id"] = (await house.people.create_group(owner, new_id())).id
            if route.path.startswith("/scim/"):
                await house.people.handing.group(owner, ids["group_id"])
        if "{key_id}" in named:
            ids["key_id"] = (await house.accounts.create_key(owner, "new")).key.id
        if "{source}" in named:
            place = NewSource(f"s-{new_id()}", "folder", str(self.folder), "default", every_s=0)
            ids["source"] = (await house.sources.add(owner, place)).id

    async def linked_provider(self) -> str:
        """Return a provider that the owner is linked to."""
        wanted = NewProvider("Example", "https://login.example.com", "pincite", None, ProviderSettings())
        made = await self.house.factors.federation.providers.add(self.owner, wanted)
        async with self.house.database.transaction(self.owner) as tx:
            user = await self.house.people.user(self.owner, self.owner.user)
            await federation.link(tx, user, made.id, new_id(), utc_now())
        return made.id

    async def document(self) -> str:
        received = await self.house.ingest.receive(
            self.owner, collection="default", source=f"{new_id()}.md", stream=_once(f"{SECRETS[0]} {new_id()}".encode())
        )
        return received.document.id


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


@pytest.fixture
async def things(pincite_home: Path, tmp_path: Path) -> AsyncIterator[Things]:
    folder = tmp_path / "canary.example"
    folder.mkdir()
    settings = read_settings(home=pincite_home, model="none", log_level="error", source_folders=str(tmp_path))
    async with open_house(settings) as house:
        things = Things(house, await house.owner(), folder)
        await things.document()  # which makes the collection `default`
        yield things


async def prepared(things: Things, route: Route) -> dict[str, Any]:
    """Bring what a route changes into a state for it, and return what the request takes."""
    house, owner, ids = things.house, things.owner, things.ids
    match route.name:
        case "POST /v1/documents/retry" | "POST /v1/documents/{document_id}/retry":
            await house.ingest.cancel(owner, chosen=[ids["document_id"]])
        case "POST /v1/documents/reparse":
            revision = (await house.library.document(owner, ids["document_id"])).latest.id
            await house.library.set_state(owner, revision, RevisionState.EXTRACTING)
            await house.library.publish(owner, revision)
        case "DELETE /v1/batches/{batch}":
            await house.library.set_batch(owner, ids["batch"], "cancelled")
        case "POST /v1/sources/{source}/resume":
            await house.sources.pause(owner, ids["source"])
        case "POST /v1/sources/{source}/sync":
            await house.sources.pause(owner, ids["source"])  # which ends the run that it began with
            await house.sources.resume(owner, ids["source"])
        case "POST /v1/sources":
            location = {"kind": "folder", "location": str(things.folder), "collection": "default"}
            return {"json": {"name": f"s-{new_id()}", **location}}
        case "POST /v1/collections" | "POST /v1/groups":
            return {"json": {"name": new_id()}}
        case "DELETE /v1/tenant/hold":
            await house.library.hold(owner, "tenant", owner.tenant, "a matter")
        case "DELETE /v1/collections/{object_id}/hold":
            await house.library.hold(owner, "collection", ids["collection_id"], "a matter")
        case "DELETE /v1/documents/{object_id}/hold":
            await house.library.hold(owner, "document", ids["document_id"], "a matter")
        case _ if route.path.endswith("/grants/{grantee_kind}/{grantee}") and route.method == "DELETE":
            return {"granted": True}
        case _:
            pass
    if route.path in {"/v1/documents/pause", "/v1/documents/cancel", "/v1/documents/retry", "/v1/documents/reparse"}:
        return {"json": {"documents": [ids["document_id"]]}}
    body = BODIES.get(route.name)
    return MORE.get(route.name, {} if body is None else {"json": body})


async def test_every_route_that_changes_something_leaves_a_row(things: Things) -> None:
    app = create_app(things.house)
    routes = [each for each in routes_of(app) if each.method in WRITES and each.permission is not None]
    routes = [each for each in routes if each.path not in FACTORS]
    session = await things.house.accounts.redeem(await things.house.accounts.sign_in_token(things.owner))
    secret = (await things.house.accounts.create_key(things.owner, "tests")).secret
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    seen: dict[str, str] = {}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for route in routes:
            await things.make(route)
            more = await prepared(things, route)
            path = path_of(route, things.ids)
            headers = {"Authorization": f"Bearer {secret}"}
            if route.name == "DELETE /v1/session":
                headers = {"Cookie": f"pincite_session={session}", "Sec-Fetch-Site": "same-origin"}
            if more.pop("granted", False):
                granted = await client.put(path, headers=headers, json={"level": "viewer"})
                assert granted.status_code == 200, granted.text
            response = await client.request(route.method, path, headers=headers, **more)
            assert response.status_code < 300, f"{route.name}: {response.text}"
            found = await client.get("/v1/audit?limit=60", headers={"Authorization": f"Bearer {secret}"})
            mine = [each for each in found.json()["items"] if each["request"] == response.headers["x-request-id"]]
            assert mine, f"{route.name} left no row"
            assert {each["actor"] for each in mine} == {things.owner.user}
            seen[route.name] = mine[-1]["action"]
        exported = (await client.get("/v1/audit/export", headers={"Authorization": f"Bearer {secret}"})).text
    assert seen["POST /v1/keys/{key_id}/rotate"] == "key.rotated"
    assert len(seen) > 30
    assert not [each for each in (*SECRETS, session, secret) if each in exported]
    assert [each.problem for each in await things.house.audit.verify()] == [None]


def path_of(route: Route, ids: Mapping[str, str]) -> str:
    values = {"grantee_kind": "user", **ids}
    values["object_id"] = ids.get("collection_id" if "/collections/" in route.path else "document_id", "")
    return re.sub(r"{(\w+)}", lambda found: values[found.group(1)], route.path)


async def test_what_people_sign_in_with_leaves_a_row_each_time(things: Things) -> None:
    app, owner, people = create_app(things.house), things.owner, things.house.people
    await people.change(owner, owner.user, email="owner@example.com")
    session = await things.house.accounts.redeem(await things.house.accounts.sign_in_token(owner))
    headers = {"Cookie": f"pincite_session={session}", "Sec-Fetch-Site": "same-origin"}
    password = "a long enough sentence 7141"
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        assert (await client.put("/v1/session/password", json={"password": password})).status_code == 204
        begun = await client.post("/v1/session/second-factor", json={})
        assert begun.status_code == 201, begun.text
        wrong = await client.put("/v1/session/second-factor", json={"code": "000000"})
        assert wrong.status_code >= 400
        provider = await things.linked_provider()
        assert (await client.delete(f"/v1/session/providers/{provider}")).status_code == 204
        for _ in range(2):
            await things.house.accounts.redeem(await things.house.accounts.sign_in_token(owner))
        there = (await client.get("/v1/sessions")).json()["items"]
        other = next(each["id"] for each in there if not each["current"])
        assert (await client.delete(f"/v1/sessions/{other}")).status_code == 204
        assert (await client.delete("/v1/sessions")).json() == {"ended": 1}
        rows = (await client.get("/v1/audit?limit=60")).json()["items"]
    done = [each["action"] for each in rows if each["outcome"] == "done"]
    assert done.count("session.ended") == 2
    assert {"password.set", "factor.begun", "session.begun", "identity.unlinked"} <= set(done)
    assert "factor.set" not in done
    assert password not in str(rows)
    assert begun.json()["secret"] not in str(rows)
