"""What a large library and a long history need: filters that a refresh keeps, and the open conversation in the list."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import call, sign_in, upload

ON_A_PAGE = 50


@pytest.mark.browser
def test_a_refresh_keeps_what_the_library_shows(page: Page, server: Server, tmp_path: Path) -> None:
    sign_in(page, server)
    for name in ("Verträge 2026.md", "leave.md"):
        path = tmp_path / name
        path.write_text("# Rules\n\nThe office is closed on 24 December.\n")
        upload(page, server, path)
    field, rows = page.get_by_label("Filter by name"), page.get_by_test_id("document-row")
    field.press_sequentially("vertrage")
    expect(rows).to_have_count(1)
    page.get_by_label("Sort by").select_option("name")
    page.wait_for_url("**/library?name=vertrage&sort=name")
    page.reload()
    expect(field).to_have_value("vertrage")
    expect(page.get_by_label("Sort by")).to_have_value("name")
    expect(rows).to_have_count(1)
    # The way to the library begins anew.
    page.get_by_role("link", name="Library").first.click()
    expect(field).to_have_value("")
    expect(rows).to_have_count(2)


@pytest.mark.browser
def test_the_conversation_that_is_open_is_in_the_list(page: Page, server: Server) -> None:
    sign_in(page, server)
    first = call(page, "POST", "/v1/answers", {"question": "Which one is the oldest?", "stream": False})
    for number in range(ON_A_PAGE):
        call(page, "POST", "/v1/answers", {"question": f"Which one is number {number}?", "stream": False})
    page.goto(f"{server.url}/c/{first['conversation']}")
    history = page.get_by_test_id("history")
    expect(history.locator('[aria-current="page"]')).to_have_text("Which one is the oldest?")
    expect(history.get_by_test_id("history-row")).to_have_count(ON_A_PAGE + 1)
    history.get_by_role("button", name="Earlier questions").click()
    expect(history.get_by_text("Open now")).to_have_count(0)
    expect(history.get_by_test_id("history-row")).to_have_count(ON_A_PAGE + 1)


@pytest.mark.browser
def test_a_refresh_keeps_the_page_that_was_turned_to(page: Page, server: Server, tmp_path: Path) -> None:
    sign_in(page, server)
    path = tmp_path / "manual.md"
    path.write_text("".join(f"# Part {number}\n\nUnit {number} is green.\n\n" for number in range(1, 8)))
    upload(page, server, path)
    page.get_by_test_id("open").click()
    number = page.get_by_test_id("viewer-page-number")
    number.fill("6")
    number.press("Enter")
    expect(page.get_by_test_id("viewer")).to_contain_text("Unit 6 is green.")
    page.wait_for_url("**at=6*")
    # Filtering beside it leaves it open.
    page.get_by_label("Filter by name").fill("manual")
    page.wait_for_url("**name=manual*")
    expect(number).to_have_value("6")
    page.reload()
    expect(page.get_by_test_id("viewer")).to_contain_text("Unit 6 is green.")
    expect(number).to_have_value("6")
    number.fill("1")
    number.press("Enter")
    expect(page).not_to_have_url(re.compile(r"[?&]at="))
