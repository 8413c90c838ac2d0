"""The audit log over HTTP: `/v1/audit` and its export. Translation only.

What is noted, and that reading is noted too, is in `audit.py`.
"""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from pincite.accounts.audit import Audit
from pincite.accounts.domain import Permission
from pincite.accounts.door import CurrentScope, requires
from pincite.accounts.schemas import EntryBody, EntryList, Filters, PageFilters, line_of
from pincite.accounts.watch import watched
from pincite.core import Scope
from pincite.core.trail import Entry

JSONL = "application/jsonl"


class AuditRoutes:
    """Who did what, for auditors, admins and owners."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(prefix="/v1/audit", tags=["audit"], dependencies=[requires(Permission.AUDIT)])
        router.add_api_route("", self.entries, methods=["GET"], summary="Search the audit log")
        router.add_api_route(
            "/export",
            self.export,
            methods=["GET"],
            response_class=StreamingResponse,
            responses={200: {"content": {JSONL: {"schema": {"type": "string"}}}}},
            summary="Export the audit log as JSON lines",
        )
        return router

    async def entries(self, scope: CurrentScope, query: Annotated[PageFilters, Query()]) -> EntryList:
        """List who did what to which object from where; that you looked is noted, too."""
        before = None if query.cursor is None else int(query.cursor)
        found = await self._audit.entries(scope, query.wanted(), limit=query.limit + 1, before=before)
        more = str(found[query.limit - 1].seq) if len(found) > query.limit else None
        return EntryList(items=[EntryBody.of(each) for each in found[: query.limit]], next_cursor=more)

    async def export(
        self, scope: CurrentScope, query: Annotated[Filters, Query()], request: Request
    ) -> StreamingResponse:
        """Stream entries in their order, one JSON object a line; that it was exported is noted, too.

        It ends within seconds when your rights change or end, with a line that has a `problem` and no entry.
        """
        headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"', "Cache-Control": "no-store"}
        lines = _lines(request, scope, self._audit.export(scope, query.wanted()))
        return StreamingResponse(lines, media_type=JSONL, headers=headers)


async def _lines(request: Request, scope: Scope, entries: AsyncIterator[Entry]) -> AsyncIterator[str]:
    ended = False

    async def whole() -> AsyncIterator[str]:
        nonlocal ended
        async for each in entries:
            yield json.dumps(line_of(each)) + "\n"
        ended = True

    async for line in watched(request, scope, whole()):
        yield line
    if not ended:  # what was sent so far must not be taken for all of it
        yield json.dumps({"problem": "Your rights changed: not all was exported. Export it again."}) + "\n"
