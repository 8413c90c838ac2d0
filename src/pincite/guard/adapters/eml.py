"""Mail: subject, people, date, the readable body, and what is attached as pages of its own. Runs in the child only."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message as AnyMessage
from functools import partial
from itertools import chain, islice
from typing import cast

from pincite.guard.adapters.eml_mailbox import BEGINS, messages
from pincite.guard.adapters.text import clean, decode, decode_as
from pincite.guard.adapters.zip import pages_of_members
from pincite.guard.archives import MAX_MEMBERS, too_many
from pincite.guard.domain import UnreadableDocument
from pincite.guard.letters import Letter, body_elements, letter_pages
from pincite.guard.members import Member
from pincite.guard.sections import Element, squeeze
from pincite.guard.source import Opened, Source

Message = AnyMessage

_MAX_BYTES = 100 << 20
_MAX_PARAMETERS = 4_000
_MAX_HEADER = 20_000
_MAX_PARTS = 2_000
_MAX_DEPTH = 50
_READ = frozenset({"text/plain", "text/html"})
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=(?:\s+=\?[^?\s]{1,60}\?[bq]\?[^?]*\?=)*", re.IGNORECASE)
_FIELDS = ("From", "To", "Cc", "Date")


@dataclass(frozen=True, slots=True)
class _Body:
    """A part of what people read of a message."""

    text: str
    is_html: bool

    @property
    def is_plain(self) -> bool:
        return not self.is_html and bool(self.text.strip())


def open_source(source: Source) -> Opened:
    """Open a mail message, or a mailbox of many as an archive of them."""
    begins = source.file.read(len(BEGINS))
    source.file.seek(0)
    if begins != BEGINS:
        if source.size_bytes > _MAX_BYTES:
            raise _too_large()
        return _open(source.file.read(), source)
    found = messages(source.file, _MAX_BYTES)
    first = list(islice(found, 2))
    if len(first) == 1:
        return _open(first[0], source)
    return Opened(pages_of_members(source, _members(source, chain(first, found))))


def _members(source: Source, found: Iterable[bytes | None]) -> Iterator[Member]:
    for number, data in enumerate(found, start=1):
        if number > MAX_MEMBERS:
            raise too_many()
        source.allowance.spend(members=1)
        yield Member(f"Message {number}", opens=partial(_open, data))


def _open(data: bytes | None, source: Source) -> Opened:
    if data is None:
        raise _too_large()
    # compat32 keeps odd headers as they are; the newer policy fails on some of them.
    return Opened(letter_pages(source, _letter(message_from_bytes(data, policy=policy.compat32))))


def _too_large() -> UnreadableDocument:
    return UnreadableDocument(
        f"The message is larger than {_MAX_BYTES >> 20} MB, which is the limit.",
        remedy="Save its attachments and upload those.",
    )


def _letter(message: Message) -> Letter:
    parts = _Parts()
    bodies = parts.bodies(message)
    return Letter(
        _header(message, "Subject"),
        tuple((name, _header(message, name)) for name in _FIELDS),
        tuple(_elements(bodies)),
        tuple(Member(name, partial(_content, part)) for name, part in parts.attached),
    )


def _elements(bodies: Sequence[_Body]) -> Iterator[Element]:
    for number, body in enumerate(bodies):
        for element in body_elements("", body.text) if body.is_html else body_elements(body.text, ""):
            # Groups count from 1 in each body; keep those of different ones apart.
            yield replace(element, group=element.group * len(bodies) + number)


def _content(part: Message) -> bytes:
    """Return an attachment's bytes, those of a message that is forwarded whole among them."""
    inner = _inner(part)
    if inner and part.get_content_type() == "message/rfc822":
        return inner[0].as_bytes()
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


class _Parts:
    """Walks a message: gives what is read of it, and collects what is attached with its names."""

    def __init__(self) -> None:
        self.attached: list[tuple[str, Message]] = []
        self._seen = 0

    def bodies(self, part: Message, depth: int = 0) -> list[_Body]:
        """Return what is read of a part, in order. Raises: UnreadableDocument when it is nested without end."""
        self._seen += 1
        if self._seen > _MAX_PARTS:
            return []
        if depth > _MAX_DEPTH:
            raise UnreadableDocument(
                "The message is nested too deeply.", remedy="Save its attachments and upload those."
            )
        _mend(part)
        content = part.get_content_type()
        name = part.get_filename()
        if name or part.get_content_disposition() == "attachment" or content == "message/rfc822":
            self.attached.append((_words(name) if name else _inner_subject(part), part))
        elif part.is_multipart():
            found = [self.bodies(inner, depth + 1) for inner in _inner(part)]
            return _best(found) if content == "multipart/alternative" else [each for one in found for each in one]
        elif content in _READ:
            return [_Body(_text(part), content == "text/html")]
        return []


def _best(ways: Sequence[list[_Body]]) -> list[_Body]:
    """Return the one of several ways to say the same that has plain text, else the first that says anything."""
    plain = [each for each in ways if any(body.is_plain for body in each)]
    chosen = plain or [each for each in ways if any(body.text.strip() for body in each)]
    return chosen[0] if chosen else []


def _mend(part: Message) -> None:
    """Read the headers that have parameters as they were written.

    They are cut where they would take time that grows with the square of their length.
    """
    for name in ("Content-Type", "Content-Disposition"):
        value = part.get(name)
        if value is not None:
            part.replace_header(name, _raw(part, name)[:_MAX_PARAMETERS])


def _inner_subject(part: Message) -> str:
    inner = _inner(part)
    return (_header(inner[0], "Subject") if inner else "") or "a message"


def _inner(part: Message) -> list[Message]:
    payload: object = part.get_payload()
    parts = cast("list[object]", payload) if isinstance(payload, list) else []
    return [cast("Message", inner) for inner in parts if isinstance(inner, AnyMessage)]


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return decode_as(data, charset) if charset else decode(data)


def _header(message: Message, name: str) -> str:
    return _words(_raw(message, name)[:_MAX_HEADER])


def _raw(message: Message, name: str) -> str:
    """Return a header's text, "" without one. Bytes beyond ASCII are UTF-8 as a rule, else what the message is in."""
    value = next((str(value) for key, value in message.raw_items() if key.casefold() == name.casefold()), "")
    if value.isascii():
        return value
    data = value.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return decode_as(data, message.get_content_charset() or "")


def _words(value: str) -> str:
    """Decode the encoded words of a header."""
    return squeeze(clean(_ENCODED.sub(lambda found: _word(found[0]), value)))


def _word(encoded: str) -> str:
    """Decode encoded words that stand side by side."""
    try:
        pieces = decode_header(encoded)
    except (MessageError, ValueError):
        return encoded
    return "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)


def _piece(data: bytes, charset: str | None) -> str:
    return decode_as(data, charset) if charset else data.decode("utf-8", "replace")
