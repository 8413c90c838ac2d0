"""Core: what every room may use and no product word: database, blobs, ids, clock, errors, telemetry."""

from pincite.core.database import Database
from pincite.core.errors import Conflict, ErrorKind, InvalidInput, NotFound, PinciteError, StorageFull, Unavailable
from pincite.core.ids import new_id, utc_now
from pincite.core.schema import Table
from pincite.core.scope import Scope
from pincite.core.telemetry import StageClock, get_logger

__all__ = [
    "Conflict",
    "Database",
    "ErrorKind",
    "InvalidInput",
    "NotFound",
    "PinciteError",
    "Scope",
    "StageClock",
    "StorageFull",
    "Table",
    "Unavailable",
    "get_logger",
    "new_id",
    "utc_now",
]
