"""What models cost, in the web app: the owner sees everybody's and sets a budget, which stops a viewer."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from tests.doubles.provider import Provider
from tests.e2e.conftest import Server, model_of, start_server, stop_server
from tests.e2e.journey import call, sign_in, upload

pytestmark = pytest.mark.xdist_group("e2e-usage")
RULES = "# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine every morning in summer.\n"
WIDE = "[...document.querySelectorAll('main, main > div')].map((each) => each.scrollWidth - each.clientWidth)"
QUESTION = "When does the ferry to Hven leave?"


@pytest.fixture
def priced_server(tmp_path: Path, provider: Provider) -> Iterator[Server]:
    """A server with the provider's model, and what it costs."""
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home, {**model_of(provider), "PINCITE_MODEL_PRICES": "openai:test-model=1/3"})
    yield started
    stop_server(started)


def ask(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_test_id("ask-input").fill(QUESTION)
    page.get_by_test_id("ask-send").click()


def expect_no_sideways_scrolling(page: Page) -> None:
    assert max(page.evaluate(WIDE)) <= 0, "the page is wider than the window"


@pytest.mark.browser
def test_a_budget_that_the_owner_sets_stops_a_viewer_and_both_see_what_was_spent(
    page: Page, browser: Browser, priced_server: Server, tmp_path: Path, artifacts: Path
) -> None:
    refused: list[str] = []
    page.on("console", lambda message: refused.extend(policy_words(message)))
    path = tmp_path / "rules.md"
    path.write_text(RULES)
    sign_in(page, priced_server)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Usage").click()
    expect(page.get_by_test_id("nothing-spent")).to_contain_text("Nothing was spent")
    expect(page.get_by_test_id("no-budgets")).to_be_visible()
    upload(page, priced_server, path)
    ask(page, priced_server)
    expect(page.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")
    collection = call(page, "GET", "/v1/collections")["items"][0]["id"]
    call(page, "PUT", f"/v1/collections/{collection}/grants/everyone/all", {"level": "viewer"})
    token = call(page, "POST", "/v1/users", {"name": "Vera", "role": "viewer"})["token"]
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    try:
        vera = context.new_page()
        vera.goto(f"{priced_server.url}/signin#token={token}")
        expect(vera.get_by_test_id("ask-input")).to_be_visible()
        the_viewer_sees_their_own(vera, priced_server, artifacts)
        the_owner_sees_everybodys(page, priced_server, artifacts)
        the_owner_exports_it(page)
        the_owner_sets_a_budget(page, artifacts)
        ask(vera, priced_server)
        alert = vera.get_by_test_id("answer").last.get_by_role("alert")
        expect(alert).to_contain_text("The budget of $0.0001 a day for this user has")
        expect(alert).to_contain_text("It begins anew at")
        expect(vera.get_by_test_id("answer").last).not_to_contain_text("was checked")
        vera.screenshot(path=artifacts / "budget-exceeded.png")
        vera.reload()
        expect(alert).to_contain_text("It begins anew at")
        the_owner_changes_it(page)
        ask(vera, priced_server)
        expect(vera.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")
        the_owner_removes_it(page)
    finally:
        context.close()
    assert refused == [], "the content policy stops nothing of the page"


def policy_words(message: ConsoleMessage) -> list[str]:
    return [message.text] if "Content Security Policy" in message.text else []


def the_viewer_sees_their_own(vera: Page, server: Server, artifacts: Path) -> None:
    vera.goto(f"{server.url}/usage")
    expect(vera.get_by_test_id("nothing-spent")).to_be_visible()
    ask(vera, server)
    expect(vera.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")
    vera.get_by_test_id("menu").click()
    vera.get_by_role("dialog").get_by_role("link", name="Usage").click()
    totals = vera.get_by_test_id("totals")
    expect(totals).to_contain_text("Answers1")
    expect(totals.get_by_text("$0.00").first).to_be_visible()
    expect(vera.get_by_test_id("spending-row")).to_have_count(1)
    expect(vera.get_by_role("region", name="Budgets")).to_have_count(0)
    expect(vera.get_by_label("Whose")).to_have_count(0)
    expect(vera.get_by_role("button", name="User")).to_have_count(0)
    expect_no_sideways_scrolling(vera)
    vera.screenshot(path=artifacts / "usage-viewer.png")


def the_owner_sees_everybodys(page: Page, server: Server, artifacts: Path) -> None:
    page.goto(f"{server.url}/usage")
    expect(page.get_by_test_id("totals")).to_contain_text("Answers2")
    expect(page.get_by_test_id("spending-row")).to_contain_text("openai:test-model")
    days = page.get_by_role("table", name="Cost by day").get_by_role("row")
    expect(days).to_have_count(1)
    expect(days).to_contain_text("2 calls")
    page.get_by_test_id("chart").hover(position={"x": 2, "y": 80})
    expect(page.get_by_test_id("chart-day")).to_contain_text("nothing")
    together = page.get_by_role("group", name="Put together by")
    together.get_by_role("button", name="User").click()
    together.get_by_role("button", name="Stage").click()
    together.get_by_role("button", name="Model").click()
    rows = page.get_by_test_id("spending-row")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="Vera")).to_contain_text("Answers")
    page.get_by_label("Whose").select_option("Vera")
    expect(page.get_by_test_id("totals")).to_contain_text("Answers1")
    page.get_by_label("Whose").select_option("Everybody")
    expect(page.get_by_test_id("totals")).to_contain_text("Answers2")
    page.screenshot(path=artifacts / "usage-owner.png")


def the_owner_exports_it(page: Page) -> None:
    with page.expect_download() as found:
        page.get_by_test_id("csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(found.value.path()).read_text())))
    assert found.value.suggested_filename == "costs.csv"
    assert [each["stage"] for each in rows] == ["answer", "answer"]
    assert len({each["user"] for each in rows}) == 2
    assert all(float(each["cost_usd"]) > 0 for each in rows)


def the_owner_sets_a_budget(page: Page, artifacts: Path) -> None:
    page.get_by_test_id("new-budget").click()
    form = page.get_by_test_id("budget-form")
    form.get_by_label("Bounds").select_option("A user")
    form.get_by_label("Who").select_option("Vera")
    form.get_by_label("Begins anew").select_option("each day")
    form.get_by_role("button", name="Set it").click()
    expect(form.get_by_role("alert")).to_contain_text("A budget bounds dollars, tokens or both.")
    expect(form.get_by_role("alert")).to_contain_text("Give one of them.")
    form.get_by_label("Dollars").fill("0.0001")
    page.screenshot(path=artifacts / "budget-form.png")
    form.get_by_role("button", name="Set it").click()
    row = page.get_by_test_id("budget")
    expect(row).to_contain_text("Vera · each day")
    meter = row.get_by_role("meter", name="Vera, each day: dollars")
    expect(meter).to_have_attribute("aria-valuenow", "100")
    expect(row).to_contain_text("of $0.0001 spent · Used up until")
    row.scroll_into_view_if_needed()
    page.screenshot(path=artifacts / "usage-budgets.png")


def the_owner_changes_it(page: Page) -> None:
    page.get_by_role("button", name="Change the budget: Vera, each day").click()
    form = page.get_by_test_id("budget-form")
    expect(form.get_by_label("Dollars")).to_have_value("0.0001")
    form.get_by_label("Dollars").fill("2")
    form.get_by_label("Tokens").fill("1000000")
    form.get_by_role("button", name="Change it").click()
    expect(page.get_by_role("meter")).to_have_count(2)
    expect(page.get_by_test_id("budget")).to_contain_text("of 1,000,000 tokens spent")


def the_owner_removes_it(page: Page) -> None:
    page.get_by_role("button", name="Remove the budget: Vera, each day").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_test_id("no-budgets")).to_be_visible()


@pytest.mark.browser
def test_without_a_model_the_page_says_that_answers_cost_nothing(page: Page, server: Server, artifacts: Path) -> None:
    sign_in(page, server)
    page.goto(f"{server.url}/usage")
    expect(page.get_by_test_id("nothing-spent")).to_contain_text("quoted from your documents")
    expect(page.get_by_test_id("nothing-spent")).to_contain_text("pincite doctor")
    page.screenshot(path=artifacts / "usage-nothing.png")
