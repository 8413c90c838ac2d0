"""When it is whose turn: how many documents of its tenant a new one waits behind.

They are counted in the database now and then, and by ones in between: counting fifty thousand for each of fifty
thousand files would take longer than reading them.
"""

import time

from pincite.core import Scope
from pincite.core.scope import system_scope
from pincite.library import Library

MOST = 1_000_000  # nobody waits for more files than this
_KNOWN_S = 1.0
_SHARE = 20  # of the time, at most, that counting takes: one part in so many
_MOST_TENANTS = 1000


class Turns:
    """Gives each document its place behind those of its tenant.

    Args:
        library: knows how many wait or are being read.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[str, tuple[int, float]] = {}

    async def next(self, scope: Scope) -> int:
        """Return the place of a document that is registered already, up to `MOST`. Raises: Unavailable."""
        began = time.monotonic()
        place, until = self._known.get(scope.tenant, (0, 0.0))
        if began >= until:
            if len(self._known) >= _MOST_TENANTS:
                self._known.clear()
            everything = system_scope(scope.tenant)  # whoever sees little does not go before those whom they cannot see
            place = await self._library.count_unfinished(everything, MOST)
            now = time.monotonic()
            until = now + max(_KNOWN_S, _SHARE * (now - began))
        self._known[scope.tenant] = (min(place + 1, MOST), until)
        return place
