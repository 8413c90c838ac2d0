"""Heartbeat and reaper: a worker says that it lives, hands on the jobs of workers that no longer do, forgets old ones.

The engine itself never adopts the jobs of a dead worker, nor those that a living one took and lost when the engine's
database failed; which jobs those are is asked through `Orphanage`. Nor does it ever drop what has ended.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from pincite.core import Database, PinciteError, get_logger, utc_now
from pincite.core.scope import EVERY_TENANT
from pincite.jobs import store
from pincite.jobs.settings import JobsSettings

_FORGET_EVERY_S = 3600.0

log = get_logger(__name__)


class Orphanage(Protocol):
    """What the reaper asks of the engine."""

    async def running(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of running jobs by worker."""
        ...

    def at_work(self) -> frozenset[str]:
        """Return the ids of the jobs that this process runs at this moment."""
        ...

    async def requeue(self, job_ids: Sequence[str]) -> None:
        """Queue these jobs again; they go on after their last finished step."""
        ...

    async def forget(self, ended_before: datetime) -> int:
        """Drop some of the jobs that ended before then, with their steps; returns how many, 0 when none is left."""
        ...


class Reaper:
    """Beats for one worker and, each time, looks for jobs whose worker is silent."""

    def __init__(self, db: Database, settings: JobsSettings, worker: str, jobs: Orphanage) -> None:
        self._db = db
        self._settings = settings
        self._worker = worker
        self._jobs = jobs
        self._tasks: list[asyncio.Task[None]] = []
        self._missing: dict[str, float] = {}
        self._patience_until = 0.0
        self._forget_at = 0.0

    async def start(self) -> None:
        """Write the first beat, then go on beating in the background."""
        async with self._db.transaction(EVERY_TENANT) as session:
            await store.beat(session, self._worker)
        self._tasks = [
            asyncio.create_task(self._run(), name="jobs-reaper"),
            asyncio.create_task(self._free(), name="jobs-frozen"),
        ]

    async def stop(self) -> None:
        """Stop and forget the worker, so that its unfinished jobs may be taken up at once."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        try:
            async with self._db.transaction(EVERY_TENANT) as session:
                await store.forget(session, self._worker)
        except PinciteError as error:
            log.warning("worker not signed off", error=error.message)

    async def reap(self) -> int:
        """Hand on the jobs of silent workers, and those of its own that it does not run; returns how many."""
        # Jobs first, then the living: a worker that starts in between has beaten before it took a job.
        running = await self._jobs.running()
        handed_on = await self._own(running.get(self._worker, ()))
        if asyncio.get_running_loop().time() < self._patience_until:
            return handed_on
        async with self._db.read(EVERY_TENANT) as session:
            alive = await store.living(session, self._settings.ttl_s)
        for worker in running.keys() - alive - {self._worker}:
            async with self._db.transaction(EVERY_TENANT) as session:
                mine = await store.claim(session, worker, self._settings.ttl_s)
            if mine:
                # Asked again under the claim: another reaper may have handed them on since.
                orphans = (await self._jobs.running()).get(worker, ())
                await self._jobs.requeue(orphans)
                log.info("jobs taken over", worker=worker, jobs=len(orphans))
                handed_on += len(orphans)
        return handed_on

    async def _own(self, mine: Sequence[str]) -> int:
        """Queue again what the engine thinks runs here and does not: it may begin a moment later, so not at once."""
        now = asyncio.get_running_loop().time()
        lost = set(mine) - self._jobs.at_work()
        self._missing = {job: self._missing.get(job, now) for job in lost}
        overdue = [job for job, since in self._missing.items() if now - since >= self._settings.ttl_s]
        if overdue:
            log.warning("jobs lost by the engine", jobs=len(overdue))
            await self._jobs.requeue(overdue)
            for job in overdue:  # taken again it may begin a moment later, too
                del self._missing[job]
        return len(overdue)

    async def _free(self) -> None:
        """End the database sessions of frozen processes: their jobs go to others, who would wait for their locks.

        Beside the beats, which may have to wait for such a lock, and which go on where this is not allowed.
        """
        failed = False
        while True:
            await asyncio.sleep(self._settings.beat_s)
            try:
                ended = await self._db.end_frozen(self._settings.ttl_s)
            except (PinciteError, SQLAlchemyError, OSError) as error:
                if not failed:
                    log.warning("sessions of frozen processes not ended", error=str(error))
                failed = True
                continue
            failed = False
            if ended:
                log.warning("sessions of frozen processes ended", sessions=ended)

    async def _forget(self) -> None:
        """Once in a while drop the jobs that ended long ago: nobody asks for them, and the engine keeps them all.

        A few between two beats: a worker that is busy forgetting must not seem dead.
        """
        now = asyncio.get_running_loop().time()
        if now < self._forget_at:
            return
        self._forget_at = now + _FORGET_EVERY_S  # also where it fails
        forgotten = await self._jobs.forget(utc_now() - timedelta(seconds=self._settings.keep_s))
        if forgotten:
            log.info("old jobs forgotten", jobs=forgotten)
            self._forget_at = now

    async def _run(self) -> None:
        while True:
            try:
                await self.reap()
                await self._forget()
                await asyncio.sleep(self._settings.beat_s)
                async with self._db.transaction(EVERY_TENANT) as session:
                    await store.beat(session, self._worker)
            except (PinciteError, SQLAlchemyError, OSError) as error:
                log.warning("heartbeat failed", error=str(error))
                # Others could not beat either: they are given the time to, once the database is back.
                self._patience_until = asyncio.get_running_loop().time() + self._settings.beat_s + self._settings.ttl_s
                await asyncio.sleep(self._settings.beat_s)
