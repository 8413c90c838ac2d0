"""The edge in front of all routes, generated from what the API says of itself: other sites, other origins, caches.

What a host is and who is signed in is tested where it is decided, in `tests/unit/`.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest
import uvicorn
from sqlalchemy import text
from tests.flow.conftest import add

from pincite.accounts.door import SESSION_COOKIE
from pincite.app.web import create_app
from pincite.app.wiring import House

OWN = {"sec-fetch-site": "same-origin"}
FOREIGN = (
    {},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://localhost"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "http://localhost:8701"},
    {"origin": "null"},
    {"referer": "http://localhost/"},
)
FORMS = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "")
SAFE = {"get", "head"}
# Open to all: there is no cookie yet whose power another site could use.
OPEN = {
    ("post", f"/v1/session{path}")
    for path in (
        "", "/password", "/code", "/provider", "/providers/{provider_id}", "/providers/{provider_id}/sign-out"
    )
}  # fmt: skip
UPGRADE = (
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: " + "A" * 22 + "==",
)
OURS, STRANGERS = "Host: localhost", "Host: rebound.example"
# What the request line names, the headers, and how it may end.
WIRE = (
    ("/healthz", (OURS,), {200}),
    ("/healthz", (STRANGERS,), {421}),
    ("/healthz", (STRANGERS, "X-Forwarded-Host: localhost", "Forwarded: host=localhost"), {421}),
    ("/healthz", (OURS, STRANGERS), {400}),
    ("/healthz", (), {400}),
    # The whole address in the request line, as for a proxy: it opens no way round the header.
    ("http://localhost/healthz", (STRANGERS,), {421}),
    ("http://localhost@rebound.example/healthz", (STRANGERS,), {400, 421}),
    ("/healthz", (STRANGERS, *UPGRADE), {403, 421}),
    ("/healthz", (OURS, STRANGERS, *UPGRADE), {400, 403}),
    # Where a request ends is said once, or two programs on its way could think differently of it.
    ("/healthz", (OURS, "Content-Length: 5", "Transfer-Encoding: chunked"), {400}),
    ("/healthz", (OURS, "Transfer-Encoding: chunked", "Content-Length: 5"), {400}),
    ("/healthz", (OURS, "Content-Length: 0", "Content-Length: 5"), {400}),
    ("/healthz", (OURS, "Content-Length: +5"), {400}),
    ("/healthz", (OURS, "Transfer-Encoding: chunked, identity"), {400}),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path, with what is known in its place for each name in it."""

    method: str
    path: str
    body: str | None

    def url(self, known: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "1"), self.path)


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that has the owner's session cookie and nothing else."""
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as opened:
        token = await house.accounts.sign_in_token(await house.owner())
        assert (await opened.post("/v1/session", json={"token": token})).status_code == 200
        assert SESSION_COOKIE in opened.cookies
        yield opened


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    """A real server on a port, as `pincite serve` runs one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(house), log_level="critical", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def operations(client: httpx2.AsyncClient) -> list[Operation]:
    document = (await client.get("/openapi.json")).json()
    return [
        Operation(method, path, next(iter(operation.get("requestBody", {}).get("content", {})), None))
        for path, found in document["paths"].items()
        for method, operation in found.items()
    ]


async def state(house: House) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the database, but for when a session, a key or a worker was last seen, and what was refused."""
    async with house.database.engine.connect() as connection:
        tables = (
            (
                await connection.execute(
                    text(
                        "SELECT name FROM sqlite_master WHERE type = 'table' "
                        "AND name NOT IN ('jobs_workers', 'audit_entries', 'audit_heads', 'accounts_tries')"
                    )
                )
            )
            .scalars()
            .all()
        )
        columns = {
            name: [row[1] for row in await connection.execute(text(f"PRAGMA table_info('{name}')"))] for name in tables
        }
        kept = {name: [c for c in found if not c.startswith("last_")] for name, found in columns.items()}
        return {
            name: sorted(
                map(tuple, await connection.execute(text(f"SELECT {','.join(found)} FROM '{name}'"))), key=repr
            )
            for name, found in kept.items()
            if found
        }


async def test_no_other_site_changes_anything_with_our_cookie(house: House, browser: httpx2.AsyncClient) -> None:
    unsafe = [each for each in await operations(browser) if each.method not in SAFE]
    before = await state(house)
    assert len(unsafe) > 20
    for operation in unsafe:
        if (operation.method, operation.path) in OPEN:
            continue
        for headers in FOREIGN:
            reply = await browser.request(operation.method, operation.url({}), json={"name": "x"}, headers=headers)
            assert reply.status_code == 403, f"{operation} {headers}"
            said = reply.json()
            said = said.get("error", said)
            assert said.get("code", said.get("status")) == ("403" if operation.path.startswith("/scim/") else "denied")
    assert await state(house) == before


async def test_what_a_form_can_send_is_never_taken_for_json(house: House, browser: httpx2.AsyncClient) -> None:
    before = await state(house)
    json_bodies = [each for each in await operations(browser) if each.body == "application/json"]
    assert len(json_bodies) > 8
    for operation in json_bodies:
        for form in FORMS:
            body = b'{"name": "x", "question": "x", "token": "x", "kind": "folder", "location": "/", "x": "="}'
            headers = {**OWN, "content-type": form} if form else OWN
            reply = await browser.request(operation.method, operation.url({}), content=body, headers=headers)
            assert reply.status_code in {400, 415, 422}, f"{operation} {form!r}: {reply.status_code}"
    assert await state(house) == before


async def test_reading_changes_nothing_and_is_kept_by_nobody(
    house: House, client: httpx2.AsyncClient, browser: httpx2.AsyncClient
) -> None:
    document = await add(client, "rules.md", b"# Rules\n\nDogs travel free of charge on the lower deck.\n")
    answer = (await client.post("/v1/answers", json={"question": "What do dogs pay?", "stream": False})).json()
    collection = (await client.get("/v1/collections")).json()["items"][0]["id"]
    known = {
        "document_id": document["id"],
        "revision_id": document["revision"],
        "answer_id": answer["id"],
        "conversation_id": answer["conversation"],
        "collection_id": collection,
    }
    before, reached = await state(house), 0
    reads = [each for each in await operations(browser) if each.method == "get" and each.path.startswith("/v1/")]
    for operation in reads:
        if operation.path.endswith("/documents/events"):
            continue  # has no end
        reply = await browser.get(operation.url(known), params={"q": "dogs"}, headers={"sec-fetch-site": "cross-site"})
        assert reply.status_code < 500, operation
        reached += reply.status_code == 200
        kept = reply.headers["cache-control"]
        assert "no-store" in kept.split(", ") or kept.startswith("private"), f"{operation}: {kept}"
    assert reached > len(reads) / 2
    assert await state(house) == before


async def test_no_other_origin_is_let_in(browser: httpx2.AsyncClient) -> None:
    for operation in [*await operations(browser), Operation("get", "/", None), Operation("get", "/metrics", None)]:
        for origin in ("http://evil.example", "null", "http://localhost:5173", "http://localhost"):
            asks = {"origin": origin, "access-control-request-method": operation.method.upper()}
            preflight = await browser.options(
                operation.url({}), headers={**asks, "access-control-request-headers": "authorization,content-type"}
            )
            assert preflight.status_code in {404, 405}, operation
            assert [name for name in preflight.headers if name.startswith("access-control-")] == []
        if not operation.path.endswith("/events"):
            crossing = {"origin": "http://evil.example", "sec-fetch-site": "cross-site"}
            reply = await browser.request(operation.method, operation.url({}), headers=crossing)
            assert [name for name in reply.headers if name.startswith("access-control-")] == []
            assert reply.headers["cross-origin-resource-policy"] == "same-origin"
            assert reply.headers["x-frame-options"] == "DENY"


async def test_the_app_may_run_its_own_files_and_the_api_none(browser: httpx2.AsyncClient) -> None:
    app = (await browser.get("/")).headers["content-security-policy"]
    api = (await browser.get("/v1/status")).headers["content-security-policy"]
    directives = {part.split()[0]: part.split()[1:] for part in app.split(";")}
    assert "'unsafe-inline'" not in app + api
    assert "'unsafe-eval'" not in app
    assert not re.search(r"https?:|\*|data:|blob:", app)
    for name in ("default-src", "frame-src", "object-src", "base-uri", "form-action", "frame-ancestors"):
        assert directives[name] == ["'none'"], name
    assert directives["require-trusted-types-for"] == ["'script'"]
    assert "default-src 'none'" in api
    assert "sandbox" in api


async def test_on_the_wire_only_our_hosts_are_answered_for(port: int) -> None:
    for target, headers, status in WIRE:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = "".join(f"{each}\r\n" for each in headers)
        writer.write(f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode())
        async with asyncio.timeout(10):
            line = await reader.readline()
        writer.close()
        assert int(line.split()[1]) in status, f"{target} {headers}: {line!r}"
