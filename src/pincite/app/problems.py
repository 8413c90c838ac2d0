"""How errors reach people: RFC 9457 problem+json over HTTP, one line and an exit code on the command line.

Directories get them in SCIM's form, and clients of OpenAI's API in OpenAI's.

What the errors are belongs to the rooms that raise them.
"""

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from pincite.app.nowhere import EVERYWHERE, nothing_at
from pincite.app.openai_errors import is_openai, openai_error, openai_status
from pincite.app.request_shape import explained
from pincite.core import ErrorKind, PinciteError, get_logger

SCIM = "/scim/v2/"
MEDIA_TYPE = "application/problem+json"
_STATUS = {
    ErrorKind.INVALID: 422,
    ErrorKind.MALFORMED: 400,
    ErrorKind.MISDIRECTED: 421,
    ErrorKind.UNAUTHENTICATED: 401,
    ErrorKind.DENIED: 403,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.CONFLICT: 409,
    ErrorKind.TOO_LARGE: 413,
    ErrorKind.UNSUPPORTED: 415,
    ErrorKind.RATE_LIMITED: 429,
    ErrorKind.STORAGE_FULL: 507,
    ErrorKind.UNAVAILABLE: 503,
    ErrorKind.TIMEOUT: 504,
    ErrorKind.INTERNAL: 500,
}
_EXIT = {
    ErrorKind.INVALID: 2,
    ErrorKind.UNSUPPORTED: 2,
    ErrorKind.TOO_LARGE: 2,
    ErrorKind.UNAUTHENTICATED: 3,
    ErrorKind.DENIED: 3,
    ErrorKind.NOT_FOUND: 4,
    ErrorKind.CONFLICT: 5,
    ErrorKind.STORAGE_FULL: 6,
}
_HTTP_CODES = {404: "not-found", 405: "method-not-allowed", 413: "upload-too-large", 415: "unsupported-type"}


def exit_code(error: PinciteError) -> int:
    """Return the process exit code for an error; 1 where there is none of its own."""
    return _EXIT.get(error.kind, 1)


def problem(error: PinciteError, request_id: str) -> dict[str, Any]:
    """Return the body of a problem document."""
    return {
        "type": f"https://pincite.dev/problems/{error.code}",
        "title": error.message,
        "status": _STATUS[error.kind],
        "detail": error.remedy,
        "remedy": error.remedy,
        "code": error.code,
        "request_id": request_id,
    }


def install(app: FastAPI) -> None:
    """Render every error of `app` as a problem document; unexpected ones without their text."""

    async def known(request: Request, error: Exception) -> Response:
        assert isinstance(error, PinciteError)
        return response_of(error, request)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return response_of(explained(error), request)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405 and getattr(request.scope.get("route"), "path", None) == EVERYWHERE:
            return response_of(nothing_at(request.url.path), request)
        raised, headers = _refused(error, request)
        body = problem(raised, request_id_of(request)) | {
            "status": error.status_code,
            "code": _HTTP_CODES.get(error.status_code, "http-error"),
        }
        body["type"] = f"https://pincite.dev/problems/{body['code']}"
        if request.url.path.startswith(SCIM):
            return _scim_response(raised, error.status_code, dict(headers))
        if is_openai(request.url.path):
            status = openai_status(error.status_code)
            told = openai_error(raised, status)
            told["error"]["code"] = body["code"]
            return JSONResponse(told, status, headers)
        return JSONResponse(body, error.status_code, headers, MEDIA_TYPE)

    app.add_exception_handler(PinciteError, known)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _refused(error: HTTPException, request: Request) -> tuple[PinciteError, Mapping[str, str]]:
    """Return what the framework refuses before a route is reached, with what to do, and the headers that go with it."""
    headers = error.headers or {}
    packed = request.headers.get("content-encoding", "identity")
    if error.status_code == 405:
        taken = ", ".join(sorted(_methods_here(request)))
        return PinciteError(f"{request.method} is not taken here.", remedy=f"Use {taken}."), {"Allow": taken}
    if error.status_code == 400 and packed != "identity":
        said = f"The body is packed ({packed[:20]}), and is read as it comes."
        return PinciteError(said, remedy="Send it without Content-Encoding."), headers
    if error.status_code == 400:
        return PinciteError("The body cannot be read.", remedy="Send JSON in UTF-8."), headers
    return PinciteError(str(error.detail)), headers


def _methods_here(request: Request) -> set[str]:
    """Return the methods that the routes at an address take."""
    path = request.scope["path"]
    routes = [each for each in iter_route_contexts(request.app.routes) if each.path not in {None, EVERYWHERE}]
    here = (each.methods or () for each in routes if compile_path(str(each.path))[0].match(path))
    return {method for methods in here for method in methods}


def internal_problem(request: Request, error: Exception) -> Response:
    """Log an unexpected error with its trace and return a response that gives none of it away."""
    request_id = request_id_of(request)
    get_logger(__name__).error("request.failed", request_id=request_id, exc_info=error)
    hidden = PinciteError("Something went wrong on our side.", remedy=f"Report it with the request id {request_id}.")
    return response_of(hidden, request)


def told_in_stream(error: PinciteError) -> dict[str, Any]:
    """Return an error as OpenAI's clients read it in the middle of a stream."""
    return openai_error(error, openai_status(_STATUS[error.kind]))


def request_id_of(request: Request) -> str:
    """Return the id that the middleware gave this request."""
    found: str = request.scope.get("pincite.request_id", "")
    return found


def response_of(error: PinciteError, request: Request) -> Response:
    """Return an error as the response to a request."""
    headers = {"WWW-Authenticate": "Bearer"} if error.kind is ErrorKind.UNAUTHENTICATED else None
    wait_s = getattr(error, "retry_after_s", None)
    if isinstance(wait_s, int | float):
        headers = {"Retry-After": str(max(0, math.ceil(wait_s)))}
    body = problem(error, request_id_of(request))
    if request.url.path.startswith(SCIM):
        return _scim_response(error, body["status"], headers)
    if is_openai(request.url.path):
        status = openai_status(body["status"])
        return JSONResponse(openai_error(error, status), status, headers)
    return JSONResponse(body, body["status"], headers, MEDIA_TYPE)


def _scim_response(error: PinciteError, status: int, headers: dict[str, str] | None) -> Response:
    """Return an error as directories read it (RFC 7644, 3.12)."""
    told = 400 if status == 422 or error.kind in {ErrorKind.INVALID, ErrorKind.UNSUPPORTED} else status
    kind = getattr(error, "scim_type", "invalidValue" if told == 400 else None)
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": str(told),
        **({} if kind is None else {"scimType": kind}),
        "detail": f"{error.message} {error.remedy}".strip(),
    }
    return JSONResponse(body, told, headers, "application/scim+json")
