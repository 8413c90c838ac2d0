"""Reads multipart/form-data part by part as it arrives, pulled by the reader: never more than one piece in memory.

What is done with a file's bytes is the reader's business; python-multipart does the parsing (RFC 7578).
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pincite.core import InvalidInput

MAX_FIELD_BYTES = 16 * 1024
MAX_PARTS = 1000


class BadUpload(InvalidInput):
    """The request's body is not well-formed multipart/form-data, or has too much in it."""

    code = "bad-upload"


@dataclass(frozen=True, slots=True)
class Part:
    """The head of one part: its field name and, for a file, the name that the client gave it."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class _Ended:
    """The end of a part."""


_Event = Part | bytes | _Ended


class MultipartReader:
    """One request's parts in order. Read a part with `text()` or `pieces()` before asking for the next.

    Args:
        content_type: the request's Content-Type header, which carries the boundary.
        body: the request's body as it arrives.

    Raises:
        BadUpload: here and while reading.
    """

    def __init__(self, content_type: str, body: AsyncIterator[bytes]) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise BadUpload(
                "The request is not a file upload.", remedy="Send multipart/form-data with a field named `file`."
            )
        self._body = body
        self._events: deque[_Event] = deque()
        self._header_name = bytearray()
        self._header_value = bytearray()
        self._disposition = b""
        self._parts = 0
        try:
            self._parser = MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._part_began,
                    "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
                    "on_header_end": self._header_ended,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
                    "on_part_end": lambda: self._events.append(_Ended()),
                },
            )
        except FormParserError as error:
            raise _malformed() from error

    async def parts(self) -> AsyncIterator[Part]:
        """Yield the head of each part; what was left unread of the one before is skipped."""
        while (event := await self._next()) is not None:
            if isinstance(event, Part):
                yield event

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the current part's bytes as they arrive."""
        while (event := await self._next()) is not None:
            if isinstance(event, _Ended):
                return
            if isinstance(event, bytes):
                yield event
        raise _malformed()

    async def text(self) -> str:
        """Return the current part as text, which must be short."""
        value = bytearray()
        async for piece in self.pieces():
            value += piece
            if len(value) > MAX_FIELD_BYTES:
                raise BadUpload("A form field is too long.", remedy=f"Keep it under {MAX_FIELD_BYTES} bytes.")
        return value.decode("utf-8", "replace")

    async def _next(self) -> _Event | None:
        try:
            while not self._events:
                piece = await anext(self._body, None)
                if piece is None:
                    self._parser.finalize()
                    return None
                self._parser.write(piece)
        except FormParserError as error:
            raise _malformed() from error
        return self._events.popleft()

    def _part_began(self) -> None:
        self._disposition = b""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadUpload("Too many files in one request.", remedy=f"Send at most {MAX_PARTS} at once.")

    def _header_ended(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name.clear()
        self._header_value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"name" not in options:
            raise _malformed()
        filename = options.get(b"filename")
        self._events.append(
            Part(
                name=options[b"name"].decode("utf-8", "replace"),
                filename=None if filename is None else filename.decode("utf-8", "replace"),
            )
        )


def _malformed() -> BadUpload:
    return BadUpload("The upload broke off or is malformed.", remedy="Send it again.")
