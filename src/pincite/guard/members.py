"""Reads documents that lie within a document, as attachments in a mail, through the same adapters. Child only.

Their pages follow on the outer document's, labelled with the member's name. How members are found is in `adapters/`.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pincite.guard.adapters import open_document
from pincite.guard.domain import PageText, UnreadableDocument, UnsupportedType
from pincite.guard.sniffing import sniff
from pincite.guard.source import Source

_MAX_DEPTH = 3
_SHARE = 4  # a member may unpack to this part of what the document around it may
_MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Member:
    """A document within another: its name and its bytes."""

    name: str
    data: bytes


def member_pages(outer: Source, member: Member, *, first: int) -> Iterator[PageText]:
    """Read a member's pages, numbered from `first`.

    A member of a kind that is not read gives none. One that is damaged, encrypted or nested too deep gives one empty
    page with a warning that says so, so that the rest of the document is read all the same.
    """
    name = member.name[-_MAX_NAME:]
    number = first
    try:
        inner = _inner(outer, member)
        for page in open_document(sniff(inner, member.name), inner).pages:
            if page.text.strip() or page.warning:
                yield replace(page, number=number, label=f"{name}, {page.label}")
                number += 1
    except UnsupportedType:
        return
    except UnreadableDocument as error:
        yield PageText(number, name, "", warning=f"{name}: {error.message}")


def _inner(outer: Source, member: Member) -> Source:
    """Return the member as a source of its own. Raises: UnreadableDocument when it lies too deep."""
    if outer.depth + 1 > _MAX_DEPTH:
        raise UnreadableDocument("It lies too deep within other documents.", remedy="Take it out and upload it.")
    limits = replace(outer.limits, max_unpacked_bytes=outer.limits.max_unpacked_bytes // _SHARE)
    return Source(io.BytesIO(member.data), len(member.data), limits, depth=outer.depth + 1)
