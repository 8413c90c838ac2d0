"""How the questions of a golden set are asked: of this house, of files in a data folder of their own, of its passages.

The commands are in `evaluate.py` and `gating.py`; what is asked is made in `app/evaluation.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pincite.app.cli.acting import scratch
from pincite.app.cli.adding import add_paths
from pincite.app.cli.output import err
from pincite.app.evaluation import Configuration, open_subject, scratch_home
from pincite.app.settings import Settings
from pincite.app.wiring import House
from pincite.core import InvalidInput, Scope
from pincite.evals import GoldenSet, SetKind, Subject, read_set
from pincite.library import RevisionState

_POLL_S = 0.5
_FILLED = "filled"
_DOUBTS_TOLD = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What one evaluation is over: whose, the set, the documents, how many at once."""

    scope: Scope
    golden: GoldenSet
    files: Path | None
    jobs: int
    retrieval_only: bool


async def golden_set(house: House, scope: Scope, path: str, name: str | None = None) -> GoldenSet:
    """Return a set from a file or folder, or from the database by its name, `NAME@VERSION` for an older version.

    Args:
        house: where sets are kept.
        scope: whose.
        path: where a file or folder may lie.
        name: what the set is called in the database; the path by default.

    Raises:
        BadGoldenSet: the file is none.
        NotFound: it is neither a file nor kept.
    """
    if Path(path).exists():
        return await asyncio.to_thread(read_set, Path(path))
    name = name or path
    kept, mark, version = name.rpartition("@")
    if not mark or any(each.name == name for each in await house.evaluations.sets(scope)):
        return await house.evaluations.golden_set(scope, name)
    return await house.evaluations.golden_set(scope, kept, version)


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Say which path cannot be written. Raises: InvalidInput."""
    try:
        yield
    except OSError as error:
        raise InvalidInput(
            f"{error.filename or path} cannot be written: {error.strerror}.", remedy="Name another place."
        ) from error


async def runs_of(house: House, asked: Asked, chosen: Sequence[Configuration], *, quiet: bool) -> AsyncIterator[Any]:
    """Yield a run of each configuration, in order. Raises: PinciteError."""
    said: set[str] = set()
    for configuration in chosen:
        async with _subject(house, asked, configuration, quiet=quiet) as subject:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            with Progress(*columns, console=err(), disable=quiet, transient=True) as progress:
                bar = progress.add_task(configuration.name, total=len(asked.golden.cases))
                run = await house.evaluations.run(
                    asked.scope,
                    asked.golden,
                    subject,
                    jobs=asked.jobs,
                    progress=lambda done, _, bar=bar, progress=progress: progress.update(bar, completed=done),
                )
        _tell_doubts(run.doubts, said)
        yield run


def _tell_doubts(doubts: Sequence[str], said: set[str]) -> None:
    """Tell on standard error what the set says that the documents do not bear out, once for all configurations."""
    new = [each for each in doubts if each not in said]
    said.update(new)
    if not new:
        return
    err().print(
        f"Places that are not in the documents as the set names them; figures of these cases mislead: {len(new)}."
    )
    for each in new[:_DOUBTS_TOLD]:
        err().print(f"  {each}", markup=False)
    if len(new) > _DOUBTS_TOLD:
        err().print(f"  ... and {len(new) - _DOUBTS_TOLD} more.")


@asynccontextmanager
async def _subject(house: House, asked: Asked, configuration: Configuration, *, quiet: bool) -> AsyncIterator[Subject]:
    alone = asked.retrieval_only
    if asked.files is None or asked.golden.kind is not SetKind.DOCUMENTS:
        async with open_subject(house, asked.scope, asked.golden, configuration, retrieval_only=alone) as subject:
            yield subject
        return
    async with scratch(_scratch(house.settings, asked.files, configuration)) as (apart, owner):
        await _fill(apart, owner, asked.files, quiet=quiet)
        async with open_subject(apart, owner, asked.golden, configuration, retrieval_only=alone) as subject:
            yield subject


async def _fill(apart: House, owner: Scope, files: Path, *, quiet: bool) -> None:
    """Add the files, unless that was done to its end: what was broken off goes on, and two may do it at once."""
    filled = apart.settings.home / _FILLED
    if not filled.exists():
        lines = await add_paths(apart, owner, [files], collection="default", quiet=quiet)
        failed = [line for line in lines if line["state"] == RevisionState.FAILED]
        for line in failed:
            err().print(f"{line['source']} was not read: {line['problem']['message']}", markup=False)
        if not failed:
            filled.touch()
    await _wait_for_vectors(apart, owner)


async def _wait_for_vectors(house: House, scope: Scope) -> None:
    """Wait until the chosen embedder has seen everything: half of its vectors would be measured as its quality."""
    while (tier := await house.library.fast_tier(scope)) is not None and tier.waiting:  # noqa: ASYNC110 - other processes may fill
        await asyncio.sleep(_POLL_S)


def _scratch(settings: Settings, files: Path, configuration: Configuration) -> Settings:
    if not files.exists():
        raise InvalidInput(f"There is no folder {files}.", remedy="Check the path.")
    settings = settings.model_copy(update={"embedder": configuration.embedder or settings.embedder})
    try:
        home = scratch_home(settings, files)
    except OSError as error:
        raise InvalidInput(
            f"{error.filename} cannot be read: {error.strerror}.", remedy="Check its permissions."
        ) from None
    change = {
        "home": home,
        "database_url": None,
        "jobs_url": None,
        "blobs_url": None,
        "index_url": None,
    }
    return settings.model_copy(update=change)
