"""Reads documents that lie within a document, in a mail or an archive, through the same adapters. Child only.

Their pages follow on each other, labelled with the member's name. How members are found is in `adapters/`.
"""

import io
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pincite.guard.adapters import open_document
from pincite.guard.domain import FileType, PageText, UnreadableDocument, UnsupportedType
from pincite.guard.sections import titled
from pincite.guard.sniffing import sniff
from pincite.guard.source import Opened, Source

_MAX_DEPTH = 3
_MAX_NAME = 100
_LEVELS = 6
_BREAKS = frozenset({"Zl", "Zp"})  # lines and paragraphs end with these too
# What a parser may throw at a stranger's bytes beyond what it knows to refuse: one member's damage stays its own.
_DAMAGES = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RecursionError, TypeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """A document within another.

    Args:
        name: what it is called there; may be a path.
        load: gives its bytes. Raises: UnreadableDocument.
        opens: opens it where it is no file of its own; `load` is not called then.
    """

    name: str
    load: Callable[[], bytes] = bytes
    opens: Callable[[Source], Opened] | None = None


class Members:
    """Reads the members of one document, one after another.

    A member's first page begins with its name as a heading of `level`; its own headings are that much lower.

    Args:
        outer: the document that they lie in.
        after: number of the last page before theirs.
        level: the heading level of their names.
    """

    def __init__(self, outer: Source, *, after: int = 0, level: int = 1) -> None:
        self.last = after
        self.read = 0
        self.foreign: list[str] = []
        self.failures: list[str] = []
        self._outer = outer
        self._level = level
        self._paged = False

    def pages(self, member: Member) -> Iterator[PageText]:
        """Read a member's pages.

        One of a kind that is not read gives none and is noted as `foreign`. One that is damaged, encrypted or nested
        too deep gives an empty page with a warning that says so, so that the rest is read all the same.

        Raises: UnreadableDocument when all that may be unpacked was.
        """
        name = shown(member.name)
        begun, before = False, self.last
        try:
            for page in self._opened(member).pages:
                if page.text.strip() or page.warning:
                    yield self._placed(page, name, named=not begun)
                    begun = begun or bool(page.text.strip())
            if self.last == before:
                yield self._failure(name, "There is no text in it.")
        except UnsupportedType:
            self.foreign.append(name)
        except UnreadableDocument as error:
            if self._outer.allowance.is_spent:
                raise
            yield self._failure(name, error.message)
        except _DAMAGES as error:
            memory = isinstance(error, MemoryError)
            yield self._failure(
                name, "It needs more memory than is allowed." if memory else "It is damaged and cannot be read."
            )
        self.read += begun

    def _opened(self, member: Member) -> Opened:
        outer, self._paged = self._outer, False
        if outer.depth + 1 > _MAX_DEPTH:
            raise UnreadableDocument("It lies too deep within other documents.", remedy="Take it out and upload it.")
        if member.opens is not None:
            return member.opens(replace(outer, depth=outer.depth + 1, first_page=1))
        data = member.load()
        if not data:
            raise UnreadableDocument("It is empty.", remedy="Upload it again; this copy has no content.")
        inner = Source(io.BytesIO(data), len(data), outer.limits, outer.allowance, depth=outer.depth + 1)
        kind = sniff(inner, member.name)
        self._paged = kind is FileType.PDF
        return open_document(kind, inner)

    def _placed(self, page: PageText, name: str, *, named: bool) -> PageText:
        self.last += 1
        blocks = tuple(replace(block, level=self._lowered(block.level)) for block in page.blocks)
        warning = f"{name}: {page.warning}" if page.warning else ""
        label = page.label
        if self._paged and label != str(page.number):  # people find a page of a PDF by its number
            own = label.startswith(f"{page.number} ")
            label = f"page {label}" if own else f"page {page.number} (printed {label})"
        placed = replace(page, number=self.last, label=f"{name}, {label}", blocks=blocks, warning=warning)
        return titled(placed, name, self._level) if named and page.text.strip() else placed

    def _lowered(self, level: int) -> int:
        return min(level + self._level, _LEVELS) if level else 0

    def _failure(self, name: str, message: str) -> PageText:
        self.last += 1
        self.failures.append(f"{name}: {message}")
        return PageText(self.last, name, "", warning=f"{name}: {message}")


def shown(name: str) -> str:
    """Return a member's name or path as people may see it: no way up, no control or bidi marks, bounded."""
    kept = "".join(
        char
        for char in name.replace("\\", "/")
        if unicodedata.category(char)[0] != "C" and unicodedata.category(char) not in _BREAKS
    )
    path = "/".join(part.strip() for part in kept.split("/") if part.strip() not in {"", ".", ".."})
    return (path if len(path) <= _MAX_NAME else "…" + path[1 - _MAX_NAME :]) or "a file without a name"
