"""`Idempotency-Key` over HTTP: uploads, collections, answers and deletions that are sent twice are done once."""

import asyncio

import httpx2
from tests.flow.conftest import settled


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


async def test_a_write_that_is_sent_again_is_answered_again(client: httpx2.AsyncClient) -> None:
    files = {"file": ("valves.txt", b"The valve of unit 7 is red.")}
    first = await client.post("/v1/documents", files=files, headers=key("upload-1"))
    assert (first.status_code, "idempotency-replayed" in first.headers) == (202, False)
    await settled(client, first.json()["items"][0]["id"])
    again = await client.post("/v1/documents", files=files, headers=key("upload-1"))
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
    assert again.json() == first.json()
    made = [
        await client.post("/v1/answers", json={"question": "What is red?"}, headers=key("ask-1"), timeout=60)
        for _ in range(2)
    ]
    assert made[0].json() == made[1].json()
    assert len((await client.get("/v1/conversations")).json()["items"]) == 1
    path = f"/v1/documents/{first.json()['items'][0]['id']}"
    assert [(await client.delete(path, headers=key("delete-1"))).status_code for _ in range(2)] == [204, 204]
    assert (await client.delete(path)).status_code == 404


async def test_many_at_once_make_one(client: httpx2.AsyncClient) -> None:
    replies = await asyncio.gather(
        *(client.post("/v1/collections", json={"name": "contracts"}, headers=key("make-1")) for _ in range(10))
    )
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["id"] for reply in replies}) == 1


async def test_a_key_is_for_one_request_and_for_one_that_worked(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/v1/collections", json={"name": "a"}, headers=key("one"))).status_code == 201
    for reused in (
        await client.post("/v1/collections", json={"name": "b"}, headers=key("one")),
        await client.post("/v1/answers", json={"name": "a"}, headers=key("one")),
    ):
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
        assert reused.json()["remedy"]
    assert (await client.post("/v1/collections", json={"name": ""}, headers=key("two"))).status_code == 422
    assert (await client.post("/v1/collections", json={"name": "c"}, headers=key("two"))).status_code == 201
    bad = await client.post("/v1/collections", json={"name": "d"}, headers=key("x" * 300))
    assert (bad.status_code, bad.json()["code"]) == (422, "invalid-input")


async def test_a_secret_is_not_kept_and_a_stranger_gets_no_replay(client: httpx2.AsyncClient) -> None:
    made = await client.post("/v1/keys", json={"name": "import"}, headers=key("secret"))
    assert made.status_code == 201
    again = await client.post("/v1/keys", json={"name": "import"}, headers=key("secret"))
    assert (again.status_code, again.json()["code"]) == (409, "idempotency-answered-once")
    assert made.json()["key"] not in again.text
    client.headers["Authorization"] = "Bearer pin_nobody"
    assert (await client.post("/v1/keys", json={"name": "import"}, headers=key("secret"))).status_code == 401


async def test_every_write_says_that_it_heeds_the_key(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    apart = {"post /v1/session", "post /v1/session/password", "put /v1/session/password"}
    apart |= {"post /v1/session/code", "post /v1/session/second-factor", "put /v1/session/second-factor"}
    apart |= {"post /v1/session/second-factor/off", "post /v1/session/provider"}
    apart |= {f"post /v1/session/providers/{{provider_id}}{end}" for end in ("", "/link", "/sign-out")}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            names = [each["name"] for each in operation.get("parameters", [])]
            writes = method in {"post", "put", "patch", "delete"} and f"{method} {path}" not in apart
            assert names.count("Idempotency-Key") == writes, f"{method} {path}"
