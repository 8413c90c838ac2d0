"""Streams of events as they come from a provider, held to their form: what cannot be read is no event, and not skipped.

Providers' libraries pass over lines and events that they do not know. Of a stream that was garbled on its way these are
pieces of the reply, and what is left would look whole. What is in an event is read by the libraries.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

_FIELDS = (b"data", b"event", b"id", b"retry", b"")
# Of a line that is not whole yet so much says which field it is, and whether it holds anything.
_BEGIN = 32
_END = b"[DONE]"  # some servers end every stream so, and give it no name
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Garbled(ValueError):
    """A line that holds data under no known name, or an event without the name that its protocol gives each."""


def held_to_form(response: "httpx2.Response", *, named: bool) -> None:
    """Hold a response to its form where it is a stream of events whose bytes can be read as they come.

    They pass as they are, until a line is not of the form; where events are `named`, each has to have a name. Whoever
    reads them then gets `Garbled`.
    """
    import httpx2

    if not response.is_success:
        return  # why it failed is said in the library's own way
    stream, look = response.stream, _looker(named=named)
    kind = response.headers.get("content-type", "")
    is_plain = response.headers.get("content-encoding", "identity") == "identity"
    if not (kind.startswith("text/event-stream") and is_plain and isinstance(stream, httpx2.AsyncByteStream)):
        return
    held = stream

    class Held(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            parts = aiter(held)
            try:
                async for part in parts:
                    look(part)
                    yield part
            finally:
                # Left to the collector, it would be ended while others wait in it.
                if isinstance(parts, AsyncGenerator):
                    await parts.aclose()

        async def aclose(self) -> None:
            await held.aclose()

    response.stream = Held()


def _looker(*, named: bool) -> Callable[[bytes], None]:
    """Return what looks at the bytes of a stream as they come, and raises `Garbled`. It keeps the last line's begin."""
    begun, has_name, has_data, cut = b"", False, False, False

    def look(part: bytes) -> None:
        nonlocal begun, has_name, has_data, cut
        whole = part.removeprefix(b"\n") if cut else part  # of a line end that was cut in two
        cut = part.endswith(b"\r") or (cut and not part)
        *lines, rest = (begun + whole).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        begun = rest[:_BEGIN]
        for line in lines:
            field, _, value = line.removeprefix(_BYTE_ORDER_MARK).partition(b":")
            if field not in _FIELDS and b"{" in line[:_BEGIN]:
                raise Garbled("a line of the stream is none")
            has_name = has_name or (field == b"event" and bool(value.strip()))
            has_data = has_data or (field == b"data" and value.strip() != _END)
            if not line:
                if named and has_data and not has_name:
                    raise Garbled("an event of the stream has no name")
                has_name = has_data = False

    return look
