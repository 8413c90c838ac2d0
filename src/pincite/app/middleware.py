"""The request edge: a request id, security headers, metrics and the last catch for what no handler expected.

Pure ASGI, so that streams pass through untouched. Who may call a route is decided by its `requires(...)`.
"""

import re
import time
from contextlib import AbstractContextManager

import structlog
from fastapi.responses import JSONResponse
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.app.problems import MEDIA_TYPE, internal_problem
from pincite.core import get_logger, new_id
from pincite.core.telemetry import SERVICE_NAME

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# pdf.js decodes some images in WebAssembly, which a policy must allow by name.
_CSP = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Metrics:
    """What `/metrics` shows of the requests: how many, and how long until the first byte of the response."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "pincite_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "pincite_http_request_seconds", "Time to the response's start.", ("method", "route"), registry=self.registry
        )


class RequestEdge:
    """Wraps the whole application; one of the three places that may catch everything."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = get_logger(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope["pincite.request_id"] = request_id
        started = time.perf_counter()
        status = 0

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                self._count(scope, status, time.perf_counter() - started)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id), _span(scope, request_id) as span:
            try:
                await self._app(scope, receive, observed)
                span.update_name(f"{scope['method']} {_route(scope)}")
                span.set_attributes({"http.route": _route(scope), "http.response.status_code": status})
            except Exception as error:  # noqa: BLE001 - the request edge: nothing may pass it unseen
                body = internal_problem(request_id, error)
                if status == 0:
                    await JSONResponse(body, 500, media_type=MEDIA_TYPE)(scope, receive, observed)
            self._log.debug("request", method=scope["method"], path=scope["path"], status=status)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"  # a client could make up any number
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)


def _route(scope: Scope) -> str:
    path: str = getattr(scope.get("route"), "path", "other")
    return path


def _span(scope: Scope, request_id: str) -> AbstractContextManager[Span]:
    attributes = {"http.request.method": scope["method"], "url.path": scope["path"], "pincite.request_id": request_id}
    tracer = trace.get_tracer(SERVICE_NAME)
    return tracer.start_as_current_span(scope["method"], kind=SpanKind.SERVER, attributes=attributes)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value.decode("latin-1")):
            return value.decode("latin-1")
    return new_id()
