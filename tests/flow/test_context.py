"""What a model is shown: as many passages as its context holds, neighbours as one, every word where it stands."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model

RULES = "\n\n".join(
    f"# Rule {number}\n\n" + f"The ferry number {number} leaves the northern quay at {number} and carries dogs. " * 25
    for number in range(1, 25)
).encode()


@pytest.fixture(autouse=True)
def _reply(provider: Provider) -> None:
    provider.behaviour.reply = "The ferry number 3 leaves the northern quay at 3 and carries dogs [1]."


@asynccontextmanager
async def _client(home: Path, provider: Provider, **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(home, provider, **given) as opened:
        if not (await opened.get("/v1/documents")).json()["items"]:
            await add(opened, "rules.md", RULES)
        yield opened


async def _asked(client: httpx2.AsyncClient) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the answer, and the passages that its log says were found."""
    answer = (await client.post("/v1/answers", json={"question": "When does the ferry number 3 leave?"})).json()
    events = (await client.get(f"/v1/answers/{answer['id']}/events")).text
    data = re.search(r"event: retrieval.completed\ndata: (.*)", events) or re.search(r"data: (\{\"passages.*)", events)
    assert data is not None
    return answer, json.loads(data[1])["passages"]


async def test_the_budget_decides_how_many_passages_are_shown(pincite_home: Path, provider: Provider) -> None:
    async with _client(pincite_home, provider) as client:
        _, wide = await _asked(client)
    async with _client(pincite_home, provider, passage_tokens=900) as client:
        answer, small = await _asked(client)
    assert len(wide) >= 6
    assert 1 <= len(small) < len(wide)
    shown = provider.requests[-1]["messages"][-1]["content"]
    assert len(re.findall(r">> \[\d+\] rules.md", shown)) == len(small)
    assert {span["source"] for pin in answer["pins"] for span in pin["spans"]} == {"rules.md"}


async def test_joined_passages_are_the_pages_word_for_word(pincite_home: Path, provider: Provider) -> None:
    async with _client(pincite_home, provider) as client:
        answer, passages = await _asked(client)
        pages: dict[int, str] = {}
        for number in range(1, 25):
            page = (await client.get(f"/v1/passages/{passages[0]['revision']}/{number}")).json()
            pages[number] = page["text"]
        joined = [each for each in passages if each["end_page"] > each["page"]]
        assert joined
        for each in passages:
            texts = [pages[number] for number in range(each["page"], each["end_page"] + 1)]
            texts[-1] = texts[-1][: each["end"]]
            texts[0] = texts[0][each["start"] :]
            assert each["text"] == "\n".join(texts)
        for span in (span for pin in answer["pins"] for span in pin["spans"]):
            assert pages[span["page"]][span["start"] : span["end"]] == span["quote"]


async def test_a_misspelt_word_finds_what_it_means_and_the_model_is_asked_as_it_was_asked(
    pincite_home: Path, provider: Provider
) -> None:
    async with _client(pincite_home, provider) as client:
        await add(client, "crane.md", b"# Harbour\n\nThe derrick lifts five tonnes.\n")
        for number in range(12):
            text = f"# Order {number}\n\nHow much is paid for sort {number}: {number} crowns, and much more for more.\n"
            await add(client, f"order-{number}.md", text.encode())
        await client.post("/v1/answers", json={"question": "What is much of the derick?"})
    shown = provider.requests[-1]["messages"][-1]["content"]
    assert "The derrick lifts five tonnes." in shown.split(">> [2]")[0]
    assert "What is much of the derick?" in shown
