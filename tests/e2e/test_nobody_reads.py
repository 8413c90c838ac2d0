"""A library whose documents wait and nobody reads them: it says so, and no longer once somebody does."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import start_server, stop_server
from tests.e2e.journey import sign_in
from tests.forked import Forked, command


@pytest.mark.browser
def test_the_library_says_that_nobody_reads_until_a_worker_comes(page: Page, tmp_path: Path, artifacts: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    server = start_server(home, {"PINCITE_WORKERS": "0"})
    worker: Forked | None = None
    try:
        sign_in(page, server)
        page.goto(f"{server.url}/library")
        rules = tmp_path / "rules.md"
        rules.write_text("# Rules\n\nThe ferry leaves at nine.\n")
        page.get_by_test_id("upload-input").first.set_input_files(str(rules))
        row = page.get_by_test_id("document-row")
        expect(row).to_have_attribute("data-state", "queued")
        notice = page.get_by_test_id("nobody-reads")
        expect(notice).to_contain_text("1 document waits", timeout=25_000)
        page.screenshot(path=artifacts / "library-nobody-reads.png")
        worker = Forked(command, (["worker"],), {**os.environ, "PINCITE_HOME": str(home), "PINCITE_MODEL": "none"})
        expect(row).to_have_attribute("data-state", "ready", timeout=30_000)
        expect(notice).to_have_count(0)
    finally:
        if worker is not None:
            worker.terminate()
            worker.wait(20)
        stop_server(server)
