"""The library over HTTP: lists, passages, bytes and the change feed, behind the door."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from pincite.accounts import Accounts, Door, People, check_declared
from pincite.core import Database, ErrorKind, PinciteError, Scope
from pincite.guard import FileType, PageBoxes
from pincite.guard.domain import Box
from pincite.library import Library, RevisionState
from pincite.library.feed import FeedSettings, follow
from pincite.library.routes import LibraryRoutes

STATUS = {
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.DENIED: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.INVALID: 422,
}


class RuledPages:
    """Draws every page as one line of boxes a point wide, a character each; knows the file it was given."""

    def __init__(self) -> None:
        self.files: list[bytes] = []

    async def boxes(self, path: Path, page: int, start: int, end: int, *, whose: str = "") -> PageBoxes:
        self.files.append(path.read_bytes())
        return PageBoxes(600.0, 800.0, (Box(float(start), 0.0, float(end), 10.0),) if end > start else ())

    async def render(self, path: Path, page: int, width_px: int, *, whose: str = "") -> bytes:
        self.files.append(path.read_bytes())
        return b"PNG %d %d" % (page, width_px)


@pytest.fixture
def reader() -> RuledPages:
    return RuledPages()


@pytest.fixture
async def scope(database: Database) -> Scope:
    accounts = Accounts(database)
    await accounts.bootstrap()
    return await accounts.owner_scope()


@pytest.fixture
async def app(database: Database, library: Library, reader: RuledPages) -> FastAPI:
    async def rendered(_request: Request, error: Exception) -> Response:
        assert isinstance(error, PinciteError)
        return JSONResponse({"code": error.code, "remedy": error.remedy}, STATUS[error.kind])

    app = FastAPI(docs_url=None, redoc_url=None)
    app.state.door = Door(Accounts(database))
    app.include_router(LibraryRoutes(library, reader, People(database), FeedSettings(0.01, 0.02, 0.5)).router())
    app.add_exception_handler(PinciteError, rendered)
    check_declared(app.routes)
    return app


@pytest.fixture
async def client(app: FastAPI, database: Database, scope: Scope) -> AsyncIterator[httpx2.AsyncClient]:
    key = (await Accounts(database).create_key(scope, "test")).secret
    transport = httpx2.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        yield client


async def test_collections(client: httpx2.AsyncClient) -> None:
    made = await client.post("/v1/collections", json={"name": "contracts"})
    assert made.status_code == 201
    assert set(made.json()) == {"id", "name", "documents", "created_at", "keep_days", "personal_data"}
    assert (await client.post("/v1/collections", json={"name": "contracts"})).status_code == 409
    assert (await client.post("/v1/collections", json={"name": " "})).status_code == 422
    assert (await client.get("/v1/collections")).json() == {"items": [made.json()], "next_cursor": None}
    assert (await client.delete(f"/v1/collections/{made.json()['id']}")).status_code == 204
    assert (await client.delete(f"/v1/collections/{made.json()['id']}")).status_code == 404


async def test_documents_are_shown_as_the_contract_says(client: httpx2.AsyncClient, hands) -> None:
    registered, _ = await hands.ready("folder/a.pdf", b"bytes")
    shown = (await client.get(f"/v1/documents/{registered.document.id}")).json()
    assert set(shown) == {
        "id", "collection_id", "source", "file_type", "size_bytes", "state", "pages_done", "pages_total", "chunks",
        "language", "revision", "revision_number", "serving", "seconds", "problem", "warnings",
        "personal_data", "created_at",
        "updated_at", "version", "batch", "serving_revision",
    }  # fmt: skip
    assert (shown["state"], shown["serving"], shown["size_bytes"]) == ("ready", True, 5)
    assert shown["created_at"].endswith("Z")
    assert (await client.get("/v1/documents?collection=default")).json()["items"] == [shown]
    assert (await client.get("/v1/documents?collection=nothing")).status_code == 404
    assert (await client.get("/v1/documents?limit=0")).status_code == 422
    assert (await client.get("/v1/documents?cursor=nonsense")).status_code == 422
    assert (await client.get("/v1/documents/nothing")).status_code == 404
    pages = (await client.get(f"/v1/documents/{shown['id']}/pages?limit=1")).json()
    assert pages["items"] == [{"number": 1, "label": "1", "chars": 9}]
    rest = (await client.get(f"/v1/documents/{shown['id']}/pages?cursor={pages['next_cursor']}")).json()
    assert [p["number"] for p in rest["items"]] == [2]
    assert rest["next_cursor"] is None


async def test_a_passage_is_its_words_and_their_place(client: httpx2.AsyncClient, hands, reader: RuledPages) -> None:
    registered, _ = await hands.ready("a.pdf", b"the pdf")
    revision = registered.revision.id
    passage = (await client.get(f"/v1/passages/{revision}/2?start=5&end=8")).json()
    assert (passage["text"], passage["quote"], passage["pages"]) == ("Page two.", "two", 2)
    assert (passage["width"], passage["height"]) == (600.0, 800.0)
    assert (passage["label"], passage["place"]) == ("2", "page 2")
    assert passage["boxes"] == [{"x0": 5.0, "y0": 0.0, "x1": 8.0, "y1": 10.0}]
    assert reader.files == [b"the pdf"]
    whole = (await client.get(f"/v1/passages/{revision}/1")).json()
    assert (whole["start"], whole["end"], whole["quote"], whole["boxes"]) == (0, 9, "Page one.", [])
    image = await client.get(f"/v1/passages/{revision}/1/image?width=300")
    assert (image.content, image.headers["content-type"]) == (b"PNG 1 300", "image/png")
    assert image.headers["cache-control"] == "private, no-cache"  # a grant that is taken back shows in the next request
    known = {"If-None-Match": image.headers["etag"]}
    again = await client.get(f"/v1/passages/{revision}/1/image?width=300", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(f"/v1/passages/{revision}/1/image?width=301", headers=known)).status_code == 200
    for path, status in [
        (f"{revision}/3", 404),
        ("nothing/1", 404),
        (f"{revision}/0", 422),
        (f"{revision}/1?start=5&end=99", 422),
        (f"{revision}/1?start=8&end=5", 422),
        (f"{revision}/1?start=5", 422),
        (f"{revision}/1/image?width=99999", 422),
        (f"{revision}/7/image", 404),
    ]:
        assert (await client.get(f"/v1/passages/{path}")).status_code == status, path


async def test_the_section_around_a_passage(client: httpx2.AsyncClient, hands) -> None:
    registered, _ = await hands.ready("a.pdf", b"the pdf")
    revision = registered.revision.id
    section = (await client.get(f"/v1/passages/{revision}/2/section?start=5")).json()
    assert section == {
        "source": "a.pdf",
        "heading_path": [],
        "parts": [{"page": 2, "start": 0, "end": 9, "text": "Page two."}],
        "whole": True,
    }
    for path, status in [("3/section", 404), ("1/section?start=99", 422), ("1/section?up=-1", 422)]:
        assert (await client.get(f"/v1/passages/{revision}/{path}")).status_code == status, path


async def test_other_formats_have_words_and_no_place(client: httpx2.AsyncClient, hands, reader: RuledPages) -> None:
    registered, _ = await hands.ready("a.md", b"# x", FileType.MARKDOWN)
    passage = (await client.get(f"/v1/passages/{registered.revision.id}/1?start=0&end=4")).json()
    assert (passage["quote"], passage["width"], passage["height"], passage["boxes"]) == ("Page", None, None, [])
    assert (await client.get(f"/v1/passages/{registered.revision.id}/1/image")).status_code == 404
    assert reader.files == []


async def test_original_bytes_whole_and_in_parts(client: httpx2.AsyncClient, hands) -> None:
    data = bytes(range(256)) * 9000
    registered, _ = await hands.ready('dir/Übersicht "1".pdf', data)
    for path in (f"/v1/documents/{registered.document.id}/content", f"/v1/passages/{registered.revision.id}/content"):
        whole = await client.get(path)
        assert (whole.status_code, whole.content) == (200, data)
        assert whole.headers["content-type"] == "application/pdf"
        assert whole.headers["content-length"] == str(len(data))
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert whole.headers["content-disposition"].startswith("inline; ")
        assert "%C3%9Cbersicht" in whole.headers["content-disposition"]
        part = await client.get(path, headers={"range": "bytes=1000-2000999"})
        assert (part.status_code, part.content) == (206, data[1000:2_001_000])
        assert part.headers["content-range"] == f"bytes 1000-2000999/{len(data)}"
        assert (await client.get(path, headers={"range": "bytes=-3"})).content == data[-3:]
        beyond = await client.get(path, headers={"range": f"bytes={len(data)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
        same = await client.get(path, headers={"if-none-match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        changed = await client.get(path, headers={"range": "bytes=0-1", "if-range": '"other"'})
        assert changed.status_code == 200
    web, _ = await hands.ready("a.html", b"<script>", FileType.HTML)
    download = await client.get(f"/v1/documents/{web.document.id}/content")
    assert download.headers["content-disposition"].startswith("attachment; ")


async def test_lost_bytes_are_a_clear_error_and_not_a_broken_reply(
    client: httpx2.AsyncClient, hands, scope: Scope
) -> None:
    registered, _ = await hands.ready()
    await hands.blobs.delete(scope, registered.revision.sha256)
    reply = await client.get(f"/v1/documents/{registered.document.id}/content")
    assert reply.status_code == 404
    assert "fsck" in reply.json()["remedy"]


async def test_a_superseded_revision_still_shows_its_pages_and_bytes(client: httpx2.AsyncClient, hands) -> None:
    old, _ = await hands.ready("a.pdf", b"old")
    await hands.ready("a.pdf", b"new")
    passage = await client.get(f"/v1/passages/{old.revision.id}/1?start=0&end=4")
    assert passage.json()["quote"] == "Page"
    assert (await client.get(f"/v1/passages/{old.revision.id}/content")).content == b"old"


async def test_nothing_is_shown_without_a_key(app: FastAPI, hands) -> None:
    registered, _ = await hands.ready()
    document, revision = registered.document.id, registered.revision.id
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver") as nobody:
        for path in (
            "/v1/collections",
            "/v1/documents",
            "/v1/documents/events",
            f"/v1/documents/{document}",
            f"/v1/documents/{document}/pages",
            f"/v1/documents/{document}/content",
            f"/v1/passages/{revision}/1",
            f"/v1/passages/{revision}/1/image",
            f"/v1/passages/{revision}/content",
        ):
            assert (await nobody.get(path)).status_code == 401, path


def events_of(text: str) -> list[tuple[str, str | None, dict[str, object]]]:
    found: list[tuple[str, str | None, dict[str, object]]] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


async def test_the_feed_follows_and_resumes(client: httpx2.AsyncClient, hands, library: Library, scope: Scope) -> None:
    first = await hands.upload("a.pdf")
    stream = follow(library, scope, None, FeedSettings(busy_s=0.01, idle_s=0.05))
    live = [await anext(stream)]
    await library.set_state(scope, first.revision.id, RevisionState.EXTRACTING, pages_done=1)
    live.append(await anext(stream))
    second = await hands.upload("b.pdf")
    live.append(await anext(stream))
    await library.remove(scope, first.document.id)
    live.append(await anext(stream))
    assert [each.event for each in live] == ["feed.started", "document.changed", "document.changed", "document.removed"]
    changed, added, removed = (each.data for each in live[1:])
    assert (changed.source, changed.pages_done) == ("a.pdf", 1)
    assert (added.source, added.version) == ("b.pdf", int(live[2].id or 0))
    assert removed == {"id": first.document.id}
    told = events_of((await client.get("/v1/documents/events")).text)
    assert [(name, i) for name, i, _ in told] == [("feed.started", live[3].id)]
    started_at = {"last-event-id": live[0].id or ""}
    over_http = events_of((await client.get("/v1/documents/events", headers=started_at)).text)
    assert [(name, data.get("source", data.get("id"))) for name, _, data in over_http[1:]] == [
        ("document.changed", "b.pdf"),
        ("document.removed", first.document.id),
    ]
    resumed = events_of((await client.get("/v1/documents/events", headers={"last-event-id": live[1].id or ""})).text)
    assert [(name, i) for name, i, _ in resumed[1:]] == [(each.event, each.id) for each in live[2:]]
    assert events_of((await client.get("/v1/documents/events?after=0")).text)[1][2]["id"] == second.document.id
    assert (await client.get("/v1/documents/events", headers={"last-event-id": "x"})).status_code == 422


async def test_the_api_description_has_every_route(client: httpx2.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    assert len(described["paths"]) == 22
    assert all("summary" in operation for path in described["paths"].values() for operation in path.values())
    assert described["components"]["schemas"]["DocumentBody"]["example"]["source"]
