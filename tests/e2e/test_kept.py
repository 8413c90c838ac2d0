"""Nothing of it is lost: what was typed or chosen and not sent yet, the end of a line, and where a text begins."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import call, sign_in, upload
from tests.forked import pincite

pytestmark = pytest.mark.xdist_group("e2e-kept")
QUESTION = "When does the ferry to Hven leave?"
_FITS = "node => node.scrollWidth <= node.clientWidth"
_DROP = """text => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], "dropped.txt"));
  const drop = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
  document.querySelector("#ask-input").dispatchEvent(drop);
}"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "قواعد العبّارة.md"
    path.write_text("# قواعد\n\nتغادر العبّارة الرصيف الشمالي في التاسعة.\n", encoding="utf-8")
    return path


def new_link(server: Server) -> str:
    """A sign-in link, as whoever runs the server makes one."""
    said = pincite(["keys", "sign-in-link"], {"PINCITE_HOME": str(server.home), "PINCITE_MODEL": "none"}).stdout
    found = re.search(r"http\S+#token=\S+", said)
    assert found, said
    return found[0]


def write(folder: Path, number: int) -> str:
    (folder / f"rules-{number}.md").write_text(f"# Pier {number}\n\nThe ferry to Hven leaves pier {number} at nine.\n")
    return f"rules-{number}.md"


@pytest.mark.browser
def test_a_conversation_that_is_not_there_is_not_asked_on(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server)
    page.goto(f"{shared_server.url}/c/nothing")
    expect(page.get_by_test_id("no-conversation")).to_be_visible()
    expect(page.get_by_test_id("ask-input")).to_have_count(0)
    page.get_by_role("link", name="Ask a new question").click()
    expect(page).to_have_url(f"{shared_server.url}/")


@pytest.mark.browser
def test_what_is_closed_gives_the_focus_back(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server)
    page.goto(f"{shared_server.url}/library")
    opener = page.get_by_role("button", name="Collection")
    opener.press("Enter")
    expect(page.get_by_role("dialog", name="New collection").get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_test_id("menu").press("Enter")
    expect(page.get_by_role("dialog", name="Menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("menu")).to_be_focused()


@pytest.mark.browser
def test_a_text_from_right_to_left_begins_at_the_right(page: Page, shared_server: Server, rules: Path) -> None:
    sign_in(page, shared_server)
    upload(page, shared_server, rules)
    page.get_by_test_id("document-row").filter(has_text=rules.name).get_by_test_id("open").click()
    expect(page.get_by_test_id("viewer-page")).to_contain_text("العبّارة")
    expect(page.get_by_test_id("highlight")).to_have_count(0)  # nothing was looked for
    line = page.get_by_test_id("viewer-page").locator("p").last
    expect(line).to_contain_text("العبّارة")
    box = line.bounding_box()
    words = line.evaluate(
        "node => { const range = document.createRange(); range.selectNodeContents(node);"
        " const { left, right } = range.getBoundingClientRect(); return [left, right] }"
    )
    assert box is not None
    assert words[0] > box["x"] + 50
    assert abs(words[1] - box["x"] - box["width"]) < 2


@pytest.mark.browser
def test_a_word_wider_than_a_phone_is_broken(page: Page, shared_server: Server, tmp_path: Path) -> None:
    address = "https://intranet.example.com/" + "travel" * 40
    (tmp_path / "portal.md").write_text(f"# Portal\n\nThe travel portal stands at {address} for all staff.\n")
    sign_in(page, shared_server)
    upload(page, shared_server, tmp_path / "portal.md")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(shared_server.url)
    page.get_by_test_id("ask-input").fill("Where does the travel portal stand?")
    page.get_by_test_id("ask-send").click()
    expect(page.get_by_test_id("answer")).to_have_attribute("data-state", "completed")
    expect(page.get_by_test_id("answer-text")).to_contain_text(address)
    assert page.get_by_test_id("answer-text").evaluate(_FITS)
    page.get_by_test_id("pin").first.click()
    expect(page.get_by_test_id("highlight").first).to_be_visible()
    assert page.get_by_test_id("viewer-page").evaluate(_FITS)


@pytest.mark.browser
def test_a_file_that_is_dropped_beside_the_library_goes_there(page: Page, shared_server: Server) -> None:
    sign_in(page, shared_server)
    page.goto(shared_server.url)
    expect(page.get_by_test_id("ask-input")).to_be_visible()
    page.evaluate(_DROP, "The ferry to Hven is dropped off at nine.")
    expect(page).to_have_url(f"{shared_server.url}/library")
    expect(page.get_by_test_id("document-row").filter(has_text="dropped.txt")).to_be_visible()


@pytest.mark.browser
def test_files_and_questions_outlast_a_session_that_ends(page: Page, shared_server: Server, tmp_path: Path) -> None:
    sign_in(page, shared_server)
    upload(page, shared_server, tmp_path / write(tmp_path, 0))
    page.goto(shared_server.url)
    page.get_by_test_id("ask-input").fill(QUESTION)
    page.get_by_role("link", name="Library").first.click()
    expect(page).to_have_title("Library · Pincite")
    call(page, "DELETE", "/v1/session")
    chosen = [str(tmp_path / write(tmp_path, number)) for number in range(1, 6)]
    page.get_by_test_id("upload-input").first.set_input_files(chosen)
    expect(page.get_by_test_id("door-note")).to_contain_text("5 files will be sent")

    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.evaluate("setTimeout(() => location.reload())")
    page.wait_for_timeout(500)
    assert asked == ["beforeunload"]

    page.get_by_text("Sign in with a link").click()
    page.get_by_test_id("sign-in-token").fill(new_link(shared_server))
    page.get_by_role("button", name="Use the link").click()
    expect(page.get_by_role("region", name="Uploads").get_by_role("status")).to_have_text("5 of 5 sent")
    page.get_by_role("link", name="New question").first.click()
    expect(page.get_by_test_id("ask-input")).to_have_value(QUESTION)
    page.reload()
    expect(page.get_by_test_id("ask-input")).to_have_value(QUESTION)
    page.get_by_test_id("ask-input").press("Enter")
    expect(page.get_by_test_id("answer")).to_have_attribute("data-state", "completed")
    expect(page).to_have_title(f"{QUESTION} · Pincite")
    page.get_by_role("link", name="New question").first.click()
    expect(page.get_by_test_id("ask-input")).to_have_value("")
    shared_server.cookies[:] = page.context.cookies()
