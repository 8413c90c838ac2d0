"""Ingest: the write path: bytes to passages."""

from pincite.ingest.domain import (
    EmptyUpload,
    Finding,
    FsckReport,
    IndexOutdated,
    IngestParts,
    Received,
    Staged,
)
from pincite.ingest.service import IngestService
from pincite.ingest.settings import IngestSettings

__all__ = [
    "EmptyUpload",
    "Finding",
    "FsckReport",
    "IndexOutdated",
    "IngestParts",
    "IngestService",
    "IngestSettings",
    "Received",
    "Staged",
]
