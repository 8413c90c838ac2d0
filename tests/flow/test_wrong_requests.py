"""Requests that have not the shape of the API, or go where there is nothing: what is told says where and what to do."""

import gzip
import json
from typing import Any

import httpx2
import pytest

from pincite.app.nowhere import BASELESS, UNSPOKEN, is_below

CHAT = "/v1/chat/completions"
HELLO: list[Any] = [{"role": "user", "content": "Hello."}]
JSON = {"type": "json_schema"}
TOOL = {"type": "function", "function": {"name": "f"}}


async def told(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> tuple[str | None, str]:
    """Return the parameter that OpenAI's clients are told of, and what is said of it."""
    response = await client.post(path, json={"model": "pincite/default", **body})
    assert response.status_code == 400
    error = response.json()["error"]
    return error["param"], error["message"]


@pytest.mark.parametrize(
    ("body", "param", "said"),
    [
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "at most 4 items"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content", "valid string"),
        ({"messages": [{"role": "user", "content": [{"text": "a"}]}]}, "messages.0.content.0.type", "is missing"),
        ({"messages": [{"role": "user", "content": ["a"]}]}, "messages.0.content.0", "valid dictionary"),
        ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice", "'auto', 'none' or 'required'"),
        ({"tools": [TOOL], "tool_choice": {"type": "allowed_tools"}}, "tool_choice.type", "'function'"),
        ({"top_k": 5}, "top_k", "`top_k` is not known here. Leave it out"),
        ({"messages": [{"content": "Hello."}]}, "messages.0.role", "is missing"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages.0.content.0.text", "no text in it"),
    ],
)
async def test_what_is_wrong_in_a_chat_is_named(
    client: httpx2.AsyncClient, body: dict[str, Any], param: str, said: str
) -> None:
    assert (await told(client, CHAT, {"messages": HELLO, **body}))[0] == param
    assert said in (await told(client, CHAT, {"messages": HELLO, **body}))[1]


@pytest.mark.parametrize(
    ("path", "body", "param", "said"),
    [
        ("/v1/embeddings", {"input": ["a"] * 3_000}, "input", "at most 2048 items"),
        (
            "/v1/responses",
            {"input": [{"type": "function_call_output", "call_id": "a"}]},
            "input.0.output",
            "is missing",
        ),
        ("/v1/responses", {"input": [{"role": "robot", "content": "a"}]}, "input.0.role", "'system'"),
        ("/v1/responses", {"input": []}, "input", "at least 1 item"),
        ("/v1/responses", {"input": [{"type": "reasoning"}]}, "input.0.type", "'function_call' or 'function_call_out"),
        ("/v1/responses", {"input": "a", "tools": [{"type": "web_search"}]}, "tools.0.type", "should be 'function'"),
        ("/v1/responses", {"input": "a", "text": {"format": JSON}}, "text.format", "Send `schema`"),
        ("/v1/responses", {"input": "a", "text": {"format": {**JSON, "schema": {}}}}, "text.format", "has no name"),
        (CHAT, {"messages": HELLO, "tools": [{"type": "web_search"}]}, "tools.0.type", "should be 'function'"),
    ],
)
async def test_of_a_thing_of_several_kinds_the_nearest_kind_is_told(
    client: httpx2.AsyncClient, path: str, body: dict[str, Any], param: str, said: str
) -> None:
    name, message = await told(client, path, body)
    assert name == param
    assert said in message


@pytest.mark.parametrize("path", [CHAT, "/v1/answers"])
async def test_a_body_that_is_no_json_is_told_so(client: httpx2.AsyncClient, path: str) -> None:
    good = json.dumps({"model": "pincite/default", "messages": HELLO, "question": "Why?"}).encode()
    as_json = {"Content-Type": "application/json"}
    cases: list[tuple[bytes, dict[str, str], str, str]] = [
        (b'{"question": oh', as_json, "no JSON at character 13", "Send JSON."),
        (good, {"Content-Type": "application/x-www-form-urlencoded"}, "not said to be JSON", "application/json`"),
        (good, {}, "not said to be JSON", "application/json`"),
        (b"", as_json, "no body", "Send JSON."),
        (gzip.compress(good), {**as_json, "Content-Encoding": "gzip"}, "packed (gzip)", "without Content-Encoding"),
        (b"\xff\xfe\xfa", as_json, "cannot be read", "UTF-8"),
    ]
    for content, headers, message, remedy in cases:
        response = await client.post(path, content=content, headers=headers)
        assert response.status_code in {400, 422}
        assert message in response.text
        assert remedy in response.text


@pytest.mark.parametrize("path", ["/chat/completions", "/embeddings", "/models", "/responses/abc"])
async def test_a_base_url_without_its_version_is_told_so(client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST"):
        response = await client.request(method, path)
        assert response.status_code == 404
        assert "base URL" in response.json()["error"]["message"]


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/moderations", "/v1/audio/speech", "/v1/files"])
async def test_what_is_not_spoken_of_the_protocol_is_told_so(client: httpx2.AsyncClient, path: str) -> None:
    response = await client.post(path, json={})
    assert response.status_code == 404
    assert "not spoken here. Chat completions" in response.json()["error"]["message"]


async def test_where_there_is_nothing_it_is_told_so_whatever_the_method(client: httpx2.AsyncClient) -> None:
    for method in ("GET", "POST", "DELETE"):
        response = await client.request(method, "/v1/nothing")
        assert response.status_code == 404
        assert response.json()["remedy"]
    assert "slash" in (await client.post(f"{CHAT}/")).text


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(client: httpx2.AsyncClient) -> None:
    response = await client.delete("/v1/documents")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"
    assert response.json()["title"] == "DELETE is not taken here."
    assert response.json()["remedy"] == "Use GET, POST."


async def test_what_is_told_to_be_no_route_is_none(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert [each for each in paths if is_below(each, (*BASELESS, *UNSPOKEN))] == []


async def test_a_misspelt_field_makes_no_key_or_person_or_grant_that_may_more_than_was_meant(
    client: httpx2.AsyncClient,
) -> None:
    """A key with `expires` for `expires_at` would never end, one with `permission` could do everything."""
    ada = (await client.post("/v1/users", json={"name": "Ada", "role": "admin"})).json()["id"]
    legal = (await client.post("/v1/groups", json={"name": "Legal"})).json()["id"]
    papers = (await client.post("/v1/collections", json={"name": "papers"})).json()["id"]
    for method, path, body, wrong in (
        ("POST", "/v1/keys", {"name": "nightly", "expires": "2030-01-01T00:00:00Z"}, "expires"),
        ("POST", "/v1/keys", {"name": "nightly", "permission": ["read"]}, "permission"),
        ("POST", "/v1/users", {"name": "Eve", "roles": "auditor"}, "roles"),
        ("PATCH", f"/v1/users/{ada}", {"roles": "viewer"}, "roles"),
        ("PATCH", f"/v1/users/{ada}", {"disable": True}, "disable"),
        ("POST", "/v1/groups", {"name": "People", "members": [ada]}, "members"),
        ("PUT", f"/v1/groups/{legal}/members", {"members": [ada], "name": "Law"}, "name"),
        ("POST", "/v1/collections", {"name": "letters", "personal_data": "refuse"}, "personal_data"),
        (
            "PUT",
            f"/v1/collections/{papers}/grants/user/{ada}",
            {"level": "viewer", "until": "2030-01-01T00:00:00Z"},
            "until",
        ),
    ):
        refused = await client.request(method, path, json=body)
        assert (refused.status_code, f"`{wrong}` is not known here." in refused.text) == (422, True), refused.text
    assert "nightly" not in {each["name"] for each in (await client.get("/v1/keys")).json()["items"]}
    person = (await client.get(f"/v1/users/{ada}")).json()
    assert (person["role"], person["disabled"]) == ("admin", False)
    assert [each["name"] for each in (await client.get("/v1/collections")).json()["items"]] == ["papers"]


@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/users", "/v1/documents", "/v1/collections", "/v1/batches"])
async def test_a_cursor_of_no_list_is_refused_and_never_taken_for_its_end(
    client: httpx2.AsyncClient, path: str
) -> None:
    response = await client.get(path, params={"cursor": "01a2"})
    assert response.status_code == 422
    assert response.json()["title"] == "The cursor is not one of this list."
