"""The names of the documents in view and their languages, kept ready for as long as nothing changes.

They are read through the library for the asker's scope; which names a question says is found in `naming.py`.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pincite.core import Scope
from pincite.core.languages import UNDETERMINED
from pincite.index import Filter
from pincite.retrieval.naming import NameIndex

# Beyond this many documents names are too many to be told apart by, and too many to read for one question.
MOST_NAMES = 20_000
# More than anybody's documents are in.
MOST_LANGUAGES = 40
_KEPT = 64
_FRESH_S = 2.0


class NameSource(Protocol):
    """What the catalogue needs of the library."""

    async def latest_version(self, scope: Scope) -> int:
        """Return a number that grows with every change of a tenant's documents."""
        ...

    async def document_names(self, scope: Scope, within: Filter, limit: int) -> Sequence[tuple[str, str]]:
        """Return (document id, source) of at most `limit` documents in view that answer now."""
        ...

    async def document_languages(self, scope: Scope, within: Filter, limit: int) -> Sequence[str | None]:
        """Return at most `limit` languages of what answers there, that of most documents first."""
        ...


_Key = tuple[str, str, tuple[str, ...], tuple[str, ...]]


@dataclass(slots=True)
class _Known:
    version: int
    looked_at: float
    names: NameIndex | None = None
    languages: tuple[str, ...] | None = None


class Catalogue:
    """Finds the documents that questions name, and the languages that there are.

    Args:
        library: where names come from.
    """

    def __init__(self, library: NameSource) -> None:
        self._library = library
        self._known: OrderedDict[_Key, _Known] = OrderedDict()

    async def names(self, scope: Scope, within: Filter) -> NameIndex:
        """Return the names of the documents in view; at most two seconds old."""
        known = await self._current(scope, within)
        if known.names is None:
            found = await self._library.document_names(scope, within, MOST_NAMES + 1)
            known.names = NameIndex(found if len(found) <= MOST_NAMES else ())
        return known.names

    async def languages(self, scope: Scope, within: Filter) -> tuple[str, ...]:
        """Return the languages of the documents there, as BCP-47, that of most first; at most two seconds old."""
        known = await self._current(scope, within)
        if known.languages is None:
            told = await self._library.document_languages(scope, within, MOST_LANGUAGES)
            known.languages = tuple(dict.fromkeys([each or UNDETERMINED for each in told])) or (UNDETERMINED,)
        return known.languages

    async def _current(self, scope: Scope, within: Filter) -> _Known:
        key = (scope.tenant, scope.user, within.collections, within.granted)
        known = self._known.get(key)
        now = time.monotonic()
        if known is not None and now - known.looked_at < _FRESH_S:
            return known
        version = await self._library.latest_version(scope)
        if known is None or known.version != version:
            known = _Known(version, now)
        known.looked_at = now
        self._known[key] = known
        self._known.move_to_end(key)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return known
