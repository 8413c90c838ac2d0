"""Runs what `fuzz.py` lists, and requests with headers of all kinds against the whole application.

`FUZZ=whole` (`make fuzz`) makes it a hundred thousand cases each, and a number so many.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.adversary.cases import Target, pieces
from tests.adversary.fuzz import TARGETS
from tests.adversary.whole_app import App

_ASKED = os.environ.get("FUZZ", "")
WHOLE = _ASKED != ""
CASES = int(_ASKED) if _ASKED.isdecimal() else 100_000 if WHOLE else 250
LATEST_S = 1.0

pytestmark = pytest.mark.timeout(0 if WHOLE else 120)


def fuzz(target: Target, cases: int = CASES) -> None:
    """Check a target by so many cases; a failing one is made small and shown, and so is one that takes too long."""
    slow = [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ]
    run = settings(max_examples=cases, deadline=None, database=None, suppress_health_check=slow)
    run(given(target.cases)(in_time(target.check)))()


def in_time(check: Callable[[Any], None], latest_s: float = LATEST_S) -> Callable[[Any], None]:
    """Return the check, which also holds each case to so many seconds of work.

    A case that took longer is tried again: the first of them loads what is needed, and garbage is collected in others.
    """

    def seconds(case: Any) -> float:
        began_s = time.process_time()
        check(case)
        return time.process_time() - began_s

    def timed(case: Any) -> None:
        assert any(seconds(case) < latest_s for _ in range(3)), "takes too long"

    return timed


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks(name: str) -> None:
    fuzz(TARGETS[name])


def test_a_fault_is_found() -> None:
    def check(text: str) -> None:
        assert len(text) < 3

    with pytest.raises(AssertionError):
        fuzz(Target(TARGETS["addresses of the web"].cases, check))


def test_a_case_that_takes_too_long_is_found() -> None:
    def check(work_s: float) -> None:
        until_s = time.process_time() + work_s
        while time.process_time() < until_s:
            pass

    in_time(check, 0.05)(0.0)
    with pytest.raises(AssertionError, match="too long"):
        in_time(check, 0.05)(0.06)


_VALUES = pieces(
    "Bearer ", "KEY", "bytes=", "-", "0", "1", ",", "*", "http://", "[", "]", "::1", ":", "null", "application/json",
    ";", "boundary=", "multipart/form-data", '"', "W/", "=", "pincite_session", "same-origin", "cross-site", "gzip",
    "utf-7", "x" * 300, "9" * 30, "٣", "q=0.5", " ", "\t", "localhost", "charset=", "../", "%00",
)  # fmt: skip
_NAMES = ("authorization", "cookie", "last-event-id", "range", "if-range", "if-none-match", "idempotency-key", "host",
          "origin", "sec-fetch-site", "content-type", "content-length", "accept", "accept-encoding", "accept-language",
          "x-request-id", "x-forwarded-for", "x-forwarded-host", "forwarded", "transfer-encoding", "expect",
          "traceparent", "upgrade")  # fmt: skip
_HEADERS = st.lists(st.tuples(st.sampled_from(_NAMES), _VALUES), max_size=6)
_ROUTES = st.sampled_from((
    ("GET", "/v1/documents"), ("GET", "/v1/documents/x/content"), ("POST", "/v1/answers"), ("GET",
    "/v1/answers/x/events"), ("POST", "/v1/documents"), ("DELETE", "/v1/documents/x"), ("POST", "/v1/session"), ("GET",
    "/"), ("GET", "/healthz"), ("GET", "/v1/search"), ("GET", "/assets/x.js"), ("OPTIONS", "/v1/search"), ("POST",
    "/v1/collections"), ("GET", "/v1/nothing"), ("GET", "/v1/documents/events"),
))  # fmt: skip
_BODIES = st.sampled_from((b"", b"{}", b'{"name": "x"}', b"[", b"\xff", b"--b\r\n\r\n--b--")) | st.binary(max_size=20)


def test_no_header_breaks_a_request(app: App) -> None:
    def check(case: tuple[tuple[str, str], list[tuple[str, str]], bytes, str, bool]) -> None:
        (method, path), named, body, query, is_known = case
        headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in named]
        if is_known:
            headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {app.key}".encode()), *headers]
        reply = app.ask(method, path, query.encode("utf-8", "replace"), headers, body)
        assert 200 <= reply.status < 500, (reply.status, headers)

    queries = pieces("q=", "limit=", "cursor=", "collection=", "&", "after=", "%", "1", "x")
    fuzz(Target(st.tuples(_ROUTES, _HEADERS, _BODIES, queries, st.booleans()), check))
