"""Texts out of pdfium's calls and what becomes of them: bounded, without control codes. Runs in the child only."""

import ctypes
import re
from collections.abc import Callable

_MOST_BYTES = 1 << 20
_LONGEST = 20_000  # characters of one note or field
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]+")


class TooLong(ValueError):
    """A text is longer than anybody writes into a note or a field."""


def string(call: Callable[..., int], *handles: object) -> str:
    """Return what a call of pdfium gives as UTF-16, "" where there is nothing.

    Args:
        call: takes the handles, a buffer and its length in bytes, and returns how many bytes it needs.
        handles: what it is asked about.

    Raises: TooLong.
    """
    size = call(*handles, None, 0)
    if size <= 2:
        return ""
    if size > _MOST_BYTES:
        raise TooLong
    buffer = (ctypes.c_ushort * ((size + 1) // 2))()
    call(*handles, buffer, size)
    return bytes(buffer)[: size - 2].decode("utf-16-le", "ignore")


def said(text: str) -> str:
    r"""Return a text by lines as a page has them, with "\r\n", no empty ones. Raises: TooLong."""
    lines = (line.strip() for line in _CONTROL.sub(" ", text).splitlines())
    result = "\r\n".join(line for line in lines if line)
    if len(result) > _LONGEST:
        raise TooLong
    return result


def one_line(text: str, most: int) -> str:
    """Return a text on one line, of bounded length."""
    return " ".join(_CONTROL.sub(" ", text).split())[:most].rstrip()
