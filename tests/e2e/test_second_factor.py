"""A second factor is set up from the picture that an app scans: what it says is read off the page, and turns it on."""

from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Server
from tests.e2e.journey import call, sign_in

cv2 = pytest.importorskip("cv2", reason="reads the picture; comes with pincite[ocr]")


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_is_the_secret(
    server: Server, page: Page, tmp_path: Path, artifacts: Path, theme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=theme)
    sign_in(page, server)
    me = call(page, "GET", "/v1/session")["user"]["id"]
    call(page, "PATCH", f"/v1/users/{me}", {"email": "owner@example.com"})
    assert call(page, "PUT", "/v1/session/password", {"password": "correct horse battery staple"}) is None
    page.goto(f"{server.url}/settings")
    page.get_by_role("button", name="Set up a second factor").click()
    picture = page.get_by_test_id("qr-code")
    expect(picture).to_be_visible()
    page.screenshot(path=artifacts / f"second-factor-{theme}.png")
    path = tmp_path / "code.png"
    picture.screenshot(path=path)
    said, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(path)))
    read = urlsplit(said)
    assert (read.scheme, read.netloc) == ("otpauth", "totp")
    secret = parse_qs(read.query)["secret"][0]
    assert page.get_by_test_id("factor-secret").inner_text().replace(" ", "") == secret
