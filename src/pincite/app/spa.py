"""Serves the built web app from the package: hashed assets for ever, and `index.html` for every page of the app.

How it is built is in `scripts/build_web.py`; without a build one page says how to make it.
"""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from pincite.accounts import public
from pincite.app.nowhere import BASELESS, EVERYWHERE, is_below, nothing_at
from pincite.core import NotFound

STATIC = Path(__file__).parent / "static"
_UNBUILT = """<!doctype html><meta charset="utf-8"><title>Pincite</title>
<p>The server runs, but the web app is not built. Run <code>make web</code> and reload.</p>"""


class WebAppRoutes:
    """Everything that is not `/v1`, `/scim` or a system path belongs to the web app."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder.resolve()

    def router(self) -> APIRouter:
        """Return the catch-all route; include it last."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(EVERYWHERE, self.page, methods=["GET"], dependencies=[public()], response_model=None)
        return router

    async def page(self, path: str) -> Response:
        """Return a built file, or the app's page for a path that the app itself resolves."""
        if path.startswith(("v1/", "scim/")) or is_below(f"/{path}", BASELESS):
            raise nothing_at(f"/{path}")
        found = (self._folder / path).resolve()
        if path and found.is_file() and found.is_relative_to(self._folder):
            forever = path.startswith("assets/")
            cache = "public, max-age=31536000, immutable" if forever else "no-cache"
            return FileResponse(found, headers={"Cache-Control": cache})
        if path.startswith("assets/"):
            raise NotFound("There is no such file.")
        index = self._folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_UNBUILT)
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
