"""Moderation of questions and answers: phrases, a provider, and what happens where it fails."""

import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.provider import Provider
from tests.flow.conftest import add, client_with_model, house_with_model

from pincite.ledger import Budget, BudgetExceeded, Call, Period, Purpose, Spend, Spent, Subject

FERRY = (
    b"# The ferry\n\nThe ferry leaves the northern quay at nine. Dogs travel for free on the ferry.\n\n"
    b"The captain may use the forbidden lever in a storm.\n"
)
QUESTION = "When does the ferry leave the northern quay?"
GOOD, BAD = "The ferry leaves the northern quay at nine [1].", "The captain may use the forbidden lever in a storm [1]."


@asynccontextmanager
async def _client(home: Path, provider: Provider, **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_with_model(home, provider, **given) as opened:
        await add(opened, "ferry.md", FERRY)
        yield opened


def _asked_of_provider(provider: Provider) -> dict[str, Any]:
    return {
        "moderation": "openai:omni-moderation-latest",
        "moderation_base_url": f"{provider.url}/v1",
        "moderation_api_key": "good-key",
    }


def _phrases(folder: Path, *lines: str) -> dict[str, Any]:
    path = folder / "phrases.txt"
    path.write_text("\n".join(lines))
    return {"moderation_phrases": path}


async def _ask(client: httpx2.AsyncClient, question: str = QUESTION) -> httpx2.Response:
    return await client.post("/v1/answers", json={"question": question}, timeout=30)


async def _events(client: httpx2.AsyncClient, answer: str) -> tuple[str, list[str]]:
    """Return the log of an answer as it is sent, and the names of its events."""
    text = (await client.get(f"/v1/answers/{answer}/events")).text
    return text, re.findall(r"^event: (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("by", ["phrases", "provider"])
async def test_a_refused_question_goes_nowhere(pincite_home: Path, tmp_path: Path, provider: Provider, by: str) -> None:
    given = _phrases(tmp_path, "# not here", "How to  sink") if by == "phrases" else _asked_of_provider(provider)
    provider.behaviour.flags = {"violence": "sink"}
    async with _client(pincite_home, provider, **given) as client:
        refused = await _ask(client, "how, to SINK the ferry?")
        assert refused.status_code == 422
        problem = refused.json()
        assert problem["code"] == "question-refused"
        assert ("violence" in refused.text) == (by == "provider")
        assert problem["remedy"]
        assert (await client.get("/v1/conversations")).json()["items"] == []
        noted = (await client.get("/v1/audit", params={"action": "question.refused"})).json()["items"]
        assert [each["outcome"] for each in noted] == ["denied"]
        assert "sink" not in json.dumps(noted).lower()
        assert not [each for each in provider.requests if "messages" in each]
        await _fit_comes_whole(client, provider)


async def _fit_comes_whole(client: httpx2.AsyncClient, provider: Provider) -> None:
    """What is fit comes as it is, by the sentence."""
    provider.behaviour.reply = f"{GOOD} Dogs travel for free on the ferry [1]."
    answer = (await _ask(client)).json()
    assert answer["state"] == "completed"
    text, names = await _events(client, answer["id"])
    assert names.count("answer.delta") >= 2
    assert answer["answer"] == "The ferry leaves the northern quay at nine. Dogs travel for free on the ferry."
    for pin in answer["pins"]:
        start, end = pin["claim"]
        assert answer["answer"][start:end].endswith(".")
    assert '"text":"The ferry leaves the northern quay at nine' in text.replace('": "', '":"')


@pytest.mark.parametrize("by", ["phrases", "provider"])
async def test_a_sentence_is_seen_by_nobody_before_it_is_found_fit(
    pincite_home: Path, tmp_path: Path, provider: Provider, by: str
) -> None:
    given = _phrases(tmp_path, "forbidden lever") if by == "phrases" else _asked_of_provider(provider)
    provider.behaviour.flags = {"illicit": "forbidden lever"}
    provider.behaviour.reply = f"{GOOD} {BAD}"
    async with _client(pincite_home, provider, **given) as client:
        answer = (await _ask(client)).json()
        assert answer["state"] == "failed"
        assert answer["problem"]["code"] == "answer-refused"
        assert "northern quay" in answer["answer"]
        assert "lever" not in answer["answer"]
        assert len(answer["pins"]) == 1
        text, names = await _events(client, answer["id"])
        said = "".join(
            json.loads(each)["text"] for each in re.findall(r"event: answer.delta\n(?:id: \d+\n)?data: (.*)", text)
        )
        assert "lever" not in said
        assert names[-1] == "answer.failed"
        assert [each for each in names if each.startswith("answer.") and each.endswith("ed")] == [
            "answer.started",
            "answer.failed",
        ]
        ids = [int(each) for each in re.findall(r"^id: (\d+)$", text, re.MULTILINE)]
        assert ids == list(range(1, len(ids) + 1))
        again = (await client.get(f"/v1/answers/{answer['id']}")).json()
        assert "lever" not in again["answer"] + json.dumps(again["pins"])
        asked = {"question": "What may the captain use in a storm?", "model": "none"}
        quoted = (await client.post("/v1/answers", json=asked, timeout=30)).json()
        assert quoted["problem"]["code"] == "answer-refused"
        assert "lever" not in quoted["answer"]


async def test_moderation_is_in_the_ledger_and_a_budget_that_is_used_up_lets_nothing_pass_unseen(
    pincite_home: Path, provider: Provider
) -> None:
    given = {**_asked_of_provider(provider), "moderation_failure": "open"}
    async with _client(pincite_home, provider, model_prices="openai:omni-moderation-latest=1/1", **given) as client:
        provider.behaviour.reply = GOOD
        answered = await _ask(client)
        assert answered.json()["state"] == "completed"
        lines = (await client.get("/v1/usage/costs", params={"by": "stage"})).json()["items"]
        moderated = next(each for each in lines if each["of"]["stage"] == "moderation")
        assert moderated["calls"] == 2, "the question, and the sentence of the answer"
        assert moderated["cost_usd"] > 0
        await client.post("/v1/budgets", json={"subject": "tenant", "period": "day", "limit_usd": 0.0})
        refused = await _ask(client, "how to SINK the ferry?")
        assert (refused.status_code, refused.json()["code"]) == (429, "budget-exceeded")


async def test_a_budget_that_others_hold_refuses_moderation_at_once_and_waits_for_nobody(
    pincite_home: Path, provider: Provider
) -> None:
    given = {**_asked_of_provider(provider), "moderation_failure": "open", "moderation_timeout_s": 5}
    given["model_prices"] = "openai:omni-moderation-latest=1/1"
    async with house_with_model(pincite_home, provider, **given) as house:
        owner = await house.owner()
        await house.ledger.set_budget(owner, Budget("", Subject.TENANT, owner.tenant, Period.DAY, None, 5_000))
        held = await house.ledger.reserve(owner, Call("chat", "openai:test-model", Purpose(), Spend(0, 4_999)))
        moderator = house.models.moderator()
        assert moderator is not None
        began = time.monotonic()
        with pytest.raises(BudgetExceeded):
            await moderator.flagged(owner, "how to sink the ferry?")
        assert time.monotonic() - began < 2.0
        house.ledger.settle(held, Spent())
