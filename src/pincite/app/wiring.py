"""The only place that wires: makes every room once, by constructor, and opens and closes them in order.

`House` is what the HTTP application and the commands stand on; it holds rooms, not logic.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pincite.accounts import Accounts, Audit, Door, Factors, People
from pincite.answers import Answers, AskRequest, EvidenceSource, SecondOpinion, answer_resource
from pincite.app import migrate
from pincite.app.answering import open_drafters
from pincite.app.limits import Limits, open_counts, policies_of
from pincite.app.models import (
    open_embedders,
    open_ledger,
    open_models,
    open_reranker,
    open_second_opinion,
    second_models,
)
from pincite.app.moderating import open_moderation
from pincite.app.provider_web import ProviderWeb
from pincite.app.secret_key import installation_key
from pincite.app.secret_values import secret_values
from pincite.app.settings import Settings, source_secret, variables
from pincite.app.warming import warming
from pincite.assistants import Assistants
from pincite.core import Conflict, Database, NotFound, PinciteError, Scope
from pincite.core.blobs import BlobStore
from pincite.core.languages import load_languages
from pincite.core.redaction import Redactor
from pincite.core.telemetry import TelemetrySettings, configure_telemetry
from pincite.evals import Evaluations
from pincite.gateway import Embedders, Models, StaticEmbedder
from pincite.guard import DocumentReader, Fetcher
from pincite.guard.settings import OCR_MEMORY_MB, GuardSettings, ocr_is_installed
from pincite.index import IndexSettings, SearchIndex
from pincite.index.adapters.deferred import DeferredIndex
from pincite.ingest import IngestParts, IngestService, IngestSettings
from pincite.ingest.tasks import IngestTasks
from pincite.jobs import DbosQueue, JobsSettings
from pincite.ledger import Ledger
from pincite.library import Library
from pincite.retrieval import Evidence, Judge, Retrieval, RetrievalSettings
from pincite.retrieval.routes import search_response
from pincite.sources import SourceParts, Sources, SourcesSettings, Tools
from pincite.sources.tasks import SourceTasks


@dataclass(frozen=True, slots=True)
class House:
    """Every room of one process, wired."""

    settings: Settings
    database: Database
    blobs: BlobStore
    reader: DocumentReader
    embedder: StaticEmbedder
    embedders: Embedders
    index: DeferredIndex
    jobs: DbosQueue
    accounts: Accounts
    door: Door
    people: People
    audit: Audit
    factors: Factors
    provider_web: ProviderWeb
    library: Library
    ingest: IngestService
    fetcher: Fetcher
    sources: Sources
    retrieval: Retrieval
    assistants: Assistants
    answers: Answers
    models: Models
    evaluations: Evaluations
    limits: Limits
    ledger: Ledger

    async def owner(self) -> Scope:
        """Return the scope of the first tenant's owner, whom a command acts as where nobody is named."""
        return await self.accounts.owner_scope()

    async def system_scopes(self) -> list[Scope]:
        """Return one scope a tenant, for work that concerns the whole installation."""
        return await self.library.tenants()

    async def sign_in_link(self, url: str) -> str:
        """Make a link that signs the owner in, once; the secret is in the fragment, which is never logged."""
        return f"{url.rstrip('/')}/signin#token={await self.accounts.sign_in_token(await self.owner())}"

    async def collection_ids(self, scope: Scope, names: Sequence[str]) -> tuple[str, ...]:
        """Return the ids of collections given by name or id. Raises: NotFound."""
        return tuple([(await self.library.collection(scope, name)).id for name in names])

    async def ensure_collection(self, scope: Scope, name: str) -> str:
        """Return the id of the collection of that name or id; one that is not there is made."""
        try:
            return (await self.library.collection(scope, name)).id
        except NotFound:
            pass
        try:
            return (await self.library.create_collection(scope, name)).id
        except Conflict:  # another process made it meanwhile
            return (await self.library.collection(scope, name)).id

    async def count_documents(self, scope: Scope) -> int:
        """Return how many documents the asker can see."""
        listing = await self.library.list_collections(scope, limit=1000)
        return sum(collection.documents for collection in listing.items)

    async def ask(self, scope: Scope, asked: AskRequest) -> dict[str, Any]:
        """Ask and wait for the whole answer, as the answer resource."""
        answer = await self.answers.start(scope, asked)
        return answer_resource(await self.answers.wait(scope, answer.id)).model_dump(mode="json")

    async def hits(self, scope: Scope, evidence: Evidence) -> dict[str, Any]:
        """Return search results in the shape of `pincite search --json`."""
        return (await search_response(scope, evidence, self.library.places)).model_dump(mode="json")

    async def fsck(self, *, repair: bool, deep: bool, strict: bool = False) -> dict[str, Any]:
        """Check every tenant; returns the findings and how much was looked at."""
        findings: list[dict[str, Any]] = []
        counts = {"documents": 0, "chunks": 0, "blobs": 0}
        for scope in await self.system_scopes():
            report = await self.ingest.fsck(scope, repair=repair, deep=deep, strict=strict)
            findings += [asdict(finding) for finding in report.findings]
            counts = {name: counts[name] + getattr(report, name) for name in counts}
        return {"findings": findings, **counts}

    async def reindex(self, progress: Callable[[int], None]) -> int:
        """Build every tenant's index again; returns how many chunks the new ones hold."""
        return sum([await self.ingest.reindex(scope, progress=progress) for scope in await self.system_scopes()])

    async def forecast(self) -> list[dict[str, Any]]:
        """Estimate what `reindex` takes, one entry a tenant."""
        found = [asdict(await self.ingest.forecast(scope)) for scope in await self.system_scopes()]
        return [{**each, "cost_usd": None if each["cost_usd"] is None else float(each["cost_usd"])} for each in found]

    async def write_contexts(self, progress: Callable[[int], None]) -> list[dict[str, Any]]:
        """Have a model write the contexts that passages lack, for every tenant; returns what it came to."""
        scopes = await self.system_scopes()
        return [asdict(await self.ingest.write_contexts(scope, progress=progress)) for scope in scopes]

    async def forecast_contexts(self) -> list[dict[str, Any]]:
        """Estimate what `write_contexts` takes, one entry a tenant; none without a model. Raises: ModelError."""
        found = [await self.ingest.forecast_contexts(scope) for scope in await self.system_scopes()]
        return [asdict(each) for each in found if each is not None]

    async def go_back(self) -> list[str]:
        """Let the index that was replaced answer again, for every tenant; returns the embedders. Raises: Conflict."""
        return [await self.ingest.go_back(scope) for scope in await self.system_scopes()]

    async def confirm(self) -> int:
        """Drop the indexes that were kept when others replaced them, of every tenant; returns how many."""
        return sum([await self.ingest.confirm(scope) for scope in await self.system_scopes()])

    async def remove_and_wait(self, scope: Scope, name: str) -> None:
        """Remove a document by id or source, with its text. Raises: NotFound, InvalidInput, OnHold."""
        document_id = (await self.library.named(scope, name)).id
        await self.ingest.remove(scope, document_id)
        await self.ingest.finish_removal(scope, document_id)


class HomeUnusable(PinciteError):
    """The data folder cannot be made or written."""

    code = "home-unusable"


def start_telemetry(settings: Settings) -> None:
    """Begin to log, with what this process was given as secrets hidden."""
    redact = Redactor(secret_values(settings, variables()))
    configure_telemetry(TelemetrySettings(settings.log_level, settings.otlp_endpoint), redact)


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    work: bool = False,
    bootstrap: bool = True,
    admit: Callable[[House], Awaitable[None]] | None = None,
) -> AsyncIterator[House]:
    """Open every room; closes them in reverse order.

    Args:
        settings: see `Settings`.
        work: also take jobs from the queue in this process.
        bootstrap: make the first tenant and owner where there are none (a restore brings its own).
        admit: asked before a job is taken; what it raises ends it there.

    Raises:
        HomeUnusable: the data folder cannot be used.
        Unavailable: the database does not answer.
    """
    start_telemetry(settings)
    _prepare_home(settings)
    async with AsyncExitStack() as closing:
        database = build_database(settings)
        closing.push_async_callback(database.close)
        await migrate.upgrade(database)
        counts = await open_counts(database)
        closing.push_async_callback(counts.close)
        ledger = open_ledger(settings, database)
        closing.push_async_callback(ledger.close)
        models = await open_models(settings, ledger, database)
        embedders = await asyncio.to_thread(open_embedders, settings, ledger)
        reranker = await asyncio.to_thread(open_reranker, settings, models, ledger)
        second = await asyncio.to_thread(open_second_opinion, settings, models)
        limits = Limits(counts, policies_of(settings.request_limits))
        house = _build(settings, (database, limits, ledger), models, (embedders, reranker, second))
        closing.push_async_callback(house.reader.close)
        closing.push_async_callback(house.fetcher.close)
        closing.push_async_callback(house.provider_web.close)
        if bootstrap:
            await house.accounts.bootstrap()
        if admit is not None:
            await admit(house)
        await house.jobs.start(work=work)
        closing.push_async_callback(house.jobs.stop)
        if work:
            await house.ingest.start()
            await house.sources.start()
            # The first document need wait for none of these.
            loads = (house.index.warm(), house.reader.warm(), asyncio.to_thread(load_languages))
            await closing.enter_async_context(warming(*loads))
        closing.push_async_callback(house.ingest.stop)
        closing.push_async_callback(house.sources.stop)
        await ledger.start()
        await house.answers.open()
        closing.push_async_callback(house.answers.close)
        yield house


def build_database(settings: Settings) -> Database:
    """Make the database from its URL; nothing is opened until it is used."""
    return Database(settings.sql_url)


def _build(
    settings: Settings,
    counted: tuple[Database, Limits, Ledger],
    models: Models,
    judges: tuple[Embedders, Judge | None, SecondOpinion | None],
) -> House:
    (database, limits, ledger), (embedders, reranker, second) = counted, judges
    blobs = BlobStore(settings.blobs_url or str(settings.home / "blobs"))
    reader = DocumentReader(_guard_settings(settings))
    embedder = StaticEmbedder()
    index = _deferred_index(settings.index_url or str(settings.home / "index"), IndexSettings())
    jobs = DbosQueue(database, JobsSettings(settings.jobs_sql_url, concurrency=max(1, settings.workers)))
    accounts = Accounts(database)
    key = installation_key(settings)
    provider_web = ProviderWeb(_listed(settings.fetch_allow, ","))
    library = Library(database, blobs, key)
    found_with = retrieval_settings(settings)
    retrieval = Retrieval(library, index, embedders, found_with, second_models(models, found_with, reranker))
    parts = IngestParts(library, blobs, reader, embedders, index, jobs, models.choose(settings.context_model), models)
    assistants = Assistants(database, library, models, ledger)
    ingest = IngestService(parts, IngestSettings(max_upload_bytes=settings.max_upload_mb << 20))
    IngestTasks(ingest).register(jobs)
    tools = _source_tools(settings, reader)
    sources = _build_sources(settings, SourceParts(database, library, ingest, jobs, tools))
    return House(
        settings=settings,
        database=database,
        blobs=blobs,
        reader=reader,
        embedder=embedder,
        embedders=embedders,
        index=index,
        jobs=jobs,
        accounts=accounts,
        door=Door(accounts),
        people=People(database),
        audit=Audit(database),
        factors=Factors(database, key, provider_web),
        provider_web=provider_web,
        library=library,
        ingest=ingest,
        fetcher=tools.fetcher,
        sources=sources,
        retrieval=retrieval,
        assistants=assistants,
        answers=Answers(
            database,
            open_drafters(settings, database, EvidenceSource(retrieval, library), embedder, (models, second)),
            assistants,
            open_moderation(settings, models),
            ledger.spent_on,
        ),
        models=models,
        evaluations=Evaluations(database),
        limits=limits,
        ledger=ledger,
    )


def _guard_settings(settings: Settings) -> GuardSettings:
    ocr = settings.ocr == "auto" and ocr_is_installed()
    return GuardSettings(
        max_pages=settings.max_pages,
        time_limit_s=settings.parser_timeout_s,
        memory_limit_mb=max(settings.parser_memory_mb, OCR_MEMORY_MB) if ocr else settings.parser_memory_mb,
        children=max(1, settings.workers),
        ocr=ocr,
    )


def retrieval_settings(settings: Settings) -> RetrievalSettings:
    """Return how evidence is found by the settings."""
    written = None if settings.expansion == "none" else settings.expansion
    return RetrievalSettings(
        written=written, heading_weight=settings.heading_weight, rerank_skip_margin=settings.rerank_skip_margin
    )


def _source_tools(settings: Settings, reader: DocumentReader) -> Tools:
    fetcher = Fetcher.allowing(_listed(settings.fetch_allow, ","))
    return Tools(fetcher, reader, source_secret, settings.home / "sources")


def _build_sources(settings: Settings, parts: SourceParts) -> Sources:
    folders = tuple(Path(each) for each in _listed(settings.source_folders, os.pathsep))
    sources = Sources(parts, SourcesSettings(folders))
    SourceTasks(sources).register(parts.jobs)
    return sources


def _listed(value: str | None, separator: str) -> list[str]:
    return [each.strip() for each in (value or "").split(separator) if each.strip()]


def _deferred_index(uri: str, settings: IndexSettings) -> DeferredIndex:
    return DeferredIndex(partial(build_index, uri, settings), settles_s=settings.settles_s(uri))


def build_index(uri: str, settings: IndexSettings | None = None) -> SearchIndex:
    """Make the search engine on a folder or bucket."""
    # Imported here: the engine takes over a second to load, in a thread and only where it is used.
    from pincite.index.adapters.lance import LanceIndex

    return LanceIndex(uri, settings)


def _prepare_home(settings: Settings) -> None:
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise HomeUnusable(
            f"The data folder {settings.home} cannot be made: {error.strerror}.", remedy="Set PINCITE_HOME elsewhere."
        ) from None
    if not os.access(settings.home, os.W_OK):
        raise HomeUnusable(f"The data folder {settings.home} cannot be written.", remedy="Set PINCITE_HOME elsewhere.")
