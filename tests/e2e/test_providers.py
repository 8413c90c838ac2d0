"""Signing in with a provider that others wrote, a process of its own, in a real browser: in, out, and refused."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import pincite, sign_in

pytestmark = pytest.mark.xdist_group("e2e-providers")
PEOPLE = (
    {"sub": "s-1", "name": "Ada", "email": "ada@example.com", "email_verified": True, "groups": ["legal"]},
    {"sub": "s-2", "name": "Eve", "email": "eve@elsewhere.example", "email_verified": True},
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Where a provider runs that knows two people."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    claims = [part for each in PEOPLE for part in ("--user-claims", json.dumps(each))]
    process = subprocess.Popen([sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *claims])
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.mark.browser
def test_in_and_out_with_a_provider(page: Page, browser: Browser, server: Server, issuer: str, artifacts: Path) -> None:
    sign_in(page, server)
    pincite(server, "groups", "create", "Legal")
    secret = server.home / "client-secret"
    secret.write_text("any will do")
    client = ("--client-id", "pincite", "--secret-from", str(secret))
    made = json.loads(pincite(server, "sign-in", "add", "Example Login", "--issuer", issuer, *client, "--json"))
    worth = ("--create", "--domain", "example.com", "--give-group", "legal=Legal")
    pincite(server, "sign-in", "change", made["id"], *worth)
    context = browser.new_context(viewport={"width": 420, "height": 900})
    try:
        ada = context.new_page()
        go_to_the_provider(ada, server, artifacts, "s-1")
        expect(ada.get_by_test_id("menu")).to_be_visible()
        assert ada.url.rstrip("/") == server.url.rstrip("/"), "neither code nor state stays in the address"
        ada.goto(f"{server.url}/settings")
        ada.get_by_test_id("linked").get_by_role("button", name="Unlink").click()
        ada.get_by_role("dialog").get_by_role("button", name="Unlink").click()
        expect(ada.get_by_role("dialog")).to_contain_text("only way in")
        ada.screenshot(path=artifacts / "providers-linked.png")
        ada.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        ada.get_by_role("button", name="Sign out").click()
        expect(ada.get_by_test_id("sign-in")).to_be_visible()
        go_to_the_provider(ada, server, artifacts, "s-2")
        expect(ada.get_by_role("alert")).to_contain_text("nobody invited you")
        ada.screenshot(path=artifacts / "provider-refused.png")
        ada.goto(f"{server.url}/signin/callback?code=x&state=y")
        expect(ada.get_by_role("alert")).to_contain_text("belongs to another sign-in")
    finally:
        context.close()
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="People").click()
    expect(page.get_by_test_id("person").filter(has_text="ada@example.com")).to_contain_text("Example Login")
    page.screenshot(path=artifacts / "people-from-a-provider.png")


def go_to_the_provider(page: Page, server: Server, artifacts: Path, subject: str) -> None:
    page.goto(f"{server.url}/signin")
    expect(page.get_by_test_id("providers")).to_be_visible()
    page.screenshot(path=artifacts / "sign-in-with-a-provider.png")
    page.get_by_role("button", name="Sign in with Example Login").click()
    page.locator(f'[value="{subject}"]').first.click()
