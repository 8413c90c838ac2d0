"""Runs golden sets against subjects, several cases at once; what was found out is kept and not asked again.

A run that is broken off goes on where it stopped. What figures mean is in `figures.py`.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence

from pincite.core import Database, PinciteError, Scope, utc_now
from pincite.evals import store
from pincite.evals.domain import Case, GoldenSet, Outcome, Run, SetInfo, Subject, outcome_from
from pincite.evals.formats import case_to
from pincite.evals.margins import Margin, Ranked, learn_margin, ranked_cases
from pincite.evals.shadows import Beside, Measured, beside
from pincite.evals.subjects import DocumentSubject

Progress = Callable[[int, int], None]
"""Told how many cases are done, and of how many."""

_KEPT_AT_ONCE = 50


class Evaluations:
    """Golden sets and their runs.

    Args:
        database: where sets and outcomes are kept.
    """

    def __init__(self, database: Database) -> None:
        self._db = database

    async def keep_set(self, scope: Scope, golden: GoldenSet) -> SetInfo:
        """Keep a set as the newest version of its name, unless the newest says the same. Raises: InvalidInput."""
        async with self._db.transaction(scope) as session:
            return await store.add_set(session, scope, golden, utc_now())

    async def sets(self, scope: Scope) -> list[SetInfo]:
        """Return every version of every set, the newest first."""
        async with self._db.read(scope) as session:
            return await store.sets(session, scope)

    async def golden_set(self, scope: Scope, name: str, version: str | None = None) -> GoldenSet:
        """Return a set by name, the newest version unless one is named. Raises: NotFound."""
        async with self._db.read(scope) as session:
            return await store.golden_set(session, scope, name, version)

    async def remove_set(self, scope: Scope, name: str, version: str | None = None) -> None:
        """Remove a version of a set. Raises: NotFound."""
        async with self._db.transaction(scope) as session:
            await store.delete_set(session, scope, name, version)

    async def forget_outcomes(self, scope: Scope, *, only_count: bool = False) -> int:
        """Delete what subjects answered in earlier runs, which quotes documents; returns how many cases that was."""
        async with self._db.transaction(scope) as session:
            return await store.forget_outcomes(session, scope, only_count=only_count)

    def beside(self, pairs: Sequence[tuple[Measured, Measured]]) -> Mapping[str, Beside]:
        """Return how answers that were shown, and their shadows, measure over the same questions."""
        return beside(pairs)

    async def run(self, scope: Scope, golden: GoldenSet, subject: Subject, *, jobs: int = 4, progress: Progress) -> Run:
        """Judge every case, at most `jobs` at once; returns the outcomes of all. Raises: PinciteError."""
        began = time.perf_counter()
        keys = {case.id: _key(subject, case) for case in golden.cases}
        async with self._db.read(scope) as session:
            kept = await store.outcomes(session, scope, list(keys.values()))
        known = {case: outcome_from(kept[key]) for case, key in keys.items() if key in kept}
        missing = [case for case in golden.cases if case.id not in known]
        progress(len(known), len(golden.cases))
        made = dict(known)
        for start in range(0, len(missing), _KEPT_AT_ONCE):
            some = await _judged(subject, missing[start : start + _KEPT_AT_ONCE], jobs)
            async with self._db.transaction(scope) as session:
                await store.keep_outcomes(session, scope, {keys[each.case]: each.to_json() for each in some}, utc_now())
            made.update({each.case: each for each in some})
            progress(len(made), len(golden.cases))
        ordered = {case.id: made[case.id] for case in golden.cases}
        seconds = time.perf_counter() - began
        doubts = await subject.doubts(golden.cases) if isinstance(subject, DocumentSubject) else []
        return Run(subject.name, ordered, len(missing), seconds, tuple(doubts))

    async def margin(self, scope: Scope, asked: Sequence[tuple[GoldenSet, Subject, Subject]]) -> Margin:
        """Learn when the reranker can be spared, from each set asked without one and with one.

        Raises: BadGoldenSet, EvalExtraMissing, PinciteError.
        """
        sets: dict[str, list[Ranked]] = {}
        for golden, plain, reranked in asked:
            runs = [await self.run(scope, golden, each, progress=lambda _, __: None) for each in (plain, reranked)]
            sets[golden.name] = await asyncio.to_thread(ranked_cases, golden, runs[0], runs[1])
        return await asyncio.to_thread(learn_margin, sets)


async def _judged(subject: Subject, cases: Sequence[Case], jobs: int) -> list[Outcome]:
    turns = asyncio.Semaphore(max(1, jobs))

    async def judge(case: Case) -> Outcome:
        async with turns:
            try:
                return await subject.judge(case)
            except PinciteError as error:
                error.message = f"Case {case.id}: {error.message}"
                raise

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(judge(case)) for case in cases]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed  # the first failure stops the run, and is said as itself
    return [task.result() for task in tasks]


def _key(subject: Subject, case: Case) -> str:
    said = json.dumps([subject.key, case_to(case)], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
