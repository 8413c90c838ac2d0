"""Assistants: what they are set up with, who sees which, and that answers are made as they say."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model, settled, signed_in
from tests.flow.openai_clients import Clients, clients_of, opened
from typer.testing import CliRunner

from pincite.answers.likeness import THRESHOLD
from pincite.app.cli.main import app
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house

FERRY = b"# Ferry\n\nThe ferry leaves at nine in the morning. Dogs travel free of charge.\n"
LEAVE = b"# Leave\n\nThere are 30 days of leave in each year. Dogs are welcome in the office.\n"
QUESTION = "Where do dogs go?"
TELL = "Address the reader as Captain and close with the tide."


@pytest.fixture
async def house_here(pincite_home: Path, provider: Provider) -> AsyncIterator[House]:
    async with house_with_model(pincite_home, provider, model_prices="openai:test-model=1/3") as house:
        yield house


@pytest.fixture
async def owner(house_here: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with signed_in(house_here) as client:
        for collection, name, content in (("ships", "ferry.md", FERRY), ("people", "leave.md", LEAVE)):
            files, data = {"file": (name, content)}, {"collection": collection}
            await client.post("/v1/collections", json={"name": collection})
            sent = await client.post("/v1/documents", files=files, data=data, timeout=60)
            await settled(client, sent.json()["items"][0]["id"])
        yield client


async def made(client: httpx2.AsyncClient, **wanted: Any) -> dict[str, Any]:
    sent = await client.post("/v1/assistants", json={"name": "mate", **wanted})
    assert sent.status_code == 201, sent.text
    return sent.json()


async def ask(client: httpx2.AsyncClient, **wanted: Any) -> dict[str, Any]:
    sent = await client.post("/v1/answers", json={"question": QUESTION, **wanted}, timeout=60)
    assert sent.status_code == 200, sent.text
    return sent.json()


async def viewer_of(house: House, owner: httpx2.AsyncClient, collection: str) -> dict[str, str]:
    """Return the header of a viewer who may read one collection."""
    user, _ = await house.people.invite(await house.owner(), name=f"Vera of {collection}", role="viewer")
    key = await house.accounts.create_key(await house.owner(), "theirs", user=user.id)
    found = (await owner.get("/v1/collections")).json()["items"]
    id_ = next(each["id"] for each in found if each["name"] == collection)
    granted = await owner.put(f"/v1/collections/{id_}/grants/user/{user.id}", json={"level": "viewer"})
    assert granted.is_success
    return {"Authorization": f"Bearer {key.secret}"}


def sent_to_model(provider: Provider) -> str:
    return json.dumps(provider.requests[-1])


async def test_an_answer_is_made_as_its_assistant_says(owner: httpx2.AsyncClient, provider: Provider) -> None:
    provider.behaviour.reply = "Dogs travel free of charge [1]."
    assistant = await made(owner, collections=["ships"], instructions=TELL, description="Ask about crossings.")
    answer = await ask(owner, assistant="mate")
    assert answer["assistant"] == {"id": assistant["id"], "name": "mate", "version": 1}
    assert {span["source"] for pin in answer["pins"] for span in pin["spans"]} == {"ferry.md"}
    said = sent_to_model(provider)
    assert TELL in said
    assert "30 days" not in said
    await ask(owner)
    said = sent_to_model(provider)
    assert TELL not in said
    assert "Dogs are welcome" in said
    assert (await ask(owner, assistant=assistant["id"]))["assistant"]["name"] == "mate"


async def test_its_conversation_goes_on_with_it(owner: httpx2.AsyncClient, provider: Provider) -> None:
    await made(owner, collections=["ships"], instructions=TELL)
    begun = await ask(owner, assistant="mate")
    on = await ask(owner, conversation=begun["conversation"], question="And when does it leave?")
    assert on["assistant"]["name"] == "mate"
    assert TELL in sent_to_model(provider)
    other = await ask(owner, conversation=begun["conversation"], assistant="default", question="What leave is there?")
    assert other["assistant"] is None
    assert "30 days" in sent_to_model(provider)
    third = await ask(owner, conversation=begun["conversation"], question="What else is there?")
    assert third["assistant"] is None, "it goes on with who answered last"
    begun = await ask(owner, assistant="mate")
    assert (await owner.delete("/v1/assistants/mate")).status_code == 204
    stopped = await owner.post("/v1/answers", json={"question": "And?", "conversation": begun["conversation"]})
    assert stopped.status_code == 404
    assert "mate" in stopped.json()["title"]
    assert (await owner.get(f"/v1/answers/{begun['id']}")).json()["assistant"]["name"] == "mate"


async def test_each_change_is_a_version_and_the_rest_stays(owner: httpx2.AsyncClient, provider: Provider) -> None:
    assistant = await made(owner, collections=["ships"], instructions=TELL, tier="cheap", likeness=0.9)
    changed = (await owner.patch("/v1/assistants/mate", json={"name": "bosun", "instructions": "Be brief."})).json()
    assert (changed["id"], changed["name"], changed["version"]) == (assistant["id"], "bosun", 2)
    kept = ("collections", "tier", "likeness", "created_at", "description", "model")
    assert {name: changed[name] for name in kept} == {name: assistant[name] for name in kept}
    emptied = (await owner.patch("/v1/assistants/bosun", json={"collections": None, "tier": None})).json()
    assert (emptied["collections"], emptied["tier"], emptied["instructions"]) == (None, None, "Be brief.")
    assert (await owner.get("/v1/assistants/mate")).status_code == 404
    answer = await ask(owner, assistant="bosun")
    assert answer["assistant"]["version"] == 3
    assert "Be brief." in sent_to_model(provider)
    rows = (await owner.get("/v1/audit?object=" + assistant["id"])).json()["items"]
    assert sorted(each["action"] for each in rows) == ["assistant.changed", "assistant.changed", "assistant.made"]
    assert TELL not in json.dumps(rows)


WRONG: list[tuple[dict[str, Any], int]] = [
    ({"name": "default"}, 422),
    ({"name": "Mate"}, 422),
    ({"name": "a/b"}, 422),
    ({"name": "-a"}, 422),
    ({"name": "0" * 32}, 422),
    ({"model": "openai:\u202ex"}, 422),
    ({"instructions": "\u4e00" * 3000}, 422),
    ({"collections": []}, 422),
    ({"collections": ["nowhere"]}, 404),
    ({"model": "nobody:knows"}, 422),
    ({"model": "route:none"}, 422),
    ({"tier": "best"}, 422),
    ({"likeness": 0.1}, 422),
    ({"instructions": "x" * 4001}, 422),
    ({"surprise": True}, 422),
]


async def test_what_cannot_be_is_refused_with_what_to_do(owner: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    await made(owner)
    for wrong, status in WRONG:
        with subtests.test(wrong=str(wrong)[:60]):
            refused = await owner.post("/v1/assistants", json={"name": "second", **wrong})
            assert refused.status_code == status, refused.text
            assert refused.json()["remedy"]
            assert (await owner.patch("/v1/assistants/mate", json=wrong)).status_code == status
            assert (await owner.get("/v1/assistants/mate")).json()["version"] == 1
    assert (await owner.get("/v1/assistants/second")).status_code == 404
    taken = await owner.post("/v1/assistants", json={"name": "mate"})
    assert taken.status_code == 409


async def test_it_gives_nobody_anything_to_read(house_here: House, owner: httpx2.AsyncClient) -> None:
    await made(owner, collections=["ships", "people"], instructions=TELL)
    await made(owner, name="crew", collections=["people"])
    ships = await viewer_of(house_here, owner, "ships")
    listed = (await owner.get("/v1/assistants", headers=ships)).json()["items"]
    assert [(each["name"], [one["name"] for one in each["collections"]]) for each in listed] == [("mate", ["ships"])]
    assert listed[0]["instructions"] is None
    assert "people" not in json.dumps(listed)
    for hidden in ("crew", "nobody"):
        there = await owner.get(f"/v1/assistants/{hidden}", headers=ships)
        asked = await owner.post("/v1/answers", json={"question": QUESTION, "assistant": hidden}, headers=ships)
        assert there.status_code == asked.status_code == 404
    answer = await owner.post("/v1/answers", json={"question": QUESTION, "assistant": "mate"}, headers=ships)
    assert "leave.md" not in answer.text
    assert "office" not in answer.text
    wanted = {"question": QUESTION, "assistant": "mate", "collections": ["people"]}
    assert (await owner.post("/v1/answers", json=wanted, headers=ships)).status_code == 404
    for method, body in (("PATCH", {"instructions": ""}), ("DELETE", None)):
        denied = await owner.request(method, "/v1/assistants/mate", json=body, headers=ships)
        assert denied.status_code == 403


async def test_who_asks_may_narrow_it_and_not_widen_it(owner: httpx2.AsyncClient) -> None:
    await made(owner, collections=["ships"], model="none")
    answer = await ask(owner, assistant="mate", collections=["ships"])
    assert answer["mode"] == "extractive"
    for wrong in ({"collections": ["people"]}, {"model": "openai:test-model"}):
        refused = await owner.post("/v1/answers", json={"question": QUESTION, "assistant": "mate", **wrong})
        assert refused.status_code == 422, refused.text
        assert refused.json()["remedy"]


async def test_collections_that_are_gone_leave_nothing_and_not_all(owner: httpx2.AsyncClient) -> None:
    empty = (await owner.post("/v1/collections", json={"name": "empty"})).json()
    await made(owner, collections=["empty"])
    assert (await owner.delete(f"/v1/collections/{empty['id']}")).status_code == 204
    refused = await owner.post("/v1/answers", json={"question": QUESTION, "assistant": "mate"})
    assert refused.status_code == 404
    assert (await owner.get("/v1/assistants/mate")).json()["collections"] == []
    repaired = await owner.patch("/v1/assistants/mate", json={"collections": ["ships"]})
    assert [each["name"] for each in repaired.json()["collections"]] == ["ships"]


async def test_its_budget_stops_it_and_no_other(owner: httpx2.AsyncClient) -> None:
    assistant = await made(owner)
    assert (await ask(owner, assistant="mate"))["state"] == "completed"
    await ask(owner)
    lines = (await owner.get("/v1/usage/costs", params={"by": "assistant"})).json()["items"]
    assert {each["of"]["assistant"]: each["answers"] for each in lines} == {assistant["id"]: 1, "default": 1}
    wanted = {"subject": "assistant", "subject_id": "nobody", "period": "total", "limit_tokens": 1}
    assert (await owner.post("/v1/budgets", json=wanted)).status_code == 404
    set_up = await owner.post("/v1/budgets", json={**wanted, "subject_id": "mate"})
    assert set_up.json()["subject_id"] == assistant["id"]
    stopped = await ask(owner, assistant="mate")
    assert stopped["problem"]["code"] == "budget-exceeded"
    assert (await ask(owner))["state"] == "completed"
    default = await owner.post("/v1/budgets", json={**wanted, "subject_id": "default", "limit_tokens": 10**9})
    assert (await owner.delete("/v1/assistants/mate")).status_code == 204
    assert [each["id"] for each in (await owner.get("/v1/budgets")).json()["items"]] == [default.json()["id"]]
    noted = (await owner.get("/v1/audit", params={"action": "budget.removed"})).json()["items"]
    assert [each["object_id"] for each in noted] == [set_up.json()["id"]]
    after = (await owner.get("/v1/usage/costs", params={"by": "assistant"})).json()["items"]
    assert assistant["id"] in {each["of"]["assistant"] for each in after}


async def test_it_is_a_model_to_openais_clients(
    house_here: House, owner: httpx2.AsyncClient, provider: Provider
) -> None:
    await made(owner, collections=["ships"], instructions=TELL)
    await made(owner, name="crew", collections=["people"])
    provider.behaviour.reply = "Dogs travel free of charge [1]."
    ships = await viewer_of(house_here, owner, "ships")
    async with opened(house_here) as clients:
        first = [each.id async for each in clients.whole.models.list()][:3]
        assert first == ["pincite/default", "pincite/crew", "pincite/mate"]
        assert (await clients.whole.models.retrieve("pincite/mate")).id == "pincite/mate"
        await _asked(clients, provider)
        async with clients_of(clients.url, ships["Authorization"].split()[1]) as theirs:
            assert "pincite/crew" not in [each.id async for each in theirs.whole.models.list()]
            async with theirs.http() as plain:
                asked = {"messages": [{"role": "user", "content": QUESTION}]}
                hidden = await plain.post("/v1/chat/completions", json={"model": "pincite/crew", **asked})
                never = await plain.post("/v1/chat/completions", json={"model": "pincite/none", **asked})
            assert hidden.status_code == never.status_code == 404
            assert hidden.text.replace("crew", "none") == never.text


async def _asked(clients: Clients, provider: Provider) -> None:
    asked: list[Any] = [{"role": "user", "content": QUESTION}]
    whole = await clients.whole.chat.completions.create(model="pincite/mate", messages=asked)
    assert whole.model == "pincite/mate"
    assert TELL in sent_to_model(provider)
    assert [each.url_citation.filename for each in whole.choices[0].message.annotations] == ["ferry.md"]
    assert (await clients.whole.chat.completions.retrieve(whole.id)).model == "pincite/mate"
    stream = await clients.whole.chat.completions.create(model="pincite/mate", messages=asked, stream=True)
    assert {chunk.model async for chunk in stream} == {"pincite/mate"}
    response = await clients.whole.responses.create(model="pincite/mate", input=QUESTION)
    assert (response.model, response.status) == ("pincite/mate", "completed")
    follow = {"input": "And when?", "previous_response_id": response.id}
    assert (await clients.whole.responses.create(model="pincite/default", **follow)).model == "pincite/default"
    assert TELL not in sent_to_model(provider)


async def test_instructions_are_no_passage_and_cover_nothing(owner: httpx2.AsyncClient, provider: Provider) -> None:
    shared = "The ferry leaves at nine in the morning."
    said = "This is no legal advice, so ask the legal department before you act on it."
    await made(owner, instructions=f"{shared} Close with: {said}\u202e\u200b")
    provider.behaviour.reply = f"{shared[:-1]} [1]. {said} [1]"
    answer = await ask(owner, assistant="mate", question="When does the ferry leave?")
    assert answer["answer"].startswith(shared[:-1]), "what a passage says is not covered for standing there as well"
    assert [pin["verdict"] for pin in answer["pins"]] == ["supported", "unsupported"]
    assert "\\u202e" not in sent_to_model(provider)


async def test_a_rename_is_not_lost_by_who_changes_something_else(
    house_here: House, owner: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant = await made(owner)
    scope, checked = await house_here.owner(), house_here.assistants._setup

    async def meanwhile(*given: Any) -> Any:
        monkeypatch.undo()
        await house_here.assistants.change(scope, assistant["id"], {"name": "renamed"})
        return await checked(*given)

    monkeypatch.setattr(house_here.assistants, "_setup", meanwhile)
    changed = await owner.patch(f"/v1/assistants/{assistant['id']}", json={"description": "New."})
    assert (changed.json()["name"], changed.json()["description"], changed.json()["version"]) == ("renamed", "New.", 3)


async def test_what_is_as_it_was_is_no_new_version(owner: httpx2.AsyncClient) -> None:
    await made(owner, collections=["ships", "people"], instructions="Be brief.")
    for same in ({"collections": ["people", "ships"]}, {"instructions": " Be brief. "}, {"name": "mate", "tier": None}):
        assert (await owner.patch("/v1/assistants/mate", json=same)).json()["version"] == 1
    empty = await owner.patch("/v1/assistants/mate", json={})
    assert (empty.status_code, bool(empty.json()["remedy"])) == (422, True)
    for null in ("name", "description", "instructions"):
        assert (await owner.patch("/v1/assistants/mate", json={null: None})).status_code == 422
    assert "built in" in (await owner.get("/v1/assistants/default")).json()["title"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_it_is_set_up_on_either_database(pincite_home: Path, request: pytest.FixtureRequest, kind: str) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    given = {} if kind == "sqlite" else {"database_url": url}
    settings = read_settings(home=pincite_home, model="none", log_level="error", **given)
    async with open_house(settings, work=True) as house, signed_in(house) as client:
        await add(client, "ferry.md", FERRY)
        await made(client, collections=["default"])
        taken = await asyncio.gather(*(client.post("/v1/assistants", json={"name": "crew"}) for _ in range(4)))
        assert sorted(each.status_code for each in taken) == [201, 409, 409, 409]
        fields = ({"description": "A"}, {"instructions": "B"}, {"tier": "cheap"}, {"likeness": 0.8})
        await asyncio.gather(*(client.patch("/v1/assistants/mate", json=each) for each in fields))
        mate = (await client.get("/v1/assistants/mate")).json()
        assert (mate["description"], mate["instructions"], mate["tier"], mate["likeness"]) == ("A", "B", "cheap", 0.8)
        assert mate["version"] == 5
        assert (await client.patch("/v1/assistants/mate", json={"name": "crew"})).status_code == 409
        opened_up = await client.patch("/v1/assistants/mate", json={"collections": None})
        assert opened_up.json()["collections"] is None
        assert (await ask(client, assistant="mate"))["assistant"]["version"] == 6
        await client.delete("/v1/assistants/mate")
        assert [each["name"] for each in (await client.get("/v1/assistants")).json()["items"]] == ["crew"]


def test_the_command_line_sets_one_up(pincite_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_HOME", str(pincite_home))
    monkeypatch.setenv("PINCITE_MODEL", "none")
    said = tmp_path / "told.txt"
    said.write_text(TELL)
    document = tmp_path / "ferry.md"
    document.write_bytes(FERRY)

    def run(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, [*words, "--json"])
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if code == 0 else done.output

    run("add", str(document), "--collection", "ships")
    made_ = run("assistants", "add", "mate", "-c", "ships", "--instructions", f"@{said}", "--tier", "cheap")
    assert (made_["instructions"], made_["collections"], made_["tier"]) == (TELL, ["ships"], "cheap")
    assert run("assistants", "change", "mate", "--tier", "-")["version"] == 2
    assert run("assistants", "rename", "mate", "bosun")["version"] == 3
    answer = run("ask", QUESTION, "--assistant", "bosun")
    assert answer["assistant"]["name"] == "bosun"
    assert run("budgets", "set", "assistant", "bosun", "--tokens", "5")["bound"]
    assert "bosun" in CliRunner().invoke(app, ["budgets", "list"]).stdout
    assert [each["name"] for each in run("assistants", "list")["items"]] == ["bosun"]
    emptied = run("assistants", "change", "bosun", "--instructions", "-", "--description", "-", "--model", "none")
    assert (emptied["instructions"], emptied["description"]) == ("", "")
    assert '"remedy"' in run("ask", QUESTION, "--assistant", "bosun", "--model", "none", code=2)
    assert run("assistants", "show", "bosun")["tier"] is None
    for wrong in (["--tier", "best"], ["--instructions", "@nowhere"], []):
        assert '"remedy"' in run("assistants", "change", "bosun", *wrong, code=2)
    pairs = Path(__file__).parents[2] / "examples" / "askings" / "learn.jsonl"
    assert '"remedy"' in run("assistants", "likeness", "bosun", "much", code=2)
    assert run("assistants", "likeness", "bosun", "0.9")["likeness"] == 0.9
    assert run("assistants", "likeness", "bosun", "-")["likeness"] is None
    learned = run("assistants", "tune", "bosun", str(pairs), "--save")
    assert (learned["threshold"], learned["wrong"]) == (THRESHOLD, 0)
    assert learned["found"] > learned["same"] / 2
    assert run("assistants", "show", "bosun")["likeness"] == THRESHOLD
    assert '"remedy"' in run("assistants", "tune", "bosun", str(said), code=2)
    run("assistants", "remove", "bosun")
    assert run("assistants", "list")["items"] == []
    for none in ("assistants", "budgets"):
        assert CliRunner().invoke(app, [none, "list"]).stdout == "There are none.\n"
    assert CliRunner().invoke(app, ["assistants", "show", "bosun"]).exit_code == 4
