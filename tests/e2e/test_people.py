"""Two people: one invites the other, shares a collection and takes it back; the other signs in by link and password."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import pincite, sign_in, upload

pytestmark = pytest.mark.xdist_group("e2e-people")
RULES = "# Ferry rules\n\nThe ferry to Hven leaves the northern quay at nine every morning in summer.\n"
QUESTION, WORDS = "When does the ferry to Hven leave?", "correct horse battery staple"


@pytest.mark.browser
def test_somebody_invited_sets_a_password_and_sees_what_is_shared_as_long_as_it_is(
    page: Page, browser: Browser, server: Server, tmp_path: Path, artifacts: Path
) -> None:
    path = tmp_path / "rules.md"
    path.write_text(RULES)
    sign_in(page, server)
    upload(page, server, path)
    context = browser.new_context(viewport={"width": 420, "height": 900}, color_scheme="dark")
    try:
        ada = context.new_page()
        ada.goto(invite(page, server, artifacts))
        expect(ada.get_by_test_id("ask-input")).to_be_visible()
        set_password_and_come_back(ada, server, artifacts)
        expect_an_empty_library_without_a_way_to_add(ada, server)
        share(page, server, artifacts)
        ada.goto(server.url)
        ada.get_by_test_id("ask-input").fill(QUESTION)
        ada.get_by_test_id("ask-send").click()
        expect(ada.get_by_test_id("answer").last).to_contain_text("at nine every morning")
        expect(ada.get_by_test_id("answer").last).to_have_attribute("data-state", "completed")
        page.get_by_role("button", name="Take back from Ada").click()
        expect(page.get_by_role("button", name="Take back from Ada")).to_have_count(0)
        ada.reload()
        expect(ada.get_by_test_id("withheld")).to_contain_text("documents that you may not read")
        expect(ada.get_by_role("alert")).to_have_count(0)
        expect(ada.get_by_text("at nine every morning")).to_have_count(0)
        ada.screenshot(path=artifacts / "withheld.png")
    finally:
        context.close()


def expect_an_empty_library_without_a_way_to_add(ada: Page, server: Server) -> None:
    ada.goto(f"{server.url}/library")
    expect(ada.get_by_test_id("nothing-shared")).to_be_visible()
    expect(ada.get_by_role("button", name="Add files")).to_have_count(0)


def invite(page: Page, server: Server, artifacts: Path) -> str:
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="People").click()
    form = page.get_by_test_id("invite")
    form.get_by_label("Name").fill("Ada")
    form.get_by_label("E-mail").fill("ada@example.com")
    form.get_by_label("Role").select_option("viewer")
    form.get_by_role("button", name="Invite").click()
    link = page.get_by_test_id("link").locator("code").inner_text()
    expect(page.get_by_test_id("person").filter(has_text="ada@example.com")).to_be_visible()
    page.screenshot(path=artifacts / "people.png")
    return link


def set_password_and_come_back(ada: Page, server: Server, artifacts: Path) -> None:
    ada.goto(f"{server.url}/settings")
    expect(ada.get_by_role("button", name="People")).to_have_count(0)
    form = ada.get_by_test_id("set-password")
    form.get_by_label("Password").fill(WORDS)
    form.get_by_role("button", name="Set the password").click()
    expect(form.get_by_role("status")).to_contain_text("Saved")
    ada.screenshot(path=artifacts / "account.png", full_page=True)
    ada.get_by_role("button", name="Sign out").click()
    entry = ada.get_by_test_id("password-form")
    entry.get_by_label("E-mail").fill("Ada@example.com")
    entry.get_by_label("Password").fill("another one that is wrong")
    entry.get_by_role("button", name="Sign in").click()
    expect(ada.get_by_role("alert")).to_contain_text("do not go together")
    ada.screenshot(path=artifacts / "sign-in.png")
    entry.get_by_label("Password").fill(WORDS)
    entry.get_by_role("button", name="Sign in").click()
    expect(entry).to_have_count(0)


def share(page: Page, server: Server, artifacts: Path) -> None:
    page.goto(f"{server.url}/library")
    page.get_by_test_id("collection").select_option(index=1)
    page.get_by_test_id("share-collection").click()
    page.get_by_label("Name or e-mail address").fill("ada@")
    page.get_by_role("list", name="Found").get_by_role("button", name="Ada").click()
    expect(page.get_by_test_id("grants")).to_contain_text("Ada")
    page.screenshot(path=artifacts / "share.png")


@pytest.mark.browser
def test_a_tick_in_a_group_undoes_nothing_that_others_did_since_the_page_was_read(page: Page, server: Server) -> None:
    pincite(server, "groups", "create", "Legal")
    for name in ("Ada", "Bob"):
        pincite(server, "users", "invite", name)
    pincite(server, "groups", "add", "Legal", "Ada")
    sign_in(page, server)
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="People").click()
    group = page.get_by_test_id("groups").get_by_role("listitem").filter(has_text="Legal")
    group.locator("summary").click()
    ada, bob = group.get_by_role("checkbox", name="Ada"), group.get_by_role("checkbox", name="Bob")
    expect(ada).to_be_checked()
    pincite(server, "groups", "drop", "Legal", "Ada")
    bob.click()
    expect(bob).to_be_checked()
    expect(ada).not_to_be_checked()
    bob.click()
    expect(group).to_contain_text("0 in it")


@pytest.mark.browser
def test_one_of_many_is_found_and_their_link_stands_with_them(page: Page, server: Server) -> None:
    long_name = "x" * 100
    sign_in(page, server)
    page.set_viewport_size({"width": 390, "height": 800})
    for number in range(20):
        made = page.request.post(
            f"{server.url}/v1/users",
            data={"name": long_name if number == 0 else f"Person {number}", "email": f"p{number}@example.com"},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert made.status == 201, made.text()
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="People").click()
    name = page.get_by_test_id("person").filter(has_text=long_name).get_by_text(long_name)
    box = name.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390, "a long name runs out of the page"
    page.get_by_label("Find somebody").fill("P17@")
    expect(page.get_by_test_id("person")).to_have_count(1)
    person = page.get_by_test_id("person")
    person.get_by_role("button", name="New link").click()
    expect(person.get_by_test_id("link")).to_contain_text("Send this link to Person 17")
    page.get_by_label("Find somebody").fill("nobody at all")
    expect(page.get_by_text("Nobody is called so.")).to_be_visible()
