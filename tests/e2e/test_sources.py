"""Sources in the web app: a folder is added, kept in step, paused, changed and removed; a viewer is offered nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect
from tests.e2e.conftest import Server, start_server, stop_server
from tests.e2e.journey import call, pincite, sign_in

from pincite.sources.adapters import KINDS

pytestmark = pytest.mark.xdist_group("e2e-sources")
NOTICED_MS = 45_000  # until a change in a folder is seen, read, and shown by the page that looks now and then
PARTS = "main, main > div, main > div > div"
WIDE = f"[...document.querySelectorAll('{PARTS}')].map((each) => each.scrollWidth - each.clientWidth)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that sources may read, with two files in it."""
    made = tmp_path / "shared" / "handbook"
    made.mkdir(parents=True)
    (made / "ferry.md").write_text("# Ferry\n\nThe ferry to Hven leaves at nine.\n")
    (made / "travel.md").write_text("# Travel\n\nTrains are booked by the second class.\n")
    return made


@pytest.fixture
def source_server(tmp_path: Path, folder: Path) -> Iterator[Server]:
    """A server that lets sources read what is below one folder."""
    home = tmp_path / "home"
    home.mkdir()
    started = start_server(home, {"PINCITE_SOURCE_FOLDERS": str(folder.parent)})
    yield started
    stop_server(started)


@pytest.fixture
def refused(page: Page) -> list[str]:
    """What the content policy stopped of the page."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            found.append(message.text)

    page.on("console", note)
    return found


@pytest.mark.timeout(300)  # the page looks again every ten seconds, and what is noticed by itself is waited for
@pytest.mark.browser
def test_a_folder_is_kept_in_step_from_the_page(
    page: Page, source_server: Server, folder: Path, artifacts: Path, refused: list[str]
) -> None:
    sign_in(page, source_server)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Sources").click()
    expect(page.get_by_test_id("no-sources")).to_contain_text("A source is a place")
    page.screenshot(path=artifacts / "sources-none.png")
    row = add_it(page, folder, artifacts)
    expect(row.get_by_test_id("standing")).to_have_text("In step")
    expect(row.get_by_test_id("run")).to_contain_text("2 added")
    (folder / "rules.md").write_text("# Rules\n\nBikes stay on the lower deck.\n")
    # Noticed by itself, and shown.
    expect(row.get_by_test_id("documents")).to_have_text("3 documents", timeout=NOTICED_MS)
    its_documents_are_in_the_library(page)
    what_could_not_be_read_is_told(page, row, folder, artifacts)
    pause_change_and_resume(page, row, folder)
    what_is_gone_is_deleted_when_that_is_confirmed(page, row, folder, artifacts)
    remove_it(page, row, artifacts)
    assert refused == [], "the content policy stops nothing of the page"


def add_it(page: Page, folder: Path, artifacts: Path) -> Locator:
    """Add the folder, by the keyboard as far as it is there, after two refusals."""
    page.get_by_test_id("new-source").press("Enter")
    form = page.get_by_test_id("source-form")
    expect(form.get_by_role("radio", name="Folder")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(form.get_by_label("Address")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.type("hand book")
    form.get_by_label("Path").fill("/etc")
    expect(form.get_by_label("Name of the new collection")).to_have_value("default")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_have_text(
        "'hand book' cannot name a source. Use letters, digits, dots, dashes and underscores; at most 100."
    )
    name = form.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    name.fill("handbook")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_contain_text("Sources that are added over HTTP may not read this folder.")
    expect(form.get_by_role("alert")).to_contain_text("PINCITE_SOURCE_FOLDERS")
    expect(form.get_by_label("Path")).to_be_focused()
    page.screenshot(path=artifacts / "sources-refused.png", full_page=True)
    form.get_by_label("Path").fill(str(folder))
    page.keyboard.press("Enter")
    expect(form).to_have_count(0)
    expect(page.get_by_test_id("new-source")).to_be_focused()
    row = page.get_by_test_id("source")
    expect(row).to_contain_text("Folder")
    expect(row.get_by_test_id("location")).to_have_text(str(folder))
    expect(row).to_contain_text("in default · every 5 minutes and when it changes")
    return row


def its_documents_are_in_the_library(page: Page) -> None:
    page.get_by_role("link", name="3 documents").click()
    expect(page.get_by_label("Filter by name")).to_have_value("handbook/")
    expect(page.get_by_test_id("collection").locator("option:checked")).to_have_text("default")
    expect(page.get_by_test_id("document-row")).to_have_count(3)
    page.get_by_test_id("document-row").first.get_by_test_id("open").click()
    page.get_by_test_id("viewer-close").click()
    expect(page.get_by_label("Filter by name")).to_have_value("handbook/")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Library").click()
    expect(page.get_by_label("Filter by name")).to_have_value("")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Sources").click()


def what_could_not_be_read_is_told(page: Page, row: Locator, folder: Path, artifacts: Path) -> None:
    (folder / "blob.bin").write_bytes(bytes(range(256)) * 20)
    expect(row.get_by_test_id("standing")).to_have_text("Needs a look", timeout=NOTICED_MS)
    expect(row.get_by_test_id("run")).to_contain_text("3 unchanged · 1 not read")
    row.get_by_text("1 thing could not be read").click()
    expect(row.get_by_test_id("not-read")).to_contain_text("handbook/blob.bin")
    page.screenshot(path=artifacts / "sources-not-read.png")
    (folder / "blob.bin").unlink()
    expect(row.get_by_test_id("standing")).to_have_text("In step", timeout=NOTICED_MS)


def pause_change_and_resume(page: Page, row: Locator, folder: Path) -> None:
    row.get_by_role("button", name="Pause: handbook").press("Enter")
    expect(row.get_by_test_id("standing")).to_have_text("Paused")
    expect(row.get_by_role("button", name="Resume: handbook")).to_be_focused()
    expect(row.get_by_role("button", name="Sync now: handbook")).to_have_count(0)
    row.get_by_role("button", name="Change handbook").click()
    form = row.get_by_test_id("source-form")
    expect(form.get_by_label("Path")).to_have_value(str(folder))
    form.get_by_label("Only these files").fill("*.md\n*.txt")
    form.get_by_label("Looked at").select_option("every hour")
    form.get_by_role("button", name="Change it").click()
    expect(form).to_have_count(0)
    expect(row).to_contain_text("every hour")
    listed = call(page, "GET", "/v1/sources")["items"][0]
    assert (listed["options"], listed["every_s"], listed["state"]) == ({"only": ["*.md", "*.txt"]}, 3600, "paused")
    row.get_by_role("button", name="Resume: handbook").click()
    expect(row.get_by_test_id("standing")).to_have_text("In step")
    row.get_by_role("button", name="Sync now: handbook").click()
    expect(row.get_by_test_id("run")).to_contain_text("3 unchanged")


def what_is_gone_is_deleted_when_that_is_confirmed(page: Page, row: Locator, folder: Path, artifacts: Path) -> None:
    for each in folder.iterdir():
        each.unlink()
    expect(row.get_by_test_id("problem")).to_contain_text("so nothing was deleted", timeout=NOTICED_MS)
    expect(row.get_by_test_id("standing")).to_have_text("Needs a look")
    page.screenshot(path=artifacts / "sources-withheld.png")
    (folder / "new.md").write_text("# New\n\nThe quay was moved.\n")
    expect(row.get_by_test_id("documents")).to_have_text("1 document", timeout=NOTICED_MS)
    (folder / "new.md").unlink()
    row.get_by_role("button", name="Delete what is gone").click()
    page.get_by_test_id("confirm").click()
    expect(row.get_by_test_id("documents")).to_have_text("no documents")
    expect(row.get_by_test_id("problem")).to_have_count(0)
    (folder / "again.md").write_text("# Again\n\nThe quay was moved back.\n")
    expect(row.get_by_test_id("documents")).to_have_text("1 document", timeout=NOTICED_MS)


def remove_it(page: Page, row: Locator, artifacts: Path) -> None:
    dialog = page.get_by_role("dialog", name="Remove handbook?")
    row.get_by_role("button", name="Remove handbook").press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(row.get_by_role("button", name="Remove handbook")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("radio", name="Keep")).to_be_checked()
    dialog.get_by_role("radio", name="Remove too").check()
    page.screenshot(path=artifacts / "sources-remove.png")
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog).to_have_count(0)
    expect(row).to_have_count(0)
    expect(page.get_by_test_id("no-sources")).to_be_visible()
    expect(page.get_by_test_id("new-source")).to_be_focused()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Library").click()
    expect(page.get_by_test_id("empty-library")).to_be_visible()


@pytest.mark.browser
def test_each_kind_asks_for_what_it_takes(page: Page, source_server: Server) -> None:
    sign_in(page, source_server)
    page.goto(f"{source_server.url}/sources")
    page.get_by_test_id("new-source").click()
    form = page.get_by_test_id("source-form")
    kinds = form.locator("input[name=kind]")
    assert kinds.evaluate_all("all => all.map(each => each.value)") == list(KINDS)
    for name, kind in KINDS.items():
        form.locator("label").filter(has=page.locator(f"input[value={name}]")).click()
        asked = form.locator("[name^='option.']").evaluate_all("all => all.map(each => each.name)")
        assert sorted(asked) == sorted(f"option.{option}" for option in kind.options.model_fields), name
        required = form.locator("[name^='option.']:required").evaluate_all("all => all.map(each => each.name)")
        fields = kind.options.model_fields.items()
        assert sorted(required) == sorted(f"option.{option}" for option, field in fields if field.is_required()), name
        expect(form.get_by_label("Looked at")).to_have_value(str(kind.every_s))
    secret = form.get_by_label("Variable with the password")
    secret.fill("correct horse battery")
    assert secret.evaluate("each => each.validity.patternMismatch"), "a secret is not even sent"


SIGNED_IN = {"option.user": "archive", "option.password": "PINCITE_SECRET_MAIL"}
# Of each kind: what is typed, and which field is told what is wrong with it.
FLAWED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("folder", {"location": "handbook"}, "location"),
    ("web", {"location": "file:///etc/passwd"}, "location"),
    ("web", {"location": "https://example.com/", "option.prefix": "docs"}, "option.prefix"),
    ("bucket", {"location": "bucket"}, "location"),
    ("bucket", {"location": "s3://bucket", "option.key": "PINCITE_SECRET_KEY_OF_S3"}, "option.key"),
    ("bucket", {"location": "s3://bucket", "option.endpoint": "http://169.254.169.254/"}, "option.endpoint"),
    ("git", {"location": "https://example.com/x", "option.branch": "--upload-pack=x"}, "option.branch"),
    ("git", {"location": "http://example.com/x"}, "location"),
    ("feed", {"location": "nowhere"}, "location"),
    ("imap", {"location": "imap://example.com/", **SIGNED_IN}, "location"),
    ("imap", {"location": "mail", **SIGNED_IN}, "location"),
)


@pytest.mark.browser
def test_what_is_refused_is_said_at_its_field(page: Page, source_server: Server) -> None:
    sign_in(page, source_server)
    call(page, "POST", "/v1/collections", {"name": "default"})
    page.goto(f"{source_server.url}/sources")
    form = page.get_by_test_id("source-form")
    for kind, typed, flawed in FLAWED:
        page.get_by_test_id("new-source").click()
        form.locator("label").filter(has=page.locator(f"input[value={kind}]")).click()
        form.locator("[name=name]").fill("place")
        for name, text in typed.items():
            form.locator(f"[name='{name}']").fill(text)
        form.get_by_role("button", name="Add it").click()
        expect(form.locator("[aria-invalid=true]"), f"{kind}: {typed}").to_have_attribute("name", flawed)
        expect(form.locator(f"[name='{flawed}']")).to_be_focused()
        form.get_by_role("button", name="Cancel").click()
    assert call(page, "GET", "/v1/sources")["items"] == []


@pytest.mark.browser
def test_a_folder_that_was_added_on_the_machine_is_changed_but_for_its_path(
    page: Page, source_server: Server, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    pincite(source_server, "sources", "add", "folder", str(tmp_path / "elsewhere"), "--name", "elsewhere")
    sign_in(page, source_server)
    page.goto(f"{source_server.url}/sources")
    row = page.get_by_test_id("source")
    row.get_by_role("button", name="Change elsewhere").click()
    row.get_by_label("Looked at").select_option("only when asked")
    row.get_by_role("button", name="Change it").click()
    expect(row).to_contain_text("in default · only when asked")
    row.get_by_role("button", name="Change elsewhere").click()
    row.get_by_label("Path").fill(str(tmp_path))
    row.get_by_role("button", name="Change it").click()
    expect(row.get_by_role("alert")).to_contain_text("may not read this folder")
    expect(row.get_by_label("Path")).to_be_focused()


@pytest.mark.browser
def test_a_failed_run_says_why_on_a_narrow_screen_and_a_viewer_is_offered_nothing(
    page: Page, browser: Browser, source_server: Server, folder: Path, artifacts: Path
) -> None:
    sign_in(page, source_server)
    call(page, "POST", "/v1/collections", {"name": "Company handbook"})
    there = {"collection": "Company handbook", "kind": "folder"}
    call(page, "POST", "/v1/sources", {**there, "name": "handbook", "location": str(folder)})
    gone = folder.parent / "a-rather-long-name-of-a-folder-that-is-nowhere-on-this-machine-or-another"
    call(page, "POST", "/v1/sources", {**there, "name": "gone", "location": str(gone)})
    token = call(page, "POST", "/v1/users", {"name": "Vera", "role": "viewer"})["token"]
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="dark")
    page.goto(f"{source_server.url}/sources")
    row = page.get_by_test_id("source").filter(has_text="gone")
    expect(row.get_by_test_id("standing")).to_have_text("Failed")
    expect(row.get_by_test_id("problem")).to_contain_text("is not there.")
    expect(row.get_by_test_id("problem")).to_contain_text("Check its path, and that its disk is mounted.")
    page.screenshot(path=artifacts / "sources-narrow-dark.png")
    row.get_by_role("button", name="Change gone").click()
    assert max(page.evaluate(WIDE)) <= 0, "the page is wider than the window"
    page.screenshot(path=artifacts / "sources-narrow-form.png")
    row.get_by_label("Path").fill(str(folder))
    row.get_by_role("button", name="Change it").click()
    expect(row.get_by_test_id("standing")).to_have_text("In step")
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    try:
        vera = context.new_page()
        vera.goto(f"{source_server.url}/signin#token={token}")
        expect(vera.get_by_test_id("ask-input")).to_be_visible()
        expect(vera.get_by_role("link", name="Library").first).to_be_visible()
        expect(vera.get_by_role("link", name="Sources")).to_have_count(0)
        vera.goto(f"{source_server.url}/sources")
        expect(vera.get_by_test_id("not-yours")).to_contain_text("Owners and admins look after sources")
        expect(vera.get_by_role("button", name="Add a source")).to_have_count(0)
    finally:
        context.close()
