"""The HTTP application: every room's routes under one roof, with system paths and the web app last.

Rooms' routes only translate; what they call is made in `wiring.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict

from pincite.accounts import CurrentScope, Permission, check_declared, public, requires
from pincite.accounts.routes import AccountRoutes
from pincite.answers.routes import AnswerRoutes, OpenAiRoutes, Seats
from pincite.app.audit_edge import AuditEdge
from pincite.app.bodies import BodyEdge
from pincite.app.cookies import CookieEdge
from pincite.app.door_edge import DoorEdge
from pincite.app.hosts import Hosts, parse_hosts
from pincite.app.limits import AddressEdge, AskerEdge
from pincite.app.middleware import HostEdge, Metrics, RequestEdge
from pincite.app.openapi import declare_problems
from pincite.app.problems import install, told_in_stream
from pincite.app.replays import ReplayEdge, Replays
from pincite.app.replays.edge import declare
from pincite.app.retention import Retention
from pincite.app.settings import Settings
from pincite.app.spa import WebAppRoutes
from pincite.app.wiring import House
from pincite.assistants.routes import AssistantRoutes
from pincite.core import PinciteError
from pincite.ingest.routes import IngestRoutes
from pincite.ledger.routes import LedgerRoutes
from pincite.library.routes import LibraryRoutes
from pincite.retrieval.routes import SearchRoutes
from pincite.sources.routes import SourceRoutes

_DESCRIPTION = """Documents go in; questions come back with every sentence pinned to the passage that supports it.

Send an API key as `Authorization: Bearer KEY`. Errors are RFC 9457 problem documents with a stable `code`."""


class Status(BaseModel):
    """What this installation is, which model answers, and how many workers live to read documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "version": "0.1.0",
                "mode": "extractive",
                "model": None,
                "embedder": "pincite-static-256-v1",
                "documents": 14,
                "workers": 1,
            }
        }
    )

    version: str
    mode: str
    model: str | None
    embedder: str
    documents: int
    workers: int


class _Api(FastAPI):
    """The application; its description says also which problems there are, and which writes heed `Idempotency-Key`."""

    def openapi(self) -> dict[str, Any]:
        """Return the description of the API."""
        return declare_problems(declare(super().openapi(), self.routes))


class SystemRoutes:
    """Health, readiness, metrics and status."""

    def __init__(self, house: House, metrics: Metrics) -> None:
        self._house = house
        self._metrics = metrics

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(tags=["system"])
        open_to_all = [public()]
        router.add_api_route("/healthz", self.healthz, methods=["GET"], dependencies=open_to_all, summary="Alive?")
        router.add_api_route(
            "/readyz", self.readyz, methods=["GET"], dependencies=open_to_all, summary="Ready?", response_model=None
        )
        router.add_api_route(
            "/metrics",
            self.metrics,
            methods=["GET"],
            dependencies=open_to_all,
            response_class=PlainTextResponse,
            summary="Prometheus metrics",
        )
        router.add_api_route(
            "/v1/status",
            self.status,
            methods=["GET"],
            dependencies=[requires(Permission.READ)],
            response_model=Status,
            summary="What this installation is",
        )
        return router

    async def healthz(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    async def readyz(self) -> Response:
        """The database answers too."""
        try:
            await self._house.database.ping()
        except PinciteError as error:
            return JSONResponse({"status": "unavailable", "reason": error.message}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(self) -> Response:
        """Counters and histograms in Prometheus' text format."""
        return Response(generate_latest(self._metrics.registry), media_type=CONTENT_TYPE_LATEST)

    async def status(self, scope: CurrentScope) -> Status:
        """Version, model and size. Where no worker lives, documents that are queued wait for one."""
        name = self._house.answers.model_name
        return Status(
            version=version("pincite"),
            mode="extractive" if name is None else "model",
            model=name,
            embedder=self._house.embedders.chosen.model_id,
            documents=await self._house.count_documents(scope),
            workers=await self._house.jobs.workers(),
        )


def create_app(house: House) -> FastAPI:
    """Make the application over wired rooms.

    Raises:
        RuntimeError: a route declares no permission.
    """
    metrics = Metrics()

    replays = Replays(house.database)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        cleaning = [
            asyncio.create_task(replays.clean(), name="replays-clean"),
            asyncio.create_task(house.limits.clean(), name="limits-clean"),
            asyncio.create_task(Retention(house).run(), name="retention"),
        ]
        yield
        for each in cleaning:
            each.cancel()
        await asyncio.wait(cleaning)

    app = _Api(
        title="Pincite",
        version=version("pincite"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.door = house.door
    app.state.seats = Seats(*(int(each) for each in house.settings.streams.split(",")))
    for router in _routers(house, metrics):
        # As they are, since none is told more here: `include_router` would look through each of them once more, for as
        # long as all the rest of this takes.
        app.router.routes.extend(router.routes)
    install(app)
    check_declared(app.routes)
    app.add_middleware(BodyEdge, routes=app.routes)
    app.add_middleware(ReplayEdge, replays=replays, door=house.door, routes=app.routes)
    app.add_middleware(AskerEdge, limits=house.limits)
    app.add_middleware(DoorEdge, door=house.door, routes=app.routes)
    app.add_middleware(AddressEdge, limits=house.limits)
    app.add_middleware(AuditEdge, audit=house.audit)
    app.add_middleware(CookieEdge)
    app.add_middleware(HostEdge, hosts=_hosts(house.settings))
    app.add_middleware(RequestEdge, metrics=metrics)
    return app


def _hosts(settings: Settings) -> Hosts:
    return Hosts.of(settings.host, settings.public_url, parse_hosts(settings.hosts or ""))


def _routers(house: House, metrics: Metrics) -> Sequence[APIRouter]:
    return (
        SystemRoutes(house, metrics).router(),
        AccountRoutes(house.accounts, house.people, house.factors, house.audit, house.settings.public_url).router(),
        IngestRoutes(house.ingest).router(),
        LibraryRoutes(house.library, house.reader, house.people).router(),
        SourceRoutes(house.sources).router(),
        SearchRoutes(house.retrieval, house.collection_ids, house.library.places).router(),
        AssistantRoutes(house.assistants).router(),
        AnswerRoutes(house.answers).router(),
        LedgerRoutes(house.ledger, house.accounts, house.people, house.assistants.id_of).router(),
        OpenAiRoutes.of(
            house.answers,
            (house.models, house.embedders),
            house.ledger,
            told_in_stream,
            house.settings.public_url,
        ).router(),
        WebAppRoutes().router(),
    )
