"""What is traced in a test, as it was ended: the fixture `spans`."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    made = trace.get_tracer_provider()
    if not isinstance(made, TracerProvider):
        made = TracerProvider()
        trace.set_tracer_provider(made)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.shutdown()
