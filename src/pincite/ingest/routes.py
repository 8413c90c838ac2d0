"""The HTTP face of the write path: upload, delete, retry. Translation only; uploads are read as they arrive.

What documents look like over HTTP is decided in `library`.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel, Field

from pincite.accounts import CurrentScope, Permission, requires
from pincite.core import InvalidInput, PinciteError, Scope
from pincite.ingest.domain import Received, Staged
from pincite.ingest.multipart import MAX_PARTS, BadUpload, MultipartReader
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
                        "file": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "minItems": 1,
                            "maxItems": MAX_PARTS,
                        },
                        "collection": {
                            "type": "string",
                            "maxLength": 200,
                            "description": "Name or id; default is `default`.",
                        },
                        "source": {
                            "type": "string",
                            "maxLength": 500,
                            "description": "The document's name; default is the file's.",
                        },
                        "bulk": {"type": "boolean", "description": "Let it wait for all that was not sent in bulk."},
                        "batch": {
                            "type": "string",
                            "maxLength": 200,
                            "description": "Name or id of the batch that it comes in; made if there is none.",
                        },
                    },
                }
            }
        },
    }
}


Id = Annotated[str, Field(max_length=64)]
DocumentId = Annotated[str, Path(max_length=64)]


class UploadedDocument(DocumentBody):
    """A document as an upload left it."""

    outcome: RegisterOutcome


class Uploaded(BaseModel):
    """The documents of an upload, in the order of its files."""

    items: list[UploadedDocument]


class Choice(BaseModel):
    """Which documents something is done to: those with these ids, those of a collection, or both conditions."""

    documents: list[Id] | None = Field(None, max_length=10_000, description="Ids.")
    collection: str | None = Field(None, max_length=200, description="Name or id.")

    def of(self) -> dict[str, Any]:
        """Return the choice as the service takes it. Raises: InvalidInput, where it would be everything."""
        if self.documents is None and self.collection is None:
            raise InvalidInput("It is not said which documents.", remedy="Give `documents`, or a `collection`.")
        return {"chosen": self.documents, "collection": self.collection}


class Changed(BaseModel):
    """The ids of the documents that something was done to; others of the choice were in no state for it."""

    documents: list[str]


class ReparseChoice(Choice):
    """Which documents are read anew: ready ones that earlier parsers read, or all of the choice with `up_to_date`."""

    up_to_date: bool = Field(False, description="Also those that the parsers at hand read.")

    def of(self) -> dict[str, Any]:
        """Return the choice as the service takes it. Raises: InvalidInput, where all would be read anew."""
        chosen = super().of() if self.up_to_date else {"chosen": self.documents, "collection": self.collection}
        return {**chosen, "up_to_date": self.up_to_date}


class ToReparse(BaseModel):
    """How many documents earlier parsers read, of those that the asker may change."""

    documents: int


class ReparsedBody(BaseModel):
    """The ids of the documents that wait to be read anew, and the name of the batch that they are in."""

    documents: list[str]
    batch: str | None


class BatchChanged(BaseModel):
    """How many documents of a batch something was done to; others were in no state for it."""

    documents: int


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
            summary="Read a failed, paused or cancelled document again",
        )
        for path, call, body, summary in (
            ("pause", self.pause, Changed, "Let documents rest that are on their way in"),
            ("cancel", self.cancel, Changed, "Give up reading documents"),
            ("retry", self.retry_all, Changed, "Read failed, paused and cancelled documents again"),
            ("reparse", self.reparse, ReparsedBody, "Read documents anew"),
        ):
            router.add_api_route(
                f"/documents/{path}", call, methods=["POST"], status_code=202, response_model=body, summary=summary
            )
        router.add_api_route(
            "/documents/reparse",
            self.count_to_reparse,
            methods=["GET"],
            response_model=ToReparse,
            summary="Count what earlier parsers read",
        )
        for action, summary in (
            ("pause", "Let the documents of a batch rest"),
            ("resume", "Go on with a batch"),
            ("retry", "Read what failed or was cancelled of a batch again"),
            ("cancel", "Give up what is left of a batch"),
        ):
            router.add_api_route(
                f"/batches/{{batch}}/{action}",
                self._changes(action),
                methods=["POST"],
                status_code=202,
                response_model=BatchChanged,
                summary=summary,
            )
        return router

    def _changes(self, action: str) -> Callable[..., Awaitable[BatchChanged]]:
        async def change(scope: CurrentScope, batch: Annotated[str, Path(max_length=200)]) -> BatchChanged:
            """Do it to all documents of a batch that are in a state for it, and to its files that are still to come."""
            return BatchChanged(documents=await self._ingest.change_batch(scope, batch, action))

        return change

    async def upload(
        self, request: Request, scope: CurrentScope, content_type: Annotated[str, Header(include_in_schema=False)] = ""
    ) -> Uploaded:
        """Store the files and queue them to be read; answers before they are read."""
        staged, fields = await self._stage(scope, MultipartReader(content_type, request.stream()))
        source = fields.get("source")
        if source is not None and len(staged) > 1:
            raise InvalidInput("One source cannot name several files.", remedy="Send the files one by one.")
        collection = fields.get("collection") or DEFAULT_COLLECTION
        bulk = fields.get("bulk", "").lower() in {"1", "true"}
        arrivals = [(source or each.name, each) for each in staged]
        received = await self._ingest.register_many(
            scope, arrivals, collection=collection, bulk=bulk, batch=fields.get("batch") or None
        )
        for each in received:
            if isinstance(each, PinciteError):
                raise each
        return Uploaded(items=[_uploaded(each) for each in received if isinstance(each, Received)])

    async def remove(self, scope: CurrentScope, document_id: DocumentId) -> Response:
        """Hide a document at once; its text, its place in the index and its bytes follow."""
        await self._ingest.remove(scope, document_id)
        return Response(status_code=204)

    async def retry(self, scope: CurrentScope, document_id: DocumentId) -> DocumentBody:
        """Queue a failed, paused or cancelled document again; a paused one goes on where it was."""
        return DocumentBody.of(await self._ingest.retry(scope, document_id))

    async def pause(self, scope: CurrentScope, choice: Choice) -> Changed:
        """Pause what waits or is being read; what is read so far stays and answers."""
        return Changed(documents=list(await self._ingest.pause(scope, **choice.of())))

    async def cancel(self, scope: CurrentScope, choice: Choice) -> Changed:
        """Cancel what waits, rests or is being read; older revisions go on answering."""
        return Changed(documents=list(await self._ingest.cancel(scope, **choice.of())))

    async def retry_all(self, scope: CurrentScope, choice: Choice) -> Changed:
        """Queue what failed, was paused or cancelled."""
        return Changed(documents=list(await self._ingest.go_on(scope, **choice.of())))

    async def reparse(self, scope: CurrentScope, choice: ReparseChoice) -> ReparsedBody:
        """Queue ready documents to be read once more by the parsers at hand; the old text answers until then."""
        done = await self._ingest.reparse(scope, **choice.of())
        return ReparsedBody(documents=list(done.documents), batch=done.batch)

    async def count_to_reparse(self, scope: CurrentScope) -> ToReparse:
        """Count the ready documents that an earlier version of the parsers read; they answer as they are."""
        return ToReparse(documents=await self._ingest.count_to_reparse(scope))

    async def _stage(self, scope: Scope, reader: MultipartReader) -> tuple[list[Staged], dict[str, str]]:
        """Store files as they come; the fields that say where they belong may come after them."""
        staged: list[Staged] = []
        fields: dict[str, str] = {}
        async for part in reader.parts():
            if part.name == "file" and part.filename is not None:
                staged.append(await self._ingest.stage(scope, part.filename or "unnamed", reader.pieces()))
            elif part.name in {"collection", "source", "bulk", "batch"}:
                fields[part.name] = await reader.text()
        if not staged:
            raise BadUpload("There is no file in the request.", remedy="Send it in a field named `file`.")
        return staged, fields


def _uploaded(received: Received) -> UploadedDocument:
    return UploadedDocument(**UploadedDocument.fields_of(received.document), outcome=received.outcome)
