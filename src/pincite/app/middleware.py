"""The request edge: a request id, security headers, metrics, our own hosts alone, and the catch for the unexpected.

Pure ASGI, so that streams pass through untouched. Who may call a route is decided by its `requires(...)`.
"""

import re
import time
from contextlib import AbstractContextManager

import structlog
from fastapi import Request
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pincite.app.hosts import Authority, Hosts
from pincite.app.problems import internal_problem, response_of
from pincite.core import ErrorKind, PinciteError, get_logger, new_id
from pincite.core.telemetry import SERVICE_NAME

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_HOST_SHOWN_CHARS = 100
_POLICY_VIOLATION = 1008
# The app's own files and nothing else. pdf.js decodes some images in WebAssembly, which a policy must allow by name.
# Styles that React and pdf.js set on elements are no inline styles; text that becomes HTML or a script's address must
# pass the one policy in `web/src/app/trusted.ts`.
_APP_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-src 'none'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types default"
)
# Replies of the API are data: a browser that opens one shows it, and loads and runs nothing.
_API_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
_API = ("/v1/", "/scim/")
_UNUSED_FEATURES = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), "
    "gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), "
    "screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
)
# A browser that came by https never comes without it again, for a year; that holds for names below ours as well.
_TLS_ONLY = "max-age=31536000; includeSubDomains"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": _UNUSED_FEATURES,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class MalformedHost(PinciteError):
    """A request names no host, or several, or what is no host at all."""

    code = "malformed-host"
    kind = ErrorKind.MALFORMED


class UnknownHost(PinciteError):
    """A request is for a host name that this installation does not answer for; `PINCITE_HOSTS` adds names."""

    code = "unknown-host"
    kind = ErrorKind.MISDIRECTED


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
                _guard(headers, scope)
                self._count(scope, status, time.perf_counter() - started)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id), _span(scope, request_id) as span:
            try:
                await self._app(scope, receive, observed)
                span.update_name(f"{scope['method']} {_route(scope)}")
                span.set_attributes({"http.route": _route(scope), "http.response.status_code": status})
            except Exception as error:  # noqa: BLE001 - the request edge: nothing may pass it unseen
                said = internal_problem(Request(scope), error)
                if status == 0:
                    await said(scope, receive, observed)
            self._log.debug("request", method=scope["method"], path=scope["path"], status=status)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "other"  # a client could make up any number
        self._metrics.requests.labels(method, route, str(status)).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)


class HostEdge:
    """Wraps the application within the request edge: what is not for one of our hosts goes no further."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        refusal = None if scope["type"] == "lifespan" else self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refusal.code})
        else:
            await response_of(refusal, Request(scope))(scope, receive, send)

    def _refusal(self, scope: Scope) -> PinciteError | None:
        given: list[str] = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        asked = Authority.parse(given[0]) if len(given) == 1 else None
        if asked is None:
            return MalformedHost("The request does not name one host.", remedy="Send one Host header.")
        if self._hosts.answer_for(asked):
            return None
        return UnknownHost(
            f"This server does not answer for {asked.host[:_HOST_SHOWN_CHARS]}.",
            remedy="If people reach Pincite by this name, start it with the name in PINCITE_HOSTS or with its address "
            "in PINCITE_PUBLIC_URL.",
        )


def _guard(headers: MutableHeaders, scope: Scope) -> None:
    """Add what keeps a browser from loading, running, embedding or keeping what it should not."""
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if scope.get("scheme") == "https":
        headers.setdefault("Strict-Transport-Security", _TLS_ONLY)
    of_api = scope["path"].startswith(_API)
    headers.setdefault("Content-Security-Policy", _API_POLICY if of_api else _APP_POLICY)
    # What a route says of its own reply stands; but "ask again before you use it" still leaves a tenant's data on disk.
    if of_api and headers.get("Cache-Control", "no-cache") == "no-cache":
        headers["Cache-Control"] = "no-store"


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
