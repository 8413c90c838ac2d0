"""A browser for which the canary's hosts are on this machine, and a server full of hostile text, with a model.

The server and the browser of ordinary journeys are in `tests/e2e/`.
"""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.adversary.watching import Watch, outside_world, resolver_rules
from tests.adversary.whole_app import App
from tests.doubles.provider import Provider, serve
from tests.e2e.conftest import CHROMIUM, FLAGS, STATIC, Server, start_server, stop_server


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """A provider of models on a loopback port, told what to say."""
    with serve() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The whole application without a model, in this process and in a loop of its own."""
    with asyncio.Runner() as runner:
        opened = App(runner, tmp_path_factory.mktemp("fuzzed"))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Server]:
    """A server with the provider's model."""
    home = tmp_path_factory.mktemp("adversary") / "home"
    home.mkdir()
    environment = {
        "PINCITE_MODEL": "openai:test-model",
        "PINCITE_MODEL_BASE_URL": f"{provider.url}/v1",
        "PINCITE_MODEL_API_KEY": "good-key",
        "PINCITE_OCR": "off",
    }
    started = start_server(home, environment)
    yield started
    stop_server(started)


@pytest.fixture(scope="module")
def heard() -> Iterator[tuple[int, list[bytes]]]:
    """The port where the canary's hosts are, and what reached it."""
    with outside_world() as listening:
        yield listening


@pytest.fixture(scope="module")
def browser(heard: tuple[int, list[bytes]]) -> Iterator[Browser]:
    """Headless Chromium; the test is skipped, visibly, where there is none or the web app is not built."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    if not STATIC.is_file():
        pytest.skip("the web app is not built: make web")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, resolver_rules(heard[0])])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def watched(browser: Browser, server: Server) -> Iterator[tuple[Page, Watch]]:
    """A window with the owner signed in, and the watch over it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page, watch = context.new_page(), Watch(server.url)
    page.set_default_timeout(20_000)
    watch.start(context, page)
    page.goto(server.sign_in)
    expect(page.get_by_role("link", name="Library").first).to_be_visible()
    yield page, watch
    context.close()
