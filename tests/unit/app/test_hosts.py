"""Which hosts are answered for, by what the server listens on and by the settings, and how others are refused."""

import json
import socket
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from pincite.app.hosts import Authority, Hosts, parse_hosts
from pincite.app.middleware import HostEdge, Metrics, RequestEdge
from pincite.app.settings import BadSettings, read_settings

LOOPBACK = ["localhost", "localhost:8700", "LOCALHOST:1", "localhost.", "127.0.0.1:8700", "127.9.9.9", "[::1]:8700"]
FOREIGN = ["evil.example", "evil.example:8700", "localhost.evil.example", "127.0.0.1.evil.example", "xlocalhost"]
OWN = socket.gethostname().lower()


def answered(hosts: Hosts, text: str) -> bool:
    asked = Authority.parse(text)
    return asked is not None and hosts.answer_for(asked)


@pytest.mark.parametrize(
    ("listens_on", "also", "never"),
    [
        ("127.0.0.1", [], ["192.168.1.5:8700", f"{OWN}x", "[2001:db8::1]"]),
        ("::1", [], ["192.168.1.5:8700"]),
        ("localhost", [], ["192.168.1.5:8700"]),
        ("192.168.1.5", ["192.168.1.5:8700", f"{OWN}:8700"], ["192.168.1.6:8700"]),
        ("2001:DB8:0::1", ["[2001:db8::1]:8700", "[2001:db8:0:0::1]"], ["[2001:db8::2]"]),
        ("0.0.0.0", ["192.168.1.5:8700", "8.8.8.8", "[2001:db8::1]", f"{OWN}:8700", OWN.upper()], []),
        ("::", ["192.168.1.5:8700", "[2001:db8::1]"], []),
        ("docs.internal", ["docs.internal:8700", "Docs.Internal."], ["192.168.1.5"]),
    ],
)
def test_what_is_answered_for_by_default(listens_on: str, also: list[str], never: list[str]) -> None:
    hosts = Hosts.of(listens_on, None, ())
    assert [each for each in [*LOOPBACK, *also] if not answered(hosts, each)] == []
    assert [each for each in [*FOREIGN, *never] if answered(hosts, each)] == []


def test_the_public_address_and_the_setting_add_hosts() -> None:
    hosts = Hosts.of("127.0.0.1", "https://docs.example.org/", parse_hosts("a.example, b.example:8443,,[2001:db8::1]"))
    for given in ("docs.example.org", "docs.example.org:443", "A.example:99", "b.example:8443", "[2001:DB8::1]:1"):
        assert answered(hosts, given), given
    for given in ("b.example", "b.example:443", "x.a.example", "example.org"):
        assert not answered(hosts, given), given


@pytest.mark.parametrize("given", ["https://a.example", "a.example/x", "*", "a b", "u@a.example", "[zz]", "a.example:"])
def test_a_setting_that_names_no_host_stops_the_start(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_HOSTS", given)
    with pytest.raises(BadSettings, match="PINCITE_HOSTS"):
        read_settings()


@pytest.mark.parametrize(
    "given",
    ["", " ", "localhost:x", "localhost@evil.example", "localhost/", "localhost\\", "localhost, evil.example", "[::1"],
)
def test_what_is_no_host_is_none(given: str) -> None:
    assert Authority.parse(given) is None


@pytest.mark.parametrize(
    "given", ["a evil.example", "::1", "[127.0.0.1", "[localhost]", "localhost#", "localhost?", "lócalhost", "-"]
)
def test_what_looks_like_a_host_is_none(given: str) -> None:
    assert Authority.parse(given) is None


def edge() -> FastAPI:
    app = FastAPI()

    async def reached() -> str:
        return "reached"

    app.add_api_route("/v1/things", reached, methods=["GET", "POST"])
    app.add_middleware(HostEdge, hosts=Hosts.of("127.0.0.1", None, ()))
    app.add_middleware(RequestEdge, metrics=Metrics())
    return app


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        ([b"localhost"], 200),
        ([b"evil.example"], 421),
        ([b"localhost", b"evil.example"], 400),
        ([b"evil.example", b"localhost"], 400),
        ([b"localhost", b"localhost"], 400),
        ([], 400),
        ([b"localhost@evil.example"], 400),
        ([b"\xff"], 400),
    ],
)
async def test_a_request_for_another_host_goes_no_further(hosts: list[bytes], status: int) -> None:
    sent: list[dict[str, Any]] = []
    headers = [(b"host", host) for host in hosts] + [(b"x-forwarded-host", b"localhost")]
    scope = {"type": "http", "method": "POST", "path": "/v1/things", "headers": headers, "query_string": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        assert status == 200, "a refused request was read"
        return {"type": "http.request", "body": b"", "more_body": False}

    await edge()({**scope, "http_version": "1.1"}, receive, send)
    assert sent[0]["status"] == status
    if status == 421:
        problem = json.loads(sent[1]["body"])
        assert problem["code"] == "unknown-host"
        assert "evil.example" in problem["title"]
        assert "PINCITE_HOSTS" in problem["remedy"]


async def test_a_web_socket_for_another_host_is_closed_unopened() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": [(b"host", b"evil.example")]}
    await edge()(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
    assert sent[0]["reason"] == "unknown-host"


async def test_refusals_have_the_headers_of_every_reply() -> None:
    transport = httpx2.ASGITransport(app=edge())
    async with httpx2.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        reply = await client.get("/v1/things")
    assert reply.status_code == 421
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-request-id"] == reply.json()["request_id"]
