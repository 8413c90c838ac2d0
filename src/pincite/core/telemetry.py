"""Logs, spans and stage timings: structlog as JSON, OpenTelemetry spans, milliseconds per stage.

Where spans are exported to is set once by `configure_telemetry`; without an endpoint they cost next to nothing.
"""

import io
import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger

from pincite.core.redaction import Redactor
from pincite.core.spans import RedactingExporter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

SERVICE_NAME = "pincite"
_SECRET_NAMES = ("secret", "token", "password", "authorization", "api_key", "cookie")


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Where logs and spans go. `otlp_endpoint` is an OTLP/HTTP base URL, or None for no export."""

    log_level: str = "info"
    otlp_endpoint: str | None = None


@dataclass(slots=True)
class StageClock:
    """Collects how long each stage of one request took, in milliseconds; a stage run twice adds up."""

    timings_ms: dict[str, float] = field(default_factory=dict[str, float])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block under `name` and open a span of that name around it."""
        started = time.perf_counter()
        with trace.get_tracer(SERVICE_NAME).start_as_current_span(name):
            try:
                yield
            finally:
                spent_ms = (time.perf_counter() - started) * 1000
                self.timings_ms[name] = round(self.timings_ms.get(name, 0.0) + spent_ms, 3)


def get_logger(name: str) -> FilteringBoundLogger:
    """Return a logger whose lines are JSON with the request's id, when there is one."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def configure_telemetry(settings: TelemetrySettings, redact: Redactor) -> None:
    """Set up logging for the process and, if an endpoint is given, the export of spans. Call once, at start.

    Args:
        settings: see `TelemetrySettings`.
        redact: hides secrets by their values in every line of a log, of other libraries too, and in every span.
    """

    def serializer(event: EventDict, **how: Any) -> str:
        return redact(json.dumps(event, **how))

    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_secrets,
            structlog.processors.JSONRenderer(serializer),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("Any", _Stderr())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(_Stderr())
    handler.setFormatter(_Redacting(redact))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    if settings.otlp_endpoint is not None:
        _export_spans(settings.otlp_endpoint, redact)


class _Stderr(io.TextIOBase):
    """Standard error as it is when something is written: whoever runs a program in here may have replaced it."""

    def write(self, text: str) -> int:
        """Write to what stands there now."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stderr.flush()


class _Redacting(logging.Formatter):
    """Writes what another library says as one line of JSON like ours, with its trace if it has one, without secrets."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: whatever a stranger's words hold, they begin no other."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        said = {"event": record.getMessage(), "logger": record.name, "level": record.levelname.lower(), "timestamp": at}
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        return self._redact(json.dumps(said))


def _without_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    for name in event:
        if any(secret in name.lower() for secret in _SECRET_NAMES):
            event[name] = "[hidden]"
    return event


def _export_spans(endpoint: str, redact: Redactor) -> None:
    # Imported here: the SDK costs 40 ms and 15 MB that a process without an endpoint should not pay.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE_NAME}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=10)
    provider.add_span_processor(BatchSpanProcessor(cast("SpanExporter", RedactingExporter(exporter, redact))))
    trace.set_tracer_provider(provider)
