"""At random: people ask while documents come, change, go and are granted; what is given again was made of what is seen.

What each sees is read through the API itself, as they: an answer that is given again must have been made for somebody
who saw the very same documents in the very same state.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import house_with_model, settled, signed_in, upload

STEPS = 40
SOURCES = ("ferry.md", "bus.md", "train.md")
WORDINGS = ("When does the ferry leave?", "At what time does the ferry leave?", "What time does the ferry leave?")
Seen = frozenset[tuple[str, str, int]]


@dataclass
class World:
    """The people, what they are sent with, and for what somebody saw each question was answered."""

    client: httpx2.AsyncClient
    people: dict[str, dict[str, str]]
    chance: random.Random
    made: dict[str, set[Seen]] = field(default_factory=dict)
    hits: int = 0
    edits: int = 0

    async def documents(self, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        return (await self.client.get("/v1/documents", params={"limit": 100}, headers=headers)).json()["items"]

    async def seen(self, headers: dict[str, str]) -> Seen:
        return frozenset((each["id"], each["revision"], each["version"]) for each in await self.documents(headers))

    async def upload(self) -> None:
        self.edits += 1
        content = f"# Ferry\n\nThe ferry leaves at nine in the morning.\n\nNote {self.edits}.\n".encode()
        sent = await upload(self.client, self.chance.choice(SOURCES), content)
        await settled(self.client, sent.json()["items"][0]["id"])

    async def remove(self) -> None:
        for each in (await self.documents())[:1]:
            await self.client.delete(f"/v1/documents/{each['id']}")

    async def grant(self) -> None:
        there = await self.documents()
        if there:
            each, person = self.chance.choice(there), self.chance.choice(list(self.people))
            where = f"/v1/documents/{each['id']}/grants/user/{person}"
            if self.chance.random() < 0.7:
                await self.client.put(where, json={"level": "viewer"})
            else:
                await self.client.delete(where)

    async def ask(self) -> None:
        person = self.chance.choice(list(self.people))
        headers, question = self.people[person], self.chance.choice(WORDINGS)
        sees = await self.seen(headers)
        body = {"question": question}
        answer = (await self.client.post("/v1/answers", json=body, headers=headers, timeout=60)).json()
        assert answer["state"] == "completed"
        visible = {document for document, _, _ in sees}
        assert {span["document"] for pin in answer["pins"] for span in pin["spans"]} <= visible
        told = answer["cached_question"]
        if told is not None:
            self.hits += 1
            assert sees in self.made[told], "it was made for somebody who saw something else"
        self.made.setdefault(question, set()).add(sees)


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_is_given_again_was_made_of_what_is_seen(pincite_home: Path, provider: Provider, seed: int) -> None:
    provider.behaviour.reply = "The ferry leaves at nine in the morning [1]."
    async with house_with_model(pincite_home, provider, model_cache="semantic") as house, signed_in(house) as client:
        people: dict[str, dict[str, str]] = {}
        for name in ("Vera", "Wim"):
            user, _ = await house.people.invite(await house.owner(), name=name, role="viewer")
            key = await house.accounts.create_key(await house.owner(), name, user=user.id)
            people[user.id] = {"Authorization": f"Bearer {key.secret}"}
        world = World(client, people, random.Random(seed))
        await world.upload()
        for _ in range(STEPS):
            step = world.chance.choices([world.ask, world.grant, world.upload, world.remove], [12, 5, 2, 1])[0]
            await step()
        assert world.hits > 0, "nothing was struck"
