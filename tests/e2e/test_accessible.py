"""No page breaks a rule of axe-core: contrast, names of controls, order of headings; light and dark, narrow as well."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in, upload

RUN = "axe.run(document, {resultTypes: ['violations']})"
LOOKS: tuple[tuple[Any, int, int], ...] = (("light", 1440, 900), ("dark", 390, 844))


def broken(page: Page) -> list[str]:
    """Return the rules that the page breaks, each with the element that does."""
    page.evaluate(AXE_FILE_PATH.read_text())
    found = page.evaluate(RUN)
    assert len(found["passes"]) > 5, "it was looked at"
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found["violations"] for node in rule["nodes"]]


def answer(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_test_id("ask-input").fill("When does the ferry leave?")
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")


def reader(page: Page, url: str) -> None:
    answer(page, url)
    page.get_by_test_id("source").first.click()
    expect(page.get_by_test_id("viewer")).to_contain_text("The ferry leaves at nine")


def settings(part: str) -> Callable[[Page, str], None]:
    def show(page: Page, url: str) -> None:
        page.goto(f"{url}/settings")
        page.get_by_role("group", name="Settings of").get_by_role("button", name=part).click()
        page.wait_for_load_state("networkidle")

    return show


def at(path: str) -> Callable[[Page, str], None]:
    def show(page: Page, url: str) -> None:
        page.goto(f"{url}{path}")
        page.wait_for_load_state("networkidle")

    return show


PAGES: dict[str, Callable[[Page, str], None]] = {
    "welcome": at("/"),
    "answer": answer,
    "reader": reader,
    "library": at("/library"),
    "sources": at("/sources"),
    "usage": at("/usage"),
    **{part: settings(part) for part in ("Account", "People", "Assistants")},
}


@pytest.mark.browser
def test_everybody_can_use_every_page(server: Server, page: Page, tmp_path: Path) -> None:
    page.goto(f"{server.url}/signin")
    expect(page.get_by_test_id("sign-in")).to_be_visible()
    assert broken(page) == []
    sign_in(page, server)  # with the link, put into the address of the page that is open: nothing is loaded anew
    page.emulate_media(reduced_motion="reduce")
    ferry = tmp_path / "ferry.md"
    ferry.write_text("# Ferry\n\nThe ferry leaves at nine in the morning.\n\n# Dogs\n\nDogs travel free.\n")
    upload(page, server, ferry)
    for scheme, width, height in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        for name, show in PAGES.items():
            show(page, server.url)
            assert (name, scheme, broken(page)) == (name, scheme, [])
