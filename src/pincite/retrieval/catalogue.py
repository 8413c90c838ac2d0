"""The names of the documents in view, kept ready for as long as nothing changes.

Names are read through the library for the asker's scope; which of them a question names is found in `naming.py`.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pincite.core import Scope
from pincite.retrieval.naming import NameIndex

# Beyond this many documents names are too many to be told apart by, and too many to read for one question.
MOST_NAMES = 20_000
_KEPT = 64
_FRESH_S = 2.0


class NameSource(Protocol):
    """What the catalogue needs of the library."""

    async def latest_version(self, scope: Scope) -> int:
        """Return a number that grows with every change of a tenant's documents."""
        ...

    async def document_names(self, scope: Scope, collections: Sequence[str], limit: int) -> Sequence[tuple[str, str]]:
        """Return (document id, source) of at most `limit` documents in those collections that answer now."""
        ...


@dataclass(slots=True)
class _Known:
    names: NameIndex
    version: int
    looked_at: float


class Catalogue:
    """Finds the documents that questions name.

    Args:
        library: where names come from.
    """

    def __init__(self, library: NameSource) -> None:
        self._library = library
        self._known: OrderedDict[tuple[str, str, tuple[str, ...]], _Known] = OrderedDict()

    async def names(self, scope: Scope, collections: tuple[str, ...]) -> NameIndex:
        """Return the names of documents in collections that the asker may read; at most two seconds old."""
        key = (scope.tenant, scope.user, collections)
        known = self._known.get(key)
        now = time.monotonic()
        if known is not None and now - known.looked_at < _FRESH_S:
            return known.names
        version = await self._library.latest_version(scope)
        if known is None or known.version != version:
            found = await self._library.document_names(scope, collections, MOST_NAMES + 1)
            known = _Known(NameIndex(found if len(found) <= MOST_NAMES else ()), version, now)
        known.looked_at = now
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return known.names
