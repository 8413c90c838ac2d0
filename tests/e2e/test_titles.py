"""A conversation is given another title in the list beside it: Enter keeps it, Escape leaves it as it was."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import call, sign_in


@pytest.mark.browser
def test_a_conversation_is_renamed(server: Server, page: Page, artifacts: Path) -> None:
    sign_in(page, server)
    begun = call(page, "POST", "/v1/answers", {"question": "When does the ferry leave?"})
    page.goto(f"{server.url}/c/{begun['conversation']}")
    row, field = page.get_by_test_id("history-row"), page.get_by_test_id("title-field")
    expect(row).to_have_text("When does the ferry leave?")
    row.hover()
    page.get_by_test_id("rename").click()
    expect(field).to_be_focused()
    page.keyboard.type("Not this")
    page.keyboard.press("Escape")
    expect(row).to_have_text("When does the ferry leave?")
    row.hover()
    page.get_by_test_id("rename").click()
    page.keyboard.type("Ferry times")
    page.screenshot(path=artifacts / "history-renaming.png")
    page.keyboard.press("Enter")
    expect(row).to_have_text("Ferry times")
    expect(page).to_have_title("Ferry times · Pincite")
    row.hover()
    page.get_by_test_id("rename").click()
    page.keyboard.type("Kept by going elsewhere")
    page.get_by_test_id("ask-input").click()
    expect(row).to_have_text("Kept by going elsewhere")
    assert call(page, "GET", f"/v1/conversations/{begun['conversation']}")["title"] == "Kept by going elsewhere"
