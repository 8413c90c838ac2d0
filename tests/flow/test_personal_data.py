"""Personal data in a collection, by its policy: counted, covered in answers, covered for models, refused."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model, settled

CARD, MAIL, LICENCE = "4111 1111 1111 1111", "ada.lovelace@example.com", "F1628235"
VALUES = (CARD, MAIL, LICENCE)
TEXT = f"""# The trip to Lisbon

The trip was paid with the credit card {CARD} in May, by the treasurer of the club.
Questions about the trip go to {MAIL} until the end of June.
The treasurer drove with the driver's license number {LICENCE} all the way to Lisbon.
"""
QUESTION = "What was the trip paid with?"


async def _policy(client: httpx2.AsyncClient, policy: str) -> None:
    home = (await client.get("/v1/collections")).json()["items"][0]["id"]
    changed = await client.patch(f"/v1/collections/{home}", json={"personal_data": policy})
    assert changed.status_code == 200, changed.text
    assert changed.json()["personal_data"] == policy


async def _ask(client: httpx2.AsyncClient, question: str = QUESTION) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/v1/answers", json={"question": question}, timeout=30)).json()
    return answer


async def _read_by_all(provider: Provider) -> None:
    """Wait until the better embedder and the writer of contexts have seen the document that was added last."""
    for _ in range(1_200):
        seen = [each for each in provider.requests if "The trip was paid" in json.dumps(each)]
        if any("input" in each for each in seen) and any("messages" in each for each in seen):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("a model was not asked")


async def _made(client: httpx2.AsyncClient) -> dict[str, Any]:
    """Make the collection, by a document that holds nothing."""
    return await add(client, "empty.md", b"# Nothing\n\nThere is nothing to see here at all.\n")


async def test_what_is_found_is_counted_by_kind(client: httpx2.AsyncClient) -> None:
    assert (await _made(client))["personal_data"] is None
    await _policy(client, "flag")
    document = await add(client, "trip.md", TEXT.encode())
    assert document["personal_data"] == {"card": 1, "licence": 1, "mail": 1}
    listed = (await client.get("/v1/documents")).json()["items"]
    assert {each["source"]: each["personal_data"] for each in listed}["trip.md"] == document["personal_data"]
    answer = await _ask(client)
    assert CARD in answer["answer"]  # counted, and nothing more
    assert all(value not in json.dumps(document) for value in VALUES)
    home = document["collection_id"]
    assert (await client.patch(f"/v1/collections/{home}", json={"personal_data": "shred"})).status_code == 422
    assert (await client.patch(f"/v1/collections/{'0' * 32}", json={"personal_data": "flag"})).status_code == 404
    await _policy(client, "refuse")
    await _refused(client)


async def _refused(client: httpx2.AsyncClient) -> None:
    document = await add(client, "again.md", b"# Again\n\n" + TEXT.encode())
    assert document["state"] == "failed"
    problem = document["problem"]
    assert (problem["code"], problem["page"]) == ("personal-data", 1)
    assert "a card number" in problem["message"]
    assert "policy" in problem["remedy"]
    assert not [value for value in VALUES if value in json.dumps(document)]
    found = (await client.get("/v1/search", params={"q": QUESTION})).json()
    assert "again.md" not in {hit["source"] for hit in found["hits"]}
    assert (await add(client, "clean.md", b"# Clean\n\nSee https://example.com/a for the rules.\n"))["state"] == "ready"


async def test_answers_and_searches_hold_none_and_pins_land(client: httpx2.AsyncClient) -> None:
    document = await add(client, "trip.md", TEXT.encode())
    before = await _ask(client)
    assert CARD in before["answer"]
    await _policy(client, "mask-answers")
    await _covered_when_read(client, before)
    for question in (QUESTION, "Where do questions about the trip go?", "What did the treasurer drive with?"):
        answer = await _ask(client, question)
        events = (await client.get(f"/v1/answers/{answer['id']}/events")).text
        found = (await client.get("/v1/search", params={"q": question})).text
        for shown in (json.dumps(answer), events, found):
            assert not [value for value in VALUES if value in shown]
        spans = [*answer["nearest"], *(span for pin in answer["pins"] for span in pin["spans"])]
        assert spans
        for span in spans:
            page = (await client.get(f"/v1/passages/{span['revision']}/{span['page']}")).json()["text"]
            there = page[span["start"] : span["end"]]
            assert len(there) == len(span["quote"])
            _same_but_for_covers(there, span["quote"])
    answer = await _ask(client)
    (start, end), quote = answer["pins"][0]["claim"], answer["pins"][0]["spans"][0]["quote"]
    assert "[card " in quote
    assert answer["answer"][start:end] == " ".join(quote.split())
    await _policy(client, "off")
    assert CARD in (await _ask(client))["answer"]
    assert document["state"] == "ready"


async def _covered_when_read(client: httpx2.AsyncClient, before: dict[str, Any]) -> None:
    """An answer that was made before the policy shows nothing either, read or followed."""
    read = (await client.get(f"/v1/answers/{before['id']}")).json()
    kept = (await client.get(f"/v1/conversations/{before['conversation']}")).json()
    events = (await client.get(f"/v1/answers/{before['id']}/events")).text
    for shown in (json.dumps(read), json.dumps(kept), events):
        assert not [value for value in VALUES if value in shown]
        assert "[card " in shown
    assert [pin["claim"] for pin in read["pins"]] == [pin["claim"] for pin in before["pins"]]
    assert events.count("event: answer.completed") == 1


async def test_an_old_answer_is_covered_by_what_its_page_says_and_shows_no_passages(client: httpx2.AsyncClient) -> None:
    number = "X1234567"
    text = f"# Passport number\n\n{number} is the one of the treasurer.\n\nThe club has nine members.\n"
    document = await add(client, "passports.md", text.encode())
    told = [await _ask(client, each) for each in ("Which number is the one of the treasurer?", "Who has nine members?")]
    assert number in told[0]["answer"]
    await _policy(client, "mask-answers")
    await _unseen(client, told, number)
    assert (await client.delete(f"/v1/documents/{document['id']}")).status_code == 204
    await _unseen(client, told, number)
    assert (await client.get(f"/v1/answers/{told[0]['id']}")).json()["problem"]["code"] == "withheld"


async def test_an_old_answer_stays_where_document_and_collection_are_gone_and_no_policy_covered_them(
    client: httpx2.AsyncClient,
) -> None:
    collection = (await client.post("/v1/collections", json={"name": "papers"})).json()["id"]
    text = b"# Valves\n\nThe valve opens at seven bar.\n"
    files = {"file": ("valves.md", text), "collection": (None, collection)}
    document = (await client.post("/v1/documents", files=files)).json()["items"][0]["id"]
    await settled(client, document)
    told = await _ask(client, "At how many bar does the valve open?")
    assert "seven bar" in told["answer"]
    assert (await client.delete(f"/v1/documents/{document}")).status_code == 204
    async with asyncio.timeout(30):
        while (await client.delete(f"/v1/collections/{collection}")).status_code != 204:
            await asyncio.sleep(0.1)  # until the document is purged
    assert (await client.get(f"/v1/answers/{told['id']}")).json()["answer"] == told["answer"]


async def _unseen(client: httpx2.AsyncClient, told: list[dict[str, Any]], value: str) -> None:
    for each in told:
        read = await client.get(f"/v1/answers/{each['id']}")
        events = await client.get(f"/v1/answers/{each['id']}/events")
        kept = await client.get(f"/v1/conversations/{each['conversation']}")
        for shown in (read.text, events.text, kept.text):
            assert value not in shown
        assert "retrieval.completed" not in events.text


def _same_but_for_covers(page: str, quote: str) -> None:
    """Where the quote has other characters than the page, they are one of the values, covered."""
    for value in VALUES:
        at = page.find(value)
        if at >= 0:
            cover = quote[at : at + len(value)]
            assert cover.strip("* ") == "" or cover.strip().startswith("[")
            assert cover[-1] in "]*"
            page, quote = page.replace(value, ""), quote[:at] + quote[at + len(value) :]
    assert page == quote


async def test_no_model_sees_any(pincite_home: Path, provider: Provider) -> None:
    models = {
        "embedder": "openai:text-embedding-3-small",
        "embedder_base_url": f"{provider.url}/v1",
        "embedder_api_key": "good-key",
        "reranker": "cohere:rerank-v4",
        "reranker_base_url": provider.url,
        "reranker_api_key": "good-key",
        "context_model": "openai:test-model",
    }
    provider.behaviour.reply = "The trip was paid with the credit card [1]."
    async with client_with_model(pincite_home, provider, **models) as client:
        await _made(client)
        await _policy(client, "mask-model")
        await add(client, "trip.md", TEXT.encode())
        await _read_by_all(provider)
        asked = len(provider.requests)
        answer = await _ask(client)
        assert answer["pins"]
        assert answer["pins"][0]["verdict"] != "unsupported"
    while_read = json.dumps(provider.requests[:asked])
    while_asked = json.dumps(provider.requests[asked:])
    assert "the credit card" in while_asked
    assert not [value for value in VALUES if value in while_asked]
    assert "The trip was paid" in while_read
    assert not [value for value in VALUES if value in while_read]
