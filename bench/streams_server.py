"""A server whose answers are the times at which their pieces were made: what `bench/streams.py` measures apart.

What it takes: how many answers begin before their pieces do, pieces a second of each, and for how many seconds.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any

import uvicorn

from pincite.answers import Answers, Drafters, EvidenceSource
from pincite.answers.domain import Answer, AnswerMode
from pincite.answers.drafting import Drafter, Task
from pincite.app.front import BoundedHttp
from pincite.app.listening import bound
from pincite.app.settings import read_settings
from pincite.app.web import create_app
from pincite.app.wiring import House, open_house
from pincite.core import Scope


class Clock:
    """Makes answers, whose pieces begin when all are there.

    Args:
        streams: how many that are.
        rate: pieces a second of each.
        seconds: for how long.
    """

    mode = AnswerMode.MODEL
    model_name = "bench:clock"

    def __init__(self, streams: int, rate: float, seconds: float) -> None:
        self._awaited = streams
        self.rate = rate
        self.seconds = seconds
        self.full = asyncio.Event()

    def look(self, scope: Scope) -> None:
        """Pass."""

    def begin(self, task: Task) -> "Ticking":
        """Begin one."""
        self._awaited -= 1
        if not self._awaited:
            self.full.set()
        return Ticking(task.answer, self)


class Ticking:
    """One answer."""

    def __init__(self, answer: Answer, clock: Clock) -> None:
        self.answer = answer
        self._clock = clock

    async def events(self) -> AsyncGenerator[tuple[str, Mapping[str, Any]]]:
        """Yield pieces when they are due."""
        yield "retrieval.completed", {"passages": [], "reading": [], "timings_ms": {}}
        await self._clock.full.wait()
        step_s = 1 / self._clock.rate
        due = time.perf_counter() + random.random() * step_s
        for _ in range(int(self._clock.seconds * self._clock.rate)):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            text = f" {int(time.perf_counter() * 1e6):x},"
            self.answer = replace(self.answer, text=self.answer.text + text)
            yield "answer.delta", {"text": text}
            due += step_s


class Clocks(Drafters):
    """Every answer is the clock's."""

    clock: Clock

    def choose(self, model: str | None, *, kept: bool = False) -> Drafter:
        """Return it."""
        return self.clock


async def _serve(streams: int, rate: float, seconds: float) -> None:
    async with open_house(read_settings()) as opened:
        drafters = Clocks(EvidenceSource(opened.retrieval, opened.library), opened.embedder, opened.models)
        drafters.clock = Clock(streams, rate, seconds)
        house: House = replace(opened, answers=Answers(opened.database, drafters, opened.assistants))
        await house.answers.open()
        listener = bound("127.0.0.1", 0)
        config = uvicorn.Config(
            create_app(house), http=BoundedHttp, lifespan="off", log_level="error", timeout_graceful_shutdown=1
        )
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await uvicorn.Server(config).serve(sockets=[listener])
        await house.answers.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
