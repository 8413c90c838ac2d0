"""Over https: cookies that browsers hold to this host, no way back to http, what signing in and out leave."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import update

from pincite.accounts.tables import SessionRow
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.core import utc_now
from pincite.core.scope import EVERY_TENANT

OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def house(pincite_home: Path) -> AsyncIterator[House]:
    """Every room, without a worker."""
    async with open_house(read_settings(home=pincite_home, model="none", log_level="error"), work=False) as opened:
        yield opened


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with cookies, behind a proxy that speaks TLS."""
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="https://localhost", headers=OURS) as opened:
        yield opened


async def entered(house: House, browser: httpx2.AsyncClient) -> str:
    """Sign in with a link; returns what the cookie was set by."""
    token = await house.accounts.sign_in_token(await house.owner())
    reply = await browser.post("/v1/session", json={"token": token})
    assert reply.status_code == 200, reply.text
    return reply.headers["set-cookie"]


async def test_a_cookie_is_for_this_host_alone_and_never_sent_without_tls(
    house: House, browser: httpx2.AsyncClient
) -> None:
    given = await entered(house, browser)
    parts = {part.strip().lower() for part in given.split(";")[1:]}
    assert given.startswith("__Host-pincite_session=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= parts
    assert not [part for part in parts if part.startswith("domain")]
    assert (await browser.get("/v1/session")).status_code == 200
    left = await browser.delete("/v1/session")
    assert left.headers["set-cookie"].startswith('__Host-pincite_session="";')
    assert "; Secure" in left.headers["set-cookie"]
    assert left.headers["clear-site-data"] == '"cache"'
    assert dict(browser.cookies) == {}


async def test_a_cookie_without_the_prefix_counts_for_nothing(house: House, browser: httpx2.AsyncClient) -> None:
    await entered(house, browser)
    secret = browser.cookies["__Host-pincite_session"]
    browser.cookies.clear()
    for tossed in (f"pincite_session={secret}", f"theme=dark; pincite_session={secret}", f"__Secure-pincite={secret}"):
        assert (await browser.get("/v1/session", headers={"Cookie": tossed})).status_code == 401, tossed
    both = f"pincite_session=tossed; a=b; __Host-pincite_session={secret}"
    assert (await browser.get("/v1/session", headers={"Cookie": both})).status_code == 200


async def test_browsers_are_told_to_stay_with_tls_and_only_over_tls(browser: httpx2.AsyncClient) -> None:
    for path in ("/", "/healthz", "/v1/session", "/v1/nothing", "/assets/nothing"):
        told = (await browser.get(path)).headers["strict-transport-security"]
        assert told == "max-age=31536000; includeSubDomains", path
    plain = await browser.get("http://localhost/healthz")
    assert "strict-transport-security" not in plain.headers


async def test_signing_in_anew_ends_the_session_until_then(house: House, browser: httpx2.AsyncClient) -> None:
    await entered(house, browser)
    former = browser.cookies["__Host-pincite_session"]
    assert len(former) * 6 > 250, "bits"
    await entered(house, browser)
    assert browser.cookies["__Host-pincite_session"] != former
    assert (await browser.get("/v1/session")).status_code == 200
    browser.cookies.clear()
    stolen = {"Cookie": f"__Host-pincite_session={former}"}
    assert (await browser.get("/v1/session", headers=stolen)).status_code == 401


async def test_a_session_ends_after_ninety_days_however_much_it_is_used(
    house: House, browser: httpx2.AsyncClient
) -> None:
    await entered(house, browser)
    for days, status in ((89, 200), (90, 401)):
        now = utc_now()
        async with house.database.transaction(EVERY_TENANT) as tx:
            used = update(SessionRow).values(created_at=now - timedelta(days=days), last_used_at=now)
            await tx.execute(used.values(expires_at=now + timedelta(days=30)))
        assert (await browser.get("/v1/session")).status_code == status, days
