"""Many files are a batch in the library: paused, gone on with, taken off the list; an older version that answers."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in
from tests.unit.ingest.hostile import page as pdf_page
from tests.unit.ingest.hostile import pdf


@pytest.mark.browser
def test_many_files_are_a_batch_with_buttons_that_fit_its_state(
    server: Server, page: Page, tmp_path: Path, artifacts: Path
) -> None:
    long = pdf([pdf_page(f"The valve of unit {number} is red and is checked.") for number in range(600)])
    paths = [tmp_path / f"plant-{number:02d}.pdf" for number in range(11)]
    for number, path in enumerate(paths):
        path.write_bytes(long + f"%{number}".encode())
    sign_in(page, server)
    page.goto(f"{server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files([str(path) for path in paths])
    batch = page.get_by_test_id("batch-row")
    batch.get_by_test_id("batch-pause").click()
    expect(batch).to_have_attribute("data-state", "paused")
    page.screenshot(path=artifacts / "library-batch-paused.png", full_page=True)
    batch.get_by_test_id("batch-resume").click()
    expect(batch).to_have_attribute("data-state", "reading")
    page.screenshot(path=artifacts / "library-batch-reading.png", full_page=True)
    batch.get_by_test_id("batch-cancel").click()
    expect(batch).to_have_attribute("data-state", "cancelled", timeout=20_000)
    page.screenshot(path=artifacts / "library-batch-over.png", full_page=True)
    batch.get_by_test_id("batch-forget").click()
    expect(page.get_by_test_id("batch-row")).to_have_count(0)


@pytest.mark.browser
def test_a_version_that_failed_leaves_the_one_before_to_be_opened(
    server: Server, page: Page, tmp_path: Path, artifacts: Path
) -> None:
    path = tmp_path / "plant.pdf"
    path.write_bytes(pdf([pdf_page("The valve of unit 7 is red.")]))
    sign_in(page, server)
    page.goto(f"{server.url}/library")
    page.get_by_test_id("upload-input").first.set_input_files(str(path))
    row = page.get_by_test_id("document-row").filter(has_text=path.name)
    expect(row).to_have_attribute("data-state", "ready", timeout=40_000)
    path.write_bytes(b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n")
    page.get_by_test_id("upload-input").first.set_input_files(str(path))
    expect(row).to_have_attribute("data-state", "failed", timeout=40_000)
    expect(row).to_contain_text("The version before this one answers.")
    expect(row.get_by_test_id("problem")).to_be_visible()
    expect(row.get_by_test_id("retry")).to_be_visible()
    row.get_by_test_id("open").click()
    expect(page.get_by_test_id("viewer-page").first).to_be_visible()
    page.screenshot(path=artifacts / "library-older-answers.png")
