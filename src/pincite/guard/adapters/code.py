"""Source code: a section for each top-level definition, named by its first line. Runs in the child only.

Whatever the language: a definition is a line without indent that looks like one, and all below it.
"""

import re
from collections.abc import Iterator

from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, squeeze
from pincite.guard.source import Opened, Source

_DEFINITION = re.compile(
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([a-z]+\))?|unsafe|extern|inline)\s+)*"
    r"(?:def|class|function|func|fn|interface|struct|enum|trait|impl|type|module|namespace|object|record|package|sub|"
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|FUNCTION|PROCEDURE|INDEX|TRIGGER))\b[^;]*",
    re.IGNORECASE,
)
# C and its kin: a type, a name and brackets, with no end on the same line.
_C_LIKE = re.compile(r"[A-Za-z_][\w:<>,*&\s\[\]]*\s[*&]?[\w:~]+\s*\([^;{}]*\)?\s*(?:const\s*)?\{?\s*")
_TITLE = 100


def open_source(source: Source) -> Opened:
    """Open a file of source code."""
    return Opened(cut_sections(_elements(read_text(source))))


def _elements(text: str) -> Iterator[Element]:
    part: list[str] = []
    group = 0
    for line in text.split("\n"):
        if _begins(line):
            lead = _comments_before(part)
            yield from _code(part[: len(part) - lead], group)
            part = part[len(part) - lead :]
            group += 1
            yield Element(BlockKind.HEADING, squeeze(line.rstrip("{: "))[:_TITLE], level=2)
        part.append(line)
    yield from _code(part, group)


def _begins(line: str) -> bool:
    if not line or line[0] in " \t})]#/*-;":
        return False
    return _DEFINITION.match(line) is not None or (_C_LIKE.fullmatch(line) is not None and "=" not in line)


def _comments_before(part: list[str]) -> int:
    """Count the lines at the end that belong to what follows: comments and decorators."""
    count = 0
    while count < len(part) and _leads(part[-1 - count]):
        count += 1
    return count


def _leads(line: str) -> bool:
    """Whether a line is of a comment or a decorator, and not of what stands before."""
    return line[:1] in {"#", "/", "*", "@", "-"} or line.startswith(" *")


def _code(lines: list[str], group: int) -> Iterator[Element]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield Element(BlockKind.CODE, text, group=group)
