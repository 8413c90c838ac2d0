"""A real server process and a real browser: what the tests of whole journeys share."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ARTIFACTS = Path(__file__).resolve().parents[2] / ".artifacts"
STATIC = Path(__file__).resolve().parents[2] / "src" / "pincite" / "app" / "static" / "index.html"


@dataclass(frozen=True, slots=True)
class Server:
    """A running `pincite serve`: where it is and the link that signs its owner in."""

    url: str
    sign_in: str
    home: Path
    process: subprocess.Popen[str]


def start_server(home: Path, environment: dict[str, str] | None = None) -> Server:
    """Start `pincite serve` on a free port and wait until it says where it is."""
    full = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none", **(environment or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "pincite.app.cli", "serve", "--port", "0"],
        env=full,
        stdout=subprocess.PIPE,
        stderr=(home.parent / "server.log").open("w"),
        text=True,
    )
    assert process.stdout is not None
    said = ""
    until = time.monotonic() + 60
    while time.monotonic() < until and "#token=" not in said and "keys sign-in-link" not in said:
        line = process.stdout.readline()
        if not line:
            break
        said += line
    where = re.search(r"Pincite is at (\S+)", said)
    link = re.search(r"(http\S+#token=\S+)", said)
    assert where, f"the server did not start: {said} {(home.parent / 'server.log').read_text()[-2000:]}"
    return Server(where[1], link[1] if link else "", home, process)


def stop_server(server: Server) -> None:
    """Stop the server, by force if it lingers."""
    server.process.terminate()
    try:
        server.process.wait(15)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait(5)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server without a model, on a data folder of its own. Ask for it before `page`: open streams delay its end."""
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home)
    yield started
    stop_server(started)


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped, visibly, where there is none or the web app is not built.

    One for each test: Playwright's own event loop must be gone before the next test may have one.
    """
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if not STATIC.is_file():
        pytest.skip("the web app is not built: make web")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(20_000)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are kept after the run."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS
