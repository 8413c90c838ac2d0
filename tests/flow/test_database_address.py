"""PostgreSQL by the addresses that its providers hand out, over TLS, in all that a server opens: ours and the jobs'."""

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest
import trustme
from sqlalchemy import text
from tests.doubles.tls_postgres import TlsPostgres, tls_postgres
from tests.flow.conftest import add, settled, signed_in, upload
from typer.testing import CliRunner

from pincite.app.cli.main import app
from pincite.app.doctor import examine
from pincite.app.settings import BadSettings, read_settings
from pincite.app.wiring import open_house
from pincite.core import Database, Unavailable
from pincite.core.scope import EVERY_TENANT

pytestmark = pytest.mark.postgres


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The file of who signed the server's certificate."""
    return tmp_path / "root.crt"


@pytest.fixture
def behind_tls(postgres_url: str, certificate: Path) -> Iterator[TlsPostgres]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    (folder,) = parse_qs(urlsplit(postgres_url).query)["host"]
    with tls_postgres(context, Path(folder) / ".s.PGSQL.5432") as served:
        yield served


def address(postgres_url: str, served: TlsPostgres, parameters: str, host: str = "localhost") -> str:
    return f"postgresql://postgres@{host}:{served.port}{urlsplit(postgres_url).path}?{parameters}"


@pytest.mark.parametrize(
    "parameters",
    [
        "sslmode=require",
        "sslmode=require&channel_binding=prefer&application_name=mine&connect_timeout=10&keepalives=1",
        "sslmode=verify-full&sslrootcert={certificate}&options=-c%20statement_timeout%3D70s",
    ],
)
async def test_a_document_is_read_over_tls_alone(
    pincite_home: Path, postgres_url: str, behind_tls: TlsPostgres, certificate: Path, parameters: str
) -> None:
    url = address(postgres_url, behind_tls, parameters.format(certificate=certificate))
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        assert (await add(client, "rules.md", b"# Rules\n\nDogs travel free.\n"))["state"] == "ready"
    assert behind_tls.encrypted > 2
    assert behind_tls.plain == 0


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("sslmode=verify-full&sslrootcert={other}", "certificate verify failed"),
        ("sslmode=verify-full&sslrootcert=/nowhere/root.crt", "cannot be reached"),
    ],
)
async def test_a_server_that_nobody_vouches_for_is_refused_with_the_reason(
    pincite_home: Path, postgres_url: str, behind_tls: TlsPostgres, tmp_path: Path, parameters: str, said: str
) -> None:
    other = tmp_path / "other.crt"
    trustme.CA().cert_pem.write_to_path(str(other))
    url = address(postgres_url, behind_tls, parameters.format(other=other))
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    with pytest.raises(Unavailable, match=said) as refused:
        async with open_house(settings):
            pass
    assert "PINCITE_DATABASE_URL" in refused.value.remedy


@pytest.mark.parametrize("parameter", ["ssl=require", "sslmode=always", "pgbouncer=true", "connect_timeout=soon"])
def test_a_parameter_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, parameter: str) -> None:
    monkeypatch.setenv("PINCITE_DATABASE_URL", f"postgresql://u:hidden@h/d?{parameter}")
    with pytest.raises(BadSettings, match=parameter.partition("=")[0]) as refused:
        read_settings()
    assert "hidden" not in str(refused.value)
    said = CliRunner().invoke(app, ["doctor"])
    assert said.exit_code == 2
    assert "Traceback" not in said.output


@pytest.mark.parametrize("may", ["", "GRANT CREATE ON SCHEMA public TO {}"])
async def test_a_user_that_may_not_make_what_is_needed_is_told_what_to_do(
    pincite_home: Path, postgres_url: str, may: str
) -> None:
    mighty, role = Database(postgres_url), f"r{uuid4().hex}"
    async with mighty.transaction(EVERY_TENANT) as tx:
        for order in filter(None, ("CREATE ROLE {} LOGIN", may)):
            await tx.execute(text(order.format(role)))
    url = postgres_url.replace("//postgres:", f"//{role}:", 1)
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    with pytest.raises(Unavailable, match="permission denied for") as refused:
        async with open_house(settings, work=True):
            pass
    assert "OWNER" in refused.value.remedy
    async with mighty.transaction(EVERY_TENANT) as tx:
        await tx.execute(text(f"DROP OWNED BY {role}"))
        await tx.execute(text(f"DROP ROLE {role}"))
    await mighty.close()


@pytest.fixture
def latin_url(postgres_url: str) -> Iterator[str]:
    """URL of a database that has no place for most scripts."""
    libpq = postgres_url.replace("+asyncpg", "", 1)
    with psycopg.connect(libpq, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        yield libpq.replace(urlsplit(libpq).path + "?", "/latin?", 1)
        connection.execute("DROP DATABASE latin WITH (FORCE)")


async def test_a_database_that_is_not_in_utf8_is_refused_at_first(pincite_home: Path, latin_url: str) -> None:
    settings = read_settings(home=pincite_home, database_url=latin_url, model="none", log_level="error")
    with pytest.raises(Unavailable, match="LATIN1") as refused:
        async with open_house(settings):
            pass
    assert "ENCODING 'UTF8'" in refused.value.remedy
    said = [each for each in await examine(settings, {}) if each.what == "Database"]
    assert [(each.state, "LATIN1" in each.found) for each in said] == [("bad", True)]


async def test_a_database_that_isolates_more_refuses_nobody_who_waited(pincite_home: Path, postgres_url: str) -> None:
    mighty, name = Database(postgres_url), urlsplit(postgres_url).path.removeprefix("/")
    async with mighty.transaction(EVERY_TENANT) as tx:
        await tx.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
    await mighty.close()
    settings = read_settings(home=pincite_home, database_url=postgres_url, model="none", log_level="error")
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        valves = [upload(client, f"{n}.md", f"# Valve {n}\n\nIt is red.\n".encode()) for n in range(12)]
        taken = await asyncio.gather(*valves)
        assert [each.status_code for each in taken] == [202] * 12
        for each in taken:
            document = await settled(client, each.json()["items"][0]["id"])
            assert (document["state"], document["problem"]) == ("ready", None)


async def test_a_pooler_is_told_from_a_database_that_is_slow(pincite_home: Path) -> None:
    said = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: idle_in_transaction_session_timeout\0\0"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(b"E" + (len(said) + 4).to_bytes(4, "big") + said)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"postgresql://u@127.0.0.1:{port}/d?sslmode=disable"
    settings = read_settings(home=pincite_home, database_url=url, model="none", log_level="error")
    async with server:
        with pytest.raises(Unavailable, match="unsupported startup parameter") as refused:
            async with open_house(settings):
                pass
    assert "pooler" in refused.value.remedy
