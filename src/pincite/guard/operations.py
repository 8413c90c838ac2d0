"""What a child can be asked: pages, a type, boxes, an image, its walls. And the channel it answers through.

Confinement and failures are in `child.py`.
"""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import BinaryIO

from pincite.guard import wire
from pincite.guard.adapters import open_document
from pincite.guard.domain import FileType, PageText, UnreadableDocument
from pincite.guard.noticing import noticed
from pincite.guard.source import ReadLimits, Source

_BATCH_PAGES = 32
_EARLY = frozenset({1, 16})  # pages after which a batch ends: the first few can be searched soon
_BATCH_S = 2.0  # of work: pictures take seconds a page
_BATCH_CHARS = 200_000
_REQUEST_BYTES = 1 << 16
_SPLIT = "Split the file into smaller ones and upload those."


@dataclass(frozen=True, slots=True)
class Channel:
    """The child's ends: requests with their file come over a socket, frames go out over a pipe."""

    requests: socket.socket
    replies: BinaryIO

    def receive(self) -> tuple[wire.Message, int] | None:
        """Wait for a request and the descriptor of its file; None when the parent is gone."""
        data, descriptors, _, _ = socket.recv_fds(self.requests, _REQUEST_BYTES, 1)
        if not data or not descriptors:
            return None
        return wire.unpack_head(data), descriptors[0]

    def send(self, message: wire.Message, payload: bytes = b"") -> None:
        """Write one frame; blocks while the parent does not read."""
        self.replies.write(wire.pack(message, payload))
        self.replies.flush()


Operation = Callable[[Channel, Source, wire.Message], None]


def _read(channel: Channel, source: Source, message: wire.Message) -> None:
    first, one_by_one = int(message["first_page"]), bool(message["one_by_one"])
    source = replace(source, first_page=first, one_by_one=one_by_one)
    opened = open_document(FileType(message["type"]), source)
    if opened.total is not None and opened.total > source.limits.max_pages:
        raise _too_many_pages(source.limits)
    # Pages before the first one wanted were seen by another child.
    has_text = first > 1
    wanted = (noticed(page) for page in opened.pages if page.number >= first)
    for batch in _batches(wanted, source.limits, 1 if one_by_one else _BATCH_PAGES):
        has_text = has_text or any(page.text.strip() for page in batch)
        channel.send({"kind": "pages", "total": opened.total, "pages": [wire.page_to_wire(page) for page in batch]})
    if not has_text:
        raise UnreadableDocument("There is no text in this document.", remedy="Check that it is the right file.")


def _batches(pages: Iterator[PageText], limits: ReadLimits, size: int) -> Iterator[list[PageText]]:
    """Group pages by number, size and time; the first ones are small, so that work downstream starts at once."""
    sent_s = monotonic()
    batch: list[PageText] = []
    chars = total_chars = 0
    for count, page in enumerate(pages, start=1):
        chars += len(page.text)
        total_chars += len(page.text)
        if page.number > limits.max_pages:
            raise _too_many_pages(limits)
        if total_chars > limits.max_text_chars:
            raise UnreadableDocument(
                f"The document has more than {limits.max_text_chars:,} characters of text, which is the limit.",
                remedy=_SPLIT,
                page=page.number,
            )
        batch.append(page)
        if count in _EARLY or len(batch) >= size or chars > _BATCH_CHARS or monotonic() - sent_s > _BATCH_S:
            yield batch
            batch, chars, sent_s = [], 0, monotonic()
    if batch:
        yield batch


def _too_many_pages(limits: ReadLimits) -> UnreadableDocument:
    return UnreadableDocument(
        f"The document has more than {limits.max_pages:,} pages, which is the limit.", remedy=_SPLIT
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


def _markup(channel: Channel, source: Source, message: wire.Message) -> None:
    from pincite.guard.markup import read_markup

    found = json.dumps(read_markup(source, str(message["base"]))).encode()
    channel.send({"kind": "markup"}, found)


def _walls(channel: Channel, _source: Source, _message: wire.Message) -> None:
    from pincite.guard.walls import standing

    channel.send({"kind": "walls", "standing": standing()})


OPERATIONS: dict[str, Operation] = {
    "read": _read,
    "sniff": _sniff,
    "boxes": _boxes,
    "render": _render,
    "markup": _markup,
    "walls": _walls,
}
"""What a request's `op` may name."""
