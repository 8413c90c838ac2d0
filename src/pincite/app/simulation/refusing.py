"""How a refusal is spelled in each protocol, and which requests a provider refuses by itself.

What is refused because it was told so is decided in `behaviour.py`.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from pincite.app.simulation.domain import Asked, Kind, Refusal, Wire
from pincite.core import utc_now

_LIMIT_REQUESTS, _LIMIT_TOKENS = 500, 200_000
_OPENAI_WORDS = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    404: "invalid_request_error",
    413: "invalid_request_error",
    429: "rate_limit_exceeded",
}
_ANTHROPIC_WORDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def refusal_body(wire: Wire, refusal: Refusal, request_id: str) -> dict[str, Any]:
    """Return what a refusal says."""
    if wire is Wire.ANTHROPIC:
        word = refusal.code or _ANTHROPIC_WORDS.get(refusal.status, "api_error")
        return {"type": "error", "error": {"type": word, "message": refusal.message}, "request_id": request_id}
    word = _OPENAI_WORDS.get(refusal.status, "server_error")
    code = refusal.code or (word if refusal.status == 429 else None)
    return {"error": {"message": refusal.message, "type": word, "param": None, "code": code}}


def refusal_headers(wire: Wire, refusal: Refusal) -> dict[str, str]:
    """Return the headers of a refusal: when to come again, and with 429 what the limits are."""
    wait_s = refusal.retry_after_s
    if wait_s is None:
        return dict(refusal.headers)
    headers = {"retry-after": str(wait_s)}
    if refusal.status == 429 and wire is Wire.OPENAI:
        for name, most in (("requests", _LIMIT_REQUESTS), ("tokens", _LIMIT_TOKENS)):
            headers[f"x-ratelimit-limit-{name}"] = str(most)
            headers[f"x-ratelimit-remaining-{name}"] = "0"
            headers[f"x-ratelimit-reset-{name}"] = f"{wait_s}s"
    elif refusal.status == 429:
        reset = (utc_now() + timedelta(seconds=wait_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, most in (("requests", _LIMIT_REQUESTS), ("tokens", _LIMIT_TOKENS)):
            headers[f"anthropic-ratelimit-{name}-limit"] = str(most)
            headers[f"anthropic-ratelimit-{name}-remaining"] = "0"
            headers[f"anthropic-ratelimit-{name}-reset"] = reset
    return {**headers, **refusal.headers}


def unusable(asked: Asked) -> Refusal | None:
    """Return the refusal of a request that nobody could answer, or None."""
    if not asked.model:
        return Refusal(400, "you must provide a model parameter")
    wrong = _WRONG[asked.kind](asked.body)
    if wrong is None and asked.wire is Wire.ANTHROPIC and not isinstance(asked.body.get("max_tokens"), int):
        wrong = "max_tokens: Field required"
    return None if wrong is None else Refusal(400, wrong)


def _chat(body: Mapping[str, Any]) -> str | None:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "messages: a list of at least one message is required"
    if not all(isinstance(each, dict) for each in cast("list[Any]", messages)):
        return "messages: each must be an object"
    return None


def _input(body: Mapping[str, Any]) -> str | None:
    given = body.get("input")
    if not isinstance(given, str | list) or not given:
        return "input: a string or a list of strings is required"
    texts = cast("list[Any]", [given] if isinstance(given, str) else given)
    if any(not isinstance(each, str | dict) for each in texts):
        return "input: each must be a string"
    if any(isinstance(each, str) and not each.strip() for each in texts):
        return "input cannot be an empty string"
    return None


def _rerank(body: Mapping[str, Any]) -> str | None:
    documents = body.get("documents")
    if not isinstance(body.get("query"), str) or not isinstance(documents, list):
        return "query and documents are required"
    if not all(isinstance(each, str | dict) for each in cast("list[Any]", documents)):
        return "documents: each must be a string"
    return None


_WRONG = {Kind.CHAT: _chat, Kind.EMBEDDINGS: _input, Kind.RERANK: _rerank, Kind.MODERATIONS: _input}
