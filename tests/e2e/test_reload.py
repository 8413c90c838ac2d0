"""A reload in the middle of an answer loses nothing: the page finds the answer again and sees it finish."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.doubles.provider import Provider
from tests.e2e.conftest import Server
from tests.e2e.journey import sign_in, upload

RULES = """# Ferry rules

The ferry to Hven leaves the northern quay at nine every morning. Tickets cost 80 kroner and are sold on board.
"""
SENTENCES = 30
REPLY = (
    " ".join(
        f"Sentence number {n} says that the ferry leaves the northern quay at nine [1]." for n in range(1, SENTENCES)
    )
    + " The ferry to Hven leaves the northern quay at nine every morning [1]."
)


@pytest.fixture(autouse=True)
def _reply(provider: Provider) -> None:
    provider.behaviour.reply = REPLY
    provider.behaviour.piece_delay_s = 0.012


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.md"
    path.write_text(RULES)
    return path


@pytest.mark.browser
def test_a_reload_in_mid_answer_sees_it_finish(page: Page, model_server: Server, rules: Path, artifacts: Path) -> None:
    sign_in(page, model_server)
    upload(page, model_server, rules)
    page.goto(model_server.url)
    page.get_by_test_id("ask-input").fill("When does the ferry leave?")
    page.get_by_test_id("ask-send").click()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_contain_text("Sentence number 3")
    expect(answer).to_have_attribute("data-state", "running")
    page.reload()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_contain_text("Sentence number 1 says")
    page.screenshot(path=str(artifacts / "reloaded.png"))
    expect(answer).to_have_attribute("data-state", "completed", timeout=30_000)
    text = answer.get_by_test_id("answer-text").inner_text()
    for number in range(1, SENTENCES):
        assert text.count(f"Sentence number {number} says") == 1
    # Sentences with a figure that the rules do not have are never supported; the true one is.
    assert answer.locator('[data-pin][data-verdict="supported"]').count() >= 1
    # The ninth has no other figure than the rules, which say "nine".
    assert answer.locator('[data-pin]:not([data-verdict="supported"])').count() >= SENTENCES - 2


@pytest.mark.browser
def test_stop_keeps_what_was_said(page: Page, model_server: Server, rules: Path) -> None:
    sign_in(page, model_server)
    upload(page, model_server, rules)
    page.goto(model_server.url)
    page.get_by_test_id("ask-input").fill("When does the ferry leave?")
    page.get_by_test_id("ask-send").click()
    answer = page.get_by_test_id("answer").last
    expect(answer).to_contain_text("Sentence number 2")
    page.get_by_test_id("ask-stop").click()
    expect(answer).to_have_attribute("data-state", "cancelled")
    expect(answer).to_contain_text("Sentence number 1")
    expect(answer).not_to_contain_text("each sentence was checked")
    expect(answer.get_by_role("button", name="Ask again")).to_be_visible()
