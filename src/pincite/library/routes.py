"""The library over HTTP: collections, documents, pages and passages. Translation only.

Uploading, deleting and retrying start work and are in `ingest/routes.py`.
"""

from fastapi import APIRouter

from pincite.library.domain import PageReader
from pincite.library.service import Library


class LibraryRoutes:
    """Routes that read the library, and make and delete collections."""

    def __init__(self, library: Library, reader: PageReader) -> None:
        self._library = library
        self._reader = reader

    def router(self) -> APIRouter:
        """Return the routes."""
        raise NotImplementedError
