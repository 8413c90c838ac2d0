"""Imports the search engine: quiet, and without the client of its makers' cloud.

That client is two thirds of the engine's import (a second) and holds 30 MB; nothing here speaks to their cloud.
"""

# pyright: reportMissingTypeStubs=false

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_CLOUD = "lance_namespace_urllib3_client.api."


class _Empty(ModuleType):
    """A module that has every class one asks it for, all of them empty."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class _WithoutCloud(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Take the client's modules upon itself, and no others."""
        return ModuleSpec(fullname, self) if fullname.startswith(_CLOUD) else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return an empty one."""
        return _Empty(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


@contextmanager
def _without_cloud() -> Iterator[None]:
    finder = _WithoutCloud()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


# The one environment access outside settings: the engine's two Rust loggers read these once, when they are imported.
os.environ.setdefault("LANCEDB_LOG", "error")
os.environ.setdefault("LANCE_LOG", "error")

with _without_cloud():
    import lancedb
    from lancedb.index import FTS, Bitmap, BTree, IvfRq
    from lancedb.query import MatchQuery

__all__ = ["FTS", "BTree", "Bitmap", "IvfRq", "MatchQuery", "lancedb"]
