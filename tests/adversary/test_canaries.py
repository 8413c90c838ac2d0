"""Forty secrets in every place where a secret can be: none comes out of a log, an error, a span, a file or a child.

A server that answers with all that it was sent stands where models, sources and collectors would.
"""

import base64
import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
from tests.adversary.echoing import Echoing, echoing
from tests.e2e.conftest import Server, beneath, start_server, stop_server
from tests.forked import Forked, command

from pincite.accounts.totp import code_of
from pincite.core.redaction import spellings

SETTINGS = ("PINCITE_MODEL_API_KEY", "PINCITE_EMBEDDER_API_KEY", "PINCITE_RERANKER_API_KEY", "PINCITE_SECRET_KEY")
PROVIDERS = ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE", "COHERE", "JINA")
OTHERS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY", "OTEL_EXPORTER_OTLP_HEADERS")
SOURCES = tuple(f"PINCITE_SECRET_{number}" for number in range(20))
QUESTION = {"question": "How many pumps are there?"}


def planted() -> dict[str, str]:
    """Each variable that holds a secret, with a canary."""
    names = [*SETTINGS, *(f"{name}_API_KEY" for name in PROVIDERS), *OTHERS, *SOURCES]
    found = {name: f"canary/{number:02}+{os.urandom(12).hex()}=x" for number, name in enumerate(names)}
    found["OTEL_EXPORTER_OTLP_HEADERS"] = f"authorization={found['OTEL_EXPORTER_OTLP_HEADERS'].replace('=', '')}"
    return found


@pytest.fixture
def world() -> Iterator[Echoing]:
    with echoing() as running:
        yield running


@pytest.fixture
def secrets(world: Echoing) -> dict[str, str]:
    """The environment's canaries."""
    return planted()


@pytest.fixture
def environment(world: Echoing, secrets: dict[str, str]) -> dict[str, str]:
    """What the server is started with."""
    there = f"http://127.0.0.1:{world.port}"
    return {
        "PINCITE_MODEL": "openai:any",
        "PINCITE_MODEL_BASE_URL": f"{there}/v1",
        "PINCITE_RERANKER": "cohere:any",
        "PINCITE_RERANKER_BASE_URL": f"{there}/v2",
        "PINCITE_FETCH_ALLOW": f"127.0.0.1:{world.port}",
        "PINCITE_OTLP_ENDPOINT": there,
        "PINCITE_LOG_LEVEL": "debug",
        "PINCITE_OCR": "off",
        **secrets,
    }


@pytest.fixture
def server(tmp_path: Path, environment: dict[str, str]) -> Iterator[Server]:
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home, environment)
    yield started
    stop_server(started)


def test_forty_secrets_stay_where_they_are(
    server: Server, world: Echoing, environment: dict[str, str], secrets: dict[str, str], tmp_path: Path
) -> None:
    issued: dict[str, str] = {}
    said: list[str] = []
    with contextlib.closing(signed_in(server, issued, said)) as client:
        use_what_people_are_given(client, issued)
        use_what_the_server_is_given(client, world, said)
        said.append(client.get("/metrics").text)
    # The provider rejects the key and says it: doctor finds that something is wrong.
    commands = {"doctor": 1, "sources list": 0, "audit export": 0, "users list": 0, "list": 0}
    own = {**environment, "PINCITE_HOME": str(server.home)}
    said += [told(words.split(), own, code) for words, code in commands.items()]
    # The worker is Pincite itself, in a process of its own: it asks the same models, and its parsers must not know.
    parsers = [each for each in beneath(server) if "--attached" not in each.cmdline()]
    assert len(parsers) == len(beneath(server)) - 1
    children = "\n".join(environment_of(each) for each in parsers)
    assert "LANG" in children  # a parser stands ready
    stop_server(server)
    log = server.process.stderr

    heard = "\n".join(world.heard)
    assert {"PINCITE_MODEL_API_KEY", "PINCITE_RERANKER_API_KEY"} <= set(found_in(secrets, heard)), "nothing to say back"
    assert len(world.spans) > 0
    assert len(secrets) + len(issued) >= 40
    everywhere = {**secrets, **issued}
    assert found_in(everywhere, log) == []
    assert found_in(secrets, "\n".join(said)) == []
    assert found_in(everywhere, b"\n".join(world.spans).decode("latin-1")) == []
    assert found_in(everywhere, children) == []
    files = {path: path.read_bytes().decode("latin-1") for path in server.home.rglob("*") if path.is_file()}
    assert len(files) > 5
    assert [(str(path), name) for path, text in files.items() for name in found_in(everywhere, text)] == []


def signed_in(server: Server, issued: dict[str, str], said: list[str]) -> httpx2.Client:
    """Sign the owner in, note what they were given, and keep every reply that does not give a secret itself."""
    client = httpx2.Client(base_url=server.url, headers={"origin": server.url}, timeout=60)
    issued["link"] = server.sign_in.partition("#token=")[2]
    assert client.post("/v1/session", json={"token": issued["link"]}).status_code < 300
    issued["session"] = next(iter(client.cookies.jar)).value or ""

    def keep(response: httpx2.Response) -> None:
        said.append(f"{response.read().decode('utf-8', 'replace')}\n{response.headers}")

    client.event_hooks = {"response": [keep]}
    return client


def use_what_people_are_given(client: httpx2.Client, issued: dict[str, str]) -> None:
    """A key, an invitation, a password, a second factor: made, used wrongly, used rightly."""
    issued["key"] = made(client.post("/v1/keys", json={"name": "one"}))["key"]
    wrong = {"authorization": f"Bearer {issued['key']}x"}
    assert httpx2.get(f"{client.base_url}/v1/documents", headers=wrong).status_code == 401
    right = {"authorization": f"Bearer {issued['key']}"}
    with httpx2.Client(base_url=client.base_url, headers=right) as program:
        assert program.get("/v1/documents", params={"cursor": issued["key"]}).status_code == 422
        assert program.get(f"/v1/documents/{issued['key']}").status_code == 404
    asked = {"name": "Ada", "role": "editor", "email": "ada@example.com"}
    issued["invitation"] = made(client.post("/v1/users", json=asked))["token"]
    issued |= {name: f"canary-{os.urandom(12).hex()}" for name in ("password", "wrong password")}
    with httpx2.Client(base_url=client.base_url, headers={"origin": str(client.base_url)}) as ada:
        made(ada.post("/v1/session", json={"token": issued["invitation"]}))
        issued["her session"] = next(iter(ada.cookies.jar)).value or ""
        assert ada.put("/v1/session/password", json={"password": issued["password"]}).status_code == 204
        factor = made(ada.post("/v1/session/second-factor", json={}))
        issued["second factor"] = factor["secret"]
        code = code_of(base64.b32decode(factor["secret"]), int(time.time()) // 30)
        recovery = made(ada.put("/v1/session/second-factor", json={"code": code}))["recovery_codes"]
        issued.update({f"recovery code {number}": each for number, each in enumerate(recovery)})
        for password, status in ((issued["wrong password"], 401), (issued["password"], 200)):
            body = {"email": "ada@example.com", "password": password}
            assert ada.post("/v1/session/password", json=body).status_code == status
        assert ada.post("/v1/session/code", json={"code": recovery[0]}).status_code == 200


def use_what_the_server_is_given(client: httpx2.Client, world: Echoing, said: list[str]) -> None:
    """Ask models and places that say back what they are sent."""
    made(client.post("/v1/collections", json={"name": "default"}))
    for number in range(2, 6):
        upload = {"file": (f"{number}.md", f"# Hall {number}\n\nThere are {number} pumps in it.\n".encode())}
        document = made(client.post("/v1/documents", data={"collection": "default"}, files=upload))["items"][0]["id"]
        while made(client.get(f"/v1/documents/{document}"))["state"] != "ready":
            time.sleep(0.05)
    for status in (401, 403, 429, 500, 302, 200):
        world.status = status
        client.post("/v1/answers", json={**QUESTION, "stream": status % 2 == 0})
        assert client.get("/v1/search", params={"q": "pumps"}).status_code == 200
    world.status = 403
    there = f"127.0.0.1:{world.port}"
    options: list[dict[str, Any]] = [
        {"kind": "git", "location": f"https://{there}/a.git", "options": {"token": SOURCES[0]}},
        {
            "kind": "bucket",
            "location": "s3://some-bucket/a",
            "options": {"key_id": SOURCES[1], "key": SOURCES[2], "endpoint": f"http://{there}"},
        },
        {"kind": "imap", "location": f"imaps://{there}/In", "options": {"user": "ada", "password": SOURCES[3]}},
        {"kind": "web", "location": f"http://{there}/"},
        {"kind": "feed", "location": f"http://{there}/feed"},
    ]
    names = [f"s{number}" for number in range(len(options))]
    for name, asked in zip(names, options, strict=True):
        reply = client.post("/v1/sources", json={"name": name, "collection": "default", "every_s": 0, **asked})
        assert reply.status_code == 201, reply.text
        client.post(f"/v1/sources/{name}/sync", json={})
    runs: list[str] = []
    until_s = time.monotonic() + 40
    while time.monotonic() < until_s:
        runs = [client.get(f"/v1/sources/{name}").json()["run"]["state"] for name in names]
        if all(state in {"done", "failed"} for state in runs):
            break
        time.sleep(0.3)
    assert set(runs) <= {"done", "failed"}, runs


def made(reply: httpx2.Response) -> Any:
    assert reply.status_code < 300, reply.text
    return reply.json()


def told(words: list[str], environment: dict[str, str], code: int) -> str:
    """Return all that a command says, which ends with that code."""
    process = Forked(command, (words,), {**os.environ, **environment})
    assert process.wait(60) == code, f"{words} {process.stderr}"
    return f"{process.stdout}\n{process.stderr}"


def environment_of(process: psutil.Process) -> str:
    return "\n".join(f"{name}={value}" for name, value in process.environ().items())


def found_in(secrets: dict[str, str], text: str) -> list[str]:
    """Return which secrets stand in a text, in one spelling or another."""
    return [name for name, value in secrets.items() if any(each in text for each in spellings(value))]
