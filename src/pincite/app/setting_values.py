"""What the values of single settings may be; each function returns the value to use. The settings are in `settings.py`.

Each raises `ValueError` with what must be, to stand behind the variable's name.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pincite.app.hosts import parse_hosts
from pincite.core.postgres import check_parameters

Requests = Annotated[int, Field(ge=0, le=1_000_000_000)]
ModelCache = Annotated[
    Literal["off", "exact", "semantic"],
    Field(
        description="Whether replies of models are given again: `off`, `exact` (to the same prompt, for a day) or "
        "`semantic` (as well answers, to questions that mean the same, while nothing that they rest on has changed)."
    ),
]
PROVIDER_NAMES = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "OLLAMA_HOST",
    "COHERE_API_KEY",
    "JINA_API_KEY",
)
POSTGRES_URLS = ("postgresql://", "postgres://", "postgresql+psycopg://")
_ASYNC_POSTGRES = "postgresql+asyncpg://"


def known_database(value: str | None) -> str | None:
    """A URL of PostgreSQL, or of SQLite with its async driver."""
    if value is not None and not value.startswith((*POSTGRES_URLS, _ASYNC_POSTGRES, "sqlite+aiosqlite://")):
        raise ValueError("must begin with postgresql:// (or be unset, for SQLite in the data folder)")
    return _database(value)


def known_jobs(value: str | None) -> str | None:
    """A URL of PostgreSQL or of SQLite."""
    if value is not None and not value.startswith(
        (*POSTGRES_URLS, _ASYNC_POSTGRES, "sqlite://", "sqlite+aiosqlite://")
    ):
        raise ValueError("must begin with postgresql:// or sqlite:/// (or be unset, for that of PINCITE_DATABASE_URL)")
    return _database(value)


def _database(value: str | None) -> str | None:
    try:
        url = make_url(value or "sqlite://")
    except (ArgumentError, ValueError):
        # Raised anew, because the original names the URL and the URL may hold a password.
        raise ValueError("is no database URL like postgresql://user:password@host:5432/name") from None
    if not url.drivername.startswith("sqlite"):
        check_parameters(url)
    return value


def jobs_url_of(given: str | None, sql_url: str, home: Path) -> str:
    """The jobs' database, in the words of libpq: the one that was given, that of everything else, or a file."""
    for known in (*POSTGRES_URLS, _ASYNC_POSTGRES):
        if (given or sql_url).startswith(known):
            return "postgresql://" + (given or sql_url).removeprefix(known)
    return given or f"sqlite:///{home / 'jobs.db'}"


def sql_url_of(given: str | None, home: Path) -> str:
    """Return the SQLAlchemy URL, with its async driver, of a database that was named, or of the data folder's."""
    if given is None:
        return f"sqlite+aiosqlite:///{home / 'pincite.db'}"
    for known in POSTGRES_URLS:
        if given.startswith(known):
            return _ASYNC_POSTGRES + given.removeprefix(known)
    return given


def known_hosts(value: str | None) -> str | None:
    """Host names, with commas between them."""
    parse_hosts(value or "")
    return value


def known_proxies(value: str) -> str:
    """Addresses and networks, with commas between them."""
    for each in (part.strip() for part in value.split(",")):
        try:
            ipaddress.ip_network(each or "::1")
        except ValueError:
            raise ValueError("must be addresses or networks, with commas, such as 10.0.0.5,10.1.0.0/16") from None
    return value


def known_streams(value: str) -> str:
    """Two numbers, of one user and of all."""
    parts = [each.strip() for each in value.split(",")]
    if len(parts) != 2 or not all(each.isascii() and each.isdigit() and len(each) < 8 for each in parts):
        raise ValueError("must be two numbers with a comma, of one user and of all, such as 100,1000")
    return ",".join(parts)


def known_band(value: str | None) -> str | None:
    """Two scores, the lower one first."""
    if value is not None:
        try:
            low, high = (float(each) for each in value.split("-"))
        except ValueError:
            raise ValueError("must be two numbers in 0..1 with a dash between them, such as 0.2-0.8") from None
        if not 0 <= low < high <= 1:
            raise ValueError("must name the lower score first, both in 0..1")
    return value


def known_level(value: str) -> str:
    """A level of logs, in small letters."""
    if value.lower() not in {"debug", "info", "warning", "error"}:
        raise ValueError("must be debug, info, warning or error")
    return value.lower()
