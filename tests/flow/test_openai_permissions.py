"""Who asks by OpenAI's protocol sees what they see elsewhere, and moderation stands before the models too."""

from pathlib import Path
from typing import Any

import openai
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, house_with_model
from tests.flow.openai_clients import HANDBOOK, QUESTION, Clients, clients_of, opened

from pincite.app.wiring import House

ASSISTANT, RAW = "pincite/default", "openai:test-model"
ASKED: list[Any] = [{"role": "user", "content": QUESTION}]


async def test_documents_of_others_are_neither_cited_nor_found(house: House) -> None:
    async with opened(house) as owner:
        async with owner.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
        mine = await owner.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
        assert mine.choices[0].message.annotations
        rival = await house.accounts.create_key((await house.accounts.create_tenant("Rival")).scope, "theirs")
        _, token = await house.people.invite(await house.owner(), name="Ada", role="viewer")
        assert token is not None
        session = await house.accounts.redeem(token)
        ada = await house.accounts.authenticate(bearer=None, session=session)
        ungranted = await house.accounts.create_key(ada, "hers")
        for key in (rival.secret, ungranted.secret):
            async with clients_of(owner.url, key) as theirs:
                await sees_nothing(theirs, mine.id)


async def sees_nothing(theirs: Clients, answer_id: str) -> None:
    """Whole and streamed nothing of the document shows, and the other's answer is as one that never was."""
    whole = await theirs.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
    stream = await theirs.whole.chat.completions.create(model=ASSISTANT, messages=ASKED, stream=True)
    said = whole.model_dump_json() + "".join([chunk.model_dump_json() async for chunk in stream])
    assert "ferries.md" not in said
    assert "free of charge" not in said
    async with theirs.http() as plain:
        there = await plain.get(f"/v1/chat/completions/{answer_id}")
        never = await plain.get(f"/v1/chat/completions/{'0' * 32}")
    assert there.status_code == never.status_code == 404
    assert there.content == never.content


async def test_nobody_is_told_what_is_not_told_here(pincite_home: Path, provider: Provider, tmp_path: Path) -> None:
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("walrus recipe\n")
    provider.behaviour.reply = "This is a walrus recipe: none."
    async with (
        house_with_model(pincite_home, provider, moderation_phrases=phrases) as house,
        opened(house) as clients,
    ):
        for model in (ASSISTANT, RAW):
            asked = [{"role": "user", "content": "Give me a walrus recipe, please."}]
            with pytest.raises(openai.BadRequestError) as refused:
                await clients.whole.chat.completions.create(model=model, messages=asked)
            assert refused.value.code == "question-refused"
        assert provider.requests == []
        for stream in (False, True):
            with pytest.raises(openai.BadRequestError) as hidden:
                await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stream=stream)
            assert hidden.value.code == "answer-refused"
            assert "walrus" not in str(hidden.value)
        provider.behaviour.reply = "Fish."
        stream = await clients.whole.chat.completions.create(model=RAW, messages=ASKED, stream=True)
        assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Fish."


async def test_the_models_own_name_is_all_that_is_noted_of_it(house: House) -> None:
    async with opened(house) as clients:
        name = house.embedders.chosen.model_id
        await clients.whole.embeddings.create(model=name, input="A canary text.")
        async with clients.http() as plain:
            rows = (await plain.get("/v1/audit?action=model.asked")).json()["items"]
            exported = (await plain.get("/v1/audit/export")).text
    assert [(each["object_kind"], each["object_id"]) for each in rows] == [("model", name)]
    assert "canary" not in exported


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_an_answer_on_either_database(pincite_home: Path, request: pytest.FixtureRequest, kind: str) -> None:
    from pincite.app.settings import read_settings
    from pincite.app.wiring import open_house

    url = request.getfixturevalue(f"{kind}_url")
    given = {} if kind == "sqlite" else {"database_url": url}
    settings = read_settings(home=pincite_home, model="none", log_level="error", **given)
    async with open_house(settings, work=True) as house, opened(house) as clients:
        async with clients.http() as plain:
            await add(plain, "ferries.md", HANDBOOK)
        reply = await clients.whole.chat.completions.create(model=ASSISTANT, messages=ASKED)
        (cited, *_) = (each.url_citation for each in reply.choices[0].message.annotations)
        text = reply.choices[0].message.content
        assert text[cited.start_index : cited.end_index] == cited.quote
        again = await clients.whole.chat.completions.retrieve(reply.id)
        assert again.choices[0].message == reply.choices[0].message
