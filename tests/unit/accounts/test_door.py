"""The door over HTTP: cookies, keys, permissions, other sites, and routes that forgot to declare."""

import logging

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from pincite.accounts import Accounts, CurrentScope, Permission, check_declared, public, requires
from pincite.accounts.door import SESSION_COOKIE
from pincite.core import Database, Scope
from pincite.core.errors import Denied
from pincite.core.scope import system_scope

OWN = {"sec-fetch-site": "same-origin"}


async def signed_in(accounts: Accounts, client: httpx2.AsyncClient) -> Scope:
    await accounts.bootstrap()
    scope = await accounts.owner_scope()
    reply = await client.post("/v1/session", json={"token": await accounts.sign_in_token(scope)})
    assert reply.status_code == 200, reply.text
    return scope


async def test_a_link_signs_in_once_and_the_cookie_opens_the_door(
    accounts: Accounts, client: httpx2.AsyncClient
) -> None:
    await accounts.bootstrap()
    scope = await accounts.owner_scope()
    token = await accounts.sign_in_token(scope)
    assert (await client.get("/v1/session")).status_code == 401
    reply = await client.post("/v1/session", json={"token": token})
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert reply.json() == (await client.get("/v1/session")).json()
    assert reply.json()["tenant"] == scope.tenant
    assert reply.json()["user"]["roles"] == ["owner"]
    again = await client.post("/v1/session", json={"token": token})
    assert again.status_code == 401
    assert again.json()["remedy"]


async def test_signing_out_ends_the_session_at_the_server(accounts: Accounts, client: httpx2.AsyncClient) -> None:
    await signed_in(accounts, client)
    secret = client.cookies[SESSION_COOKIE]
    assert (await client.delete("/v1/session", headers=OWN)).status_code == 204
    stolen = await client.get("/v1/session", headers={"cookie": f"{SESSION_COOKIE}={secret}"})
    assert stolen.status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 201),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://testserver"}, 201),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({}, 403),
    ],
)
async def test_a_change_with_our_cookie_must_come_from_our_pages(
    accounts: Accounts, client: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    await signed_in(accounts, client)
    reply = await client.post("/v1/keys", json={"name": "x"}, headers=headers)
    assert reply.status_code == status
    assert (await client.get("/v1/keys", headers=headers)).status_code == 200


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}])
async def test_another_site_cannot_sign_somebody_in(
    accounts: Accounts, client: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    await accounts.bootstrap()
    token = await accounts.sign_in_token(await accounts.owner_scope())
    reply = await client.post("/v1/session", json={"token": token}, headers=headers)
    assert reply.status_code == 403


async def test_a_key_works_from_anywhere_until_it_is_revoked(accounts: Accounts, client: httpx2.AsyncClient) -> None:
    scope = await signed_in(accounts, client)
    made = (await client.post("/v1/keys", json={"name": "import"}, headers=OWN)).json()
    client.cookies.clear()
    bearer = {"authorization": f"Bearer {made['key']}"}
    assert (await client.get("/v1/session", headers=bearer)).json()["user"]["id"] == scope.user
    listed = (await client.get("/v1/keys", headers=bearer)).json()["items"]
    assert [key["id"] for key in listed] == [made["id"]]
    assert listed[0]["last_used_at"] is not None
    assert "key" not in listed[0]
    assert made["key"].startswith(listed[0]["prefix"])
    assert (await client.delete(f"/v1/keys/{made['id']}", headers=bearer)).status_code == 204
    assert (await client.get("/v1/session", headers=bearer)).status_code == 401


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic abc", "Bearer", "Bearer " + "x" * 7000, "é"])
async def test_a_wrong_key_is_refused_even_beside_a_good_cookie(
    accounts: Accounts, client: httpx2.AsyncClient, header: str
) -> None:
    await signed_in(accounts, client)
    reply = await client.get("/v1/session", headers=[(b"authorization", header.encode())])
    assert reply.status_code == 401
    assert reply.json()["remedy"]


async def test_roles_bound_what_may_be_done(accounts: Accounts, app: FastAPI, client: httpx2.AsyncClient) -> None:
    router = APIRouter()

    async def who(scope: CurrentScope) -> str:
        return scope.user

    for permission in Permission:
        router.add_api_route(f"/{permission}", who, methods=["GET"], dependencies=[requires(permission)])
    app.include_router(router)
    scope = await signed_in(accounts, client)
    for permission in Permission:
        assert (await client.get(f"/{permission}")).json() == scope.user


@pytest.mark.parametrize(
    ("roles", "allowed"),
    [
        ({"owner"}, {"self", "read", "write", "admin", "audit", "scim"}),
        ({"admin"}, {"self", "read", "write", "admin", "audit", "scim"}),
        ({"editor"}, {"self", "read", "write"}),
        ({"viewer"}, {"self", "read"}),
        ({"auditor"}, {"self", "audit"}),
        ({"system"}, {"read", "write"}),
        ({"unheard-of"}, set()),
        (set(), set()),
        ({"viewer", "editor"}, {"self", "read", "write"}),
    ],
)
@pytest.mark.parametrize("narrowed", [None, {"read", "self"}, set[str]()])
async def test_a_permission_is_granted_by_a_role_or_not_at_all(
    roles: set[str], allowed: set[str], narrowed: set[str] | None
) -> None:
    scope = Scope("t", "u", roles=frozenset(roles), permissions=None if narrowed is None else frozenset(narrowed))
    passed: set[str] = set()
    for permission in Permission:
        try:
            await requires(permission).dependency(scope)
            passed.add(permission)
        except Denied:
            pass
    assert passed == (allowed if narrowed is None else allowed & narrowed)


def test_routes_that_declare_nothing_stop_the_start(app: FastAPI) -> None:
    check_declared(app.routes)

    async def forgotten() -> str:
        return "x"

    router, outer = APIRouter(), APIRouter()
    router.add_api_route("/v1/forgotten", forgotten, methods=["GET"])
    router.add_api_route("/v1/open", forgotten, methods=["GET"], dependencies=[public()])
    outer.include_router(router, prefix="/deep")
    app.include_router(outer)
    with pytest.raises(RuntimeError, match="GET /deep/v1/forgotten") as caught:
        check_declared(app.routes)
    assert "/v1/open" not in str(caught.value)


async def test_no_secret_is_stored_or_logged(
    accounts: Accounts, client: httpx2.AsyncClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    from pathlib import Path

    with caplog.at_level(logging.DEBUG, logger="pincite"):
        scope = await signed_in(accounts, client)
        made = await accounts.create_key(scope, "x")
        token = await accounts.sign_in_token(scope)
    secrets = [made.secret, token, client.cookies[SESSION_COOKIE]]
    await database.close()
    path = Path(database.url.database or "")
    stored = b"".join(p.read_bytes() for p in path.parent.glob(f"{path.name}*"))
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in caplog.text


def test_the_system_is_nobody_that_can_sign_in() -> None:
    assert "owner" not in system_scope("t").roles
