"""Every operation of the API as it describes itself, asked of a real server by schemathesis, as everybody there is.

No reply may be a server error, of a status or a shape that is not described, or late. A few cases for each operation
and asker here; many by `make fuzz`.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import postgres_database
from tests.e2e.conftest import Server, start_server, stop_server

pytestmark = pytest.mark.xdist_group("described")
ROLES = ("owner", "admin", "editor", "viewer", "auditor", "nobody")  # the first, the fourth and the last each time
WHOLE = os.environ.get("FUZZ") == "whole"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
LATEST_S = 20
ENDLESS = "/v1/documents/events"  # a stream that ends when who listens goes


@pytest.fixture(scope="module", params=["sqlite", "postgres"] if WHOLE else ["sqlite"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with something to find."""
    home = tmp_path_factory.mktemp("described") / "home"
    home.mkdir()
    environment = {"PINCITE_OCR": "off", "PINCITE_LOG_LEVEL": "error"}
    with contextlib.ExitStack() as closing:
        if request.param == "postgres":
            database = postgres_database(request.getfixturevalue("_postgres_server"), "template1")
            environment["PINCITE_DATABASE_URL"] = closing.enter_context(database).replace("+asyncpg", "")
        started = start_server(home, environment)
        closing.callback(stop_server, started)
        yield started


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    """A key for somebody of each role."""
    token = server.sign_in.partition("#token=")[2]
    with httpx2.Client(base_url=server.url, headers={"origin": server.url}, timeout=60) as owner:
        made(owner.post("/v1/session", json={"token": token}))
        found = {"owner": made(owner.post("/v1/keys", json={"name": "schema"}))["key"]}
        made(owner.post("/v1/collections", json={"name": "default"}))
        file = {"file": ("a.md", b"# Pumps\n\nThere are seven pumps in the hall.\n")}
        made(owner.post("/v1/documents", data={"collection": "default"}, files=file))
        for role in ROLES[1:-1]:
            invited = made(owner.post("/v1/users", json={"name": role, "role": role}))
            with httpx2.Client(base_url=server.url, headers={"origin": server.url}, timeout=60) as somebody:
                made(somebody.post("/v1/session", json={"token": invited["token"]}))
                found[role] = made(somebody.post("/v1/keys", json={"name": "schema"}))["key"]
    return {**found, "nobody": "pin_of_nobody"}


def made(reply: httpx2.Response) -> Any:
    assert reply.status_code < 300, reply.text
    return reply.json()


@pytest.mark.timeout(2400 if WHOLE else 240)
@pytest.mark.parametrize("role", ROLES if WHOLE else ROLES[::3] + ROLES[-1:])
def test_every_operation_keeps_to_what_it_says(server: Server, keys: dict[str, str], role: str, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{server.url}/openapi.json",
        "--header",
        f"Authorization: Bearer {keys[role]}",
        "--exclude-path",
        ENDLESS,
        "--checks",
        ",".join(CHECKS),
        "--phases",
        "examples,coverage,fuzzing,stateful" if WHOLE else "examples,fuzzing",
        "--max-examples",
        "100" if WHOLE else "2",
        "--request-timeout",
        str(LATEST_S),
        "--seed",
        "1",
        "--continue-on-failure",
        "--no-shrink",
        "--suppress-health-check",
        "all",
        "--no-color",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-20000:]}\n{done.stderr[-2000:]}"
    assert server.process.returncode is None
