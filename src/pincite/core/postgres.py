"""The parameters of PostgreSQL's addresses, as libpq reads them, for drivers that read them otherwise.

Providers hand out addresses with `?sslmode=require` and more; jobs go through libpq, all else through asyncpg.
"""

from typing import Any
from urllib.parse import urlencode

from sqlalchemy.engine import URL

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
# Where and as whom, which SQLAlchemy knows.
_PLACE = frozenset({"host", "port", "user", "password"})
# What asyncpg makes the same of where it is in an address, or hands to the server, as it does `options`.
_SHARED = frozenset(
    {
        *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version"),
        *("passfile", "target_session_attrs", "krbsrvname", "gsslib", "options"),
    }
)
# What only libpq can do; all goes without.
_LIBPQ = frozenset(
    {
        *("channel_binding", "client_encoding", "gssencmode", "gssdelegation", "load_balance_hosts", "require_auth"),
        *("requirepeer", "sslcertmode", "sslcompression", "sslcrldir", "sslsni", "tcp_user_timeout"),
        *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
    }
)
# Sessions have names of ours, by which frozen ones are found.
_NAMES = frozenset({"application_name", "fallback_application_name"})
_TIMEOUT, _CACHE = "connect_timeout", "prepared_statement_cache_size"
_KNOWN = _PLACE | _SHARED | _LIBPQ | _NAMES | {_TIMEOUT, _CACHE}


def check_parameters(url: URL) -> None:
    """Look at the parameters of an address. Raises: ValueError, which names the one that cannot be used."""
    unknown = sorted(url.query.keys() - _KNOWN)
    if "ssl" in unknown:
        raise ValueError("asks for TLS by sslmode=require or sslmode=verify-full, not by ssl")
    if unknown:
        raise ValueError(f"has a parameter {unknown[0][:40]} that is none of PostgreSQL's addresses")
    if (mode := url.query.get("sslmode", "prefer")) not in _MODES:
        raise ValueError(f"has an sslmode {str(mode)[:40]!r}; there are {', '.join(_MODES)}")
    for name in (_TIMEOUT, _CACHE):
        if not str(url.query.get(name, "0")).isdigit():
            raise ValueError(f"has a {name} that is no number")


def for_asyncpg(url: URL) -> tuple[URL, dict[str, Any]]:
    """Return an address with what SQLAlchemy knows of its parameters, and the arguments that stand for the others."""
    shared = {name: value for name, value in url.query.items() if name in _SHARED}
    arguments: dict[str, Any] = {"dsn": f"postgresql://?{urlencode(shared, doseq=True)}"} if shared else {}
    if seconds := int(str(url.query.get(_TIMEOUT, "0"))):
        arguments["timeout"] = max(2, seconds)  # as libpq has it
    return url.difference_update_query(_SHARED | _LIBPQ | _NAMES | {_TIMEOUT}), arguments


def for_libpq(url: URL) -> URL:
    """Return an address without what libpq does not know, and without names of its sessions."""
    return url.difference_update_query(_NAMES | {_CACHE})
