"""Stage timings and logs: times add up, lines are JSON that nobody can forge, secrets are hidden."""

import json
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest

from pincite.core import StageClock

LOGGED = """
from pincite.core.telemetry import TelemetrySettings, configure_telemetry, get_logger
from pincite.core.redaction import Redactor
import logging
configure_telemetry(TelemetrySettings("info"), Redactor(["hunter2-hunter2", 'quo"te/pass+word']))
log = get_logger("x")
log.info("signed.in", api_key="pin_secret1", session_token="secret2", user="u1")
log.debug("too.small")
try:
    raise ValueError("inner")
except ValueError:
    log.exception("failed")
log.warning("said", what={"deep": ["Basic hunter2-hunter2"]}, more='quo"te/pass+word')
logging.getLogger("other").warning("asked for %s", 'x\\n{"event": "forged"}')
log.warning("asked", path='x\\n{"event": "forged"}')
try:
    raise ValueError("hunter2-hunter2")
except ValueError:
    logging.getLogger("other").exception("GET /?key=%s", "quo%22te%2Fpass%2Bword")
"""


def test_a_stage_run_twice_adds_up_even_when_it_raises() -> None:
    clock = StageClock()
    with clock.stage("find"):
        time.sleep(0.01)

    def failing() -> None:
        with clock.stage("find"):
            time.sleep(0.01)
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        failing()
    with clock.stage("pin"):
        pass
    assert set(clock.timings_ms) == {"find", "pin"}
    assert 19 < clock.timings_ms["find"] < 2000
    assert clock.timings_ms["pin"] < clock.timings_ms["find"]


def test_logs_are_json_without_secrets() -> None:
    done = subprocess.run([sys.executable, "-c", LOGGED], capture_output=True, text=True, check=True, timeout=60)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    first, second, third, theirs, ours, last = lines
    assert (first["event"], first["level"], first["user"]) == ("signed.in", "info", "u1")
    assert "secret" not in done.stderr
    assert third["what"] == {"deep": ["Basic [hidden]"]}
    assert third["more"] == "[hidden]"
    assert "GET /?key=[hidden]" in done.stderr
    assert "ValueError: [hidden]" in done.stderr
    assert "ValueError: inner" in second["exception"]
    assert "ValueError: [hidden]" in last["exception"]
    assert {theirs["event"], ours["path"]} == {'asked for x\n{"event": "forged"}', 'x\n{"event": "forged"}'}
    assert (theirs["logger"], theirs["level"]) == ("other", "warning")
    assert all(datetime.fromisoformat(each["timestamp"]).utcoffset() == timedelta(0) for each in lines)
