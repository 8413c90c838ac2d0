"""Who is linked to which provider: linking, unlinking, and what ends a link or a session, on both databases."""

import time
from asyncio import get_running_loop, run_coroutine_threadsafe
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.doubles.identity import CLIENT, SECRET, Claims, Identity
from tests.flow.signing import (
    LINKED,
    Rooms,
    added,
    browser,
    expect_refused,
    invited,
    new_browser,
    opened_rooms,
    provider,
    sign_in,
)

from pincite.accounts import Audit
from pincite.accounts.audit_chain import Wanted
from pincite.accounts.settings import NewProvider, ProviderSettings
from pincite.accounts.tables import SessionRow
from pincite.core import utc_now
from pincite.core.scope import EVERY_TENANT

__all__ = ["browser", "provider"]


@pytest.fixture
async def house(tables_url: str) -> AsyncIterator[Rooms]:
    async with opened_rooms(tables_url) as rooms:
        yield rooms


async def linking(browser: httpx2.AsyncClient, provider: Identity, provider_id: str, **body: Any) -> httpx2.Response:
    """Link a provider to who is signed in, or return what refuses the beginning of it."""
    reply = await browser.post(f"/v1/session/providers/{provider_id}/link", json=body)
    if reply.status_code != 200:
        return reply
    asked = dict(parse_qsl(urlsplit(reply.json()["url"]).query))
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    return await browser.post("/v1/session/provider", json=answer)


async def signed_in(house: Rooms, browser: httpx2.AsyncClient, user: str) -> None:
    """Sign somebody in with a link."""
    token = await house.people.sign_in_token(await house.accounts.owner_scope(), user, minutes=5)
    assert (await browser.post("/v1/session", json={"token": token})).status_code == 200


async def aged(house: Rooms, minutes: float) -> None:
    """Let all sessions have begun so long ago."""
    async with house.database.transaction(EVERY_TENANT) as tx:
        await tx.execute(update(SessionRow).values(created_at=utc_now() - timedelta(minutes=minutes)))


async def linked_to(browser: httpx2.AsyncClient) -> list[str]:
    return [each["id"] for each in (await browser.get("/v1/session/factors")).json()["linked"]]


async def test_whoever_is_signed_in_links_a_provider_to_themselves(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider, ProviderSettings())
    token = await house.accounts.sign_in_token(await house.accounts.owner_scope())
    assert (await browser.post("/v1/session", json={"token": token})).status_code == 200
    linked = await linking(browser, provider, known, return_to="/settings")
    assert (linked.status_code, linked.json()) == (200, {"session": None, "return_to": "/settings"})
    async with new_browser(house) as other:
        nobody = await other.post(f"/v1/session/providers/{known}/link", json={})
        assert nobody.status_code == 401
        entered = await sign_in(other, provider, known)
        assert entered.json()["session"]["user"]["id"] == (await house.accounts.owner_scope()).user
        assert entered.json()["session"]["user"]["roles"] == ["owner"]
        another = await added(house, provider, ProviderSettings(), label="Another")
        outlasting = await linking(other, provider, another)
        assert (outlasting.status_code, outlasting.json()["code"]) == (409, "conflict")
        owner = await house.accounts.owner_scope()
        await house.people.drop_providers(owner, owner.user)
        assert (await other.get("/v1/session")).status_code == 401
        assert (await sign_in(other, provider, known)).json()["code"] == "not-known-here"
    going = (await browser.post(f"/v1/session/providers/{known}/link", json={})).json()["url"]
    asked = dict(parse_qsl(urlsplit(going).query))
    await browser.delete("/v1/session")
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    await expect_refused(browser, await browser.post("/v1/session/provider", json=answer))


async def test_to_link_a_provider_takes_a_new_link_or_the_password(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known, words = await added(house, provider, ProviderSettings()), "four words nobody pairs"
    await signed_in(house, browser, await invited(house))
    await aged(house, 16)
    nothing = await linking(browser, provider, known)
    assert (nothing.status_code, nothing.json()["code"]) == (403, "denied"), "a session alone proves too little"
    assert "link" in nothing.json()["remedy"]
    first = await browser.put("/v1/session/password", json={"password": words})
    assert (first.status_code, first.json()["code"]) == (403, "denied"), "nor does it for a first password"
    await aged(house, 0)
    assert (await browser.put("/v1/session/password", json={"password": words})).status_code == 204
    await aged(house, 16)
    for body in ({}, {"current": "other words nobody pairs"}):
        wrong = await linking(browser, provider, known, **body)
        assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password"), body
    assert await linked_to(browser) == []
    assert (await linking(browser, provider, known, current=words)).status_code == 200
    assert await linked_to(browser) == [known]


async def test_whoever_is_linked_unlinks_but_never_their_last_way_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    one, two = await added(house, provider, ProviderSettings()), await added(house, provider, ProviderSettings())
    ada, owner = await invited(house), await house.accounts.owner_scope()
    await signed_in(house, browser, ada)
    for each in (one, two):
        assert (await linking(browser, provider, each)).status_code == 200
    assert set(await linked_to(browser)) == {one, two}
    async with new_browser(house) as there:
        assert (await sign_in(there, provider, two)).status_code == 200
        assert (await browser.delete(f"/v1/session/providers/{two}")).status_code == 204
        assert (await there.get("/v1/session")).status_code == 401, "a session that it began ends"
        assert (await sign_in(there, provider, two)).json()["code"] == "not-known-here"
    assert await linked_to(browser) == [one]
    assert (await browser.delete(f"/v1/session/providers/{two}")).status_code == 404
    last = await browser.delete(f"/v1/session/providers/{one}")
    assert (last.status_code, last.json()["code"]) == (409, "conflict")
    assert (await browser.put("/v1/session/password", json={"password": "four words nobody pairs"})).status_code == 204
    assert (await browser.delete(f"/v1/session/providers/{one}")).status_code == 204
    assert await linked_to(browser) == []
    key = (await house.accounts.create_key(owner, "hers", user=ada)).secret
    by_key = await browser.delete(f"/v1/session/providers/{one}", headers={"Authorization": f"Bearer {key}"})
    assert by_key.status_code == 403
    unlinked = await Audit(house.database).entries(owner, Wanted(action="identity.unlinked"))
    assert [(each.actor, each.detail) for each in unlinked] == [(ada, '{"provider":"Example"}')] * 2


@pytest.mark.parametrize("what", ["removed", "another server"])
async def test_a_provider_that_changes_while_somebody_signs_in_lets_nobody_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, what: str
) -> None:
    known = await added(house, provider)
    await invited(house)
    owner, providers, loop = await house.accounts.owner_scope(), house.factors.federation.providers, get_running_loop()
    other = NewProvider("Example", "https://login.example.com", CLIENT, SECRET, LINKED)
    change: Any = providers.remove(owner, known) if what == "removed" else providers.change(owner, known, other)

    def meanwhile(claims: Claims) -> Claims:  # in the provider's thread, between its proof and our word
        run_coroutine_threadsafe(change, loop).result(10)
        return claims

    provider.token = meanwhile
    await expect_refused(browser, await sign_in(browser, provider, known))
    async with house.database.read(EVERY_TENANT) as session:
        assert await session.scalar(select(func.count()).select_from(SessionRow)) == 0


async def test_a_logout_by_a_clock_that_is_a_minute_off_or_of_a_session_without_a_name_counts_and_counts_once(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider)
    await invited(house)
    url, events = f"/v1/session/providers/{known}/sign-out", {"http://schemas.openid.net/event/backchannel-logout": {}}

    async def told(jti: str, off_s: int, **more: Any) -> int:
        """Have the provider end sessions by a clock that is so much off; returns the status."""
        claims = {"iss": provider.issuer, "aud": CLIENT, "iat": int(time.time()) + off_s, "jti": jti, "events": events}
        async with new_browser(house) as there:
            return (await there.post(url, data={"logout_token": provider.signed({**claims, **more})})).status_code

    for number, off_s in enumerate((-58, 58)):
        assert (await sign_in(browser, provider, known)).status_code == 200
        assert await told(f"a-{number}", off_s, sub="s-1") == 204
        assert (await browser.get("/v1/session")).status_code == 401, off_s
        assert (await sign_in(browser, provider, known)).status_code == 200
        assert await told(f"a-{number}", off_s, sub="s-1") == 400, "a word is good once"
        assert (await browser.get("/v1/session")).status_code == 200
    for number, off_s in enumerate((-5 * 60 - 65, 65)):
        assert await told(f"b-{number}", off_s, sub="s-1") == 400, off_s
    assert await told("c", 0, sub="s-2", sid="session-1") == 204
    assert (await browser.get("/v1/session")).status_code == 200, "another's"
    assert await told("d", 0, sub="s-1", sid="session-1") == 204
    assert (await browser.get("/v1/session")).status_code == 401, "it might be this one"
    provider.person["sid"] = "session-2"
    assert (await sign_in(browser, provider, known)).status_code == 200
    assert await told("e", 0, sub="s-1", sid="session-1") == 204
    assert (await browser.get("/v1/session")).status_code == 200, "this one is known to be another"
