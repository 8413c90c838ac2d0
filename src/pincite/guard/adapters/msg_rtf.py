"""Unpacks the compressed RTF of Outlook messages: [MS-OXRTFCP]. Pure."""

import struct

_HEAD_BYTES = 16
_WINDOW_BYTES = 4096
_MAX_RATIO = 12  # a reference of two bytes stands for 17 at most, with its bit of a control byte
# What the window holds before anything is unpacked: 2.1.2.1.
_BEGINS = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20"
    b"\\b\\i\\u\\tab\\tx"
)


def unpack_rtf(data: bytes) -> bytes:
    """Return the RTF; what is damaged ends it early."""
    if len(data) < _HEAD_BYTES:
        return b""
    size, kind = struct.unpack_from("<I4s", data, 4)
    if kind == b"MELA":
        return data[_HEAD_BYTES:]
    window, at = _Window(), _HEAD_BYTES
    while at < len(data) and len(window.out) < min(size, _MAX_RATIO * len(data)):
        control, at = data[at], at + 1
        for bit in range(8):
            if not control >> bit & 1:
                window.write(data[at : at + 1])
                at += 1
            elif window.repeat(int.from_bytes(data[at : at + 2], "big")):
                at += 2
            else:
                return bytes(window.out)
    return bytes(window.out)


class _Window:
    """The last 4096 bytes, in a circle, and all that was written."""

    def __init__(self) -> None:
        self.out = bytearray()
        self._held = bytearray(_BEGINS.ljust(_WINDOW_BYTES, b"\0"))
        self._place = len(_BEGINS)

    def write(self, piece: bytes) -> None:
        for byte in piece:
            self._held[self._place] = byte
            self._place = (self._place + 1) % _WINDOW_BYTES
        self.out += piece

    def repeat(self, reference: int) -> bool:
        """Write what a reference stands for, byte by byte: it may run into itself. False at the mark of the end."""
        start = reference >> 4
        if start == self._place:
            return False
        for step in range((reference & 15) + 2):
            at = (start + step) % _WINDOW_BYTES
            self.write(bytes(self._held[at : at + 1]))
        return True
