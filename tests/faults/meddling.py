"""Meddles with a document at every boundary of its reading: something else is done to it there, and then it goes on.

Boundaries are found by watching: each call of the library, the index and the files that changes something, each step
and each commit to the queue. Nothing is listed by hand.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from pincite.core import Scope
from pincite.jobs import Json, May, Steps, Workflow

Action = Callable[[], Awaitable[Any]]
_READS = (
    "revision",
    "document",
    "page",
    "chunk",
    "contexts",
    "generations",
    "active",
    "unfinished",
    "tenants",
    "count",
    "removals",
    "waiting",
    "search",
    "local_path",
    "exists",
    "size",
    "list",
    "read",
    "status",
    "start",
    "stop",
    "changes",
    "fast",
    "check",
    "hydrate",
    "damaged",
    "verify",
    "clean_staging",
    "maintain",
)


class Meddler:
    """Counts boundaries and, at one of them, once, does what it was told before it lets the work go on."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._passed: Counter[str] = Counter()
        self._at = ""
        self._action: Action | None = None
        self.doing: asyncio.Future[Any] | None = None

    def arm(self, at: str, action: Action) -> None:
        """Begin to count anew; do the action at that boundary."""
        self.seen.clear()
        self._passed.clear()
        self._at, self._action = at, action

    @property
    def struck(self) -> bool:
        """Whether the boundary was reached."""
        return self._action is None

    async def passes(self, name: str) -> None:
        """Be at a boundary."""
        self._passed[name] += 1
        point = f"{name}#{self._passed[name]}"
        self.seen.append(point)
        action = self._action
        if point == self._at and action is not None:
            self._action = None  # what it does passes boundaries too
            # In a task of its own, as it is in life: the work may be interrupted by what is done.
            self.doing = asyncio.ensure_future(action())
            await asyncio.shield(self.doing)


class Watched:
    """Any room; calls that change something pass a boundary before and one after."""

    def __init__(self, inner: Any, meddler: Meddler, name: str) -> None:
        self._inner, self._meddler, self._name = inner, meddler, name

    def __getattr__(self, name: str) -> Any:
        """Pass everything on."""
        found: Any = getattr(self._inner, name)
        if name.startswith(("_", *_READS)) or not callable(found):
            return found

        async def changing(*arguments: Any, **named: Any) -> Any:
            await self._meddler.passes(f"{self._name}.{name}")
            work: Any = found(*arguments, **named)
            result = await work
            await self._meddler.passes(f"{self._name}.{name} done")
            return result

        return changing


class WatchedQueue(Watched):
    """A queue whose jobs' steps pass boundaries too."""

    def register(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow."""

        async def watched(steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
            await workflow(_WatchedSteps(steps, self._meddler), scope, payload)

        self._inner.register(name, watched, may, waits=waits)


class _WatchedSteps:
    def __init__(self, inner: Steps, meddler: Meddler) -> None:
        self._inner, self._meddler = inner, meddler

    async def run(self, name: str, step: Callable[[], Awaitable[Json]]) -> Json:
        """Run a step between boundaries: before, done and not recorded, recorded."""

        async def body() -> Json:
            result = await step()
            await self._meddler.passes(f"step {name} done")
            return result

        await self._meddler.passes(f"step {name}")
        result = await self._inner.run(name, body)
        await self._meddler.passes(f"step {name} recorded")
        return result
