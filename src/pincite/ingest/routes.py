"""The HTTP face of the write path: upload, delete, retry. Translation only; uploads are read as they arrive.

What documents look like over HTTP is decided in `library`.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from pincite.accounts import CurrentScope, Permission, requires
from pincite.core import InvalidInput, Scope
from pincite.ingest.domain import Received, Staged
from pincite.ingest.multipart import BadUpload, MultipartReader
from pincite.ingest.service import IngestService
from pincite.library import DocumentBody, RegisterOutcome

DEFAULT_COLLECTION = "default"
_UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "collection": {"type": "string", "description": "Name or id; default is `default`."},
                        "source": {"type": "string", "description": "The document's name; default is the file's."},
                    },
                }
            }
        },
    }
}


class UploadedDocument(DocumentBody):
    """A document as an upload left it."""

    outcome: RegisterOutcome


class Uploaded(BaseModel):
    """The documents of an upload, in the order of its files."""

    items: list[UploadedDocument]


class IngestRoutes:
    """Routes that bring documents in and take them out."""

    def __init__(self, ingest: IngestService) -> None:
        self._ingest = ingest

    def router(self) -> APIRouter:
        """Return the routes, each with its permission."""
        router = APIRouter(prefix="/v1", tags=["documents"], dependencies=[requires(Permission.WRITE)])
        router.add_api_route(
            "/documents",
            self.upload,
            methods=["POST"],
            status_code=202,
            response_model=Uploaded,
            openapi_extra=_UPLOAD_BODY,
            summary="Upload documents",
        )
        router.add_api_route(
            "/documents/{document_id}",
            self.remove,
            methods=["DELETE"],
            status_code=204,
            summary="Delete a document",
        )
        router.add_api_route(
            "/documents/{document_id}/retry",
            self.retry,
            methods=["POST"],
            status_code=202,
            response_model=DocumentBody,
            summary="Read a failed document again",
        )
        return router

    async def upload(
        self, request: Request, scope: CurrentScope, content_type: Annotated[str, Header(include_in_schema=False)] = ""
    ) -> Uploaded:
        """Store the files and queue them to be read; answers before they are read."""
        staged, fields = await self._stage(scope, MultipartReader(content_type, request.stream()))
        source = fields.get("source")
        if source is not None and len(staged) > 1:
            raise InvalidInput("One source cannot name several files.", remedy="Send the files one by one.")
        collection = fields.get("collection") or DEFAULT_COLLECTION
        items = [
            _uploaded(await self._ingest.register(scope, each, collection=collection, source=source or each.name))
            for each in staged
        ]
        return Uploaded(items=items)

    async def remove(self, scope: CurrentScope, document_id: str) -> Response:
        """Hide a document at once; its text, its place in the index and its bytes follow."""
        await self._ingest.remove(scope, document_id)
        return Response(status_code=204)

    async def retry(self, scope: CurrentScope, document_id: str) -> DocumentBody:
        """Queue a failed document again."""
        return DocumentBody.of(await self._ingest.retry(scope, document_id))

    async def _stage(self, scope: Scope, reader: MultipartReader) -> tuple[list[Staged], dict[str, str]]:
        """Store files as they come; the fields that say where they belong may come after them."""
        staged: list[Staged] = []
        fields: dict[str, str] = {}
        async for part in reader.parts():
            if part.name == "file" and part.filename is not None:
                staged.append(await self._ingest.stage(scope, part.filename or "unnamed", reader.pieces()))
            elif part.name in {"collection", "source"}:
                fields[part.name] = await reader.text()
        if not staged:
            raise BadUpload("There is no file in the request.", remedy="Send it in a field named `file`.")
        return staged, fields


def _uploaded(received: Received) -> UploadedDocument:
    return UploadedDocument(**UploadedDocument.fields_of(received.document), outcome=received.outcome)
