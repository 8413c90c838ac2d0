"""A provider of models that is away for ten minutes under two hundred people; time runs five times as fast.

What it was sent is counted in its own log. `FAULTS=whole` plays the ten minutes, otherwise it is one.
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.flow.simulated import Simulated, simulated

from pincite.core import Scope
from pincite.gateway import ChatModel, ChatRequest, Message, ModelError, Models
from pincite.gateway.adapters.memory import MemoryMeter
from pincite.gateway.bucket import Limit
from pincite.gateway.line import Line
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import Call, Reservation

FASTER = 5.0
USERS = 200
WHOLE = os.environ.get("FAULTS") == "whole"
OUTAGE_S = 600.0 if WHOLE else 60.0
CALM_S = 30.0
THINKS_S = 20.0
SCOPE = Scope("acme", "ada")
REQUEST = ChatRequest("Be brief.", (Message("user", "When does the ferry leave?"),), timeout_s=6)
REPLY = "The ferry leaves at nine."


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Simulated]:
    with simulated(tmp_path, "--latency", "0.05", "--rate", "0") as started:
        yield started


@dataclass
class Request:
    """One request of somebody: when it was made and had ended, in seconds from the beginning, and why it failed."""

    began_s: float
    ended_s: float = 0.0
    failed: str | None = None


@dataclass
class Counting(MemoryMeter):
    """A ledger that knows of which request each attempt is."""

    attempts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def reserve(self, scope: Scope, call: Call, *, patience_s: float = 0.0) -> Reservation:
        """Let it be made."""
        task = asyncio.current_task()
        assert task is not None
        self.attempts.append(task.get_name())
        return await super().reserve(scope, call, patience_s=patience_s)


def _fast() -> float:
    return time.monotonic() * FASTER


def _line(name: str, limits: Sequence[Limit]) -> Line:
    return Line(name, limits, now=_fast)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ["status", "drop", "hang"])
async def test_an_outage_is_met_with_few_calls_and_over_soon(provider: Simulated, kind: str) -> None:
    meter = Counting()
    settings = ModelSettings(
        model="openai:simulated",
        base_url=f"{provider.url}/v1",
        api_key=SecretStr("any"),
        first_event_timeout_s=2.0,
    )
    model = Models(settings, {}, Discovery("openai:simulated", ()), meter, _line).choose(None)
    assert model is not None
    provider.tell(reply=REPLY, latency_s=0.05)
    await _once(model, Request(0), lambda: 0.0)  # what is imported is imported

    fault: dict[str, Any] = {"kind": kind, "from_s": CALM_S / FASTER, "until_s": (CALM_S + OUTAGE_S) / FASTER}
    provider.tell({**fault, "value": 503} if kind == "status" else fault, reply=REPLY, latency_s=0.05)
    began_wall, began = time.time(), _fast()
    meter.attempts.clear()
    made: list[Request] = []

    def now_s() -> float:
        return _fast() - began

    end_s = CALM_S + OUTAGE_S + CALM_S
    await asyncio.gather(*(_user(model, made, now_s, end_s, random.Random(n)) for n in range(USERS)))

    outage = (CALM_S, CALM_S + OUTAGE_S)
    seen = [each for each in _sent(provider, began_wall) if outage[0] <= each < outage[1]]
    during = [each for each in made if outage[0] <= each.began_s < outage[1]]
    tried = Counter(made[int(each)].began_s for each in meter.attempts)
    sent = [calls for at, calls in tried.items() if outage[0] <= at < outage[1]]
    opened_s = min(each.ended_s for each in during if each.failed and "left alone" in each.failed) - outage[0]
    failed_s = min(each.ended_s for each in during if each.failed) - outage[0]
    back_s = max(each.began_s for each in made if each.failed) - outage[1]
    per_request = len(seen) / len(during)
    per_tried = sum(sent) / len(sent)
    print(
        f"\n{kind}: {USERS} people, {OUTAGE_S:g} s away: {len(during)} requests and {len(seen)} calls meanwhile "
        f"({per_request:.3f} a request; {per_tried:.3f} of those that were sent at all), left alone "
        f"{opened_s:.1f} s after the outage began ({opened_s - failed_s:.1f} s after the first failure), "
        f"the last request that failed was made {back_s:.1f} s after its end"
    )
    assert len(during) > USERS
    assert per_request <= 1.1
    # What is promised of any number of them: a reserve, a tenth of a retry for each, and one more a minute.
    assert sum(sent) - len(sent) <= 10 + 0.1 * len(sent) + OUTAGE_S / 60
    if WHOLE:
        assert per_tried <= 1.1
    assert opened_s - failed_s <= 5
    if kind != "hang":
        assert opened_s <= 5
    assert back_s <= 15
    later = [each for each in made if each.began_s > outage[1] + 15]
    assert len(later) > USERS / 2
    assert not any(each.failed for each in later)


async def _user(
    model: ChatModel, made: list[Request], now_s: Callable[[], float], end_s: float, chance: random.Random
) -> None:
    """Ask, think and ask again."""
    await asyncio.sleep(chance.random() * THINKS_S / FASTER)
    while now_s() < end_s:
        request = Request(now_s())
        made.append(request)
        await asyncio.create_task(_once(model, request, now_s), name=str(len(made) - 1))
        await asyncio.sleep((0.5 + chance.random()) * THINKS_S / FASTER)


async def _once(model: ChatModel, request: Request, now_s: Callable[[], float]) -> None:
    try:
        assert [each async for each in model.stream(SCOPE, REQUEST)]
    except ModelError as error:
        request.failed = error.message
    request.ended_s = now_s()


def _sent(provider: Simulated, began_wall: float) -> list[float]:
    """Return when the provider was called by its own log, in seconds of the fast clock."""
    times: list[float] = []
    before: str | None = None
    while True:
        page = httpx2.get(
            f"{provider.url}/simulation/requests", params={"limit": 1000} | ({"before": before} if before else {})
        ).json()
        times += [datetime.fromisoformat(each["began_at"]).timestamp() for each in page["items"]]
        before = page["next_before"]
        if before is None:
            return [(each - began_wall) * FASTER for each in times]
