"""A folder kept in step over HTTP: added, read, watched, paused and removed; and who may do which."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pincite.app.cli.documents import add_paths
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.sources import NewSource, RunState


@pytest.fixture
async def house(pincite_home: Path, tmp_path: Path) -> AsyncIterator[House]:
    (tmp_path / "shared" / "papers").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    settings = read_settings(
        home=pincite_home, model="none", log_level="error", source_folders=str(tmp_path / "shared")
    )
    async with open_house(settings, work=True) as opened:
        yield opened


async def until(client: httpx2.AsyncClient, **wanted: Any) -> dict[str, Any]:
    """Wait until the source's newest run shows these values."""
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = (await client.get("/v1/sources/papers")).json()
            if all(found["run"][name] == value for name, value in wanted.items()):
                return found
            await asyncio.sleep(0.1)


async def test_a_folder_is_kept_in_step_by_itself(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    folder = tmp_path / "shared" / "papers"
    (folder / "a.md").write_text("# Valves\n\nThe valve of unit 7 is red.\n")
    asked = {"name": "papers", "kind": "folder", "location": str(folder)}
    added = await client.post("/v1/sources", json=asked)
    assert added.status_code == 404, "a collection is named, not made"
    await client.post("/v1/collections", json={"name": "default"})
    added = await client.post("/v1/sources", json=asked)
    assert (added.status_code, added.json()["state"], added.json()["every_s"]) == (201, "active", 300)
    first = await until(client, number=1, state="done", added=1)
    assert first["items"] == 1
    await asyncio.sleep(1)
    (folder / "b.txt").write_text("Pumps are blue.")
    seen = await until(client, added=1, found=2, state="done")
    assert seen["run"]["number"] > 1, "noticed long before its time"
    (folder / "c.bin").write_bytes(bytes(range(256)) * 20)
    assert (await until(client, found=3, failed=1, state="done"))["items"] == 2
    troubled = (await client.get("/v1/sources/papers/troubled")).json()["items"]
    assert [(each["name"], each["problem"]["code"]) for each in troubled] == [("papers/c.bin", "unsupported-type")]
    paused = await client.post("/v1/sources/papers/pause")
    assert paused.json()["state"] == "paused"
    refused = await client.post("/v1/sources/papers/sync", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "source-busy")
    (folder / "b.txt").unlink()
    assert (await client.post("/v1/sources/papers/resume")).json()["state"] == "active"
    await until(client, removed=1, state="done")
    listed = (await client.get("/v1/sources")).json()["items"]
    assert [each["name"] for each in listed] == ["papers"]
    assert (await client.delete("/v1/sources/papers", params={"documents": True})).status_code == 204
    async with asyncio.timeout(30):
        while (await client.get("/v1/documents")).json()["items"] or (await client.get("/v1/sources")).json()["items"]:
            await asyncio.sleep(0.1)


async def test_what_does_not_fit_is_said(client: httpx2.AsyncClient, house: House, tmp_path: Path) -> None:
    await client.post("/v1/collections", json={"name": "default"})
    inside = str(tmp_path / "shared" / "papers")
    (tmp_path / "shared" / "link").symlink_to(tmp_path / "private")
    (tmp_path / "shared" / "loop").symlink_to(tmp_path / "shared" / "loop")
    for name, kind, location, options in (
        ("a", "folder", str(tmp_path / "private"), {}),
        ("a", "folder", str(tmp_path / "shared" / ".." / "private"), {}),
        ("a", "folder", str(tmp_path / "shared" / "link"), {}),
        ("a", "folder", "/etc", {}),
        ("a", "git", "/etc", {}),
        ("a", "folder", "relative", {}),
        ("a", "folder", "~nosuchuser/x", {}),
        ("a", "git", "~nosuchuser/x", {}),
        ("a", "folder", f"{inside}\0b", {}),
        ("a", "git", f"{inside}\0b", {}),
        ("a", "web", "http://example.com/\0", {}),
        ("a", "folder", str(tmp_path / "shared" / "loop"), {}),
        ("a", "floppy", inside, {}),
        ("a/b", "folder", inside, {}),
        ("", "folder", inside, {}),
        ("a", "folder", inside, {"unknown": 1}),
        ("a", "web", "http://127.0.0.1:99999/", {}),
        ("a", "web", "file:///etc/passwd", {}),
        ("a", "bucket", "s3://a_b/", {}),
        ("a", "bucket", "s3://papers", {"endpoint": "http://169.254.169.254/"}),
        ("a", "imap", "imap://mail.example.com/", {"user": "u", "password": "PINCITE_SECRET_X"}),
        ("a", "git", "ext::sh -c true", {}),
        ("a", "git", "ssh://git@example.com/x", {}),
        ("a", "git", "https://user:token@example.com/x", {}),
        ("a", "git", "https://example.com/x", {"branch": "--upload-pack=x"}),
    ):
        body = {"name": name, "kind": kind, "location": location, "options": options}
        answer = await client.post("/v1/sources", json=body)
        assert answer.status_code == 422, (body, answer.text)
        assert answer.json()["detail"], body
        assert "user:token" not in answer.text
    assert (await client.get("/v1/sources")).json() == {"items": []}
    assert (await client.get("/v1/sources/none")).status_code == 404
    body = {"name": "a", "kind": "folder", "location": inside}
    assert (await client.post("/v1/sources", json=body)).status_code == 201
    assert (await client.post("/v1/sources", json=body)).status_code == 409


async def test_a_secret_is_only_ever_named(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    await client.post("/v1/collections", json={"name": "default"})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    options = {"user": "u", "password": "OPENAI_API_KEY"}
    body = {"name": "papers", "kind": "imap", "location": "imaps://8.8.8.8/", "options": options, "every_s": 0}
    await client.post("/v1/sources", json=body)
    found = await until(client, state="failed")
    assert found["run"]["problem"]["code"] == "bad-settings"
    assert "PINCITE_SECRET_" in found["run"]["problem"]["remedy"]
    assert "sk-very-secret" not in str(found)


async def test_a_source_is_changed_and_reads_nothing_twice(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    await client.post("/v1/collections", json={"name": "default"})
    folder, moved = tmp_path / "shared" / "papers", tmp_path / "shared" / "moved"
    (folder / "a.md").write_text("# Valves\n\nThe valve of unit 7 is red.\n")
    (folder / "b.txt").write_text("Pumps are blue.")
    asked = {"name": "papers", "kind": "folder", "location": str(folder), "options": {"only": ["*.md"]}, "every_s": 0}
    await client.post("/v1/sources", json=asked)
    await until(client, state="done", added=1)
    changed = (await client.patch("/v1/sources/papers", json={"options": {"only": None}, "every_s": 3600})).json()
    assert (changed["options"], changed["every_s"], changed["items"]) == ({}, 3600, 1)
    await until(client, number=2, state="done", found=2, added=1, changed=0)
    folder.rename(moved)
    changed = (await client.patch("/v1/sources/papers", json={"location": str(moved)})).json()
    assert (changed["location"], changed["every_s"]) == (str(moved), 3600)
    (moved / "c.txt").write_text("Ferries leave at nine.")
    found = await until(client, found=3, state="done")
    assert (found["items"], found["run"]["changed"], found["run"]["removed"]) == (3, 0, 0)
    assert found["run"]["number"] > 2
    (moved / "d.txt").write_text("Cranes stand still.")
    await until(client, found=4, added=1, state="done")  # it is followed where it is now
    for wrong in (
        {"location": str(tmp_path / "private")},
        {"location": " "},
        {"options": {"unknown": 1}},
        {"options": {"only": "*.md\0" * 2000}},
        {"every_s": -1},
        {"kind": "web"},
    ):
        refused = await client.patch("/v1/sources/papers", json=wrong)
        assert refused.status_code == 422, wrong
    after = (await client.get("/v1/sources/papers")).json()
    assert (after["location"], after["options"], after["every_s"]) == (str(moved), {}, 3600)
    assert (await client.patch("/v1/sources/none", json={"every_s": 60})).status_code == 404
    await client.post("/v1/sources/papers/pause")
    assert (await client.patch("/v1/sources/papers", json={"every_s": 0})).json()["state"] == "paused"


@pytest.mark.parametrize(
    ("kind", "location", "options"),
    [
        ("imap", "imaps://mail.example.com/", {"user": "u", "password": "hunter2 Very secret"}),
        ("git", "https://git.example.com/x", {"token": "ghp_Very0secret"}),
        ("bucket", "s3://papers", {"key_id": "PINCITE_SECRET_ID", "key": "wJalr/Very+secret"}),
        ("bucket", "s3://papers", {"key_id": "AKIA/Very+secret", "key": "PINCITE_SECRET_KEY"}),
    ],
)
async def test_a_secret_in_the_place_of_its_name_is_neither_kept_nor_said_again(
    client: httpx2.AsyncClient, kind: str, location: str, options: dict[str, str]
) -> None:
    await client.post("/v1/collections", json={"name": "default"})
    body = {"name": "papers", "kind": kind, "location": location, "options": options}
    answer = await client.post("/v1/sources", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-source")
    assert "PINCITE_SECRET_" in answer.text
    assert "secret" not in answer.text.replace("the secret itself", "").replace("PINCITE_SECRET_", "")
    assert (await client.get("/v1/sources")).json() == {"items": []}


async def test_strangers_may_nothing(house: House) -> None:
    app = create_app(house)
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as stranger:
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/x/sync"), ("DELETE", "/x")):
            assert (await stranger.request(method, f"/v1/sources{path}", json={})).status_code == 401


async def dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with a page that never ends."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 x\r\ncontent-type: text/html\r\ncontent-length: 9999\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.2)
    writer.close()


async def test_slow_sites_hold_up_no_document(pincite_home: Path, tmp_path: Path) -> None:
    server = await asyncio.start_server(dripping, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = read_settings(home=pincite_home, model="none", log_level="error", fetch_allow=host)
    (tmp_path / "a.md").write_text("The valve of unit 7 is red.")
    async with server, open_house(settings, work=True) as house:
        owner = await house.owner()
        await house.ensure_collection(owner, "default")
        for number in range(4):
            await house.sources.add(owner, NewSource(f"s{number}", "web", f"http://{host}/"))
        async with asyncio.timeout(30):
            while sum(each.run.state is RunState.RUNNING for each in await house.sources.sources(owner)) < 2:
                await asyncio.sleep(0.1)
        async with asyncio.timeout(20):
            lines = await add_paths(house, owner, [tmp_path / "a.md"], collection="default", quiet=True)
        assert [line["state"] for line in lines] == ["ready"]
