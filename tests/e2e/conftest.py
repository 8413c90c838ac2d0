"""A real server process and a real browser: what the tests of whole journeys share.

Both take seconds to start. The browser is one for the tests of a file, and so is `shared_server`, for tests that other
documents in the library do not disturb. A file says by `xdist_group` that its tests stay together.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.doubles.provider import Provider, serve
from tests.forked import Forked, command

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
    """A running `pincite serve`: where it is, the link that signs its owner in, and what a browser got for it."""

    url: str
    sign_in: str
    home: Path
    process: Forked
    cookies: list[Any] = field(default_factory=list)


def start_server(home: Path, environment: dict[str, str] | None = None) -> Server:
    """Start `pincite serve` on a free port and wait until it says where it is."""
    full = {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none", **(environment or {})}
    process = Forked(command, (["serve", "--port", "0"],), full)
    said = process.wait_for(re.compile(r"#token=\S+\s|keys sign-in-link").search, 60)
    where = re.search(r"Pincite is at (\S+)", said)
    link = re.search(r"(http\S+#token=\S+)", said)
    assert where, f"the server did not start: {said} {process.stderr[-2000:]}"
    return Server(where[1], link[1] if link else "", home, process)


def stop_server(server: Server) -> None:
    """Stop the server, by force if it lingers."""
    server.process.terminate()
    try:
        server.process.wait(15)
    except TimeoutError:
        server.process.kill()
        server.process.wait(5)


def kill_server(server: Server) -> None:
    """End the server and all that it started at once, so that nothing of them says goodbye."""
    everything = [psutil.Process(server.process.pid), *beneath(server)]
    for each in everything:
        with contextlib.suppress(psutil.NoSuchProcess):  # it saw its parent end, and went before its turn
            each.kill()
    server.process.wait(10)
    psutil.wait_procs(everything[1:], 10)


def beneath(server: Server) -> list[psutil.Process]:
    """Return the processes that a server started, and those that they did."""
    return psutil.Process(server.process.pid).children(recursive=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server without a model, on a data folder of its own. Ask for it before `page`: open streams delay its end."""
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a model that the tests of a file share, with all that they upload."""
    home = tmp_path_factory.mktemp("shared") / "home"
    home.mkdir()
    # Where pictures are read, a parser may have more memory than the pages of these tests would fill.
    started = start_server(home, {"PINCITE_OCR": "off"})
    yield started
    stop_server(started)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider of models on a loopback port, told what to do through its `behaviour`."""
    with serve() as running:
        yield running


def model_of(provider: Provider) -> dict[str, str]:
    """Return the settings with which a server has the provider's model."""
    return {
        "PINCITE_MODEL": "openai:test-model",
        "PINCITE_MODEL_BASE_URL": f"{provider.url}/v1",
        "PINCITE_MODEL_API_KEY": "good-key",
    }


@pytest.fixture
def model_server(tmp_path: Path, provider: Provider) -> Iterator[Server]:
    """A server with the provider's model, on a data folder of its own."""
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home, model_of(provider))
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; the test is skipped, visibly, where there is none or the web app is not built.

    One for each file: Playwright's own event loop must be gone before a test that has one of its own.
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
