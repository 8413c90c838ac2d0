"""The library's use cases, one group a file, behind one object. No web and no commit but the unit of work's."""

import secrets

from pincite.core import Database
from pincite.core.blobs import BlobStore
from pincite.library.service.batches import Batches
from pincite.library.service.collections import Collections
from pincite.library.service.contexts import Contexts
from pincite.library.service.generations import Generations
from pincite.library.service.grants import Grants
from pincite.library.service.holds import Holds
from pincite.library.service.progress import Progress
from pincite.library.service.removal import Removals
from pincite.library.service.reparsing import Reparsing
from pincite.library.service.retention import Retention
from pincite.library.service.sections import Sections
from pincite.library.service.slices import Slices
from pincite.library.service.stops import Stops
from pincite.library.service.upkeep import Upkeep
from pincite.library.service.uploads import Uploads
from pincite.library.service.usage import Usages
from pincite.library.service.vectors import Vectors
from pincite.library.service.views import Views
from pincite.library.service.waiting import Waiting
from pincite.privacy import Masker


class Library(
    Collections,
    Grants,
    Uploads,
    Batches,
    Progress,
    Slices,
    Stops,
    Reparsing,
    Sections,
    Removals,
    Holds,
    Retention,
    Generations,
    Waiting,
    Vectors,
    Contexts,
    Usages,
    Views,
    Upkeep,
):
    """The truth about documents. Every method acts for a `Scope` and sees only what that may see.

    Args:
        database: where rows are kept.
        blobs: where the uploaded bytes are kept.
        mask_key: what the marks in covered text are made with, the same for all processes; a new one where None.
    """

    def __init__(self, database: Database, blobs: BlobStore, mask_key: bytes | None = None) -> None:
        self._db = database
        self._blobs = blobs
        self._masker = Masker(mask_key or secrets.token_bytes(32))


__all__ = ["Library"]
