"""The framing between the server and a confined child: lengths, a JSON head and raw bytes. No pickle.

Both ends import this, so it may import nothing heavy. What the messages mean is in `child.py` and `service.py`.
"""

import json
import math
import struct
from collections.abc import Mapping
from typing import Any, cast

from pincite.guard.domain import Block, Overlay, PageText

MAX_FRAME_BYTES = 64 << 20
MOST = (1 << 31) - 1
"""The largest number that a store keeps."""
HEAD = struct.Struct(">II")

Message = dict[str, Any]


class FrameTooLarge(ValueError):
    """A message is over `MAX_FRAME_BYTES`."""


def pack(message: Mapping[str, Any], payload: bytes = b"") -> bytes:
    """Return one frame: two lengths (big-endian 32 bit), the JSON head, the payload."""
    head = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if len(head) + len(payload) > MAX_FRAME_BYTES:
        raise FrameTooLarge
    return HEAD.pack(len(head), len(payload)) + head + payload


def lengths(prefix: bytes) -> tuple[int, int]:
    """Return the lengths of head and payload from a frame's first 8 bytes. Raises: FrameTooLarge."""
    head, payload = HEAD.unpack(prefix)
    if head + payload > MAX_FRAME_BYTES:
        raise FrameTooLarge
    return head, payload


def unpack_head(head: bytes) -> Message:
    """Return the message of a frame. Raises: ValueError when it is not a JSON object."""
    try:
        message = json.loads(head, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return cast("Message", message)


def said(text: str) -> str:
    """Return text that was said. Raises: ValueError, where there is half a character in it, or NUL."""
    text.encode("utf-8")
    if "\0" in text:
        raise ValueError("no database keeps it")
    return text


def page_to_wire(page: PageText) -> list[Any]:
    """Return a page as plain lists; for each NUL, which PostgreSQL does not keep, there is one U+FFFD."""
    overlay = None if page.overlay is None else page.overlay.as_list()
    label, text, warning = (each.replace("\0", "\ufffd") for each in (page.label, page.text, page.warning))
    return [page.number, label, text, [block.as_list() for block in page.blocks], warning, overlay]


def page_from_wire(value: list[Any]) -> PageText:
    """Return the page that `page_to_wire` flattened. Raises: ValueError, TypeError on anything else."""
    number, label, text, blocks, warning, overlay = value
    made = tuple(map(Block.of_list, blocks))
    over = None if overlay is None else Overlay.of_list(overlay)
    page = PageText(int(number), said(str(label)), said(str(text)), made, said(str(warning)), over)
    if not _is_whole(page):
        raise ValueError("not a page")
    return page


def _is_whole(page: PageText) -> bool:
    """Whether all that is said of a page's text lies within it, and all its places are places."""
    spans = [(block.start, block.end) for block in page.blocks]
    spans += [(c.start, c.end) for block in page.blocks if block.table for row in block.table.rows for c in row]
    sizes: list[float] = []
    if (over := page.overlay) is not None:
        spans += [(each.start, each.end) for each in (*over.placed, *over.links)]
        sizes = [over.width, over.height]
        sizes += [size for each in over.placed for size in (each.box.x0, each.box.y0, each.box.x1, each.box.y1)]
    ends = len(page.text)
    return all(0 <= start <= end <= ends for start, end in spans) and all(map(math.isfinite, sizes))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
