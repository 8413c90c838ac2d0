"""A message with its attachments as pages: what mail of any format (EML, MSG) becomes. Runs in the child only.

How a message is taken from its file is in `adapters/`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pincite.guard.adapters.html import html_elements
from pincite.guard.domain import BlockKind, PageText
from pincite.guard.members import Member, Members, shown
from pincite.guard.sections import Element, cut_sections
from pincite.guard.source import Source

_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message: its subject, header fields as ("From", "Ada"), its body, and what is attached."""

    subject: str
    fields: tuple[tuple[str, str], ...]
    body: tuple[Element, ...]
    attached: tuple[Member, ...] = field(default=())


def letter_pages(source: Source, letter: Letter) -> Iterator[PageText]:
    """Yield the message's own pages, then those of its attachments."""
    number = 0
    for page in cut_sections(_elements(letter)):
        yield page
        number = page.number
    members = Members(source, after=number, level=2)
    for member in letter.attached:
        yield from members.pages(member)


def body_elements(plain: str, marked_up: str) -> Iterator[Element]:
    """Yield a body's elements: of its plain text where there is some, else of its HTML."""
    if plain.strip():
        for paragraph in _PARAGRAPHS.split(_QUOTED.sub("", plain)):
            yield Element(BlockKind.PARAGRAPH, paragraph.strip())
    elif marked_up:
        yield from html_elements(marked_up)[0]


def _elements(letter: Letter) -> Iterator[Element]:
    yield Element(BlockKind.HEADING, letter.subject or "(no subject)", level=1)
    yield Element(BlockKind.PARAGRAPH, "\n".join(f"{name}: {value}" for name, value in letter.fields if value))
    for element in letter.body:
        # Below the subject, so that a message stays one section where it can.
        level = min(element.level + 2, 6) if element.level else 0
        yield Element(element.kind, element.text, level, element.group)
    if letter.attached:
        names = ", ".join(shown(member.name) for member in letter.attached)
        yield Element(BlockKind.PARAGRAPH, f"Attachments: {names}")
