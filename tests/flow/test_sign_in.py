"""Signing in with a password over HTTP: the cookie, the wait, and that a key changes nothing of it."""

import base64
from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import text

from pincite.accounts.totp import code_of
from pincite.app.web import create_app
from pincite.app.wiring import House
from pincite.core import NotFound, utc_now
from pincite.core.scope import EVERY_TENANT

WORDS = "correct horse battery staple"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def browser(house: House) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with cookies and no key."""
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=OURS) as opened:
        yield opened


async def invited(house: House, browser: httpx2.AsyncClient) -> None:
    """Have somebody sign in with their invitation's link."""
    _, token = await house.people.invite(await house.owner(), name="Ada", role="editor", email="ada@example.com")
    assert (await browser.post("/v1/session", json={"token": token})).status_code == 200


async def test_from_invitation_to_password(house: House, browser: httpx2.AsyncClient) -> None:
    await invited(house, browser)
    assert (await browser.get("/v1/session/factors")).json()["password"] is False
    weak = await browser.put("/v1/session/password", json={"password": "passwordpassword"})
    assert (weak.status_code, weak.json()["code"]) == (422, "invalid-input")
    assert (await browser.put("/v1/session/password", json={"password": WORDS})).status_code == 204
    assert (await browser.delete("/v1/session")).status_code == 204
    assert (await browser.get("/v1/session")).status_code == 401
    entered = await browser.post("/v1/session/password", json={"email": "ADA@example.com", "password": WORDS})
    assert entered.json()["session"]["user"]["email"] == "ada@example.com"
    assert (entered.status_code, entered.headers["cache-control"]) == (200, "no-store")
    assert "httponly" in entered.headers["set-cookie"].lower()
    assert (await browser.get("/v1/session")).status_code == 200
    changed = await browser.put("/v1/session/password", json={"password": WORDS + "s", "current": "wrong"})
    assert (changed.status_code, changed.json()["code"]) == (403, "wrong-password")


async def test_after_five_failures_there_is_a_wait_for_known_and_unknown_alike(
    house: House, browser: httpx2.AsyncClient
) -> None:
    await invited(house, browser)
    await browser.put("/v1/session/password", json={"password": WORDS})
    for address in ("ada@example.com", "nobody@example.com"):
        body = {"email": address, "password": "wrong"}
        said = [await browser.post("/v1/session/password", json=body) for _ in range(6)]
        assert [each.status_code for each in said] == [401] * 5 + [429]
        assert len({each.json()["title"] for each in said[:5]}) == 1
        assert said[5].json()["code"] == "too-many-tries"
        assert 1 <= int(said[5].headers["retry-after"]) <= 2
    right = await browser.post("/v1/session/password", json={"email": "ada@example.com", "password": WORDS})
    assert right.status_code == 429


async def test_another_site_cannot_sign_somebody_in_with_a_password(house: House, browser: httpx2.AsyncClient) -> None:
    body = {"email": "ada@example.com", "password": WORDS}
    reply = await browser.post("/v1/session/password", json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert reply.status_code == 403


async def test_a_key_sets_no_password_and_nothing_is_kept_to_guess_from(
    house: House, browser: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    refused = await client.put("/v1/session/password", json={"password": WORDS})
    assert refused.status_code == 403
    await invited(house, browser)
    beside = {"Authorization": client.headers["Authorization"]}
    assert (await browser.put("/v1/session/password", json={"password": WORDS}, headers=beside)).status_code == 403
    named = {"Idempotency-Key": "a-change-of-password"}
    assert (await browser.put("/v1/session/password", json={"password": WORDS}, headers=named)).status_code == 204
    async with house.database.read(EVERY_TENANT) as session:
        assert (await session.execute(text("SELECT count(*) FROM app_replays"))).scalar_one() == 0


async def test_with_a_second_factor_the_password_opens_nothing_but_the_next_step(
    house: House, browser: httpx2.AsyncClient
) -> None:
    await invited(house, browser)
    await browser.put("/v1/session/password", json={"password": WORDS})
    made = (await browser.post("/v1/session/second-factor", json={})).json()
    step = int(utc_now().timestamp()) // 30
    secret = base64.b32decode(made["secret"])
    confirmed = await browser.put("/v1/session/second-factor", json={"code": code_of(secret, step)})
    assert len(confirmed.json()["recovery_codes"]) == 10
    facts = (await browser.get("/v1/session/factors")).json()
    assert facts == {
        "password": True,
        "needs_current": False,
        "second_factor": True,
        "recovery_codes": 10,
        "linked": [],
    }
    browser.cookies.clear()
    entered = await browser.post("/v1/session/password", json={"email": "ada@example.com", "password": WORDS})
    assert entered.json() == {"needs_code": True, "session": None}
    assert set(browser.cookies) == {"pincite_half"}
    assert (await browser.get("/v1/session")).status_code == 401
    smuggled = {"Cookie": f"pincite_session={browser.cookies['pincite_half']}"}
    assert (await browser.get("/v1/session", headers=smuggled)).status_code == 401
    assert (await browser.post("/v1/session/code", json={"code": "000000"})).json()["code"] == "wrong-code"
    done = await browser.post("/v1/session/code", json={"code": code_of(secret, step + 1)})
    assert done.json()["user"]["email"] == "ada@example.com"
    assert (await browser.get("/v1/session")).status_code == 200
    off = {"code": confirmed.json()["recovery_codes"][3]}
    assert (await browser.post("/v1/session/second-factor/off", json=off)).status_code == 204


async def test_people_see_where_they_are_signed_in_and_sign_out_there(
    house: House, browser: httpx2.AsyncClient
) -> None:
    await invited(house, browser)
    await browser.put("/v1/session/password", json={"password": WORDS})
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    more = {**OURS, "User-Agent": "Mozilla/5.0 \x1b[31m" + "x" * 300}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=more) as elsewhere:
        given = {"email": "ada@example.com", "password": WORDS}
        assert (await elsewhere.post("/v1/session/password", json=given)).status_code == 200
        other, mine = (await browser.get("/v1/sessions")).json()["items"]
        assert (mine["current"], mine["begun_by"], other["current"], other["begun_by"]) == (
            *(True, "link"),
            *(False, "password"),
        )
        assert other["agent"].startswith("Mozilla/5.0 [31mx")
        assert len(other["agent"]) == 200
        stranger = await house.people.invite(await house.owner(), name="Eve", role="admin")
        session = await house.accounts.redeem(str(stranger[1]))
        eve = await house.accounts.authenticate(bearer=None, session=session)
        with pytest.raises(NotFound):
            await house.accounts.sessions.end(eve, other["id"])
        assert (await browser.delete(f"/v1/sessions/{other['id']}")).status_code == 204
        assert (await elsewhere.get("/v1/session")).status_code == 401
        assert (await browser.delete(f"/v1/sessions/{other['id']}")).status_code == 404
        assert (await elsewhere.post("/v1/session/password", json=given)).status_code == 200
        assert (await browser.delete("/v1/sessions")).json() == {"ended": 1}
        assert (await elsewhere.get("/v1/session")).status_code == 401
    assert (await browser.get("/v1/session")).status_code == 200
    assert (await house.accounts.authenticate(bearer=None, session=session)).user == eve.user


async def test_a_key_ends_no_session(house: House, client: httpx2.AsyncClient) -> None:
    session = await house.accounts.redeem(await house.accounts.sign_in_token(await house.owner()))
    (found,) = (await client.get("/v1/sessions")).json()["items"]
    assert found["current"] is False
    assert (await client.delete(f"/v1/sessions/{found['id']}")).status_code == 403
    assert (await client.delete("/v1/sessions")).status_code == 403
    assert (await house.accounts.authenticate(bearer=None, session=session)).user
