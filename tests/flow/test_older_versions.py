"""Two versions of a document side by side: the newer one answers, the older one is named and quoted exactly."""

from typing import Any

import httpx2
import pytest
from tests.flow.conftest import add, settled, upload

OLD = b"""# Hotels

The limit for a hotel in London is 165 pounds a night, and tax is included in it for everybody.

# Trains

Trains are booked at the travel desk, second class, as early as the date is known.
"""
NEW = OLD.replace(b"165", b"190")


@pytest.fixture
async def asked(client: httpx2.AsyncClient) -> httpx2.AsyncClient:
    for name, content in (("travel-2026.md", NEW), ("travel-2025.md", OLD)):
        await settled(client, (await upload(client, name, content)).json()["items"][0]["id"])
    return client


async def _answer(client: httpx2.AsyncClient, question: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/v1/answers", json={"question": question})).json()
    return answer


async def test_the_newer_version_answers_and_the_older_one_is_named(asked: httpx2.AsyncClient) -> None:
    answer = await _answer(asked, "How high is the limit for a hotel in London?")
    assert answer["pins"][0]["spans"][0]["source"] == "travel-2026.md"
    assert "190" in answer["answer"]
    later = [span["source"] for pin in answer["pins"][1:] for span in pin["spans"]]
    assert "travel-2025.md" in [*later, *(each["source"] for each in answer["older"])]
    assert all(each["newer"] == "travel-2026.md" for each in answer["older"])
    assert "An older version says: " in answer["answer"] or answer["older"]
    for each in (*answer["older"], *(span for pin in answer["pins"] for span in pin["spans"])):
        page = (await asked.get(f"/v1/passages/{each['revision']}/{each['page']}")).json()
        assert page["text"][each["start"] : each["end"]] == each["quote"]
    again = (await asked.get(f"/v1/answers/{answer['id']}")).json()
    assert again["older"] == answer["older"]


async def test_what_both_say_is_said_once(asked: httpx2.AsyncClient) -> None:
    answer = await _answer(asked, "Where are trains booked?")
    assert [span["source"] for pin in answer["pins"] for span in pin["spans"]] == ["travel-2026.md"]
    assert answer["older"] == []


async def test_search_tells_that_there_is_a_newer_version(asked: httpx2.AsyncClient) -> None:
    hits = (await asked.get("/v1/search", params={"q": "hotel limit London"})).json()["hits"]
    assert next((hit["source"], hit["newer"]) for hit in hits) == ("travel-2026.md", None)
    assert all(hit["newer"] == "travel-2026.md" for hit in hits if hit["source"] == "travel-2025.md")


async def test_a_passage_of_an_older_revision_says_which_answers_now(asked: httpx2.AsyncClient) -> None:
    (span,) = (await _answer(asked, "Where are trains booked?"))["pins"][0]["spans"]
    assert (await asked.get(f"/v1/passages/{span['revision']}/1")).json()["superseded_by"] is None
    later = await add(asked, "travel-2026.md", NEW.replace(b"travel desk", b"station"))
    passage = (await asked.get(f"/v1/passages/{span['revision']}/{span['page']}")).json()
    assert passage["superseded_by"] == {"revision": later["serving_revision"], "pages": 2, "same_bytes": False}
    assert "travel desk" in passage["text"]
    assert (await asked.get(f"/v1/passages/{later['serving_revision']}/1")).json()["superseded_by"] is None
