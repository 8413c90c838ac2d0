"""Errors as clients of OpenAI's API read them, on the routes that such clients call.

Which errors there are, and their codes, belongs to the rooms that raise them; `problems.py` asks here.
"""

from typing import Any

from pincite.app.nowhere import BASELESS, UNSPOKEN, is_below
from pincite.core import PinciteError

PATHS = ("/v1/chat/completions", "/v1/embeddings", "/v1/models", "/v1/responses")
SCHEMA: dict[str, Any] = {
    "title": "OpenAiError",
    "description": "What went wrong, as OpenAI's clients are told it.",
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string", "description": "What went wrong, and what can be done about it."},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"], "description": "The parameter that is at fault, if one is."},
                "code": {"type": "string", "description": "Stable; what programs go by."},
            },
        }
    },
}
# What OpenAI's clients and those who wrote for them look for; all other codes are ours.
_CODES = {
    "unauthenticated": "invalid_api_key",
    "model-not-found": "model_not_found",
    "too-many-requests": "rate_limit_exceeded",
    "budget-exceeded": "insufficient_quota",
}
_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


def is_openai(path: str) -> bool:
    """Say whether a path is one that OpenAI's clients call."""
    return is_below(path, (*PATHS, *BASELESS, *UNSPOKEN))


def openai_status(status: int) -> int:
    """Return the status as OpenAI has it, of ours: what does not fit is a bad request."""
    return 400 if status == 422 else status


def openai_error(error: PinciteError, status: int) -> dict[str, Any]:
    """Return the body of an error; `status` is the one that it is sent with."""
    return {
        "error": {
            "message": f"{error.message} {error.remedy}".strip(),
            "type": "server_error" if status >= 500 else _TYPES.get(status, "invalid_request_error"),
            "param": getattr(error, "param", None),
            "code": _CODES.get(error.code, error.code),
        }
    }
