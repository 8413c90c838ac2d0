"""Pincite: a document assistant whose every sentence is pinned to the passage that supports it.

Only the choice of SQLite lives here: it must happen before anything imports `sqlite3`. Everything else is in a room.
"""

import importlib
import sys


def _use_bundled_sqlite() -> None:
    """Put pysqlite3 in place of `sqlite3`: system builds before 3.51.3 can corrupt a WAL under two writers."""
    try:
        bundled = importlib.import_module("pysqlite3")
    except ModuleNotFoundError:
        return
    sys.modules["sqlite3"] = bundled
    sys.modules["sqlite3.dbapi2"] = importlib.import_module("pysqlite3.dbapi2")


_use_bundled_sqlite()
