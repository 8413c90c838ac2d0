"""Spans on their way to a collector, without secrets. The SDK is imported only where there is a collector.

What spans there are belongs to the rooms that open them, and where they go to `telemetry.py`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pincite.core.redaction import Redactor

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.util.types import Attributes


class RedactingExporter:
    """Hands spans to another exporter with every text in them redacted; has the methods of the SDK's `SpanExporter`."""

    def __init__(self, inner: "SpanExporter", redact: Redactor) -> None:
        self._inner = inner
        self._redact = redact

    def export(self, spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
        """Pass spans on; returns whether they arrived."""
        return self._inner.export([self._clean(span) for span in spans])

    def shutdown(self) -> None:
        """Send what waits, and end."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits; returns whether it was sent in time."""
        return self._inner.force_flush(timeout_millis)

    def _clean(self, span: "ReadableSpan") -> "ReadableSpan":
        from opentelemetry.sdk.trace import Event, ReadableSpan
        from opentelemetry.trace import Status

        redact, said = self._redact, span.status.description
        return ReadableSpan(
            name=redact(span.name),
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=self._attributes(span.attributes),
            events=[
                Event(redact(each.name), self._attributes(each.attributes), each.timestamp) for each in span.events
            ],
            links=span.links,
            kind=span.kind,
            status=Status(span.status.status_code, None if said is None else redact(said)),
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    def _attributes(self, given: "Attributes") -> dict[str, Any]:
        return {name: self._value(value) for name, value in (given or {}).items()}

    def _value(self, value: object) -> object:
        if isinstance(value, str):
            return self._redact(value)
        if isinstance(value, list | tuple):  # of one kind, says the SDK
            texts = [each for each in cast("Sequence[object]", value) if isinstance(each, str)]
            return [self._redact(each) for each in texts] if texts else cast("object", value)
        return value
