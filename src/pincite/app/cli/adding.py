"""How files get from this machine's disk into the library, with progress bars: found, sent, and waited for.

The commands are in `documents.py`.
"""

import asyncio
import os
import re
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pincite.app.cli.bulk import BulkSender, Sent, patiently
from pincite.app.cli.output import err
from pincite.app.wiring import House
from pincite.core import InvalidInput, NotFound, PinciteError, Scope
from pincite.library import Document, RevisionState
from pincite.sources import is_byproduct

_PIECE = 1 << 20
_POLL_S = 0.1
_FEW = 4
_NO_TEXT = re.compile("[\ud800-\udfff]")  # bytes of a file's name that are no UTF-8


async def add_paths(
    house: House, scope: Scope, paths: Sequence[Path], *, collection: str, quiet: bool, batch: str | None = None
) -> list[dict[str, Any]]:
    """Upload every file under `paths` and wait for all and their vectors; returns one summary a file, in order.

    With `batch` they are sent in bulk, as one of that name: they may wait for what others send.
    """
    files = _files(paths)
    if not files:
        raise InvalidInput("There is no file to add.", remedy="Name files, or folders that hold some.")
    collection_id = await house.ensure_collection(scope, collection)
    sent_in = None if batch is None else (await house.library.begin_batch(scope, batch)).name
    began = await house.library.latest_version(scope)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err(), disable=quiet, transient=True, speed_estimate_period=60) as progress:
        bars = _Bars(progress, len(files), each=batch is None)
        added = _Added(house, scope, bars)
        few = sent_in is None and len(files) <= _FEW
        send = added.send_each(files, collection_id) if few else added.send_together(files, collection_id, sent_in)
        sending = asyncio.create_task(send)
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
        # What ended or was removed (None) before it was waited for: the feed does not say so twice.
        self._early: dict[str, Document | None] = {}
        self._lines: dict[int, dict[str, Any]] = {}

    async def send_each(self, files: Sequence[tuple[Path, str]], collection: str) -> None:
        """Upload a few, each by itself: each is on its way as soon as it is here."""
        self._sources = [source for _, source in files]
        sent = 0

        async def one(position: int, path: Path, source: str) -> None:
            nonlocal sent
            try:
                received = await self._house.ingest.receive(
                    self._scope, collection=collection, source=source, stream=_pieces(path)
                )
                self._await(received.document, position)
            except PinciteError as error:
                self._refuse(position, error)
            sent += 1
            self._bars.uploaded(sent)

        async with asyncio.TaskGroup() as group:
            for position, (path, source) in enumerate(files):
                group.create_task(one(position, path, source))

    async def send_together(self, files: Sequence[tuple[Path, str]], collection: str, batch: str | None) -> None:
        """Upload what is not there yet, many in one transaction: small ones are read together."""
        self._sources = [source for _, source in files]
        sent = 0

        async def take(position: int, became: Sent) -> None:
            nonlocal sent
            sent += 1
            self._bars.uploaded(sent)
            if isinstance(became, PinciteError):
                self._refuse(position, became)
            elif isinstance(became, Document):
                self._await(became, position)
            elif batch is not None and became[1] is RevisionState.READY:
                self._lines[position] = _unchanged(files[position][1], became[0])
                self._bars.done(None)
            else:  # it was there before, and may still be on its way
                await self._join(became[0], position)

        sender = BulkSender(self._house, self._scope, (collection, batch), _pieces, take)
        await sender.send(files)

    async def _join(self, document_id: str, position: int) -> None:
        try:
            document = await patiently(lambda: self._house.library.document(self._scope, document_id))
        except NotFound:
            self._refuse(position, _removed())
        else:
            self._await(document, position)

    async def follow(self, sending: "asyncio.Task[None]", version: int) -> dict[int, dict[str, Any]]:
        """Wait for all by the feed of changes after a version, however many there are; returns a line a file."""
        while not sending.done() or self._waiting:
            changes = await patiently(lambda after=version: self._house.library.changes(self._scope, after))
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

    def _await(self, document: Document, position: int) -> None:
        # Two files may be one document: names that differ in nothing that is kept.
        self._waiting.setdefault(document.id, []).append(position)
        early = self._early.pop(document.id, document)
        if early is None:
            self._end(document.id, None)
        else:
            self._see(early if early.version > document.version else document)

    def _see(self, document: Document) -> None:
        """Take a document as it is now; an older state of one that has ended already says nothing."""
        ended = document.latest.state.at_rest
        if document.id not in self._waiting:
            if ended:
                self._early[document.id] = document
            return
        if not ended:
            self._bars.reading(document)
            return
        self._end(document.id, summary(document))

    def _end(self, document_id: str, line: dict[str, Any] | None) -> None:
        """Take down what became of a document; None says that it was removed."""
        if document_id not in self._waiting:
            self._early[document_id] = None
        for position in self._waiting.pop(document_id, []):
            self._lines[position] = line or _refused(self._sources[position], _removed())
            self._bars.done(document_id)

    def _refuse(self, position: int, error: PinciteError) -> None:
        self._lines[position] = _refused(self._sources[position], error)
        self._bars.done(None)


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
        "personal_data": None if latest.personal_data is None else dict(latest.personal_data),
    }


def _unchanged(source: str, document_id: str) -> dict[str, Any]:
    """Return the line of a file whose document was there already: nothing is looked up for it."""
    ready = {"id": document_id, "source": source, "state": RevisionState.READY.value, "unchanged": True}
    return ready | {"pages": None, "chunks": None, "seconds": None, "problem": None, "warnings": []}


class _Bars:
    """One progress bar for all documents and one for each that is being read."""

    def __init__(self, progress: Progress, files: int, *, each: bool) -> None:
        self._progress = progress
        self._each = each
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
        if latest.pages_done == 0 or not self._each:  # of many that are read together none has pages before its end
            return
        if document.id not in self._of:
            self._of[document.id] = self._progress.add_task(escape(document.source[-40:]), total=None, note="")
        note = f"{latest.state}, page {latest.pages_done} of {latest.pages_total or '?'}"
        self._progress.update(self._of[document.id], completed=latest.pages_done, total=latest.pages_total, note=note)


def _files(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in _walked(path) if item.is_file() and not _is_passed_by(item, path))
            found += [(item, item.relative_to(path).as_posix()) for item in inside]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise InvalidInput(f"{path} does not exist or is not a file.", remedy="Check the path.")
    return _told_apart(found)


def _walked(folder: Path) -> Iterator[Path]:
    """Yield every file below; says which linked folders are left out, for they may lead anywhere, and in circles.

    Raises: InvalidInput, for a folder that may not be read: nothing is left out unsaid.
    """

    def unreadable(error: OSError) -> None:
        raise InvalidInput(f"{error.filename} cannot be read: {error.strerror}.", remedy="Check its permissions.")

    for place, folders, names in os.walk(folder, onerror=unreadable):
        for name in names:
            yield Path(place, name)
        for linked in sorted(Path(place, name) for name in folders):
            if linked.is_symlink() and not _hidden(linked, folder):
                err().print(f"{escape(str(linked))} is a linked folder and was left out; name it to add what it holds.")


def _told_apart(files: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Name files of one name by their whole path: under one name the second would be a revision of the first."""
    given = {path.absolute(): _as_kept(source) for path, source in files}
    names = Counter(given.values())
    return [
        (path, source if names[source] == 1 else _as_kept(path.as_posix().lstrip("./")))
        for path, source in given.items()
    ]


def _as_kept(source: str) -> str:
    return unicodedata.normalize("NFC", _NO_TEXT.sub("\ufffd", source))


def _is_passed_by(path: Path, root: Path) -> bool:
    return _hidden(path, root) or is_byproduct(path.name)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, _PIECE):
                yield piece
    except OSError as error:
        remedy = "Check its permissions."
        raise InvalidInput(f"{_as_kept(str(path))} cannot be read: {error.strerror}.", remedy=remedy) from error


def _removed() -> InvalidInput:
    return InvalidInput("The document was removed meanwhile.", remedy="Add it again.")


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
