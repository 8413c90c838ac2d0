"""reStructuredText without its markup: titles by their underlines, lists, tables, literal blocks. In the child only.

A light reader of its own: docutils would include files and run directives.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_RULE = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}\s*")
_ITEM = re.compile(r"(?:[-*+•]|\(?(?:\d+|[a-zA-Z#])[.)])\s+")
_DIRECTIVE = re.compile(r"\.\.\s+([\w-]+)::\s*(.*)")
_FIELD = re.compile(r":([^:\n]+):\s+(.*)")
_GRID = re.compile(r"\+(?:[-=]+\+)+")
_SIMPLE = re.compile(r"=+(?:\s+=+)+\s*")
_ROLE = re.compile(r":[\w:+-]+:`([^`<]+?)(?:\s*<[^>`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)(?:\s*<[^>`]*>)?`_{0,2}")
_LITERAL = re.compile(r"``(.{1,500}?)``")
_STRONG = re.compile(r"(\*\*|\*)(?=\S)(.{1,500}?)(?<=\S)\1")
_BULLET = re.compile(r"[-*+•]\s+")
_SUBSTITUTED = re.compile(r"\|([^|\s][^|]*)\|_{0,2}|\b(\w{1,200})_{1,2}(?=\W|$)")
# Directives whose body is text of the document; the bodies of others are options and code of no use to a reader.
_SPOKEN = frozenset(
    {"note", "warning", "tip", "important", "caution", "attention", "danger", "error", "hint", "seealso", "admonition",
     "versionadded", "versionchanged", "deprecated", "rubric", "topic", "sidebar", "epigraph", "pull-quote"}
)  # fmt: skip
_CODE = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "doctest", "math"})


def open_source(source: Source) -> Opened:
    """Open reStructuredText."""
    return Opened(cut_sections(_Reader(read_text(source).split("\n")).elements()))


class _Reader:
    """Walks the lines once."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = [line.expandtabs(8).rstrip() for line in lines]
        self._at = 0
        self._levels: list[str] = []
        self._group = 0

    def elements(self) -> Iterator[Element]:
        """Yield the document's elements in order."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip():
                self._at += 1
            elif (heading := self._heading()) is not None:
                yield heading
            elif _GRID.fullmatch(line.strip()) or _SIMPLE.fullmatch(line):
                yield from self._table(simple=_SIMPLE.fullmatch(line) is not None)
            elif line.lstrip().startswith(".."):
                yield from self._directive()
            else:
                yield from self._paragraph()

    def _heading(self) -> Element | None:
        """Take a title with a line under it, or over and under it; the order of styles gives the levels."""
        lines, at = self._lines, self._at
        over = _RULE.fullmatch(lines[at]) is not None
        title = at + 1 if over else at
        under = title + 1
        if under >= len(lines) or not lines[title].strip() or not _RULE.fullmatch(lines[under]):
            return None
        rule = lines[under].strip()
        if len(rule) < min(len(lines[title].strip()), 4) or (over and lines[at].strip()[0] != rule[0]):
            return None
        style = ("over" if over else "") + rule[0]
        if style not in self._levels:
            self._levels.append(style)
        self._at = under + 1
        return Element(BlockKind.HEADING, squeeze(plain(lines[title])), level=min(self._levels.index(style) + 1, 6))

    def _paragraph(self) -> Iterator[Element]:
        taken = self._until_blank()
        literal = taken[-1].endswith("::")
        if literal:
            taken[-1] = taken[-1][:-1] if taken[-1].strip() != "::" else ""
        yield from self._said(taken)
        if literal:
            yield from self._literal()

    def _said(self, taken: list[str]) -> Iterator[Element]:
        if _ITEM.match(taken[0].strip()) or _FIELD.match(taken[0].strip()):
            self._group += 1
            item: list[str] = []
            for line in taken:
                if item and (_ITEM.match(line.strip()) or _FIELD.match(line.strip())):
                    yield Element(BlockKind.LIST, squeeze(plain(" ".join(item))), group=self._group)
                    item = []
                item.append(_BULLET.sub("", line.strip(), count=1) if not item else line.strip())
            yield Element(BlockKind.LIST, squeeze(plain(" ".join(item))), group=self._group)
        else:
            yield Element(BlockKind.PARAGRAPH, squeeze(plain(" ".join(taken))))

    def _literal(self) -> Iterator[Element]:
        body = self._indented()
        if body:
            self._group += 1
            yield Element(BlockKind.CODE, "\n".join(body), group=self._group)

    def _directive(self) -> Iterator[Element]:
        """Take a directive or comment; only what is spoken to the reader, and code, is kept."""
        found = _DIRECTIVE.match(self._lines[self._at].strip())
        self._at += 1
        body = self._indented()
        name = "" if found is None else found[1].casefold()
        if found is not None and name in _SPOKEN:
            text = [found[2], *(line for line in body if not _FIELD.match(line))]
            yield Element(BlockKind.PARAGRAPH, squeeze(plain(" ".join(text))))
        elif name in _CODE and body:
            self._group += 1
            kept = [line for line in body if not re.match(r":[\w-]+:", line)]
            yield Element(BlockKind.CODE, "\n".join(kept).strip("\n"), group=self._group)

    def _table(self, *, simple: bool) -> Iterator[Element]:
        taken = self._until_blank()
        while (
            simple and self._at < len(self._lines) and not _SIMPLE.fullmatch(taken[-1]) and self._lines[self._at + 1 :]
        ):
            taken += self._blank_and_more()
        self._group += 1
        edges = [match.start() for match in re.finditer(r"=+" if simple else r"\+", taken[0])]
        row: list[str] = []
        for line in taken[1:]:
            rule = _SIMPLE.fullmatch(line) if simple else _GRID.fullmatch(line.strip())
            if rule or (simple and row and line[: edges[0] + 1].strip()):
                if row:
                    yield Element(BlockKind.TABLE, row_text(plain(cell) for cell in row), group=self._group)
                row = [] if rule else _cells(line, edges, simple=simple)
            else:
                more = _cells(line, edges, simple=simple)
                row = [f"{one} {other}" for one, other in zip(row, more, strict=False)] if row else more
        if row:
            yield Element(BlockKind.TABLE, row_text(plain(cell) for cell in row), group=self._group)

    def _blank_and_more(self) -> list[str]:
        while self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1
        return self._until_blank() if self._at < len(self._lines) else ["= ="]

    def _until_blank(self) -> list[str]:
        start = self._at
        while self._at < len(self._lines) and self._lines[self._at].strip():
            self._at += 1
        return self._lines[start : self._at]

    def _indented(self) -> list[str]:
        """Take the lines that are indented, with blank ones between them; returns them without their indent."""
        taken: list[str] = []
        while self._at < len(self._lines) and (not self._lines[self._at].strip() or self._lines[self._at][0] == " "):
            taken.append(self._lines[self._at])
            self._at += 1
        while taken and not taken[-1]:
            taken.pop()
        margin = min((len(line) - len(line.lstrip()) for line in taken if line), default=0)
        return [line[margin:] for line in taken][next((at for at, line in enumerate(taken) if line), 0) :]


def _cells(line: str, edges: list[int], *, simple: bool) -> list[str]:
    ends = [*edges[1:], len(line) if simple else None]
    if simple:
        return [line[start:end].strip() for start, end in zip(edges, ends, strict=True)]
    return [line[start + 1 : end].strip() for start, end in pairwise(edges)]


def plain(text: str) -> str:
    """Return text without roles, links and emphasis."""
    text = _LINK.sub(r"\1", _ROLE.sub(r"\1", _LITERAL.sub(r"\1", text)))
    return _SUBSTITUTED.sub(lambda found: found[1] or found[2], _STRONG.sub(r"\2", text))
