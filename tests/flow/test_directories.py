"""SCIM: what directories do in their dialects, that it counts at once, and what their key cannot become.

That it is SCIM is checked by `scim2-tester`, which others wrote.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import CheckResult, Status, check_server
from tests.flow.provisioning import Rooms, made, named, patched, rooms, scim

from pincite.accounts import Accounts, Audit, Door, Factors, People
from pincite.accounts.domain import Unauthenticated
from pincite.accounts.routes import AccountRoutes
from pincite.accounts.scim.domain import ScimRefused
from pincite.accounts.scim.filters import parse
from pincite.app.problems import install
from pincite.app.provider_web import ProviderWeb
from pincite.core import Database, InvalidInput, NotFound

__all__ = ["rooms", "scim"]

# What the checker expects and is not so: nobody is without a name, a state or a role; names of members are told; and
# there is no search by POST.
KNOWN = {
    ("check_remove_attribute", "name"),
    ("check_remove_attribute", "displayName"),
    ("check_remove_attribute", "active"),
    ("check_remove_attribute", "roles"),
    ("check_add_attribute", "members"),
    ("check_replace_attribute", "members"),
    ("search_with_attributes", ""),
}


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


def test_a_checker_that_others_wrote_finds_nothing_wrong(sqlite_tables_url: str) -> None:
    async def built() -> tuple[FastAPI, str, Database]:
        database, app = Database(sqlite_tables_url), FastAPI()
        accounts = Accounts(database)
        app.state.door = Door(accounts)
        factors = Factors(database, b"k" * 32, ProviderWeb([]))
        app.include_router(AccountRoutes(accounts, People(database), factors, Audit(database)).router())
        install(app)
        await accounts.bootstrap()
        key = await accounts.create_key(await accounts.owner_scope(), "directory", permissions=["scim"])
        await database.close()
        return app, key.secret, database

    app, key, _ = asyncio.run(built())
    with (
        served(app) as url,
        httpx2.Client(base_url=f"{url}/scim/v2", headers={"Authorization": f"Bearer {key}"}) as http,
    ):
        client = SyncSCIMClient(http)
        client.discover()
        results = check_server(client)
    wrong = [each for each in results if each.status in {Status.ERROR, Status.CRITICAL}]
    unknown = [f"{each.title}: {each.reason}" for each in wrong if said_of(each) not in KNOWN]
    assert unknown == []
    assert sum(each.status is Status.SUCCESS for each in results) > 20


def said_of(result: CheckResult) -> tuple[str, str]:
    data = result.data
    return result.title or "", str(data.get("urn", "")) if isinstance(data, dict) else ""


async def test_a_user_is_made_found_changed_and_removed(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    ada = await made(scim, "Ada@Example.com")
    assert (ada["emails"][0]["value"], ada["roles"][0]["value"]) == ("ada@example.com", "viewer")
    found = (await scim.get("/Users", params={"filter": 'userName eq "ADA@example.com"'})).json()
    assert [each["id"] for each in found["Resources"]] == [ada["id"]]
    again = await scim.post("/Users", json={"userName": "ada@example.com"})
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    whole = await scim.put(
        f"/Users/{ada['id']}", json={"userName": "ada@example.com", "name": {"givenName": "A", "familyName": "L"}}
    )
    assert (whole.json()["displayName"], "externalId" in whole.json()) == ("A L", False)
    person = await rooms.people.user(rooms.owner, ada["id"])
    assert (person.name, person.email) == ("A L", "ada@example.com")
    assert (await rooms.people.origins(rooms.owner, [ada["id"]])) == {ada["id"]: ["SCIM"]}
    assert (await scim.delete(f"/Users/{ada['id']}")).status_code == 204
    gone = await scim.get(f"/Users/{ada['id']}")
    assert (gone.status_code, gone.json()["status"], gone.headers["content-type"]) == (
        404,
        "404",
        "application/scim+json",
    )
    await made(scim)


DIALECTS: tuple[dict[str, Any], ...] = (
    {"op": "replace", "path": "active", "value": False},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "replace", "value": {"active": False}},
    {"op": "Add", "value": {"active": "false", "name.givenName": "A"}},
    {"op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": False},
    {"OP": "replace", "PATH": "Active", "VALUE": False},
)


@pytest.mark.parametrize("operation", DIALECTS)
async def test_whoever_is_made_inactive_is_refused_at_once_by_session_and_key(
    rooms: Rooms, scim: httpx2.AsyncClient, operation: dict[str, Any]
) -> None:
    ada = await made(scim)
    session = await rooms.accounts.redeem(await rooms.people.sign_in_token(rooms.owner, ada["id"], minutes=5))
    key = await rooms.accounts.create_key(rooms.owner, "hers", user=ada["id"])
    assert (await rooms.accounts.authenticate(bearer=None, session=session)).user == ada["id"]
    reply = await patched(scim, f"/Users/{ada['id']}", operation)
    assert (reply.status_code, reply.json()["active"]) == (200, False), reply.text
    for bearer, cookie in ((None, session), (key.secret, None)):
        with pytest.raises(Unauthenticated):
            await rooms.accounts.authenticate(bearer=bearer, session=cookie)
    back = await patched(scim, f"/Users/{ada['id']}", {"op": "replace", "path": "active", "value": "True"})
    assert back.json()["active"] is True
    with pytest.raises(Unauthenticated):
        await rooms.accounts.authenticate(bearer=None, session=session)


async def test_members_come_and_go_in_every_dialect(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    ada, bob = await made(scim), await made(scim, "bob@example.com")
    group = (await scim.post("/Groups", json={"displayName": "Legal", "members": [{"value": ada["id"]}]})).json()
    path, one, two = f"/Groups/{group['id']}", ada["id"], bob["id"]
    steps: tuple[tuple[dict[str, Any], set[str]], ...] = (
        ({"op": "Add", "path": "members", "value": [{"value": two}]}, {one, two}),
        ({"op": "remove", "path": f'members[value eq "{one}"]'}, {two}),
        ({"op": "add", "value": {"members": [{"value": one, "display": "Ada"}]}}, {one, two}),
        ({"op": "Remove", "path": "members", "value": [{"value": two}]}, {one}),
        ({"op": "replace", "path": "members", "value": [{"value": two}]}, {two}),
        ({"op": "replace", "value": {"id": group["id"], "displayName": "Law"}}, {two}),
        ({"op": "Remove", "path": "members", "value": []}, {two}),
        ({"op": "remove", "path": "members"}, set()),
    )
    for operation, members in steps:
        reply = await patched(scim, path, operation)
        assert reply.status_code == 200, reply.text
        assert {each["value"] for each in reply.json()["members"]} == members, operation
        assert (await rooms.people.user(rooms.owner, one)).groups == ({group["id"]} if one in members else set())
    assert (await scim.get(path, params={"excludedAttributes": "members"})).json().keys() >= {"displayName", "meta"}
    assert "members" not in (await scim.get(path, params={"excludedAttributes": "members"})).json()
    stranger = await patched(scim, path, {"op": "add", "path": "members", "value": [{"value": "0" * 32}]})
    assert (stranger.status_code, stranger.json()["scimType"]) == (400, "invalidValue")


async def test_filters_and_pages(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    for name in ("ada@example.com", "bob@example.com", "eve@other.example"):
        await made(scim, name, displayName=name.split("@")[0], externalId=name.upper())
    await patched(
        scim,
        "/Users/" + (await named(scim, 'userName sw "eve"'))[1][0],
        {"op": "replace", "path": "active", "value": False},
    )
    for text, expected in (
        ('userName sw "a" or userName sw "b"', 2),
        ('userName co "example.com" and not (userName eq "ada@example.com")', 1),
        ("externalId pr", 3),
        ('externalId eq "ada@example.com"', 0),
        ("active eq true and userName pr", 3),
        ('emails[type eq "work" and value ew "other.example"]', 1),
        ('emails[type eq "work"].value eq "BOB@example.com"', 1),
        ('active eq true and (emails[type eq "home" or primary eq true].Value sw "ada")', 1),
        ('emails[type eq "home"].value eq "bob@example.com"', 0),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "BOB@example.com"', 1),
        ('displayName eq "50%"', 0),
    ):
        assert (await named(scim, text))[0] == expected, text
    page = (await scim.get("/Users", params={"startIndex": 2, "count": 2})).json()
    assert (page["totalResults"], page["startIndex"], len(page["Resources"])) == (4, 2, 2)
    none = (await scim.get("/Users", params={"count": 0})).json()
    assert (none["totalResults"], none["Resources"]) == (4, [])


@pytest.mark.parametrize(
    "text",
    ["", "userName", "userName eq", 'userName eq "a', "userName like x", "(" * 30 + 'userName eq "a"', "a pr b pr",
     "not userName pr", 'x["y"]', 'emails[type pr].', 'emails[type pr].value', '.value eq "x"',
     'emails[type pr] .value', 'userName eq "a" and', "' or 1=1 --", " or ".join(["a pr"] * 150), "x" * 2000],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(ScimRefused) as refused:
        parse(text)
    assert refused.value.scim_type == "invalidFilter"


async def test_a_directorys_key_becomes_nobody_else(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    owner, people = f"/Users/{rooms.owner.user}", rooms.people
    off = {"op": "replace", "path": "active", "value": False}
    assert (await patched(scim, owner, off)).status_code == 403
    assert (await scim.delete(owner)).status_code == 403
    admin, _ = await people.invite(rooms.owner, name="Root", role="admin", email="root@example.com")
    grab = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "eve@example.com"}
    assert (await patched(scim, f"/Users/{admin.id}", grab)).status_code == 403
    for change in (
        {"op": "replace", "path": "userName", "value": "eve@example.com"},
        {"op": "replace", "path": "displayName", "value": "Eve"},
    ):
        assert (await patched(scim, f"/Users/{admin.id}", change)).status_code == 403, change
    kept = await people.user(rooms.owner, admin.id)
    assert (kept.email, kept.name) == ("root@example.com", "Root")
    assert (await scim.post("/Users", json={"userName": "eve", "roles": [{"value": "admin"}]})).status_code == 403
    assert (await scim.post("/Users", json={"userName": "eve", "roles": [{"value": "owner"}]})).status_code == 400
    assert (await patched(scim, f"/Users/{admin.id}", off)).json()["active"] is False
    assert (await patched(scim, f"/Users/{admin.id}", {**off, "value": True})).status_code == 403
    long = {"op": "replace", "path": "externalId", "value": "x" * 256}
    made = (await scim.post("/Users", json={"userName": "somebody"})).json()
    assert (await patched(scim, f"/Users/{made['id']}", long)).status_code == 400
    program, _ = await people.invite(rooms.owner, name="Robot", role="editor", service=True)
    assert (await scim.get(f"/Users/{program.id}")).status_code == 404
    for path in ("/v1/users", "/v1/groups", "/v1/audit"):
        assert (await scim.get(f"http://localhost{path}")).status_code == 403
    rival = (await rooms.accounts.create_tenant("Rival")).scope
    other = await people.invite(rival, name="Ada", role="viewer", email="other@example.com")
    assert (await scim.get(f"/Users/{other[0].id}")).status_code == 404
    taken = await scim.post("/Users", json={"userName": "other@example.com"})
    assert taken.status_code == 409


async def test_a_directory_sees_and_changes_groups_of_its_own_alone(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    ada, handing = await made(scim), rooms.people.handing
    legal = await rooms.people.create_group(rooms.owner, "Legal")
    await rooms.people.set_members(rooms.owner, legal.id, [rooms.owner.user, ada["id"]])
    path, grab = f"/Groups/{legal.id}", {"op": "add", "path": "members", "value": [{"value": ada["id"]}]}
    assert (await scim.get("/Groups", params={"filter": 'displayName eq "Legal"'})).json()["totalResults"] == 0
    assert (await scim.get("/Users", params={"filter": f'groups.value eq "{legal.id}"'})).json()["totalResults"] == 0
    assert (await scim.get(f"/Users/{ada['id']}")).json().get("groups", []) == []
    for reply in (
        await scim.get(path),
        await patched(scim, path, grab),
        await scim.put(path, json={"displayName": "Legal", "members": []}),
        await scim.delete(path),
    ):
        assert reply.status_code == 404, reply.text
    taken = await scim.post("/Groups", json={"displayName": "Legal", "members": [{"value": ada["id"]}]})
    assert (taken.status_code, taken.json()["scimType"]) == (409, "uniqueness")
    assert "hand it over" in taken.json()["detail"]
    own = (await scim.post("/Groups", json={"displayName": "Sales"})).json()
    rename = {"op": "replace", "path": "displayName", "value": "Legal"}
    assert (await patched(scim, f"/Groups/{own['id']}", rename)).status_code == 409
    assert (await scim.post("/Groups", json={"displayName": "Sales"})).json()["scimType"] == "uniqueness"
    kept = {each.name: (each.members, each.directory) for each in await rooms.people.groups(rooms.owner)}
    assert kept == {"Legal": ({rooms.owner.user, ada["id"]}, False), "Sales": (frozenset(), True)}
    for _ in range(2):  # again is no error
        await handing.group(rooms.owner, legal.id)
    found = (await scim.get("/Groups", params={"filter": 'displayName eq "Legal"'})).json()["Resources"]
    assert [each["id"] for each in found] == [legal.id]
    assert (await patched(scim, path, {"op": "replace", "path": "members", "value": []})).json()["members"] == []
    await handing.group(rooms.owner, legal.id, back=True)
    assert (await scim.delete(path)).status_code == 404
    assert (await scim.delete(f"/Groups/{own['id']}")).status_code == 204


async def test_of_whom_it_did_not_make_a_directory_changes_little_until_they_are_handed_over(
    rooms: Rooms, scim: httpx2.AsyncClient
) -> None:
    people, owner = rooms.people, rooms.owner
    ada, _ = await people.invite(owner, name="Ada", role="editor", email="ada@example.com")
    path, off = f"/Users/{ada.id}", {"op": "replace", "path": "active", "value": False}
    assert await named(scim, 'userName eq "ada@example.com"') == (1, [ada.id]), "nobody is made twice"
    told = {"userName": "Ada@Example.com", "externalId": "x-7", "displayName": "Ada L", "active": True}
    assert (await scim.put(path, json=told)).status_code == 200
    mail = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "eve@example.com"}
    role = {"op": "replace", "path": "roles", "value": [{"value": "viewer"}]}
    for change in (mail, role, {"op": "replace", "value": {"userName": "eve@example.com", "emails": []}}):
        refused = await patched(scim, path, change)
        assert (refused.status_code, "hand them over" in refused.json()["detail"]) == (403, True), change
    assert (await scim.delete(path)).status_code == 403
    kept = await people.user(owner, ada.id)
    assert (kept.name, kept.email, kept.roles) == ("Ada L", "ada@example.com", {"editor"})
    assert await people.origins(owner, [ada.id]) == {}
    assert (await patched(scim, path, off)).json()["active"] is False, "whoever leaves is out at once"
    assert (await patched(scim, path, {**off, "value": True})).status_code == 403
    await people.handing.user(owner, ada.id)
    assert await people.origins(owner, [ada.id]) == {ada.id: ["SCIM"]}
    assert (await scim.get(path)).json()["externalId"] == "x-7"
    for change in ({**off, "value": True}, role, mail):
        assert (await patched(scim, path, change)).status_code == 200, change
    await people.handing.user(owner, ada.id, back=True)
    assert (await scim.delete(path)).status_code == 403
    with pytest.raises(InvalidInput):
        await people.handing.user(owner, owner.user)
    rival = (await rooms.accounts.create_tenant("Rival")).scope
    for handed in (people.handing.user(rival, ada.id), people.handing.group(rival, ada.id)):
        with pytest.raises(NotFound):
            await handed


async def test_what_is_made_twice_at_once_is_made_once(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    for path, body in (("/Users", {"userName": "ada@example.com"}), ("/Groups", {"displayName": "Legal"})):
        replies = await asyncio.gather(*(scim.post(path, json=body) for _ in range(4)))
        assert sorted(each.status_code for each in replies) == [201, 409, 409, 409], [each.text for each in replies]
    group = (await scim.get("/Groups")).json()["Resources"][0]["id"]
    user = (await scim.get("/Users", params={"filter": 'userName eq "ada@example.com"'})).json()["Resources"][0]["id"]
    come = {"op": "add", "path": "members", "value": [{"value": user}]}
    replies = await asyncio.gather(
        *(patched(scim, f"/Groups/{group}", come) for _ in range(4)),
        scim.delete(f"/Users/{user}"),
        rooms.people.remove_group(rooms.owner, group),
    )
    assert {each.status_code for each in replies if each is not None} <= {200, 204, 400, 404}


@pytest.mark.parametrize(
    "body",
    [{}, {"Operations": []}, {"Operations": [7]}, {"Operations": [{"op": "move", "path": "active"}]},
     {"Operations": [{"op": "remove"}]}, {"Operations": [{"op": "replace", "path": "active", "value": "perhaps"}]},
     {"Operations": [{"op": "replace", "path": "nothing", "value": 1}]}, {"Operations": [{"op": "add", "value": [1]}]},
     {"Operations": [{"op": "replace", "path": "userName", "value": ["x"]}]},
     {"Operations": [{"op": "replace", "path": "emails", "value": [{"value": "no address"}]}]},
     {"Operations": [{"op": "remove", "path": "roles", "value": [{"value": {}}]}, {"op": "add", "path": "x"}]},
     {"Operations": [{"op": "remove", "path": "userName"}]}, {"Operations": [{"op": "add", "path": 5}]}],
)  # fmt: skip
async def test_what_is_no_patch_is_refused_in_scims_form(scim: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    ada = await made(scim)
    reply = await scim.patch(f"/Users/{ada['id']}", json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert (await scim.get(f"/Users/{ada['id']}")).json() == ada


@pytest.mark.parametrize("body", [b"{", b"[1]", b"7", b""])
async def test_what_is_no_resource_at_all_is_told_apart_from_a_bad_value(scim: httpx2.AsyncClient, body: bytes) -> None:
    for method, path in (("POST", "/Users"), ("PATCH", "/Groups/x")):
        reply = await scim.request(method, path, content=body)
        assert (reply.status_code, reply.json().get("scimType")) == (400, "invalidSyntax"), reply.text


async def test_without_a_key_there_is_nothing(scim: httpx2.AsyncClient) -> None:
    reply = await scim.get("/Users", headers={"Authorization": "Bearer pin_nothing"})
    assert (reply.status_code, reply.json()["status"], reply.headers["www-authenticate"]) == (401, "401", "Bearer")
