"""An assistant in the web app: set up in the settings, asked, followed up, and removed from under its conversation."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.doubles.provider import Provider
from tests.e2e.conftest import Server
from tests.e2e.journey import call, sign_in, upload

pytestmark = pytest.mark.xdist_group("e2e-assistants")
RULES = "# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine every morning in summer.\n"
QUESTION = "When does the ferry to Hven leave?"
TELL = "Address the reader as Captain."


@pytest.mark.browser
def test_an_assistant_is_set_up_asked_followed_up_and_removed(
    page: Page, model_server: Server, provider: Provider, tmp_path: Path, artifacts: Path
) -> None:
    path = tmp_path / "rules.md"
    path.write_text(RULES)
    sign_in(page, model_server)
    upload(page, model_server, path)
    call(page, "POST", "/v1/collections", {"name": "laws"})
    page.goto(model_server.url)
    expect(page.get_by_test_id("ask-collection")).to_be_visible()
    expect(page.get_by_test_id("ask-assistant")).to_have_count(0)
    set_it_up(page, model_server, artifacts)
    ask_it_and_follow_up(page, model_server, provider, artifacts)
    conversation = page.url
    spending_names_it(page, model_server, artifacts)
    change_and_remove_it(page, model_server)
    its_conversation_goes_on_with_another(page, conversation, artifacts)


def settings_of_assistants(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="Assistants").click()


def set_it_up(page: Page, server: Server, artifacts: Path) -> None:
    settings_of_assistants(page, server)
    page.get_by_test_id("new-assistant").click()
    form = page.get_by_test_id("assistant-form")
    expect(form.get_by_label("Name")).to_be_focused()
    form.get_by_label("Name").fill("First Mate")
    form.get_by_label("What it is for").fill("Questions about crossings.")
    form.get_by_label("Instructions").fill(TELL)
    form.get_by_label("these collections").check()
    form.get_by_role("group", name="Collections").get_by_role("checkbox").first.check()
    form.get_by_role("button", name="Set it up").click()
    expect(form.get_by_role("alert")).to_contain_text("'First Mate' cannot be an assistant's name.")
    page.screenshot(path=artifacts / "assistant-form.png", full_page=True)
    page.get_by_role("button", name="People").click()
    expect(form).to_be_hidden()
    page.get_by_role("button", name="Assistants").click()
    expect(form.get_by_label("Instructions")).to_have_value(TELL)
    form.get_by_label("Name").fill("mate")
    form.get_by_role("button", name="Set it up").click()
    row = page.get_by_test_id("assistant")
    expect(row).to_contain_text("mate · version 1")
    expect(row).to_contain_text("pincite/mate")
    expect(form).to_have_count(0)
    page.screenshot(path=artifacts / "assistants.png")


def ask(page: Page, question: str) -> None:
    page.get_by_test_id("ask-input").fill(question)
    page.get_by_test_id("ask-send").click()


def ask_it_and_follow_up(page: Page, server: Server, provider: Provider, artifacts: Path) -> None:
    page.goto(server.url)
    chooser = page.get_by_test_id("ask-assistant")
    chooser.select_option("mate")
    expect(page.get_by_test_id("ask-collection")).to_have_count(0)
    ask(page, QUESTION)
    answer = page.get_by_test_id("answer").last
    expect(answer).to_have_attribute("data-state", "completed")
    expect(answer.get_by_test_id("answered-by")).to_have_text("Assistant mate")
    assert TELL in json.dumps(provider.requests[-1])
    page.reload()
    expect(chooser).to_have_value("mate")
    ask(page, "Does it leave in summer?")
    expect(page.get_by_test_id("answer")).to_have_count(2)
    expect(answer).to_have_attribute("data-state", "completed")
    expect(answer.get_by_test_id("answered-by")).to_have_text("Assistant mate")
    answer.get_by_test_id("timings").click()
    expect(page.get_by_role("dialog")).to_contain_text("mate, version 1")
    page.get_by_role("dialog").press("Escape")
    page.screenshot(path=artifacts / "assistant-answer.png")


def spending_names_it(page: Page, server: Server, artifacts: Path) -> None:
    page.goto(f"{server.url}/usage")
    together = page.get_by_role("group", name="Put together by")
    together.get_by_role("button", name="Assistant").click()
    together.get_by_role("button", name="Model").click()
    expect(page.get_by_test_id("spending-row").filter(has_text="mate")).to_have_count(1)
    page.get_by_test_id("new-budget").click()
    form = page.get_by_test_id("budget-form")
    form.get_by_label("Bounds").select_option("An assistant")
    form.get_by_label("Which assistant").select_option("mate")
    form.get_by_label("Dollars").fill("5")
    form.get_by_role("button", name="Set it").click()
    expect(page.get_by_test_id("budget")).to_contain_text("Assistant “mate” · each month")
    page.get_by_test_id("budget").scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "assistant-usage.png")


def change_and_remove_it(page: Page, server: Server) -> None:
    settings_of_assistants(page, server)
    row = page.get_by_test_id("assistant")
    row.get_by_role("button", name="Change mate").click()
    form = row.get_by_test_id("assistant-form")
    expect(form.get_by_label("Instructions")).to_have_value(TELL)
    form.get_by_label("all that the asker may read").check()
    form.get_by_role("button", name="Change it").click()
    expect(row).to_contain_text("mate · version 2")
    expect(row).to_contain_text("Answers from all that the asker may read.")
    row.get_by_role("button", name="Remove mate").click()
    page.get_by_test_id("confirm").click()
    expect(row).to_have_count(0)


def its_conversation_goes_on_with_another(page: Page, conversation: str, artifacts: Path) -> None:
    page.goto(conversation)
    chooser = page.get_by_test_id("ask-assistant")
    expect(chooser.locator("option:checked")).to_have_text("mate (gone)")
    ask(page, "And in winter?")
    expect(page.get_by_role("alert")).to_contain_text("of this conversation, mate, is not there any more.")
    page.screenshot(path=artifacts / "assistant-gone.png")
    expect(page.get_by_test_id("ask-input")).to_have_value("And in winter?")
    chooser.select_option("Built-in assistant")
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("answer")).to_have_count(3)
    last = page.get_by_test_id("answer").last
    expect(last).to_have_attribute("data-state", "completed")
    expect(last.get_by_test_id("answered-by")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(chooser).to_have_count(0)
