"""Upload, delete and retry over HTTP, behind the door."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from tests.unit.ingest.rooms import Rooms, rooms

from pincite.accounts import Accounts, Door, check_declared
from pincite.core import ErrorKind, PinciteError, Scope
from pincite.ingest import IngestSettings
from pincite.ingest.routes import IngestRoutes

STATUS = {
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED: 415,
    ErrorKind.INVALID: 422,
}
RULES = b"# Ferry rules\n\nThe ferry to Hven leaves at nine every morning.\n"


@dataclass(frozen=True, slots=True)
class Served:
    """The routes over real rooms, the owner's client and scope."""

    rooms: Rooms
    client: httpx2.AsyncClient
    scope: Scope

    async def ready(self, document_id: str) -> None:
        async with asyncio.timeout(20):
            while (await self.rooms.library.document(self.scope, document_id)).latest.state.value != "ready":
                await asyncio.sleep(0.02)


async def _rendered(_request: Request, error: Exception) -> Response:
    assert isinstance(error, PinciteError)
    return JSONResponse({"code": error.code, "remedy": error.remedy}, STATUS[error.kind])


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with rooms(tmp_path, settings=IngestSettings(max_upload_bytes=100_000, sweep_s=60.0)) as opened:
        accounts = Accounts(opened.db)
        await accounts.bootstrap()
        scope = await accounts.owner_scope()
        app = FastAPI(docs_url=None, redoc_url=None)
        app.state.door = Door(accounts)
        app.include_router(IngestRoutes(opened.ingest).router())
        app.add_exception_handler(PinciteError, _rendered)
        check_declared(app.routes)
        headers = {"authorization": f"Bearer {(await accounts.create_key(scope, 'test')).secret}"}
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            yield Served(opened, client, scope)


async def upload(served: Served, *parts: tuple[str, str | None, bytes]) -> httpx2.Response:
    """Post multipart parts in just this order."""
    body = b""
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    return await served.client.post("/v1/documents", content=body + b"--x--\r\n", headers=headers)


@pytest.mark.parametrize("fields_first", [True, False])
async def test_fields_count_before_and_after_the_file(served: Served, fields_first: bool) -> None:
    await served.rooms.library.create_collection(served.scope, "ferries")
    fields: list[tuple[str, str | None, bytes]] = [("collection", None, b"ferries"), ("source", None, b"port/rules.md")]
    file: list[tuple[str, str | None, bytes]] = [("file", "rules.md", RULES)]
    response = await upload(served, *(fields + file if fields_first else file + fields))
    assert response.status_code == 202
    (item,) = response.json()["items"]
    assert (item["source"], item["outcome"], item["state"]) == ("port/rules.md", "created", "queued")
    collection = await served.rooms.library.collection(served.scope, "ferries")
    assert item["collection_id"] == collection.id
    await served.ready(item["id"])


async def test_many_files_in_one_request_and_a_second_revision(served: Served) -> None:
    many = await upload(served, ("file", "a.md", RULES), ("file", "b.md", RULES + b"\nTickets cost 80 kroner.\n"))
    assert [(item["source"], item["outcome"]) for item in many.json()["items"]] == [
        ("a.md", "created"),
        ("b.md", "created"),
    ]
    again = await upload(served, ("file", "a.md", RULES), ("file", "b.md", RULES + b"\nTickets are free.\n"))
    assert [item["outcome"] for item in again.json()["items"]] == ["unchanged", "revised"]


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([("file", "big.txt", b"word " * 30_000)], 413, "upload-too-large"),
        ([("file", "photo.pdf", b"\x89PNG\r\n\x1a\n" + b"\x00" * 64)], 415, "unsupported-type"),
        ([("file", "empty.txt", b"")], 422, "empty-upload"),
        ([("collection", None, b"default")], 422, "bad-upload"),
        ([("file", "a.md", RULES), ("collection", None, b"nowhere")], 404, "not-found"),
        ([("file", "a.md", RULES), ("file", "b.md", RULES), ("source", None, b"c")], 422, "invalid-input"),
    ],
)
async def test_refusals(served: Served, parts: list[Any], status: int, code: str) -> None:
    response = await upload(served, *parts)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert (await served.rooms.library.documents(served.scope)).items == ()


async def test_one_refused_file_refuses_the_request(served: Served) -> None:
    response = await upload(served, ("file", "a.md", RULES), ("file", "empty.txt", b""))
    assert response.status_code == 422
    assert (await served.rooms.library.documents(served.scope)).items == ()


async def test_delete_and_retry(served: Served) -> None:
    document_id = (await upload(served, ("file", "a.md", RULES))).json()["items"][0]["id"]
    await served.ready(document_id)
    assert (await served.client.post(f"/v1/documents/{document_id}/retry")).status_code == 409
    assert (await served.client.delete(f"/v1/documents/{document_id}")).status_code == 204
    assert (await served.client.delete(f"/v1/documents/{document_id}")).status_code == 404
    assert (await served.client.post(f"/v1/documents/{document_id}/retry")).status_code == 404


async def test_strangers_are_turned_away_before_a_byte_is_stored(served: Served, tmp_path: Path) -> None:
    served.client.headers["authorization"] = "Bearer pin_wrong"
    assert (await upload(served, ("file", "a.md", RULES))).status_code == 401
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
