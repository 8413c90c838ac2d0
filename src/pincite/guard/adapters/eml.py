"""Mail: subject, people, date, the readable body, and what is attached as pages of its own. Runs in the child only."""

from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import Message as AnyMessage
from functools import partial
from typing import cast

from pincite.guard.adapters.text import clean, decode, decode_as
from pincite.guard.domain import UnreadableDocument
from pincite.guard.letters import Letter, body_elements, letter_pages
from pincite.guard.members import Member
from pincite.guard.sections import squeeze
from pincite.guard.source import Opened, Source

Message = AnyMessage

_MAX_BYTES = 100 << 20
_MAX_PARAMETERS = 4_000
_MAX_HEADER = 20_000
_MAX_PARTS = 2_000
_FIELDS = ("From", "To", "Cc", "Date")


def open_source(source: Source) -> Opened:
    """Open a mail message."""
    if source.size_bytes > _MAX_BYTES:
        raise UnreadableDocument(
            f"The message is larger than {_MAX_BYTES >> 20} MB, which is the limit.",
            remedy="Save its attachments and upload those.",
        )
    # compat32 keeps odd headers as they are; the newer policy fails on some of them.
    message = message_from_bytes(source.file.read(), policy=policy.compat32)
    return Opened(letter_pages(source, _letter(message)))


def _letter(message: Message) -> Letter:
    plain, marked_up, attached = _parts(message)
    return Letter(
        _header(message, "Subject"),
        tuple((name, _header(message, name)) for name in _FIELDS),
        tuple(body_elements(plain, marked_up)),
        tuple(Member(name, partial(_content, part)) for name, part in attached),
    )


def _content(part: Message) -> bytes:
    """Return an attachment's bytes, those of a message that is forwarded whole among them."""
    inner = _inner(part)
    if inner and part.get_content_type() == "message/rfc822":
        return inner[0].as_bytes()
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _parts(message: Message) -> tuple[str, str, list[tuple[str, Message]]]:
    """Return the plain body, the HTML body and the attachments with their names."""
    plain: list[str] = []
    marked_up: list[str] = []
    attached: list[tuple[str, Message]] = []
    waiting: list[Message] = [message]
    seen = 0
    while waiting and seen < _MAX_PARTS:
        part = waiting.pop(0)
        seen += 1
        _shorten(part)
        content = part.get_content_type()
        name = part.get_filename()
        if name or part.get_content_disposition() == "attachment" or content == "message/rfc822":
            attached.append((_words(name) if name else _inner_subject(part), part))
        elif part.is_multipart():
            waiting = _inner(part) + waiting
        elif content == "text/plain":
            plain.append(_text(part))
        elif content == "text/html":
            marked_up.append(_text(part))
    return "\n\n".join(plain), "\n".join(marked_up), attached


def _shorten(part: Message) -> None:
    """Cut headers whose parameters would take time that grows with the square of their length."""
    for name in ("Content-Type", "Content-Disposition"):
        value = part.get(name)
        if value is not None and len(str(value)) > _MAX_PARAMETERS:
            part.replace_header(name, str(value)[:_MAX_PARAMETERS])


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
    value = message.get(name)
    return _words(str(value)[:_MAX_HEADER]) if value is not None else ""


def _words(value: str) -> str:
    """Decode the encoded words of a header."""
    try:
        pieces = decode_header(value)
    except (MessageError, ValueError):
        return squeeze(clean(value))
    text = "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)
    return squeeze(clean(text))


def _piece(data: bytes, charset: str | None) -> str:
    return decode_as(data, charset) if charset else data.decode("utf-8", "replace")
