"""SCIM in the words of Okta and Entra ID: more addresses than one, attributes of others, names of every script."""

from typing import Any

import httpx2
import pytest
from tests.flow.provisioning import Rooms, made, named, patched, rooms, scim

from pincite.accounts.domain import Unauthenticated

__all__ = ["rooms", "scim"]


async def test_one_address_is_kept_and_those_beside_it_change_nothing(scim: httpx2.AsyncClient) -> None:
    ada = await made(scim, name={"givenName": "Ada", "familyName": "Byron"}, displayName=None)
    work = 'emails[type eq "work"]'
    steps: tuple[tuple[dict[str, Any], str], ...] = (
        ({"op": "Add", "path": 'emails[type eq "home"].value', "value": "ada@home.example"}, "ada@example.com"),
        ({"op": "Remove", "path": 'emails[type eq "home"]'}, "ada@example.com"),
        ({"op": "Add", "path": "emails", "value": [{"type": "home", "value": "ada@home.example"}]}, "ada@example.com"),
        ({"op": "Replace", "path": f"{work}.value", "value": "a@example.com"}, "a@example.com"),
        ({"op": "Replace", "path": f"{work}.primary", "value": "True"}, "a@example.com"),
        ({"op": "Replace", "path": f"{work}.display", "value": "Ada"}, "a@example.com"),
        ({"op": "replace", "path": "emails[primary eq true].value", "value": "b@example.com"}, "b@example.com"),
        ({"op": "replace", "value": {f"{work}.value": "c@example.com", "title": "Dr"}}, "c@example.com"),
        ({"op": "add", "path": "emails", "value": [{"type": "other", "value": "x@y.example"},
                                                   {"type": "work", "value": "d@example.com"}]}, "d@example.com"),
        ({"op": "remove", "path": 'emails[value eq "c@example.com"]'}, "d@example.com"),
        ({"op": "remove", "path": f'{work[:-1]} and value eq "d@example.com"]'}, "ada@example.com"),
    )  # fmt: skip
    for operation, address in steps:
        reply = await patched(scim, f"/Users/{ada['id']}", operation)
        assert reply.status_code == 200, (operation, reply.text)
        assert [each["value"] for each in reply.json().get("emails", [])] == [address], operation


async def test_a_link_that_went_to_another_address_is_good_no_more(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    ada = await made(scim)
    link = await rooms.people.sign_in_token(rooms.owner, ada["id"], minutes=60)
    moved = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "ada@other.example"}
    assert (await patched(scim, f"/Users/{ada['id']}", moved)).status_code == 200
    with pytest.raises(Unauthenticated):
        await rooms.accounts.redeem(link)


async def test_what_directories_send_beside_what_is_kept_is_left_out(scim: httpx2.AsyncClient) -> None:
    custom = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
    more: dict[str, Any] = {
        custom: {"active": False},
        f"{custom}:displayName": "Nobody",
        "urn:acme:1.0:tag": "x",
        "roles": None,
    }
    ada = await made(scim, **more, name={"givenName": "Ada", "familyName": "Byron"}, displayName=None, emails=None)
    assert (ada["displayName"], ada["active"]) == ("Ada Byron", True)
    bob = await made(scim, "bob@example.com", name=None, displayName="Bob")
    assert bob["displayName"] == "Bob"
    path = f"/Users/{ada['id']}"
    for operation in (
        {"op": "Replace", "path": f"{custom}:active", "value": "False"},
        {"op": "replace", "value": {f"{custom}:roles": "auditor", "urn:acme:1.0:tag": "y"}},
    ):
        reply = await patched(scim, path, operation)
        assert (reply.status_code, reply.json()["active"], reply.json()["roles"]) == (200, True, ada["roles"])
    married = await patched(scim, path, {"op": "Replace", "path": "name.familyName", "value": "Lovelace"})
    assert married.json()["displayName"] == "Ada Lovelace", "it was never said otherwise"
    for operation in (
        {"op": "Replace", "path": "displayName", "value": [{"$ref": None, "value": "The Countess"}]},
        {"op": "Replace", "path": "name.familyName", "value": "King"},
    ):
        assert (await patched(scim, path, operation)).json()["displayName"] == "The Countess"


async def test_names_of_every_script_are_found(rooms: Rooms, scim: httpx2.AsyncClient) -> None:
    for shown, kept in (
        ("山田\u3000太郎", "山田 太郎"),
        ("Jean\N{NO-BREAK SPACE}Paul", "Jean Paul"),
        ("علی\u200cرضا", "علیرضا"),
    ):
        person = await made(scim, f"u{ord(kept[0])}@example.com", displayName=shown, name={"familyName": shown})
        assert (person["displayName"], person["name"]["familyName"]) == (kept, kept)
        for named_so in (shown, kept):
            assert await named(scim, f'displayName eq "{named_so}"') == (1, [person["id"]]), ascii(named_so)
        assert (await scim.delete(f"/Users/{person['id']}")).status_code == 204
    name = "Élodie.Ølsen@example.com"
    elodie = await made(scim, name, displayName="Élodie Ølsen")
    group = (await scim.post("/Groups", json={"displayName": "Équipe Ärzte"})).json()
    for text in (
        f'userName eq "{name}"',
        f'userName eq "{name.lower()}"',
        f'emails.value eq "{name.upper()}"',
        'displayName eq "Élodie Ølsen"',
        'displayName sw "Élo" and displayName co "Øl"',
    ):
        assert await named(scim, text) == (1, [elodie["id"]]), text
    assert await named(scim, f'userName ne "{name}"') == (1, [rooms.owner.user])
    found = (await scim.get("/Groups", params={"filter": 'displayName eq "Équipe Ärzte"'})).json()["Resources"]
    assert [each["id"] for each in found] == [group["id"]]
    grantees = await rooms.people.grantees(rooms.owner, "É", [])
    assert {each.id for each in grantees} == {elodie["id"], group["id"]}
