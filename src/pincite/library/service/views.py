"""What an asker sees of the library, as one value: the same for two askers exactly where all that answers is the same.

For whoever keeps what was made of documents, and may give it again only while nothing of them has changed.
"""

import hashlib
import json
from collections.abc import Sequence

from pincite.core import Database, Scope
from pincite.core.scope import system_scope
from pincite.library.store import views


class Views:
    """Says whether two askers, or one at two times, see the same."""

    _db: Database

    async def seen_by(self, scope: Scope, wanted: Sequence[str] | None = None) -> str:
        """Return a hash of what the asker may read, of some collections (ids) or of all where None.

        In it are the documents by id, name and version, how far each was read, what personal data is covered, and the
        builds of the index. Whatever is uploaded, read on, removed, granted, taken back or embedded anew changes it.
        Reads a row for each document.
        """
        async with self._db.read(scope, one_moment=True) as session:
            seen = await views.seen(session, scope, wanted)
            system = system_scope(scope.tenant)
            of_all = [await views.policies(session, system), await views.indexed(session, system)]
        whole = json.dumps([scope.tenant, sorted(wanted or ()), wanted is None, seen, of_all], default=str)
        return hashlib.sha256(whole.encode()).hexdigest()
