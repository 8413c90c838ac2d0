"""A question leaves one trace: the request, each stage below it, and the model call with the usual names."""

import httpx2
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.flow.test_answers import model_client, model_house
from tests.spans import spans

__all__ = ["model_client", "model_house", "spans"]


async def test_a_question_is_one_trace(spans: InMemorySpanExporter, model_client: httpx2.AsyncClient) -> None:
    spans.clear()
    response = await model_client.post("/v1/answers", json={"question": "When does the ferry leave?"})
    answer = response.json()
    assert {"retrieve", "generate", "pin", "total"} <= answer["timings_ms"].keys()
    found = {span.name: span for span in spans.get_finished_spans()}
    root = found["POST /v1/answers"]
    assert root.attributes is not None
    assert root.attributes["http.route"] == "/v1/answers"
    assert root.attributes["pincite.request_id"] == response.headers["x-request-id"]
    model = found["chat test-model"]
    assert model.attributes is not None
    assert model.attributes["gen_ai.request.model"] == "test-model"
    assert model.attributes["gen_ai.usage.output_tokens"]
    route = found["route openai:test-model"]
    assert [(event.name, dict(event.attributes or {})) for event in route.events] == [
        ("chosen", {"model": "openai:test-model", "reason": "it is the first"})
    ]
    for name in ("retrieve", "generate", "pin", "route openai:test-model", "chat test-model"):
        assert _trace(found[name]) == _trace(root), name


def _trace(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.trace_id
