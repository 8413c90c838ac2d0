"""Fault points, found by running the work once: every commit of every database, every step, every boundary within one,
every write elsewhere.

`Points` counts them as they are passed and, at the one it was told, kills the process or fails the write. Nothing is
listed by hand: a new step or write is a new point.
"""

import os
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import OperationalError

from pincite.core import Scope, StorageFull, Unavailable
from pincite.core.blobs import BlobRef, BlobStore
from pincite.jobs import JobQueue, JobStatus, Json, May, Steps, Workflow

Mode = Literal["record", "kill", "io", "full"]
Work = Literal["documents", "small ones"]  # of the scenario
Place = Literal["outside", "between steps", "within a step"]

_PLACE: ContextVar[Place] = ContextVar("place", default="outside")


class Points:
    """The points that were passed, and what happens at one of them.

    Args:
        mode: only record; or kill the process, fail as a device does, fail as a full disk does.
        at: the points, as `name#3` for the third time that one is passed.
    """

    def __init__(self, mode: Mode = "record", *at: str) -> None:
        self._mode, self._at = mode, frozenset(at)
        self._passed: Counter[str] = Counter()
        self.seen: list[str] = []
        self.struck = False

    def strikes(self, name: str) -> bool:
        """Pass a point; whether it fails now. A kill does not return."""
        self._passed[name] += 1
        point = f"{name}#{self._passed[name]}"
        self.seen.append(point)
        if point not in self._at or self._mode == "record":
            return False
        self.struck = True
        if self._mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return True

    def write(self, name: str) -> None:
        """Pass the point before a write outside a database. Raises: Unavailable, StorageFull."""
        if self.strikes(name):
            if self._mode == "full":
                raise StorageFull("The disk is full.", remedy="Free some space.")
            raise Unavailable("The device failed.", remedy="Try again.")

    def boundary(self, name: str) -> None:
        """Pass a boundary that the code names itself. Raises: Unavailable, StorageFull.

        Between two steps of a job nothing is written, so there is nothing that could fail: only a death is told from
        going on.
        """
        if _PLACE.get() == "between steps":
            self.strikes(f"step {name}")
        else:
            self.write(f"boundary {name}")

    @contextmanager
    def of_databases(self) -> Any:
        """Pass a point before each commit of any database in this process, our own and the job engine's."""

        def before_commit(connection: Connection) -> None:
            name = os.path.basename(str(connection.engine.url.database))  # noqa: PTH119 (a URL's path)
            if self.strikes(f"commit {name}"):
                raise _failed("database or disk is full" if self._mode == "full" else "disk I/O error")

        event.listen(Engine, "commit", before_commit)
        try:
            yield
        finally:
            event.remove(Engine, "commit", before_commit)


class FaultyIndex:
    """Any search index, with a point before and after each write."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner, self._points = inner, points

    def __getattr__(self, name: str) -> Any:
        """Pass everything on; writes pass points."""
        found = getattr(self._inner, name)
        if not name.startswith(("write", "delete", "drop", "maintain")):
            return found

        async def writing(*arguments: Any, **named: Any) -> Any:
            self._points.write(f"index {name}")
            result = await found(*arguments, **named)
            self._points.write(f"index {name} done")
            return result

        return writing


class FaultyBlobs(BlobStore):
    """Bytes, with a point before and after each write."""

    points: Points

    async def put(self, scope: Scope, chunks: AsyncIterable[bytes], *, max_bytes: int) -> BlobRef:
        """Store bytes."""
        self.points.write("blob put")
        stored = await super().put(scope, chunks, max_bytes=max_bytes)
        self.points.write("blob put done")
        return stored

    async def delete(self, scope: Scope, sha256: str) -> None:
        """Delete bytes."""
        self.points.write("blob delete")
        await super().delete(scope, sha256)
        self.points.write("blob delete done")


class _PassedSteps:
    def __init__(self, inner: Steps, points: Points) -> None:
        self._inner, self._points = inner, points

    async def run(self, name: str, step: Callable[[], Awaitable[Json]]) -> Json:
        """Run a step between two points: begun but not recorded, and recorded."""

        async def body() -> Json:
            _PLACE.set("within a step")
            self._points.strikes(f"step {name}")
            result = await step()
            self._points.strikes(f"step {name} done")
            return result

        result = await self._inner.run(name, body)
        if self._points.strikes(f"step {name} recorded"):
            raise _failed("disk I/O error")
        return result


class FaultyQueue:
    """Any job queue, with points around its steps and before each job that is put in."""

    def __init__(self, inner: JobQueue, points: Points) -> None:
        self._inner, self._points = inner, points

    def register(self, name: str, workflow: Workflow, may: Collection[May], *, waits: bool = False) -> None:
        """Name a workflow."""

        async def watched(steps: Steps, scope: Scope, payload: Mapping[str, str]) -> None:
            _PLACE.set("between steps")
            await workflow(_PassedSteps(steps, self._points), scope, payload)

        self._inner.register(name, watched, may, waits=waits)

    async def start(self, *, work: bool = True) -> None:
        """Open the engine."""
        await self._inner.start(work=work)

    async def stop(self) -> None:
        """Close it."""
        await self._inner.stop()

    async def enqueue(self, name: str, job_id: str, payload: Mapping[str, str], *, priority: int = 0) -> None:
        """Queue a job."""
        self._points.write(f"enqueue {name}")
        await self._inner.enqueue(name, job_id, payload, priority=priority)
        self._points.write(f"enqueue {name} done")

    async def status(self, job_id: str) -> JobStatus | None:
        """Return the job's state."""
        return await self._inner.status(job_id)

    async def statuses(self, job_ids: Sequence[str]) -> Mapping[str, JobStatus]:
        """Return the states of many jobs."""
        return await self._inner.statuses(job_ids)

    async def unfinished(self) -> Sequence[JobStatus]:
        """Return the jobs that wait or run."""
        return await self._inner.unfinished()

    async def workers(self) -> int:
        """Return how many workers live."""
        return await self._inner.workers()

    async def cancel(self, job_id: str) -> None:
        """Cancel a job."""
        await self._inner.cancel(job_id)


def _failed(said: str) -> OperationalError:
    return OperationalError("COMMIT", None, sqlite3.OperationalError(said))


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """Give bytes as an upload does."""
    yield content
