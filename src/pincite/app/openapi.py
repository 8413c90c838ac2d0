"""What the description of the API says beyond what FastAPI derives: which problems each operation may answer with.

What a problem looks like is decided in `problems.py`, and that a write heeds `Idempotency-Key` in `replays/edge.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pincite.app.openai_errors import SCHEMA, is_openai, openai_status
from pincite.app.problems import MEDIA_TYPE

_WHY = {
    400: "The request cannot be read as HTTP or JSON.",
    401: "Nobody is signed in, or the key or session is worth nothing any more.",
    403: "Who asks may see this, but not do it.",
    404: "There is no such thing, or who asks may not see it.",
    409: "It does not go together with what there is, or with what is being done.",
    413: "The request is larger than this route takes.",
    415: "A file or body of this type is not taken.",
    421: "This server is not answered for under that host's name.",
    422: "A value does not fit; the title says which.",
    429: "Too many requests or tries; `Retry-After` says how many seconds to wait.",
    500: "Something went wrong on the server's side; report it with the request's id.",
    503: "The database, a model or a file store does not answer now.",
    504: "It took too long.",
    507: "The disk is full, or a bound on what may be kept is reached.",
}
_ANYWHERE = (400, 421, 429, 500, 503, 504)
_OF_SOMEBODY = (401, 403, 404)
_OF_WRITES = (409, 413, 415, 422, 507)
_WRITES = frozenset({"post", "put", "patch", "delete"})
_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "What went wrong and what to do about it (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "remedy", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The address of a page about the code."},
        "title": {"type": "string", "description": "One sentence that says what went wrong."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "The same as `remedy`."},
        "remedy": {"type": "string", "description": "What can be done about it; empty where nothing can."},
        "code": {"type": "string", "description": "Stable; what programs go by."},
        "request_id": {"type": "string"},
    },
}

_SCIM, _SCIM_TYPE = "/scim/", "application/scim+json"
_SCIM_SCHEMA: dict[str, Any] = {
    "title": "ScimError",
    "description": "What went wrong, as directories are told it (RFC 7644, section 3.12).",
    "type": "object",
    "required": ["schemas", "status", "detail"],
    "properties": {
        "schemas": {"type": "array", "items": {"type": "string"}},
        "status": {"type": "string"},
        "scimType": {"type": "string"},
        "detail": {"type": "string"},
    },
}
_OF_OPENAI: dict[str, Any] = {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAiError"}}}


def declare_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Add to every operation of an OpenAPI document the problems that it may answer with."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _SCHEMA
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's form, which is never sent
        components["schemas"].pop(name, None)
    components["schemas"]["ScimError"] = _SCIM_SCHEMA
    components["schemas"]["OpenAiError"] = SCHEMA
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    of_scim = {**content, _SCIM_TYPE: {"schema": {"$ref": "#/components/schemas/ScimError"}}}
    components["responses"] = {
        f"{name}{status}": {"description": why, "content": each}
        for status, why in _WHY.items()
        for name, each in (("Problem", content), ("ScimProblem", of_scim), ("OpenAiProblem", _OF_OPENAI))
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            responses.pop("422", None)
            name = "ScimProblem" if path.startswith(_SCIM) else "OpenAiProblem" if is_openai(path) else "Problem"
            for status in _statuses(path, method, operation):
                status = openai_status(status) if is_openai(path) else status
                responses.setdefault(str(status), {"$ref": f"#/components/responses/{name}{status}"})
    return document


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[int]:
    yield from _ANYWHERE
    if not path.startswith(("/v1/", _SCIM)):
        return
    yield from _OF_SOMEBODY
    if method in _WRITES:
        yield from _OF_WRITES
    elif operation.get("parameters"):
        yield 422
