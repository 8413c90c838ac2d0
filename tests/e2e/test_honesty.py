"""What an answer admits: why it declines and what came closest, a marker that was moved, how thin the evidence is."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.doubles.provider import Provider
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in, upload

pytestmark = pytest.mark.xdist_group("e2e-honesty")
RULES = """# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning in summer.

# Dogs

Dogs travel free of charge on the lower deck and must be kept on a leash.
"""
TIMES = """# Harbour

The harbour office at Landskrona is open from eight to four on weekdays.
"""


def ask(page: Page, question: str) -> None:
    page.get_by_test_id("ask-input").fill(question)
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")


@pytest.mark.browser
def test_an_answer_that_declines_says_why_and_shows_what_came_closest(
    page: Page, server: Server, tmp_path: Path, artifacts: Path
) -> None:
    path = tmp_path / "rules.md"
    path.write_text(RULES)
    sign_in(page, server)
    upload(page, server, path)
    page.goto(server.url)
    ask(page, "Who was the captain of the ferry in 1952?")
    answer = page.get_by_test_id("answer").last
    expect(answer.get_by_test_id("reason")).to_be_visible()
    page.screenshot(path=artifacts / "declined.png")
    nearest = answer.get_by_test_id("nearest").get_by_role("button")
    if nearest.count():
        nearest.first.click()
        expect(page.get_by_test_id("highlight").first).to_be_visible()
    ask(page, "When does the ferry to Hven leave?")
    expect(page.get_by_test_id("answer").last.get_by_test_id("confidence")).to_contain_text("Evidence:")


@pytest.mark.browser
def test_a_marker_that_was_moved_is_said(
    page: Page, model_server: Server, provider: Provider, tmp_path: Path, artifacts: Path
) -> None:
    for name, text in (("rules.md", RULES), ("harbour.md", TIMES)):
        (tmp_path / name).write_text(text)
        if name == "rules.md":
            sign_in(page, model_server)
        upload(page, model_server, tmp_path / name)
    # Which passage is first is the ranking's business: of two markers one is wrong for this sentence.
    provider.behaviour.reply = (
        "Dogs travel free of charge on the lower deck [1]. Dogs must be kept on a leash on the lower deck [2]."
    )
    page.goto(model_server.url)
    ask(page, "What do dogs pay on the ferry?")
    answer = page.get_by_test_id("answer").last
    page.screenshot(path=artifacts / "corrected.png")
    expect(answer.get_by_test_id("corrected").first).to_be_visible()
