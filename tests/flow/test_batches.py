"""A batch over HTTP and the command line: made by its first file, shown, paused with what comes later, gone on with."""

import json
from pathlib import Path
from typing import Any

import httpx2
from tests import forked
from tests.flow.conftest import settled


async def send(client: httpx2.AsyncClient, name: str, batch: str) -> dict[str, Any]:
    files = {"file": (name, f"The valve of {name} is red.".encode())}
    reply = await client.post("/v1/documents", files=files, data={"batch": batch}, timeout=60)
    assert reply.status_code == 202, reply.text
    return reply.json()["items"][0]


async def test_a_batch_is_followed_paused_and_gone_on_with(client: httpx2.AsyncClient) -> None:
    first = await send(client, "a.txt", "import")
    assert (await settled(client, first["id"]))["batch"] == first["batch"]
    assert (await client.post("/v1/batches/import/pause")).json() == {"documents": 0}
    resting = await send(client, "b.txt", "import")
    assert resting["state"] == "paused"
    (listed,) = (await client.get("/v1/batches")).json()["items"]
    assert (listed["state"], listed["documents"], listed["counts"]) == ("paused", 2, {"ready": 1, "paused": 1})
    assert (await client.post("/v1/batches/import/retry")).json() == {"documents": 0}, "what rests is no failure"
    assert (await client.post(f"/v1/batches/{listed['id']}/resume")).json() == {"documents": 1}
    await settled(client, resting["id"])
    assert (await client.get("/v1/batches/import")).json()["state"] == "done"
    assert (await client.post("/v1/batches/import/cancel")).status_code == 202
    refused = await client.post("/v1/documents", files={"file": ("c.txt", b"late")}, data={"batch": "import"})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch-cancelled")
    assert (await client.delete("/v1/batches/import")).status_code == 204
    assert (await client.get("/v1/batches/import")).status_code == 404


def test_a_bulk_import_is_a_batch(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "lease.md").write_text("# Lease\n\nIt ends in 2030.\n")
    (folder / "empty.md").write_text("---\ntitle: nothing\n---\n")

    def pincite(*arguments: str) -> list[dict[str, Any]]:
        environment = {"PINCITE_HOME": str(tmp_path / "home"), "PINCITE_MODEL": "none"}
        done = forked.pincite([*arguments, "--json"], environment)
        return [json.loads(line) for line in done.stdout.splitlines()]

    assert len(pincite("add", "--bulk", str(folder))) == 2
    (batch,) = pincite("batches", "list")[0]["items"]
    assert (batch["name"], batch["state"], batch["counts"]) == ("contracts", "done", {"ready": 1, "failed": 1})
