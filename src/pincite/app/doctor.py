"""What `pincite doctor` looks at: SQLite, disk, the walls around parsers, database, buckets, web app, models, and why.

It only looks; nothing is repaired here (`pincite fsck` does that).
"""

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from pincite.app.migrate import standing
from pincite.app.models import (
    discover_model,
    open_embedders,
    open_ledger,
    open_models,
    open_reranker,
    open_second_opinion,
    reach_models,
)
from pincite.app.settings import Settings
from pincite.app.spa import STATIC
from pincite.app.wiring import build_database, start_telemetry
from pincite.core import Database, PinciteError
from pincite.core.blobs import BlobStore
from pincite.core.database import UTF_8
from pincite.guard import DocumentReader
from pincite.guard.settings import GuardSettings, ocr_is_installed
from pincite.jobs import DbosQueue, JobsSettings
from pincite.ledger import Ledger
from pincite.library import Library

_SAFE_SQLITE = (3, 51, 3)
_LITTLE_DISK_MB = 1024
_ANSWERS_S = 10
_NO_WALL = "tried: no wall stands here; a document that took over its parser could do as Pincite itself may"
_WALL_REMEDY = (
    "Use Linux 5.13 or newer on x86-64 or ARM64 with landlock and seccomp switched on; a container needs a runtime "
    "that lets both through, as Docker and Podman do by default. Until then take in trusted documents only."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: in order, worth knowing, or wrong."""

    state: Literal["ok", "note", "bad"]
    what: str
    found: str
    remedy: str = ""


async def examine(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Look at everything; never raises for what it finds."""
    start_telemetry(settings)
    findings = [_python(), _sqlite(), _home(settings), _web_app(), _ocr(settings)]
    findings += await _parser()
    findings += await _database(settings)
    findings += _secret_key(settings)
    findings += await asyncio.gather(
        _place("Uploaded files", "PINCITE_BLOBS_URL", settings.blobs_url),
        _place("Search index", "PINCITE_INDEX_URL", settings.index_url),
    )
    model = await _model(settings, environment)
    findings += model
    if all(each.state != "bad" or each.what != "Model" for each in model):
        findings += await _beside_model(settings)
    findings += await _embedder(settings)
    return findings


def _python() -> Finding:
    return Finding("ok", "Python", f"{sys.version.split()[0]}, {os.cpu_count()} processors")


def _sqlite() -> Finding:
    if sqlite3.sqlite_version_info >= _SAFE_SQLITE:
        return Finding("ok", "SQLite", sqlite3.sqlite_version)
    return Finding(
        "bad",
        "SQLite",
        f"{sqlite3.sqlite_version} can corrupt a database that two processes write",
        "Install `pysqlite3` into the same environment, or use PostgreSQL.",
    )


def _home(settings: Settings) -> Finding:
    place = _standing(settings.home)
    if not os.access(place, os.W_OK):
        return Finding("bad", "Data folder", f"{settings.home} cannot be written", "Set PINCITE_HOME to another place.")
    free_mb = shutil.disk_usage(place).free // (1 << 20)
    state = "ok" if free_mb > _LITTLE_DISK_MB else "note"
    return Finding(state, "Data folder", f"{settings.home}, {free_mb:,} MB free")


def _standing(place: Path) -> Path:
    """Return the folder, or the nearest above it that is there."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def _web_app() -> Finding:
    if (STATIC / "index.html").is_file():
        return Finding("ok", "Web app", "built")
    return Finding("note", "Web app", "not built; the API works without it", "Run `make web` in the checkout.")


def _ocr(settings: Settings) -> Finding:
    if settings.ocr == "off":
        return Finding("ok", "OCR", "switched off; pages that are only pictures are not read")
    if ocr_is_installed():
        return Finding("ok", "OCR", "reads pages that are only pictures")
    return Finding(
        "ok", "OCR", "not installed; pages that are only pictures are not read (`pip install 'pincite[ocr]'`)"
    )


async def _parser() -> list[Finding]:
    """Have a parser try to get out."""
    reader = DocumentReader(GuardSettings())
    try:
        walls = await reader.walls()
    except PinciteError as error:
        return [Finding("bad", "Parser", f"does not start: {error.message}", "Install Pincite anew.")]
    finally:
        await reader.close()
    return [
        Finding("ok", f"Parser, {name}", f"tried: it {keeps_in}")
        if stands
        else Finding("bad" if sys.platform == "linux" else "note", f"Parser, {name}", _NO_WALL, _WALL_REMEDY)
        for name, (keeps_in, stands) in walls.items()
    ]


async def _database(settings: Settings) -> list[Finding]:
    if settings.database_url is None and not (settings.home / "pincite.db").exists():
        return [Finding("ok", "Database", "SQLite, made at the first start")]
    database = build_database(settings)
    try:
        async with asyncio.timeout(_ANSWERS_S):
            kind = _encoded(await database.encoding()) or _as_made(database, await standing(database))
            if kind is not None:
                return [kind]
            past_walls = await database.sees_past_walls()
            workers = await DbosQueue(database, JobsSettings(settings.jobs_sql_url)).workers()
    except (PinciteError, TimeoutError, OSError) as error:
        return [_not_reached("Database", "PINCITE_DATABASE_URL", error)]
    finally:
        await database.close()
    kind = Finding("ok", "Database", "SQLite" if database.is_sqlite else "PostgreSQL")
    if past_walls:
        kind = Finding(
            "note",
            "Database",
            "PostgreSQL; its user is a superuser, for whom the wall between tenants in the database does not stand",
            "Connect as a user that owns the database and is no superuser.",
        )
    return [kind, *await _jobs(settings, database), _workers(workers)]


async def _jobs(settings: Settings, database: Database) -> list[Finding]:
    """Say whether the jobs' database answers, where it is another."""
    if settings.jobs_url is None:
        return []
    try:
        async with asyncio.timeout(_ANSWERS_S):
            await DbosQueue(database, JobsSettings(settings.jobs_sql_url)).reach()
    except (PinciteError, TimeoutError) as error:
        return [_not_reached("Jobs", "PINCITE_JOBS_URL", error)]
    return [Finding("ok", "Jobs", "in the database that PINCITE_JOBS_URL names")]


def _not_reached(what: str, variable: str, error: Exception) -> Finding:
    found = error.message if isinstance(error, PinciteError) else "does not answer"
    told = error.remedy if isinstance(error, PinciteError) else ""
    told = "" if told.startswith(("Try", "Check")) else told  # the one would lead here again, the other is said below
    return Finding("bad", what, found, f"{told} Check {variable} and that it is running.".lstrip())


def _encoded(encoding: str) -> Finding | None:
    """Say that a database cannot keep every script; None where it can."""
    if encoding == UTF_8:
        return None
    remedy = "Make another (`CREATE DATABASE name OWNER user ENCODING 'UTF8' TEMPLATE template0`); move by a backup."
    return Finding("bad", "Database", f"PostgreSQL, which keeps text in {encoding}: most scripts have no place", remedy)


def _as_made(database: Database, stands: Literal["empty", "older", "current", "newer"]) -> Finding | None:
    """Say that a database is not as this version made it; None where it is."""
    name = "SQLite" if database.is_sqlite else "PostgreSQL"
    match stands:
        case "current":
            return None
        case "empty":
            return Finding("ok", "Database", f"{name}, empty; its tables are made when a server or a worker starts")
        case "older":
            found = f"{name}, of an earlier version; it is brought up to this one when a server or a worker starts"
            return Finding("note", "Database", found, "Make a backup with that version before.")
        case "newer":
            remedy = "Install that version, or restore an older backup."
            return Finding("bad", "Database", f"{name}, written by a newer Pincite", remedy)


def _secret_key(settings: Settings) -> list[Finding]:
    """Say where the key is, where several machines may need to have the same."""
    if settings.database_url is None or settings.secret_key is not None:
        return []
    found = "that of this data folder; servers and workers on other machines would each have another"
    remedy = (
        f"Set PINCITE_SECRET_KEY to the same everywhere; {settings.home / 'secret.key'} holds what was used so far."
    )
    return [Finding("note", "Secret key", found, remedy)]


async def _place(what: str, setting: str, url: str | None) -> Finding:
    """Look whether what is kept in a bucket, or in a folder of its own, can be reached."""
    if url is None:
        return Finding("ok", what, "in the data folder")
    if url.startswith("file://") or "://" not in url:
        writable = os.access(_standing(Path(url.removeprefix("file://"))), os.W_OK)
        return (
            Finding("ok", what, url)
            if writable
            else Finding("bad", what, f"{url} cannot be written", f"Set {setting} to another place.")
        )
    try:
        await BlobStore(url, timeout_s=_ANSWERS_S).reach()
    except PinciteError as error:
        cause = str(error.__cause__ or "").strip().splitlines()
        said = f"{url}: {error.message}" + (f" It said: {cause[0][:300]}" if cause else "")
        return Finding(
            "bad", what, said, f"Check {setting}, the credentials, and that the bucket is there and answers."
        )
    return Finding("ok", what, url)


def _workers(living: int) -> Finding:
    if living:
        return Finding("ok", "Workers", f"{living} read documents" if living > 1 else "one reads documents")
    return Finding(
        "note",
        "Workers",
        "none lives now; documents that are uploaded wait for one",
        "Run `pincite serve`, or `pincite worker` beside servers that start none.",
    )


async def _model(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    try:
        discovery = await discover_model(settings, environment)
        reached = await reach_models(settings, environment, discovery)
    except PinciteError as error:
        return [Finding("bad", "Model", error.message, error.remedy)]
    looked = [Finding("note", found.what, found.why) for found in discovery.findings]
    if discovery.model is None:
        chosen = Finding("ok", "Answers", "extractive: sentences quoted from the documents, no model")
    else:
        chosen = Finding("ok", "Answers", f"written by {discovery.model}")
    return [*looked, chosen, *(Finding(each.state, name, each.found, each.remedy) for name, each in reached)]


async def _beside_model(settings: Settings) -> list[Finding]:
    """Make what stands beside the model as a server does at its start; tells what cannot be made."""
    settings = settings.model_copy(update={"model_cache": "off"})  # which would make a key
    database = build_database(settings)
    try:
        return await _made_beside(settings, database)
    except PinciteError as error:
        return [Finding("bad", "Calls of models", error.message, error.remedy)]
    finally:
        await database.close()


async def _made_beside(settings: Settings, database: Database) -> list[Finding]:
    ledger = open_ledger(settings, database)
    models = await open_models(settings, ledger, database)
    others: tuple[tuple[str, Callable[[], object]], ...] = (
        ("Second opinion", partial(open_second_opinion, settings, models)),
        ("Reranker", partial(open_reranker, settings, models, ledger)),
        ("Moderation", models.moderator),
    )
    findings = [] if settings.reranker == "none" else [Finding("ok", "Reranker", settings.reranker)]
    for what, make in others:
        try:
            await asyncio.to_thread(make)
        except PinciteError as error:
            findings = [each for each in findings if each.what != what]
            findings.append(Finding("bad", what, error.message, error.remedy))
    return findings


async def _embedder(settings: Settings) -> list[Finding]:
    try:
        embedders = await asyncio.to_thread(open_embedders, settings, Ledger(build_database(settings)))
    except PinciteError as error:
        return [Finding("bad", "Embedder", error.message, error.remedy)]
    chosen = embedders.chosen.model_id
    found = [Finding("ok", "Embedder", f"{settings.embedder}: {chosen}")]
    others = await _indexed_with(settings) - {chosen}
    if others:
        said = f"the index that answers has those of {', '.join(sorted(others))}, and none of {chosen}"
        found.append(Finding("note", "Vectors", said, "Run `pincite reindex`; --dry-run says what it takes."))
    return found


async def _indexed_with(settings: Settings) -> set[str]:
    """Return whose vectors the indexes hold that answer, of all tenants; nothing where the database cannot say."""
    if settings.database_url is None and not (settings.home / "pincite.db").exists():
        return set()
    database = build_database(settings)
    library = Library(database, BlobStore("memory://"), b"")  # no bytes are looked at, and no folder is made
    try:
        async with asyncio.timeout(_ANSWERS_S):
            if await standing(database) != "current":
                return set()
            active = [await library.active_generation(scope) for scope in await library.tenants()]
    except (PinciteError, TimeoutError, OSError):
        return set()  # said of the database already
    finally:
        await database.close()
    return {each.model_id for each in active if each is not None}
