"""A process that calls a model many times at once under a budget, and says of each what became of it.

`run(DATABASE, PROVIDER, NUMBERS, WHOSE, DIES)` prints a line for each call of those numbers when it is over, and kills
itself when so many are (0: never).
"""

import asyncio
import json
import os
import random
import signal
from collections.abc import Sequence

from pydantic import SecretStr

from pincite.core import Database, PinciteError, Scope
from pincite.gateway import ChatFinished, ChatRequest, Message, Models
from pincite.gateway.adapters.evidence_http import HttpEvidence
from pincite.gateway.metering import most_tokens
from pincite.gateway.service import Discovery
from pincite.gateway.settings import ModelSettings
from pincite.ledger import BudgetExceeded, Ledger

PRICES = "openai:simulated=1.1/33"
MODEL = "openai:simulated"


def request(number: int) -> ChatRequest:
    """Return the request of a number, the same for the same."""
    words = " ".join(["ferry"] * random.Random(number).randint(2, 40))
    return ChatRequest("Be brief.", (Message("user", words),), max_tokens=60, timeout_s=240)


def ledger_of(database: Database, provider: str) -> Ledger:
    """Return a ledger that asks the simulated provider what became of calls."""
    return Ledger(database, HttpEvidence(f"{provider}/simulation/requests", PRICES))


async def main(url: str, provider: str, numbers: Sequence[int], whose: str = "anna", dies: int = 0) -> None:
    """Make the calls, all at once."""
    database = Database(url)
    ledger = ledger_of(database, provider)
    settings = ModelSettings(
        model=MODEL, base_url=f"{provider}/v1", api_key=SecretStr("any"), prices=PRICES, total_timeout_s=240
    )
    model = Models(settings, {}, Discovery(MODEL, ()), ledger).choose(None)
    assert model is not None

    over: list[int] = []
    scope = Scope("t", whose)

    async def one(number: int) -> None:
        wanted = request(number)
        outcome: dict[str, object] = {"number": number, "bound": sum(most_tokens(wanted))}
        try:
            async for event in model.stream(scope, wanted):
                if isinstance(event, ChatFinished):
                    outcome["done"] = True
        except BudgetExceeded as error:
            outcome["refused"] = "later" if error.retry_after_s == 1 else "for good"
        except PinciteError as error:
            outcome["failed"] = error.code
        print(json.dumps(outcome), flush=True)
        over.append(number)
        if len(over) == dies:
            os.kill(os.getpid(), signal.SIGKILL)

    sweeping = asyncio.create_task(sweep_on(ledger))
    await asyncio.gather(*(one(number) for number in numbers))
    sweeping.cancel()
    await ledger.close()
    await database.close()


async def sweep_on(ledger: Ledger) -> None:
    """Put right what is only estimated, more often than the ledger does by itself."""
    while True:
        await asyncio.sleep(0.5)
        await ledger.sweep()


def run(url: str, provider: str, numbers: Sequence[int], whose: str = "anna", dies: int = 0) -> None:
    """Be the process."""
    asyncio.run(main(url, provider, numbers, whose, dies))
