"""What confined children said, made into values: a reply is as untrusted as the document that the child read.

What goes over the wire is in `wire.py`, who asks in `service.py`.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

from pincite.guard import wire
from pincite.guard.domain import (
    Box,
    Link,
    Markup,
    PageBatch,
    PageBoxes,
    PageText,
    ParserCrashed,
    UnreadableDocument,
    UnsupportedType,
)
from pincite.guard.settings import GuardSettings

_T = TypeVar("_T")
_MAX_SAID = 2000
_SENTENCES = ("message", "remedy")


class Pages:
    """The pages of one document as they come in, held to what was asked for: their order, and limits on all of them.

    Args:
        settings: the limits, which the child was told too.
        first_page: the least number that may come.
    """

    def __init__(self, settings: GuardSettings, first_page: int) -> None:
        self._settings = settings
        self._next = first_page
        self._chars_left = settings.max_text_chars

    def batch(self, message: wire.Message) -> PageBatch:
        """Return what a message holds. Raises: ParserCrashed, and what the child found of the document."""
        raise_error(message)
        return checked(lambda: PageBatch(tuple(self._pages(message["pages"])), _total(message["total"])))

    def _pages(self, found: list[Any]) -> Iterator[PageText]:
        for each in found:
            page = wire.page_from_wire(each)
            if not self._next <= page.number <= self._settings.max_pages:
                raise ValueError("a page out of order")
            self._next = page.number + 1
            self._chars_left -= len(page.text)
            if self._chars_left < 0:
                raise ValueError("more text than is allowed")
            yield page


def boxes(message: wire.Message) -> PageBoxes:
    """Return where characters lie. Raises: ParserCrashed."""
    return checked(
        lambda: PageBoxes(_size(message["width"]), _size(message["height"]), tuple(map(_box, message["boxes"])))
    )


def markup(payload: bytes) -> Markup:
    """Return where a file of markup leads. Raises: ParserCrashed."""
    return checked(lambda: _markup(wire.unpack_head(payload)))


def checked(make: Callable[[], _T]) -> _T:
    """Make a value of a reply. Raises: ParserCrashed, where it makes no sense."""
    try:
        return make()
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ParserCrashed("The parser gave a reply that makes no sense.", remedy="Try again.") from None


def raise_error(message: wire.Message) -> None:
    """Raise what the child found of the document: UnreadableDocument, UnsupportedType."""
    if message["kind"] == "error":
        _raise(message)


def _raise(message: wire.Message) -> NoReturn:
    text, remedy = (checked(lambda name=name: wire.said(str(message.get(name, ""))[:_MAX_SAID])) for name in _SENTENCES)
    if message.get("code") == UnsupportedType.code:
        raise UnsupportedType(text, remedy=remedy)
    page: Any = message.get("page")
    raise UnreadableDocument(
        text, remedy=remedy, page=page if isinstance(page, int) and 0 < page <= wire.MOST else None
    )


def _total(said: Any) -> int | None:
    if said is None or (isinstance(said, int) and 0 <= said <= wire.MOST):
        return said
    raise ValueError("no number of pages")


def _box(said: Any) -> Box:
    return Box(*map(_size, said))


def _size(said: Any) -> float:
    number = float(said)
    if not math.isfinite(number):
        raise ValueError("no size")
    return number


def _markup(found: wire.Message) -> Markup:
    links = [Link(**{name: wire.said(str(value)) for name, value in link.items()}) for link in found["links"]]
    canonical = wire.said(str(found.get("canonical", "")))
    return Markup(str(found["kind"]), tuple(links), canonical, bool(found.get("index", True)))
