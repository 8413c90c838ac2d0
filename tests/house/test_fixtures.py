"""The fixtures that other tests stand on: no network, no developer's data folder, real databases on both engines."""

import os
import socket
from pathlib import Path

import pytest
from sqlalchemy import text

from pincite.core import Database
from pincite.core.scope import EVERY_TENANT


def test_no_test_reaches_an_address_outside_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match="may not connect"):
        outside.connect(("192.0.2.1", 80))


def test_no_test_looks_up_a_name_outside_this_machine() -> None:
    with pytest.raises(RuntimeError, match="may not look up"):
        socket.getaddrinfo("example.com", 443)


def test_loopback_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass


def test_the_data_folder_is_never_the_developers_own(pincite_home: Path) -> None:
    assert os.environ["PINCITE_HOME"] == str(pincite_home)
    assert Path("~/.pincite").expanduser() not in pincite_home.parents


async def test_a_database_of_each_engine_starts_empty_and_keeps_what_is_committed(sql_url: str) -> None:
    database = Database(sql_url)
    try:
        async with database.transaction(EVERY_TENANT) as session:
            await session.execute(text("CREATE TABLE t (n INTEGER)"))
            await session.execute(text("INSERT INTO t VALUES (1)"))
        async with database.read(EVERY_TENANT) as session:
            assert (await session.execute(text("SELECT n FROM t"))).scalars().all() == [1]
    finally:
        await database.close()
