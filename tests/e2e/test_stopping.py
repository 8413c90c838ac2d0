"""A long document is paused, gone on with and cancelled in the library, and a page that was left out is named."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in
from tests.unit.ingest.hostile import bomb, page, pdf

pytestmark = pytest.mark.xdist_group("e2e-stopping")


@pytest.mark.browser
def test_a_document_is_paused_gone_on_with_and_cancelled(
    shared_server: Server, page: Page, tmp_path: Path, artifacts: Path
) -> None:
    path = tmp_path / "plant.pdf"
    path.write_bytes(pdf(_pages(4000)))
    sign_in(page, shared_server)
    page.goto(f"{shared_server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files(str(path))
    row = page.get_by_test_id("document-row").filter(has_text=path.name)
    row.get_by_test_id("pause").click()
    expect(row).to_have_attribute("data-state", "paused")
    page.screenshot(path=artifacts / "library-paused.png")
    row.get_by_test_id("go-on").click()
    expect(row.get_by_test_id("cancel")).to_be_visible()
    row.get_by_test_id("cancel").click()
    expect(row).to_have_attribute("data-state", "cancelled")
    expect(row.get_by_test_id("go-on")).to_be_visible()


@pytest.mark.browser
def test_a_page_that_was_left_out_is_named(shared_server: Server, page: Page, tmp_path: Path, artifacts: Path) -> None:
    path = tmp_path / "boiler.pdf"
    path.write_bytes(pdf([*_pages(3), bomb(), *_pages(2)]))
    sign_in(page, shared_server)
    page.goto(f"{shared_server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files(str(path))
    row = page.get_by_test_id("document-row").filter(has_text=path.name)
    expect(row).to_have_attribute("data-state", "ready", timeout=40_000)
    expect(row.get_by_test_id("warnings")).to_contain_text("Page 4: The page was left out.")
    page.screenshot(path=artifacts / "library-warnings.png")


def _pages(count: int) -> list[bytes]:
    return [page(f"The valve of unit {number} is red and is checked by two people.") for number in range(count)]
