"""`pincite add`, `list` and `remove`: documents from the command line, read in this process with progress bars.

The data folder may be served by another process at the same time; both see the same documents.
"""

import asyncio
import os
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pincite.app.cli.output import Json, err, out, print_json, run
from pincite.app.settings import read_settings
from pincite.app.wiring import House, open_house
from pincite.core import InvalidInput, PinciteError, Scope
from pincite.library import FINAL_STATES, Document, RevisionState

_PIECE = 1 << 20
_POLL_S = 0.1
_SENT_AT_ONCE = 4
_MOST_ROWS = 100
Collection = Annotated[str, typer.Option("--collection", "-c", help="The collection's name; made if there is none.")]


def add(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders; folders are walked.")],
    collection: Collection = "default",
    bulk: Annotated[bool, typer.Option("--bulk", help="Let them wait for all that was not added in bulk.")] = False,
    as_json: Json = False,
) -> None:
    """Add documents and wait until each is ready or has failed. Exit code 1 if any failed.

    Stopped half-way, it can be run again: what is there is not read again, and the rest goes on where it was.
    """

    async def work() -> list[dict[str, Any]]:
        settings = read_settings(log_level="error")
        async with open_house(settings, work=True) as house:
            scope = await house.owner()
            return await add_paths(house, scope, paths, collection=collection, quiet=as_json, bulk=bulk)

    lines = run(work(), as_json=as_json)
    for line in lines:
        if as_json:
            print_json(line)
    if not as_json:
        _print_summary(lines, most=_MOST_ROWS)
    if any(line["state"] == RevisionState.FAILED for line in lines):
        raise typer.Exit(1)


def list_documents(
    collection: Annotated[str | None, typer.Option("--collection", "-c", help="Only this collection.")] = None,
    as_json: Json = False,
) -> None:
    """List the documents, newest first."""

    async def work() -> list[dict[str, Any]]:
        async with open_house(read_settings(log_level="error")) as house:
            scope = await house.owner()
            lines: list[dict[str, Any]] = []
            cursor = None
            while True:
                page = await house.library.documents(scope, collection=collection, limit=200, cursor=cursor)
                lines += [summary(document) for document in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    return lines

    lines = run(work(), as_json=as_json)
    if as_json:
        print_json({"items": lines})
    else:
        _print_summary(lines)


def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids or sources, from `pincite list`.")],
    as_json: Json = False,
) -> None:
    """Remove documents: their text, their place in the index and, where nothing else uses them, their bytes."""

    async def work() -> None:
        async with open_house(read_settings(log_level="error"), work=True) as house:
            scope = await house.owner()
            for name in documents:
                await house.remove_and_wait(scope, name)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"removed": documents})
    else:
        out().print(f"Removed {len(documents)}.")


async def add_paths(
    house: House, scope: Scope, paths: Sequence[Path], *, collection: str, quiet: bool, bulk: bool = False
) -> list[dict[str, Any]]:
    """Upload every file under `paths` and wait for all and their vectors; returns one summary a file, in order."""
    files = _files(paths)
    if not files:
        raise InvalidInput("There is no file to add.", remedy="Name files, or folders that hold some.")
    collection_id = await house.ensure_collection(scope, collection)
    began = await house.library.latest_version(scope)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet, transient=True, speed_estimate_period=60) as progress:
        bars = _Bars(progress, len(files))
        added = _Added(house, scope, bars)
        sending = asyncio.create_task(added.send(files, collection_id, bulk=bulk))
        try:
            lines = await added.follow(sending, began)
        finally:
            sending.cancel()
        bars.filling()
        await house.ingest.filled(scope)
    return [lines[position] for position in range(len(files))]


class _Added:
    """The files of one command: those that wait, by document, and what became of the others, by place."""

    def __init__(self, house: House, scope: Scope, bars: "_Bars") -> None:
        self._house = house
        self._scope = scope
        self._bars = bars
        self._waiting: dict[str, list[int]] = {}
        self._sources: Sequence[str] = ()
        self._lines: dict[int, dict[str, Any]] = {}

    async def send(self, files: Sequence[tuple[Path, str]], collection: str, *, bulk: bool) -> None:
        """Upload all, a few at once."""
        left = iter(enumerate(files))
        self._sources = [source for _, source in files]
        sent = 0

        async def some() -> None:
            nonlocal sent
            for position, (path, source) in left:
                try:
                    received = await self._house.ingest.receive(
                        self._scope, collection=collection, source=source, stream=_pieces(path), bulk=bulk
                    )
                    # Two files may be one document: names that differ in nothing that is kept.
                    self._waiting.setdefault(received.document.id, []).append(position)
                    # It may have ended before it was waited for, and the feed does not say so twice.
                    self._see(await self._house.library.document(self._scope, received.document.id))
                except PinciteError as error:
                    self._lines[position] = _refused(source, error)
                    self._bars.done(None)
                sent += 1
                self._bars.uploaded(sent)

        async with asyncio.TaskGroup() as group:
            for _ in range(_SENT_AT_ONCE):
                group.create_task(some())

    async def follow(self, sending: "asyncio.Task[None]", version: int) -> dict[int, dict[str, Any]]:
        """Wait for all by the feed of changes after a version, however many there are; returns a line a file."""
        while not sending.done() or self._waiting:
            changes = await self._house.library.changes(self._scope, version)
            for change in changes:
                version = change.version
                if change.document is not None:
                    self._see(change.document)
                elif change.removed_id is not None:
                    self._end(change.removed_id, None)
            if sending.done():
                sending.result()
            if not changes:
                await asyncio.sleep(_POLL_S)
        sending.result()
        return self._lines

    def _see(self, document: Document) -> None:
        """Take a document as it is now; an older state of one that has ended already says nothing."""
        if document.id not in self._waiting:
            return
        if document.latest.state not in FINAL_STATES | {RevisionState.PAUSED}:
            self._bars.reading(document)
            return
        self._end(document.id, summary(document))

    def _end(self, document_id: str, line: dict[str, Any] | None) -> None:
        """Take down what became of a document; None says that it was removed."""
        for position in self._waiting.pop(document_id, []):
            gone = InvalidInput("The document was removed meanwhile.", remedy="Add it again.")
            self._lines[position] = line or _refused(self._sources[position], gone)
            self._bars.done(document_id)


def summary(document: Document) -> dict[str, Any]:
    """Return a document as one line of `pincite add --json`."""
    latest = document.latest
    problem = latest.problem
    return {
        "id": document.id,
        "source": document.source,
        "state": latest.state.value,
        "pages": latest.pages_done,
        "chunks": latest.chunks,
        "seconds": latest.seconds,
        "problem": None
        if problem is None
        else {"code": problem.code, "message": problem.message, "remedy": problem.remedy, "page": problem.page},
        "warnings": [{"page": each.page, "message": each.message} for each in latest.warnings],
    }


class _Bars:
    """One progress bar for all documents and one for each that is being read."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress = progress
        self._files = files
        self._whole = progress.add_task("All documents", total=files, note="")
        self._of: dict[str, TaskID] = {}

    def uploaded(self, count: int) -> None:
        self._progress.update(self._whole, note=f"{count} of {self._files} uploaded")

    def done(self, document_id: str | None) -> None:
        self._progress.advance(self._whole)
        if document_id in self._of:
            self._progress.remove_task(self._of.pop(document_id))

    def filling(self) -> None:
        self._progress.update(self._whole, note="can be searched; better vectors follow")

    def reading(self, document: Document) -> None:
        latest = document.latest
        if latest.state is RevisionState.QUEUED:
            return
        if document.id not in self._of:
            self._of[document.id] = self._progress.add_task(escape(document.source[-40:]), total=None, note="")
        note = f"{latest.state}, page {latest.pages_done} of {latest.pages_total or '?'}"
        self._progress.update(self._of[document.id], completed=latest.pages_done, total=latest.pages_total, note=note)


def _files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in _walked(path) if item.is_file() and not _hidden(item, path))
            found += [(item, item.relative_to(path).as_posix()) for item in inside]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise InvalidInput(f"{path} does not exist or is not a file.", remedy="Check the path.")
    return _told_apart(found)


def _walked(folder: Path) -> Iterator[Path]:
    """Yield every file below. Raises: InvalidInput, for a folder that may not be read: nothing is left out unsaid."""

    def unreadable(error: OSError) -> None:
        raise InvalidInput(f"{error.filename} cannot be read: {error.strerror}.", remedy="Check its permissions.")

    for place, _, names in os.walk(folder, onerror=unreadable):
        for name in names:
            yield Path(place, name)


def _told_apart(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Name files of one name by their whole path: under one name the second would be a revision of the first."""
    given = {path.absolute(): unicodedata.normalize("NFC", source) for path, source in files}  # as names are kept
    names = Counter(given.values())
    return [(path, source if names[source] == 1 else path.as_posix().lstrip("./")) for path, source in given.items()]


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except OSError as error:
        remedy = "Check its permissions."
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", remedy=remedy) from error


def _refused(source: str, error: PinciteError) -> dict[str, Any]:
    problem = {"code": error.code, "message": error.message, "remedy": error.remedy, "page": None}
    return {
        "id": None,
        "source": source,
        "state": RevisionState.FAILED.value,
        "pages": 0,
        "chunks": 0,
        "seconds": None,
        "problem": problem,
        "warnings": [],
    }


def _print_summary(lines: Sequence[dict[str, Any]], *, most: int | None = None) -> None:
    """Print a row a document; of more than `most`, so many of those that have a problem or a warning, and counts."""
    table = Table("Source", "State", "Pages", "Chunks", "Seconds", "Problem")
    shown = lines
    if most is not None and len(lines) > most:
        noted = [line for line in lines if line["problem"] or line["warnings"]]
        shown = noted[:most]
        counts = Counter(line["state"] for line in lines)
        out().print(", ".join(f"{count} {state}" for state, count in counts.most_common()) + ".")
        if len(noted) > most:
            out().print(f"The first {most} of {len(noted)} with a problem or a warning; `--json` prints all.")
        if not shown:
            return
    for line in shown:
        problem = line["problem"]
        said = _warned(line["warnings"]) if problem is None else f"{problem['message']} {problem['remedy']}".strip()
        seconds = "" if line["seconds"] is None else f"{line['seconds']:.1f}"
        cells = (line["source"], line["state"], str(line["pages"]), str(line["chunks"]), seconds, said)
        table.add_row(*(Text(cell) for cell in cells))  # a name in brackets is no markup
    out().print(table)


def _warned(warnings: Sequence[dict[str, Any]]) -> str:
    first = warnings[0] if warnings else None
    more = f" {len(warnings) - 1} more." if len(warnings) > 1 else ""
    return "" if first is None else f"Page {first['page']}: {first['message']}{more}"
