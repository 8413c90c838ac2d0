"""Use cases of vectors that were made once: looked up before a text is embedded, kept when it was.

They are derived: losing one costs the time to make it.
"""

from collections.abc import Mapping, Sequence

from pincite.core import Database, Scope
from pincite.core.batched import batched
from pincite.library.store import documents, vectors

_AT_ONCE = 500


class Vectors:
    """The vectors of texts, by model and by the text's sha256."""

    _db: Database

    async def vectors(self, scope: Scope, model_id: str, digests: Sequence[str]) -> Mapping[str, bytes]:
        """Return the vectors (float32, little endian) of texts by digest; those that are there."""
        found: dict[str, bytes] = {}
        async with self._db.read(scope) as session:
            for some in batched(digests, _AT_ONCE):
                found.update(await vectors.find_vectors(session, scope, model_id, some))
        return found

    async def save_vectors(self, scope: Scope, model_id: str, made: Mapping[str, tuple[str, bytes]]) -> None:
        """Keep vectors with the document that each was made for, by digest; those of removed documents are not kept."""
        async with self._db.transaction(scope) as tx:
            live = await documents.live_documents(tx, scope, sorted({document for document, _ in made.values()}))
            kept = {digest: each for digest, each in made.items() if each[0] in live}
            await vectors.put_vectors(tx, scope, model_id, kept)

    async def keep_vectors_of(self, scope: Scope, models: Sequence[str]) -> None:
        """Forget the vectors of all models but those."""
        async with self._db.transaction(scope) as tx:
            await vectors.drop_models(tx, scope, models)
