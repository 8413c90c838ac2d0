"""Signing in with an OpenID provider: the way in, what a lie of each kind comes to, and that nobody is taken over.

The provider is a real server on loopback that lies where it is told to; one that others wrote is in `tests/e2e`.
"""

import base64
import time
from collections.abc import AsyncIterator

import httpx2
import pytest
from tests.doubles.identity import CLIENT, Claims, Identity, identity
from tests.doubles.lies import DOCUMENTS, LIES, SIGNATURES
from tests.flow.signing import (
    CREATING,
    LINKED,
    Rooms,
    added,
    begun,
    browser,
    expect_refused,
    invited,
    new_browser,
    opened_rooms,
    provider,
    sign_in,
)

from pincite.accounts import Role
from pincite.accounts.settings import ProviderSettings
from pincite.core import InvalidInput

__all__ = ["browser", "provider"]


@pytest.fixture
async def house(sqlite_tables_url: str) -> AsyncIterator[Rooms]:
    async with opened_rooms(sqlite_tables_url) as rooms:
        yield rooms


async def test_somebody_invited_comes_in_and_is_known_by_their_subject_from_then_on(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider)
    ada = await invited(house)
    assert (await browser.get("/v1/session/providers")).json()["items"] == [{"id": known, "label": "Example"}]
    asked = await begun(browser, known, return_to="/library")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == "http://localhost/signin/callback"
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    reply = await browser.post("/v1/session/provider", json=answer)
    assert (reply.status_code, reply.json()["return_to"]) == (200, "/library")
    assert reply.json()["session"]["user"]["id"] == ada
    assert "pincite_sign_in" not in browser.cookies
    assert (await browser.get("/v1/session")).status_code == 200
    provider.person = {"sub": "s-1", "name": "Ada", "email": "other@example.com", "email_verified": True}
    again = await sign_in(browser, provider, known)
    assert again.json()["session"]["user"]["id"] == ada
    refused = await browser.put("/v1/session/password", json={"password": "correct horse battery staple"})
    assert (refused.status_code, refused.json()["code"]) == (403, "denied")


@pytest.mark.parametrize("lie", LIES)
async def test_a_token_that_does_not_fit_signs_nobody_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, lie: str
) -> None:
    known = await added(house, provider)
    await invited(house)
    provider.token = LIES[lie]
    await expect_refused(browser, await sign_in(browser, provider, known))


@pytest.mark.parametrize("way", SIGNATURES)
async def test_a_token_that_nothing_proves_signs_nobody_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, way: str
) -> None:
    known = await added(house, provider)
    await invited(house)
    provider.sign = lambda claims: SIGNATURES[way](provider, claims)
    await expect_refused(browser, await sign_in(browser, provider, known))


async def test_what_is_brought_back_must_be_of_this_browser_and_this_sign_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider)
    await invited(house)
    asked = await begun(browser, known)
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    async with new_browser(house) as victim:
        await expect_refused(victim, await victim.post("/v1/session/provider", json=answer))
        await begun(victim, known)
        await expect_refused(victim, await victim.post("/v1/session/provider", json=answer))
    swapped = await browser.post("/v1/session/provider", json={**answer, "state": "x"})
    await expect_refused(browser, swapped)
    for cookie in ("x", "x:AAAA", "deadbeef:" + "A" * 200, ""):
        bad = await browser.post("/v1/session/provider", json=answer, headers={"Cookie": f"pincite_sign_in={cookie}"})
        assert bad.status_code == 401, cookie
    foreign = await browser.post("/v1/session/provider", json=answer, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403


async def test_a_code_is_good_once(house: Rooms, browser: httpx2.AsyncClient, provider: Identity) -> None:
    known = await added(house, provider)
    await invited(house)
    asked = await begun(browser, known)
    cookie = browser.cookies["pincite_sign_in"]
    answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": provider.issuer}
    assert (await browser.post("/v1/session/provider", json=answer)).status_code == 200
    async with new_browser(house) as thief:
        again = await thief.post("/v1/session/provider", json=answer, headers={"Cookie": f"pincite_sign_in={cookie}"})
        await expect_refused(thief, again)


async def test_two_providers_cannot_be_mixed_up(house: Rooms, browser: httpx2.AsyncClient, provider: Identity) -> None:
    known = await added(house, provider)
    await invited(house)
    with identity() as evil:
        asked = await begun(browser, known)
        answer = {"state": asked["state"], "code": provider.code_for(asked), "iss": evil.issuer}
        await expect_refused(browser, await browser.post("/v1/session/provider", json=answer))
        asked = await begun(browser, known)
        answer = {"state": asked["state"], "code": provider.code_for(asked)}
        await expect_refused(browser, await browser.post("/v1/session/provider", json=answer))
        evil.document = lambda found: {**found, "issuer": provider.issuer}
        other = await added(house, evil, label="Evil")
        reply = await browser.post(f"/v1/session/providers/{other}", json={})
        assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("named", [True, False])
async def test_when_a_provider_signs_with_a_new_key_it_is_fetched_but_not_for_every_token(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, named: bool
) -> None:
    known = await added(house, provider)
    provider.header = None if named else {"alg": "RS256"}
    await invited(house)
    assert (await sign_in(browser, provider, known)).status_code == 200
    directory = house.factors.federation._directory
    now = [time.monotonic()]
    directory._clock = lambda: now[0]
    provider.rotate()
    browser.cookies.clear()
    await expect_refused(browser, await sign_in(browser, provider, known))
    assert provider.asked.count("jwks") == 1
    now[0] += 31
    assert (await sign_in(browser, provider, known)).status_code == 200
    assert provider.asked.count("jwks") == 2


UNPROVED = (
    {"email_verified": False},
    {"email_verified": "yes"},
    {"email_verified": 1},
    {"email_verified": None},
    {"email": "ada@example.com.evil.example"},
    {"email": ["ada@example.com"]},
    {"email": "ada@example.com\x00"},
)


@pytest.mark.parametrize("claims", UNPROVED)
async def test_an_address_that_was_not_verified_is_nobodys(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, claims: Claims
) -> None:
    known = await added(house, provider, ProviderSettings(link_by_email=True, create=True, domains=("example.com",)))
    await invited(house)
    provider.person |= claims
    reply = await sign_in(browser, provider, known)
    assert (reply.status_code, reply.json()["code"]) == (403, "not-known-here"), reply.text
    assert len(await house.people.users(await house.accounts.owner_scope())) == 2


async def test_an_address_that_only_looks_like_somebodys_is_not_theirs(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider)
    kate = await invited(house, email="kate@example.com")
    alike = "\N{KELVIN SIGN}ate@example.com"  # its lower case is hers
    provider.person |= {"email": alike}
    assert (await sign_in(browser, provider, known)).json()["code"] == "not-known-here"
    owner = await house.accounts.owner_scope()
    with pytest.raises(InvalidInput):
        await house.people.invite(owner, name="Kate", role="viewer", email=alike)
    provider.person |= {"email": "KATE@example.com"}
    assert (await sign_in(browser, provider, known)).json()["session"]["user"]["id"] == kate


async def test_who_tells_an_address_says_whether_it_was_verified(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider)
    await invited(house)
    provider.userinfo = {"sub": "s-1", "email": "ada@example.com"}
    provider.token = lambda claims: {name: value for name, value in claims.items() if name != "email"}
    assert (await sign_in(browser, provider, known)).json()["code"] == "not-known-here"
    provider.userinfo["email_verified"] = True
    assert (await sign_in(browser, provider, known)).status_code == 200


async def test_an_address_alone_takes_over_nobody(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    closed = await added(house, provider, ProviderSettings())
    open_ = await added(house, provider, label="Open")
    creating = await added(house, provider, CREATING, label="Creating")
    await invited(house)
    assert (await sign_in(browser, provider, closed)).json()["code"] == "not-known-here"
    assert (await sign_in(browser, provider, creating)).json()["code"] == "conflict"
    owner = await house.accounts.owner_scope()
    await house.people.change(owner, owner.user, email="owner@example.com")
    provider.person = {"sub": "s-9", "email": "owner@example.com", "email_verified": True}
    assert (await sign_in(browser, provider, open_)).json()["code"] == "conflict"
    provider.person = {"sub": "s-1", "email": "ada@example.com", "email_verified": True}
    assert (await sign_in(browser, provider, open_)).status_code == 200
    provider.person |= {"sub": "s-2"}  # the address was given to somebody else there
    assert (await sign_in(browser, provider, open_)).json()["code"] == "conflict"
    rival = (await house.accounts.create_tenant("Rival")).scope
    await house.people.invite(rival, name="Eve", role="admin", email="eve@example.com")
    provider.person = {"sub": "s-3", "email": "eve@example.com", "email_verified": True}
    assert (await sign_in(browser, provider, open_)).json()["code"] == "not-known-here"
    assert (await sign_in(browser, provider, creating)).json()["code"] == "conflict"


async def test_groups_and_roles_follow_the_provider_at_each_sign_in(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    owner = await house.accounts.owner_scope()
    legal, own = await house.people.create_group(owner, "Legal"), await house.people.create_group(owner, "Own")
    groups, roles = (("legal", legal.id), ("gone", "0" * 32)), (("heads", Role.ADMIN), ("legal", Role.EDITOR))
    known = await added(house, provider, CREATING.model_copy(update={"groups": groups, "roles": roles}))
    provider.userinfo = {**provider.person, "groups": ["legal", "heads", 7]}
    del provider.person["email"]
    user = (await sign_in(browser, provider, known)).json()["session"]["user"]
    assert user["roles"] == ["admin"]
    assert (await house.people.user(owner, user["id"])).groups == {legal.id}
    await house.people.set_members(owner, own.id, [user["id"]])
    provider.userinfo = {**provider.userinfo, "groups": ["legal"]}
    assert (await sign_in(browser, provider, known)).json()["session"]["user"]["roles"] == ["editor"]
    provider.userinfo = {**provider.userinfo, "groups": None}
    assert (await sign_in(browser, provider, known)).json()["session"]["user"]["roles"] == ["viewer"]
    assert (await house.people.user(owner, user["id"])).groups == {own.id}
    provider.userinfo = {"sub": "somebody else", "groups": ["heads"]}
    assert (await sign_in(browser, provider, known)).json()["code"] == "sign-in-refused"
    provider.userinfo, provider.person["_claim_names"] = {"sub": "s-1"}, {"groups": "src1"}
    assert "more groups" in (await sign_in(browser, provider, known)).json()["title"]
    await house.people.change(owner, user["id"], disabled=True)
    del provider.person["_claim_names"]
    assert (await sign_in(browser, provider, known)).json()["code"] == "not-known-here"


async def test_groups_may_stand_within_another_claim(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    owner = await house.accounts.owner_scope()
    legal = await house.people.create_group(owner, "Legal")
    rules = {"groups": (("legal", legal.id),), "groups_claim": "realm_access.roles"}
    known = await added(house, provider, CREATING.model_copy(update=rules))
    for said, groups in (
        ({"realm_access": {"roles": ["legal"]}}, {legal.id}),
        ({"realm_access": {"roles": {"legal": 1}}}, set()),
        ({"realm_access.roles": ["legal"]}, {legal.id}),
        ({"realm_access": "legal"}, set()),
    ):
        for each in [name for name in provider.person if name.startswith("realm")]:
            del provider.person[each]
        provider.person |= said
        user = (await sign_in(browser, provider, known)).json()["session"]["user"]
        assert (await house.people.user(owner, user["id"])).groups == groups


@pytest.mark.parametrize(
    "wish", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "/a b", "/\n/x"]
)
async def test_nobody_is_led_to_another_site(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, wish: str
) -> None:
    known = await added(house, provider)
    await invited(house)
    assert (await sign_in(browser, provider, known, return_to=wish)).json()["return_to"] == "/"


@pytest.mark.parametrize("lie", [*DOCUMENTS, "down", "away"])
async def test_a_provider_that_fails_or_lies_is_said_plainly(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, lie: str
) -> None:
    known = await added(house, provider, issuer="http://127.0.0.1:9") if lie == "away" else await added(house, provider)
    provider.down = lie == "down"
    provider.document = DOCUMENTS.get(lie, provider.document)
    reply = await browser.post(f"/v1/session/providers/{known}", json={})
    assert (reply.status_code, reply.json()["code"]) == (503, "unavailable"), reply.text
    assert reply.json()["remedy"]
    assert "Traceback" not in reply.text


async def test_keys_at_a_private_address_that_nobody_allowed_are_not_fetched(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    with identity() as inner:
        provider.document = lambda found: {**found, "jwks_uri": f"{inner.issuer}/jwks"}
        known = await added(house, provider)
        await invited(house)
        reply = await sign_in(browser, provider, known)
        assert (reply.status_code, reply.json()["code"]) == (503, "unavailable")
        assert inner.asked == []


async def test_while_keys_cannot_be_fetched_nobody_is_told_that_their_proof_is_none(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    provider.document = lambda found: {**found, "jwks_uri": f"{provider.issuer}/nothing"}
    known = await added(house, provider)
    await invited(house)
    for _ in range(3):
        reply = await sign_in(browser, provider, known)
        assert (reply.status_code, reply.json()["code"]) == (503, "unavailable"), reply.text


async def test_a_secret_that_the_provider_takes_no_more_is_named(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    known = await added(house, provider, secret="of last year")
    await invited(house)
    reply = await sign_in(browser, provider, known)
    await expect_refused(browser, reply)
    assert "invalid_client" in reply.json()["title"]
    assert "--secret-from" in reply.json()["remedy"]


@pytest.mark.parametrize("header", ['["alg"]', '"alg"', "7", "null"])
async def test_a_token_whose_header_is_nothing_like_one_is_refused(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity, header: str
) -> None:
    known = await added(house, provider)
    token = f"{base64.urlsafe_b64encode(header.encode()).decode().rstrip('=')}.e30.x"
    reply = await browser.post(f"/v1/session/providers/{known}/sign-out", data={"logout_token": token})
    assert reply.status_code == 400, reply.text


async def test_the_provider_signs_somebody_out(house: Rooms, browser: httpx2.AsyncClient, provider: Identity) -> None:
    known = await added(house, provider)
    await invited(house)
    provider.person["sid"] = "session-1"
    assert (await sign_in(browser, provider, known)).status_code == 200
    now, url = int(time.time()), f"/v1/session/providers/{known}/sign-out"
    right = {"iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "jti": "j", "sid": "session-1",
             "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}  # fmt: skip
    async with new_browser(house) as there:
        for wrong in (
            {"aud": "another"}, {"iss": "https://x.example"}, {"nonce": "n"}, {"events": {}}, {"iat": now - 900},
            {"sid": None, "sub": None}, {"jti": None},
        ):  # fmt: skip
            claims = {key: value for key, value in {**right, **wrong}.items() if value is not None}
            reply = await there.post(url, data={"logout_token": provider.signed(claims)})
            assert reply.status_code == 400, wrong
        await there.post(url, data={"logout_token": provider.signed({**right, "sid": "session-2", "jti": "k"})})
        assert (await browser.get("/v1/session")).status_code == 200
        done = await there.post(url, data={"logout_token": provider.signed(right)})
        assert done.status_code == 204, done.text
    assert (await browser.get("/v1/session")).status_code == 401


async def test_a_session_ends_in_time_and_with_its_provider(
    house: Rooms, browser: httpx2.AsyncClient, provider: Identity
) -> None:
    brief = LINKED.model_copy(update={"session_hours": 0.0002, "sign_out_there": True})
    known = await added(house, provider, brief)
    await invited(house)
    assert (await sign_in(browser, provider, known)).status_code == 200
    out = (await browser.get("/v1/session/way-out")).json()["url"]
    assert out.startswith(f"{provider.issuer}/end?client_id=pincite&post_logout_redirect_uri=")
    time.sleep(0.8)
    assert (await browser.get("/v1/session")).status_code == 401
    lasting = await added(house, provider, label="Lasting")
    provider.person["sub"] = "s-5"
    await invited(house, email="bob@example.com")
    provider.person["email"] = "bob@example.com"
    assert (await sign_in(browser, provider, lasting)).status_code == 200
    await house.factors.federation.providers.remove(await house.accounts.owner_scope(), lasting)
    assert (await browser.get("/v1/session")).status_code == 401
