"""Imports the search engine: quiet, and without the client of its makers' cloud.

That client is half of the engine's import (half a second) and holds 20 MB; nothing here speaks to their cloud.
"""

# pyright: reportMissingTypeStubs=false

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_CLOUD = "lance_namespace_urllib3_client"


class _Empty(ModuleType):
    """A module that has every class one asks it for, all of them empty."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextmanager
def _without_cloud() -> Iterator[None]:
    """Put empty modules in the place of the client's calls, unless they are there already, while the block runs."""
    found = find_spec(_CLOUD)
    folders = [] if found is None else found.submodule_search_locations or []
    calls = [f"{_CLOUD}.api.{path.stem}" for folder in folders for path in Path(folder, "api").glob("*_api.py")]
    empty = {name: _Empty(name) for name in calls if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


# The one environment access outside settings: the engine's two Rust loggers read these once, when they are imported.
os.environ.setdefault("LANCEDB_LOG", "error")
os.environ.setdefault("LANCE_LOG", "error")

with _without_cloud():
    import lancedb
    from lancedb.index import FTS, Bitmap, BTree, IvfRq
    from lancedb.query import MatchQuery

__all__ = ["FTS", "BTree", "Bitmap", "IvfRq", "MatchQuery", "lancedb"]
