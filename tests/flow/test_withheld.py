"""What a grant that is taken back takes with it: searches, passages, answers that were given, and their streams."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from tests.flow.conftest import settled, signed_in

from pincite.app.web import create_app
from pincite.app.wiring import House
from pincite.library.grants import Grant, GranteeKind, Level

SECRET = "The ferry to Oslo leaves at nine every morning."
OPEN = "The bus to Bergen leaves at seven every evening."


@pytest.fixture
async def ada(house: House, client: httpx2.AsyncClient) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who may read `secret` and `open`."""
    owner = await house.owner()
    user, _ = await house.people.invite(owner, name="Ada", role="viewer")
    for name, text in (("secret", SECRET), ("open", OPEN)):
        await house.library.create_collection(owner, name)
        await grant(house, name, user.id)
        upload = await client.post(
            "/v1/documents", files={"file": (f"{name}.md", f"# {name}\n\n{text}\n"), "collection": (None, name)}
        )
        await settled(client, upload.json()["items"][0]["id"])
    key = await house.accounts.create_key(owner, "ada", user=user.id)
    transport = httpx2.ASGITransport(app=create_app(house), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key.secret}", "X-User": user.id}
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as opened:
        yield opened


async def grant(house: House, collection: str, user: str) -> None:
    owner = await house.owner()
    home = (await house.library.collection(owner, collection)).id
    await house.library.grant(owner, "collection", home, Grant(GranteeKind.USER, user, Level.VIEWER))


async def take_back(house: House, collection: str, user: str) -> None:
    owner = await house.owner()
    home = (await house.library.collection(owner, collection)).id
    await house.library.revoke(owner, "collection", home, Grant.of("user", user))


async def ask(client: httpx2.AsyncClient, question: str, **more: Any) -> dict[str, Any]:
    reply = await client.post("/v1/answers", json={"question": question, **more}, timeout=60)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


async def events_of(client: httpx2.AsyncClient, answer: str) -> list[tuple[str, dict[str, Any]]]:
    lines = (await client.get(f"/v1/answers/{answer}/events")).text.split("\n\n")
    fields = [dict(line.split(": ", 1) for line in each.splitlines() if ": " in line) for each in lines if each.strip()]
    return [(each["event"], json.loads(each["data"])) for each in fields if "event" in each]


async def test_an_answer_goes_with_the_grant_that_it_rests_on_and_comes_back_with_it(
    house: House, ada: httpx2.AsyncClient
) -> None:
    user = ada.headers["X-User"]
    answer = await ask(ada, "When does the ferry to Oslo leave?", collections=["secret"])
    other = await ask(ada, "When does the bus to Bergen leave?", collections=["open"])
    assert SECRET in answer["answer"]
    assert SECRET in str(await events_of(ada, answer["id"]))
    await take_back(house, "secret", user)
    pin = answer["pins"][0]["spans"][0]
    for path in (
        f"/v1/answers/{answer['id']}",
        f"/v1/answers/{answer['id']}/events",
        f"/v1/conversations/{answer['conversation']}",
        f"/v1/passages/{pin['revision']}/1",
        f"/v1/documents/{pin['document']}",
        f"/v1/documents/{pin['document']}/content",
        "/v1/documents",
        "/v1/collections",
        "/v1/search?q=ferry to Oslo",
    ):
        reply = await ada.get(path)
        assert "ferry to Oslo leaves" not in reply.text, path
        assert "secret.md" not in reply.text, path
    shown = (await ada.get(f"/v1/answers/{answer['id']}")).json()
    assert (shown["state"], shown["answer"], shown["pins"]) == ("failed", "", [])
    assert shown["problem"]["code"] == "withheld"
    assert [name for name, _ in await events_of(ada, answer["id"])] == ["answer.failed"]
    assert (await ada.get(f"/v1/answers/{other['id']}")).json() == other
    await grant(house, "secret", user)
    assert (await ada.get(f"/v1/answers/{answer['id']}")).json() == answer


async def test_the_next_question_is_answered_without_what_was_taken_back(house: House, ada: httpx2.AsyncClient) -> None:
    first = await ask(ada, "When does the ferry to Oslo leave?")
    assert SECRET in first["answer"]
    await take_back(house, "secret", ada.headers["X-User"])
    again = await ask(ada, "When does the ferry to Oslo leave?", conversation=first["conversation"])
    assert "ferry to Oslo leaves" not in json.dumps(again)
    assert "secret.md" not in json.dumps(again)


async def test_a_follow_up_rests_on_what_it_follows(house: House, ada: httpx2.AsyncClient) -> None:
    first = await ask(ada, "When does the ferry to Oslo leave?", collections=["secret"])
    second = await ask(
        ada, "When does the bus to Bergen leave?", conversation=first["conversation"], collections=["open"]
    )
    assert OPEN in second["answer"]
    await take_back(house, "secret", ada.headers["X-User"])
    assert (await ada.get(f"/v1/answers/{second['id']}")).json()["problem"]["code"] == "withheld"


async def test_a_single_document_can_be_granted(house: House, ada: httpx2.AsyncClient) -> None:
    owner, user = await house.owner(), ada.headers["X-User"]
    await take_back(house, "secret", user)
    document = (await house.library.named(owner, "secret.md")).id
    await house.library.grant(owner, "document", document, Grant(GranteeKind.USER, user, Level.VIEWER))
    assert SECRET in (await ask(ada, "When does the ferry to Oslo leave?"))["answer"]
    found = (await ada.get("/v1/search", params={"q": "ferry to Oslo"})).json()
    assert found["hits"][0]["source"] == "secret.md"
    assert (await ada.get("/v1/documents")).json()["items"][0]["source"] in {"secret.md", "open.md"}
    assert [each["name"] for each in (await ada.get("/v1/collections")).json()["items"]] == ["open"]
    await house.library.revoke(owner, "document", document, Grant.of("user", user))
    assert "ferry" not in (await ask(ada, "When does the boat to Oslo leave?"))["answer"]


HOTELS = """# Hotels

The limit for a hotel in London is {} pounds a night, and tax is included in it for everybody. Whoever travels with
a colleague books a room apart, near the office that is visited, for as many nights as the visit takes and no longer.
Breakfast is paid where the hotel offers it, other meals are claimed with the receipts when the journey is over.
Bookings are made at the travel desk at least a week before the journey begins, by telephone or by letter.
Whoever comes late at night may take a taxi from the station, and keeps the receipt. A room that is not needed any
more is given back the day before at noon, or the department pays for it out of what it has for journeys.
"""


async def test_an_answer_goes_with_the_older_version_that_it_names(house: House, ada: httpx2.AsyncClient) -> None:
    owner, user = await house.owner(), ada.headers["X-User"]
    await house.library.create_collection(owner, "travel")
    async with signed_in(house) as hands:
        for year, limit in (("2026", 190), ("2025", 165)):
            files = {"file": (f"travel-{year}.md", HOTELS.format(limit)), "collection": (None, "travel")}
            old = await settled(hands, (await hands.post("/v1/documents", files=files)).json()["items"][0]["id"])
            await house.library.grant(owner, "document", old["id"], Grant(GranteeKind.USER, user, Level.VIEWER))
    answer = await ask(ada, "How high is the limit for a hotel in London?")
    assert "165" in answer["older"][0]["quote"]
    assert "travel-2025.md" not in str((await events_of(ada, answer["id"]))[1])  # it is no passage of its own
    await house.library.revoke(owner, "document", old["id"], Grant.of("user", user))
    assert (await ada.get(f"/v1/answers/{answer['id']}")).json()["problem"]["code"] == "withheld"
    assert "165" not in str(await events_of(ada, answer["id"]))


async def test_an_answer_does_not_come_back_when_what_it_rests_on_is_gone_for_good(
    house: House, ada: httpx2.AsyncClient
) -> None:
    owner, user = await house.owner(), ada.headers["X-User"]
    answer = await ask(ada, "When does the ferry to Oslo leave?", collections=["secret"])
    await take_back(house, "secret", user)
    await house.remove_and_wait(owner, "secret.md")
    assert (await ada.get(f"/v1/answers/{answer['id']}")).json()["problem"]["code"] == "withheld"
    await grant(house, "secret", user)
    assert (await ada.get(f"/v1/answers/{answer['id']}")).json() == answer


async def test_a_request_that_is_sent_again_gets_the_answer_as_it_may_be_seen_now(
    house: House, ada: httpx2.AsyncClient
) -> None:
    ada.headers["Idempotency-Key"] = "once"
    first = await ada.post("/v1/answers", json={"question": "When does the ferry to Oslo leave?"}, timeout=60)
    assert SECRET in first.json()["answer"]
    assert first.headers["content-location"] == f"/v1/answers/{first.json()['id']}"
    again = await ada.post("/v1/answers", json={"question": "When does the ferry to Oslo leave?"})
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    await take_back(house, "secret", ada.headers["X-User"])
    after = await ada.post("/v1/answers", json={"question": "When does the ferry to Oslo leave?"})
    assert after.json()["problem"]["code"] == "withheld"
    assert after.headers["idempotency-replayed"] == "true"
    assert "ferry to Oslo leaves" not in after.text


async def test_who_lost_a_group_while_a_model_wrote_does_not_get_what_it_wrote(
    house: House, ada: httpx2.AsyncClient
) -> None:
    owner, user = await house.owner(), ada.headers["X-User"]
    await take_back(house, "secret", user)
    group = await house.people.create_group(owner, "sailors")
    home = (await house.library.collection(owner, "secret")).id
    await house.library.grant(owner, "collection", home, Grant.of("group", group.id))
    await house.people.set_members(owner, group.id, [user])
    answers: Any = house.answers
    wait = answers.wait

    async def slow(*arguments: Any) -> Any:
        found = await wait(*arguments)
        await house.people.set_members(owner, group.id, [])
        return found

    answers.wait = slow
    answer = await ask(ada, "When does the ferry to Oslo leave?")
    assert answer["problem"]["code"] == "withheld"
    assert "ferry to Oslo leaves" not in json.dumps(answer)
