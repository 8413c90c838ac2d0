"""The working side of DBOS: its singleton, its loop in a thread of its own, and the bridge back to ours.

DBOS runs workflows on its own event loop (and would take over the thread pool of ours if it were started there). Jobs
and their steps must run on the loop that our database connections belong to, so a workflow on DBOS's loop is only a
clerk: it starts the job on our loop, runs each step that the job asks for as a DBOS step, whose body is on our loop
again, and waits for the job's end.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pincite.core import Conflict, get_logger
from pincite.jobs.domain import Json, StepFailed
from pincite.jobs.kinds import Kinds

APPLICATION = "pincite"
QUEUE = "pincite"
WAITING = "pincite-waiting"  # jobs that mostly wait, beside those that work
_LISTEN_S = 0.1  # its listener for messages, which are not used here, sleeps so long before it sees that it is to end
_LET_GO_S = 10.0
VERSION = "1"  # pinned: by default it is a hash of the source, and a new release would strand unfinished jobs

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    """A step that a job on our loop wants to be run durably; `answer` is a future of our loop."""

    name: str
    step: Callable[[], Awaitable[Json]]
    answer: asyncio.Future[Json]


class _BridgedSteps:
    """`Steps` for a job on our loop: passes each step to the clerk on DBOS's loop."""

    def __init__(self, clerk_loop: asyncio.AbstractEventLoop, requests: "asyncio.Queue[_Request | None]") -> None:
        self._clerk_loop = clerk_loop
        self._requests = requests

    async def run(self, name: str, step: Callable[[], Awaitable[Json]]) -> Json:
        """Run `step` at least once and remember its result."""
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        try:
            self._clerk_loop.call_soon_threadsafe(self._requests.put_nowait, _Request(name, step, answer))
        except RuntimeError as closed:
            raise asyncio.CancelledError("the job engine is closing") from closed
        return await answer


class DbosWorker:
    """Takes jobs and runs them on the event loop that called `start`."""

    def __init__(self, url: str, worker_id: str, kinds: Kinds) -> None:
        self._url = url
        self._worker_id = worker_id
        self._kinds = kinds
        self._home = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._jobs: dict[Future[None], str] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Launch DBOS in a thread, so that it makes its own loop. Raises: Conflict, if one works in this process."""
        await asyncio.to_thread(self._launch)

    async def stop(self) -> None:
        """Stop DBOS and wait for the interrupted jobs to let go."""
        from dbos import DBOS

        await asyncio.to_thread(lambda: DBOS.destroy(destroy_registry=True))
        # A future that another thread waits for counts as done once it is cancelled; its task has yet to let go.
        await asyncio.sleep(0)  # those that were asked for last begin
        left = set(self._tasks)
        for task in left:
            if not task.cancelling():
                task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=_LET_GO_S)
        if left:
            log.warning("jobs did not let go in time", jobs=len(left))

    def at_work(self) -> frozenset[str]:
        """Return the ids of the jobs that run here now."""
        return frozenset(self._jobs.copy().values())

    def _launch(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer

        DBOS(
            config={
                "name": APPLICATION,
                "system_database_url": self._url,
                "executor_id": self._worker_id,
                "application_version": VERSION,
                "serializer": DBOSPortableJSONSerializer(),
                "log_level": "WARNING",
                "run_migrations": False,
                "notification_listener_polling_interval_sec": _LISTEN_S,
            }
        )
        if self._worker_id != DBOS.executor_id:  # a second DBOS() gives back the first
            raise Conflict("A job worker runs in this process already.", remedy="Start a second process instead.")
        for name in sorted(self._kinds.names):
            DBOS.workflow(name=name)(self._clerk(name))
        DBOS.launch()

    def _clerk(self, name: str) -> Callable[[dict[str, str]], Awaitable[None]]:
        async def clerk(payload: dict[str, str]) -> None:
            from dbos import DBOS

            here = asyncio.get_running_loop()
            requests: asyncio.Queue[_Request | None] = asyncio.Queue()

            def ended(_job: Future[None]) -> None:
                with suppress(RuntimeError):  # DBOS's loop may be closed already
                    here.call_soon_threadsafe(requests.put_nowait, None)

            job = self._at_home(self._kinds.run(name, _BridgedSteps(here, requests), payload))
            self._jobs[job] = DBOS.workflow_id or ""
            job.add_done_callback(self._jobs.pop)
            job.add_done_callback(ended)
            try:
                while (request := await requests.get()) is not None:
                    await self._serve(request)
                await asyncio.wrap_future(job)
            finally:
                job.cancel()

        return clerk

    async def _serve(self, request: _Request) -> None:
        from dbos import DBOS

        async def body() -> Json:
            return await asyncio.wrap_future(self._at_home(_as_coroutine(request.step)))

        step = asyncio.ensure_future(DBOS.run_step_async({"name": request.name}, body))
        try:
            await asyncio.wait([step])
        finally:
            step.cancel()
        error = step.exception()
        if error is None:
            self._home.call_soon_threadsafe(_answer, request.answer, step.result())
        elif isinstance(error, Exception):
            self._home.call_soon_threadsafe(_refuse, request.answer, _as_raised(error))
        else:
            raise error  # DBOS says that the job was cancelled or belongs to another worker by now

    def _at_home(self, work: "Awaitable[Any]") -> "Future[Any]":
        # In the context of `start`, so that DBOS's own context does not leak into the job.
        coroutine = self._awaiting(work)
        return self._context.copy().run(asyncio.run_coroutine_threadsafe, coroutine, self._home)

    async def _awaiting(self, work: Awaitable[Any]) -> Any:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await work


async def _as_coroutine(step: Callable[[], Awaitable[Json]]) -> Json:
    return await step()


def _answer(answer: asyncio.Future[Json], result: Json) -> None:
    if not answer.done():
        answer.set_result(result)


def _refuse(answer: asyncio.Future[Json], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _as_raised(error: Exception) -> Exception:
    """A failure that was recorded before a crash comes back as JSON; say so in our own words."""
    from dbos import PortableWorkflowError

    if isinstance(error, PortableWorkflowError):
        return StepFailed(str(error), remedy="See the log of the earlier run; try again.")
    return error


class _ToOurLog(logging.Handler):
    """DBOS's own log lines: errors become warnings of ours, the rest is left out."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one line on."""
        log.warning("job engine", said=record.getMessage())


def quieten() -> None:
    """Keep DBOS from printing to the console; it adds a console handler of its own where it finds none."""
    logger = logging.getLogger("dbos")
    logger.propagate = False
    if not any(isinstance(handler, _ToOurLog) for handler in logger.handlers):
        logger.addHandler(_ToOurLog(level=logging.ERROR))
