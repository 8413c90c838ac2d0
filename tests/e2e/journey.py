"""Steps that journeys through the web app share: signing in, uploading, and asking the API beside the pages."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from tests import forked
from tests.e2e.conftest import Server

_CALL = """async ([method, path, body]) => {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}"""


def sign_in(page: Page, server: Server) -> None:
    """Sign the owner in with the link, which works once; the next time with the cookie that it brought."""
    if server.cookies:
        page.context.add_cookies(server.cookies)
    page.goto(server.url if server.cookies else server.sign_in)
    # What stands in the middle depends on whether there are documents yet; the way to the library is always there.
    expect(page.get_by_role("link", name="Library").first).to_be_visible()
    server.cookies[:] = page.context.cookies()


def call(page: Page, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Have the page ask the API, as whoever is signed in there."""
    return page.evaluate(_CALL, [method, path, body])


def upload(page: Page, server: Server, path: Path) -> None:
    """Upload a file in the library and wait until it is ready."""
    page.goto(f"{server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files(str(path))
    row = page.get_by_test_id("document-row").filter(has_text=path.name)
    expect(row).to_have_attribute("data-state", "ready", timeout=30_000)


def pincite(server: Server, *words: str) -> str:
    """Run a command beside the server and return what it prints."""
    done = forked.pincite(words, {"PINCITE_HOME": str(server.home), "PINCITE_MODEL": "none"})
    assert done.returncode == 0, done.stderr
    return done.stdout
