"""MSG: Outlook's messages, appointments and the like, with what is attached. Runs in the child only.

Source of the rules: [MS-OXMSG] (storages and streams), [MS-OXPROPS] (properties).
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from pincite.guard.adapters.charsets import codec_of_page
from pincite.guard.adapters.html import decode_html
from pincite.guard.adapters.msg_rtf import unpack_rtf
from pincite.guard.adapters.rtf import rtf_elements
from pincite.guard.adapters.text import clean, decode, decode_as
from pincite.guard.compound import Compound, Path
from pincite.guard.domain import UnreadableDocument
from pincite.guard.letters import Letter, body_elements, letter_pages
from pincite.guard.members import Member
from pincite.guard.sections import Element, squeeze
from pincite.guard.source import Opened, Source

_MAX_BYTES = 250 << 20
_MAX_PEOPLE = 500
_SUBJECT, _BODY, _RTF, _HTML = "0037", "1000", "1009", "1013"
_SENDER, _SENDER_MAIL, _SENDER_SMTP = "0C1A", "0C1F", "5D01"
_TO, _CC = "0E04", "0E03"
_SUBMITTED, _DELIVERED, _CODE_PAGE, _HTML_CODE_PAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
_DATA = "3701"
_NAMES = ("3707", "3704", "3001")  # the long one, the short one, the one that is shown
_NAME, _SMTP, _MAIL = "3001", "39FE", "3003"
_CLASS = "001A"
# Of appointments: [MS-OXOCAL], properties that are known by a name of their own set.
_CALENDAR = b"\x02\x20\x06\0\0\0\0\0\xc0\0\0\0\0\0\0\x46"
_STARTS, _ENDS, _PLACE = 0x820D, 0x820E, 0x8208
_UNICODE, _ANSI, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"


def open_source(source: Source) -> Opened:
    """Open an Outlook message."""
    if source.size_bytes > _MAX_BYTES:
        raise UnreadableDocument(
            f"The message is larger than {_MAX_BYTES >> 20} MB, which is the limit.",
            remedy="Save its attachments and upload those.",
        )
    return _open(Compound(source), (), source)


def _open(compound: Compound, storage: Path, source: Source) -> Opened:
    return Opened(letter_pages(source, _Message(compound, storage).letter()))


class _Message:
    """One message in a compound file: the file itself, or one that is attached as a storage."""

    def __init__(self, compound: Compound, storage: Path) -> None:
        self._compound = compound
        self._storage = storage
        # The head of the fixed properties is 32 bytes long in the file itself and 24 in an attached message.
        self._fixed = _fixed(compound.read((*storage, "__properties_version1.0")), 24 if storage else 32)
        self._codec = codec_of_page(self._fixed.get(_CODE_PAGE, 0))

    def letter(self) -> Letter:
        sender, mail = self._text(_SENDER), self._text(_SENDER_SMTP) or self._text(_SENDER_MAIL)
        to = list(self._people())
        fields = (
            ("From", _person(sender, mail)),
            ("To", "; ".join(to) or self._text(_TO)),
            ("Cc", self._text(_CC)),
            ("Date", _date(self._fixed.get(_SUBMITTED) or self._fixed.get(_DELIVERED) or 0)),
            *self._appointment(),
        )
        return Letter(squeeze(self._text(_SUBJECT)), fields, tuple(self._body()), tuple(self._attached()))

    def _appointment(self) -> Iterator[tuple[str, str]]:
        """Yield when and where an appointment is."""
        if not self._text(_CLASS).startswith(("IPM.Appointment", "IPM.Schedule")):
            return
        named = _named(self._compound)
        for name, known in (("Starts", _STARTS), ("Ends", _ENDS)):
            yield name, _date(self._fixed.get(named.get(known, 0), 0))
        if _PLACE in named:
            yield "Location", squeeze(self._text(f"{named[_PLACE]:04X}"))

    def _people(self) -> Iterator[str]:
        """Yield those it went to, but for copies, which have a field of their own."""
        for name in self._storages("__recip_version1.0_#")[:_MAX_PEOPLE]:
            kind = _fixed(self._compound.read((*self._storage, name, "__properties_version1.0")), 8).get(0x0C15, 1)
            if kind & 0xF == 1:
                mail = self._text(_SMTP, name) or self._text(_MAIL, name)
                yield _person(self._text(_NAME, name), mail)

    def _body(self) -> Iterator[Element]:
        plain = self._text(_BODY)
        if plain.strip():
            yield from body_elements(plain, "")
            return
        data = self._stream(_HTML, _BINARY)
        page = self._fixed.get(_HTML_CODE_PAGE, 0)
        html = (decode_as(data, codec_of_page(page)) if page else decode_html(data)) if data else self._text(_HTML)
        if html.strip():
            yield from body_elements("", clean(html))
            return
        rtf = self._stream(_RTF, _BINARY)
        if rtf:
            yield from rtf_elements(unpack_rtf(rtf))

    def _attached(self) -> Iterator[Member]:
        for storage in self._storages("__attach_version1.0_#"):
            name = next((name for kind in _NAMES if (name := self._text(kind, storage))), "")
            inner = (*self._storage, storage, f"__substg1.0_{_DATA}{_OBJECT}")
            if "__properties_version1.0" in self._compound.children(inner):
                yield Member(name or "a message", opens=partial(_open, self._compound, inner))
            else:
                yield Member(name or "an attachment", partial(self._stream, _DATA, _BINARY, storage))

    def _storages(self, prefix: str) -> list[str]:
        return sorted(name for name in self._compound.children(self._storage) if name.startswith(prefix))

    def _text(self, name: str, *within: str) -> str:
        """Return a property that is text, in Unicode or in the message's code page."""
        data = self._stream(name, _UNICODE, *within)
        if data:
            return clean(data.decode("utf-16-le", "replace")).rstrip("\ufffd").replace("\r\n", "\n").strip()
        data = self._stream(name, _ANSI, *within).rstrip(b"\0")
        if not data:
            return ""
        try:
            return clean(data.decode(self._codec) if self._codec else data.decode()).replace("\r\n", "\n").strip()
        except UnicodeDecodeError:
            return decode(data).strip()

    def _stream(self, name: str, kind: str, *within: str) -> bytes:
        return self._compound.read((*self._storage, *within, f"__substg1.0_{name}{kind}"))


def _fixed(data: bytes, head: int) -> dict[int, int]:
    """Return the properties of fixed size: id -> value as an unsigned number."""
    found: dict[int, int] = {}
    for at in range(head, len(data) - 15, 16):
        tag, _flags, value = struct.unpack_from("<IIQ", data, at)
        found[tag >> 16] = value if tag & 0xFFFF in {0x0040, 0x0014} else value & 0xFFFFFFFF
    return found


def _named(compound: Compound) -> dict[int, int]:
    """Return the numbers that properties of the calendar have in this file: [MS-OXMSG] 2.2.3."""
    sets, entries = (compound.read(("__nameid_version1.0", f"__substg1.0_000{kind}0102")) for kind in (2, 3))
    found: dict[int, int] = {}
    for at in range(0, len(entries) - 7, 8):
        known, kind, place = struct.unpack_from("<IHH", entries, at)
        first = ((kind >> 1) - 3) * 16  # the first three sets are not listed
        if not kind & 1 and first >= 0 and sets[first : first + 16] == _CALENDAR:
            found[known] = 0x8000 + place
    return found


def _person(name: str, mail: str) -> str:
    known = "@" in mail and mail.casefold() != name.casefold()
    return f"{squeeze(name)} <{squeeze(mail)}>".strip() if known else squeeze(name or mail)


def _date(value: int) -> str:
    """Say when, in UTC, from tenths of microseconds since 1601; "" for no time."""
    try:
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=value // 10)
    except OverflowError:
        return ""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if value else ""
