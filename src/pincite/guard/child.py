"""The confined child: takes a file descriptor and a request, answers with frames. Started by `sandbox.py` by path.

It never imports the rest of Pincite: empty packages stand in for the faces, so that it starts fast and stays small.
"""

import contextlib
import os
import socket
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO


def _stand_in_for_faces() -> None:
    """Make `pincite`, `pincite.core` and `pincite.guard` importable without running their `__init__`."""
    package = Path(__file__).resolve().parents[1]
    for name, folder in (
        ("pincite", package),
        ("pincite.core", package / "core"),
        ("pincite.guard", package / "guard"),
    ):
        if name not in sys.modules:
            module = types.ModuleType(name)
            module.__path__ = [str(folder)]
            sys.modules[name] = module


if __name__ == "__main__":
    _stand_in_for_faces()

from pincite.core.errors import PinciteError  # noqa: E402: the stand-ins come first
from pincite.guard import confine, wire  # noqa: E402
from pincite.guard.adapters import open_document  # noqa: E402
from pincite.guard.domain import FileType, UnreadableDocument  # noqa: E402
from pincite.guard.source import ReadLimits, Source  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from pincite.guard.domain import PageText

    Operation = Callable[["Channel", Source, wire.Message], None]

_BATCH_PAGES = 32
_BATCH_CHARS = 200_000
_REQUEST_BYTES = 1 << 16


class Channel:
    """The child's ends: requests with their file come over a socket, frames go out over a pipe."""

    def __init__(self, requests: socket.socket, replies: BinaryIO) -> None:
        self._requests = requests
        self._replies = replies

    def receive(self) -> tuple[wire.Message, int] | None:
        """Wait for a request and the descriptor of its file; None when the parent is gone."""
        data, descriptors, _, _ = socket.recv_fds(self._requests, _REQUEST_BYTES, 1)
        if not data or not descriptors:
            return None
        return wire.unpack_head(data), descriptors[0]

    def send(self, message: wire.Message, payload: bytes = b"") -> None:
        """Write one frame; blocks while the parent does not read."""
        self._replies.write(wire.pack(message, payload))
        self._replies.flush()


def serve(requests_fd: int, memory_limit_mb: int, operations: "dict[str, Operation] | None" = None) -> None:
    """Confine this process, then do what is asked until the parent closes its end."""
    table = OPERATIONS if operations is None else operations
    replies = os.fdopen(os.dup(1), "wb")
    silent = os.open(os.devnull, os.O_RDWR)
    os.dup2(silent, 1)
    channel = Channel(socket.socket(fileno=requests_fd), replies)
    channel.send({"kind": "hello", "confined": confine.confine(memory_limit_mb)})
    while (request := channel.receive()) is not None:
        message, descriptor = request
        confine.limit_cpu(float(message["time_limit_s"]))
        with os.fdopen(descriptor, "rb") as file:
            _answer(channel, table[message["op"]], file, message)


def _answer(channel: Channel, operation: "Operation", file: BinaryIO, message: wire.Message) -> None:
    limits = ReadLimits(message["max_pages"], message["max_text_chars"], message["max_unpacked_bytes"])
    try:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise UnreadableDocument("The file is empty.", remedy="Upload the file again; this copy has no content.")
        operation(channel, Source(file, size, limits), message)
    except PinciteError as error:
        page = getattr(error, "page", None)
        channel.send(
            {"kind": "error", "code": error.code, "message": error.message, "remedy": error.remedy, "page": page}
        )
    except MemoryError:
        raise SystemExit(_OUT_OF_MEMORY) from None
    except Exception:  # noqa: BLE001: whatever a parser throws at a stranger's bytes is damage, and no trace may leave
        channel.send(
            {"kind": "error", "code": UnreadableDocument.code, "message": "The file is damaged and cannot be read.",
             "remedy": "Open it in the program it was made with, save it again and upload that copy.", "page": None}
        )  # fmt: skip
    else:
        channel.send({"kind": "done"})


_OUT_OF_MEMORY = 77


def _read(channel: Channel, source: Source, message: wire.Message) -> None:
    opened = open_document(FileType(message["type"]), source)
    if opened.total is not None and opened.total > source.limits.max_pages:
        raise _too_many_pages(source.limits)
    count = 0
    with contextlib.closing(_generator(opened.pages)) as pages:
        for batch in _batches(pages, source.limits):
            count += len(batch)
            channel.send({"kind": "pages", "total": opened.total, "pages": [wire.page_to_wire(page) for page in batch]})
    if count == 0:
        raise UnreadableDocument("There is no text in this document.", remedy="Check that it is the right file.")


def _generator(pages: "Iterator[PageText]") -> "Iterator[Any]":
    yield from pages


def _batches(pages: "Iterator[PageText]", limits: ReadLimits) -> "Iterator[list[PageText]]":
    """Group pages by number and size; the first batch is one page, so that work downstream starts at once."""
    batch: list[PageText] = []
    chars = total_chars = count = 0
    for page in pages:
        count += 1
        chars += len(page.text)
        total_chars += len(page.text)
        if count > limits.max_pages:
            raise _too_many_pages(limits)
        if total_chars > limits.max_text_chars:
            raise UnreadableDocument(
                f"The document has more than {limits.max_text_chars:,} characters of text, which is the limit.",
                remedy="Split the file into smaller ones and upload those.",
                page=page.number,
            )
        batch.append(page)
        if count == 1 or len(batch) >= _BATCH_PAGES or chars > _BATCH_CHARS:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _too_many_pages(limits: ReadLimits) -> UnreadableDocument:
    return UnreadableDocument(
        f"The document has more than {limits.max_pages:,} pages, which is the limit.",
        remedy="Split the file into smaller ones and upload those.",
    )


def _sniff(channel: Channel, source: Source, message: wire.Message) -> None:
    from pincite.guard.sniffing import sniff

    channel.send({"kind": "type", "type": sniff(source, str(message["name"])).value})


def _boxes(channel: Channel, source: Source, message: wire.Message) -> None:
    from pincite.guard.adapters import pdf_pages

    found = pdf_pages.boxes(source, message["page"], message["start"], message["end"])
    boxes = [[box.x0, box.y0, box.x1, box.y1] for box in found.boxes]
    channel.send({"kind": "boxes", "width": found.width, "height": found.height, "boxes": boxes})


def _render(channel: Channel, source: Source, message: wire.Message) -> None:
    from pincite.guard.adapters import pdf_pages

    channel.send({"kind": "image"}, pdf_pages.render(source, message["page"], message["width_px"]))


OPERATIONS: "dict[str, Operation]" = {"read": _read, "sniff": _sniff, "boxes": _boxes, "render": _render}

if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
