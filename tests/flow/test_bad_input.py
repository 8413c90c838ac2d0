"""Bad input gets a clear error that says what to do; nothing else is disturbed and nothing is lost."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from reportlab.pdfgen.canvas import Canvas
from tests.flow.conftest import settled, upload

from pincite.app.wiring import House

GOOD = b"# Rules\n\nThe ferry leaves at nine every morning.\n"


def _pdf(tmp_path: Path, *, password: str | None = None) -> bytes:
    path = tmp_path / "made.pdf"
    canvas = Canvas(str(path), encrypt=password)
    canvas.drawString(72, 700, "The ferry leaves at nine every morning.")
    canvas.showPage()
    canvas.save()
    return path.read_bytes()


def _bomb() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("word/document.xml", "w", force_zip64=True) as inside:
            for _ in range(600):
                inside.write(b"\x20" * (1 << 20))
    return held.getvalue()


async def _refusal(client: httpx2.AsyncClient, name: str, content: bytes) -> dict[str, Any]:
    """What the user is told, whether at once or after reading: code, message and remedy."""
    response = await upload(client, name, content)
    if response.status_code != 202:
        assert response.headers["content-type"].startswith("application/problem+json")
        body = response.json()
        return {"code": body["code"], "message": body["title"], "remedy": body["remedy"]}
    document = await settled(client, response.json()["items"][0]["id"])
    assert document["state"] == "failed", document
    problem: dict[str, Any] = document["problem"]
    return problem


@pytest.mark.parametrize("case", ["empty", "truncated", "encrypted", "png", "garbage", "bomb"])
async def test_unreadable_files_say_why_and_what_to_do(
    client: httpx2.AsyncClient, house: House, tmp_path: Path, case: str
) -> None:
    content = {
        "empty": lambda: b"",
        "truncated": lambda: _pdf(tmp_path)[:300],
        "encrypted": lambda: _pdf(tmp_path, password="secret"),
        "png": lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 300,
        "garbage": lambda: bytes(range(256)) * 40,
        "bomb": _bomb,
    }[case]()
    name = "report.docx" if case == "bomb" else "report.pdf"
    told = await _refusal(client, name, content)
    assert told["message"].endswith(".")
    assert told["remedy"]
    assert "Traceback" not in str(told)
    assert told["code"] != "internal", told
    # The next document is not disturbed.
    after = await upload(client, "rules.md", GOOD)
    assert (await settled(client, after.json()["items"][0]["id"]))["state"] == "ready"
    report = await house.fsck(repair=False, deep=True)
    assert report["findings"] == []


async def test_a_name_with_dots_stays_inside(client: httpx2.AsyncClient, house: House) -> None:
    response = await upload(client, "../../etc/passwd.md", GOOD)
    source = response.json()["items"][0]["source"]
    assert ".." not in source.split("/")
    assert not source.startswith("/")


async def test_invalid_utf8_is_read_all_the_same(client: httpx2.AsyncClient) -> None:
    response = await upload(client, "latin.txt", "Der Bär heißt Jürgen.\n".encode("latin-1") * 4)
    document = await settled(client, response.json()["items"][0]["id"])
    assert document["state"] == "ready"
    found = (await client.get("/v1/search", params={"q": "Jürgen Bär"})).json()
    assert "Jürgen" in found["hits"][0]["text"]


async def test_a_question_of_100_kb_is_refused_with_its_limit(client: httpx2.AsyncClient) -> None:
    response = await client.post("/v1/answers", json={"question": "why " * 25_000})
    assert response.status_code in {413, 422}
    assert any(character.isdigit() for character in response.json()["title"])


async def test_an_unknown_model_is_named(client: httpx2.AsyncClient) -> None:
    response = await client.post("/v1/answers", json={"question": "When does it leave?", "model": "nobody:nothing"})
    assert response.status_code == 422
    assert "nobody" in response.json()["title"]
    assert response.json()["remedy"]


async def test_a_wrong_key_is_refused_and_nothing_is_shown(client: httpx2.AsyncClient) -> None:
    response = await client.get("/v1/documents", headers={"Authorization": "Bearer pin_wrong"})
    assert response.status_code == 401
    assert response.json()["code"] == "unauthenticated"
    assert set(response.json()) == {"type", "title", "status", "detail", "remedy", "code", "request_id"}


async def test_an_upload_over_the_limit_leaves_nothing(client: httpx2.AsyncClient, house: House) -> None:
    limit = house.settings.max_upload_mb << 20

    async def endless() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="big.txt"\r\n\r\n'
        for _ in range((limit >> 20) + 2):
            yield b"a" * (1 << 20)
        yield b"\r\n--x--\r\n"

    response = await client.post(
        "/v1/documents",
        content=endless(),
        headers={"content-type": "multipart/form-data; boundary=x"},
        timeout=120,
    )
    assert response.status_code == 413
    assert "MB" in response.json()["title"] + response.json()["remedy"]
    left = [path for path in (house.settings.home / "blobs").rglob("*") if path.is_file()]
    assert left == []


async def test_unknown_paths_and_bodies_are_problems(client: httpx2.AsyncClient) -> None:
    for response in (
        await client.get("/v1/documents/nothing"),
        await client.get("/v1/nothing"),
        await client.post("/v1/answers", json={"query": "x"}),
        await client.post("/v1/answers", content=b"{", headers={"content-type": "application/json"}),
    ):
        assert response.headers["content-type"].startswith("application/problem+json"), response.text
        assert response.json()["code"]
        assert response.json()["request_id"]


async def test_nothing_of_a_request_is_read_before_it_is_known_who_sends_it(client: httpx2.AsyncClient) -> None:
    """What is not JSON, too long or endless says so only to those who may send it."""

    async def endless() -> AsyncIterator[bytes]:
        yield b'{"question": "'
        raise AssertionError("the body was read")

    for path, content in (("/v1/answers", b"{not json"), ("/v1/users", endless()), ("/v1/documents", endless())):
        reply = await client.post(
            path, content=content, headers={"authorization": "Bearer wrong", "content-type": "application/json"}
        )
        assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
        assert reply.headers["www-authenticate"] == "Bearer"
    assert (await client.post("/v1/answers", content=b"{not json")).status_code == 422
