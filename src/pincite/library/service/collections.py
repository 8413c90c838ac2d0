"""Use cases of collections: named sets of documents in a tenant."""

from pincite.core import Database, Scope
from pincite.library.domain import Collection, Listing


class Collections:
    """Making, listing and deleting collections."""

    _db: Database

    async def create_collection(self, scope: Scope, name: str) -> Collection:
        """Make a collection. Raises: InvalidInput for a bad name, Conflict where the name is taken."""
        raise NotImplementedError

    async def list_collections(
        self, scope: Scope, *, limit: int = 50, cursor: str | None = None
    ) -> Listing[Collection]:
        """List by name. Raises: InvalidInput for a cursor that is not ours."""
        raise NotImplementedError

    async def collection(self, scope: Scope, id_or_name: str) -> Collection:
        """Return one by id or by name. Raises: NotFound."""
        raise NotImplementedError

    async def delete_collection(self, scope: Scope, collection_id: str) -> None:
        """Delete an empty collection. Raises: NotFound; Conflict while it holds documents."""
        raise NotImplementedError

    async def ensure_default(self, scope: Scope) -> Collection:
        """Return the collection `default`, made if it is not there."""
        raise NotImplementedError

    async def visible_collections(self, scope: Scope) -> tuple[str, ...]:
        """Return the ids of the collections that the asker may read; goes into every search's filter."""
        raise NotImplementedError
