"""Documents that an earlier version read are told of in the library, and read anew from there."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in


@pytest.mark.browser
def test_what_was_read_before_is_read_anew(server: Server, page: Page, tmp_path: Path, artifacts: Path) -> None:
    sign_in(page, server)
    page.goto(f"{server.url}/library")
    rules = tmp_path / "rules.md"
    rules.write_text("# Rules\n\nThe ferry leaves at nine.\n")
    page.get_by_test_id("upload-input").first.set_input_files(str(rules))
    row = page.get_by_test_id("document-row")
    expect(row).to_have_attribute("data-state", "ready", timeout=30_000)
    expect(page.get_by_test_id("read-before")).to_have_count(0)
    with closing(sqlite3.connect(server.home / "pincite.db")) as database, database:
        database.execute("UPDATE library_revisions SET read_by = '1'")
    row.get_by_test_id("open").click()
    expect(page.get_by_test_id("viewer")).to_contain_text("The ferry leaves at nine.")
    before = page.url
    page.reload()
    notice = page.get_by_test_id("read-before")
    expect(notice).to_contain_text("1 document was read by an earlier version")
    page.screenshot(path=artifacts / "library-read-before.png")
    notice.get_by_test_id("reparse").click()
    expect(notice).to_have_count(0)
    expect(row).to_contain_text("revision 2")
    expect(row).to_have_attribute("data-state", "ready", timeout=30_000)
    expect(page.get_by_test_id("batch-row")).to_contain_text("1 of 1 ready")
    page.screenshot(path=artifacts / "library-read-anew.png")
    page.goto(before)
    expect(page.get_by_test_id("viewer-older")).to_contain_text("This file was read anew since")
    page.screenshot(path=artifacts / "reader-read-anew.png")
    page.get_by_test_id("viewer-older").get_by_role("button").click()
    expect(page.get_by_test_id("viewer")).to_contain_text("The ferry leaves at nine.")
    expect(page.get_by_test_id("viewer-older")).to_have_count(0)
