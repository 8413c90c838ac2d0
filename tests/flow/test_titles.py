"""A conversation is called by its first question until it is given another title, by whose it is and nobody else."""

import httpx2
import pytest

from pincite.app.web import create_app
from pincite.app.wiring import House


@pytest.fixture
async def begun(client: httpx2.AsyncClient) -> str:
    """A conversation's path."""
    reply = await client.post("/v1/answers", json={"question": "When does the ferry leave?"})
    assert reply.status_code == 200, reply.text
    return f"/v1/conversations/{reply.json()['conversation']}"


async def test_it_is_renamed_and_stays_where_it_is(client: httpx2.AsyncClient, begun: str) -> None:
    before = (await client.get(begun)).json()
    renamed = await client.patch(begun, json={"title": "  The\tferry\u0000 to Hven 👩‍✈️ "})
    assert renamed.status_code == 200, renamed.text
    assert renamed.json()["title"] == "The ferry to Hven 👩‍✈️"
    after = (await client.get(begun)).json()
    assert {**after, "title": before["title"]} == before
    assert (await client.get("/v1/conversations")).json()["items"][0]["title"] == "The ferry to Hven 👩‍✈️"
    again = await client.post("/v1/answers", json={"question": "And then?", "conversation": before["id"]})
    assert again.status_code == 200
    assert (await client.get(begun)).json()["title"] == "The ferry to Hven 👩‍✈️"


@pytest.mark.parametrize("title", ["", " \t ", "\u0007", "x" * 121, "x" * 5000, None])
async def test_what_is_no_title_changes_nothing(client: httpx2.AsyncClient, begun: str, title: str | None) -> None:
    refused = await client.patch(begun, json={"title": title})
    assert refused.status_code == 422
    assert refused.json()["remedy"]
    assert (await client.get(begun)).json()["title"] == "When does the ferry leave?"


async def test_nobody_else_renames_it(house: House, client: httpx2.AsyncClient, begun: str) -> None:
    user, _ = await house.people.invite(await house.owner(), name="Ada", role="admin")
    key = await house.accounts.create_key(await house.owner(), "ada", user=user.id)
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key.secret}"}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as other:
        refused = await other.patch(begun, json={"title": "mine"})
        nowhere = await other.patch("/v1/conversations/" + "0" * 32, json={"title": "mine"})
    assert refused.status_code == nowhere.status_code == 404
    assert (await client.get(begun)).json()["title"] == "When does the ferry leave?"
