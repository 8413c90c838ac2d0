"""reStructuredText without its markup: titles by their underlines, lists, tables, literal blocks. In the child only.

A light reader of its own: docutils would include files and run directives.
"""

import re
from collections.abc import Iterator, Mapping

from pincite.guard.adapters.docx_numbering import count_as
from pincite.guard.adapters.rst_tables import GRID, SIMPLE, csv_rows, grid_rows, list_rows, simple_rows
from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_RULE = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}\s*")
_ITEM = re.compile(r"(?:[-*+•]|\(?(?:\d+|[a-zA-Z#])[.)])\s+")
_NUMBERED = re.compile(r"( *)\(?(\d{1,6}|[a-zA-Z#])[.)]\s")
_EXPLICIT = re.compile(r"\s*\.\.(?:\s|$)")
_DIRECTIVE = re.compile(r"\.\.\s+([\w.+-]+(?::[\w.+-]+)*)\s?::(?:\s+(.*)|$)")
_NOTE = re.compile(r"\.\.\s+(\[[^\]\s]{1,80}\])\s*(.*)")
_SUBSTITUTE = re.compile(r"\s*\.\.\s+\|([^|]{1,100})\|\s+replace::\s*(.*)")
_FIELD = re.compile(r":([^:\n]+):\s+(.*)")
_OPTION = re.compile(r":([\w-]+):(?:\s+(.*)|$)")
_ROLE = re.compile(r":[\w:+-]+:`([^`<]+?)(?:\s*<[^>`]*>)?`")
_LINK = re.compile(r"`([^`<]+?)(?:\s*<[^>`]*>)?`_{0,2}")
_LITERAL = re.compile(r"``(.{1,500}?)``")
_REFERENCE = re.compile(r"(\[[^\]\s]{1,80}\])_(?=\W|$)")
_STRONG = re.compile(r"(\*\*|\*)(?=\S)(.{1,500}?)(?<=\S)\1")
_BULLET = re.compile(r"[-*+•]\s+")
_SUBSTITUTED = re.compile(r"\|([^|\s][^|]*)\|_{0,2}|\b([^\W_]|[^\W_]\w{0,198}?[^\W_])_{1,2}(?=\W|$)")
_MAX_DEPTH = 12
_MOST_SUBSTITUTES = 1_000
# Directives that say nothing to a reader, with all that is in them.
_UNSPOKEN = frozenset(
    {"include", "image", "raw", "toctree", "contents", "index", "highlight", "highlightlang", "meta", "module",
     "currentmodule", "role", "default-role", "sectionauthor", "codeauthor", "moduleauthor", "tabularcolumns",
     "replace", "unicode", "date", "program", "testsetup", "testcleanup", "bibliography", "sectnum", "header",
     "footer", "target-notes", "default-domain"}
)  # fmt: skip
# Those whose argument is no text: a file's name, a class, a condition.
_UNSAID = frozenset({"figure", "only", "ifconfig", "container", "rst-class", "cssclass", "compound", "plot"})
# Those whose argument is text, be it one word alone.
_SPOKEN = frozenset(
    {"note", "warning", "tip", "important", "caution", "attention", "danger", "error", "hint", "seealso", "admonition",
     "rubric", "topic", "sidebar", "epigraph", "pull-quote", "centered", "todo"}
)  # fmt: skip
_VERSIONS = {
    "versionadded": "Added in version", "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version", "versionremoved": "Removed in version",
}  # fmt: skip
# Those that describe a thing of a program: their argument is how it is called, in its own signs.
_OBJECTS = frozenset(
    {"function", "method", "class", "exception", "attribute", "data", "property", "decorator", "decoratormethod",
     "classmethod", "staticmethod", "coroutinefunction", "coroutinemethod", "awaitablefunction", "awaitablemethod",
     "abstractmethod", "macro", "type", "member", "struct", "enum", "enumerator", "union", "var", "object", "opcode",
     "option", "cmdoption", "envvar", "describe", "pdbcommand", "setting", "confval", "directive", "variable"}
)  # fmt: skip
_CODE = frozenset(
    {"code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "doctest", "testcode", "testoutput",
     "math", "productionlist", "prompt", "ipython"}
)  # fmt: skip


def open_source(source: Source) -> Opened:
    """Open reStructuredText."""
    return Opened(cut_sections(_Reader(read_text(source).split("\n")).elements()))


class _Reader:
    """Walks the lines once; what lies within a directive has a reader of its own, `depth` deep."""

    def __init__(self, lines: list[str], outer: "_Reader | None" = None) -> None:
        self._lines = [line.expandtabs(8).rstrip() for line in lines] if outer is None else lines
        self._at = 0
        self._depth: int = 0 if outer is None else outer._depth + 1
        self._levels: list[str] = [] if outer is None else outer._levels
        self._said_by_name = _substitutes(self._lines) if outer is None else outer._said_by_name
        self._group: int = 0 if outer is None else outer._group
        self._counts: dict[int, tuple[str, int]] = {}

    def elements(self) -> Iterator[Element]:
        """Yield the document's elements in order."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip():
                self._at += 1
            elif (heading := self._heading()) is not None:
                yield heading
            elif GRID.fullmatch(line.strip()) or SIMPLE.fullmatch(line.strip()):
                yield from self._table()
            elif _EXPLICIT.match(line):
                yield from self._explicit()
            elif line.lstrip().startswith(">>> "):
                yield self._code(_dedented(self._until_blank()))
            elif line.lstrip().startswith("| "):
                lines = (self._plain(each.strip().removeprefix("|").strip()) for each in self._until_blank())
                yield Element(BlockKind.PARAGRAPH, "\n".join(lines))
            else:
                yield from self._paragraph()

    def _plain(self, text: str) -> str:
        return squeeze(plain(text, self._said_by_name))

    def _code(self, lines: list[str]) -> Element:
        self._group += 1
        return Element(BlockKind.CODE, "\n".join(lines).strip("\n"), group=self._group)

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
        return Element(BlockKind.HEADING, self._plain(lines[title]), level=min(self._levels.index(style) + 1, 6))

    def _paragraph(self) -> Iterator[Element]:
        taken = self._until_blank()
        item = _ITEM.match(taken[0].strip())
        margin = _indent(taken[0]) + (item.end() if item else 0)
        literal = taken[-1].endswith("::")
        if literal:
            taken[-1] = taken[-1][:-1] if taken[-1].strip() != "::" else ""
        yield from self._said(taken)
        if literal:
            ahead = next((line for line in self._lines[self._at : self._at + 20] if line), "")
            body = self._indented(margin if _indent(ahead) > margin else _indent(taken[0]))
            if body:
                yield self._code(body)

    def _counted(self, taken: list[str]) -> Iterator[str]:
        """Yield lines with a number in place of each "#" that stands for the next one."""
        margin = _indent(taken[0])
        goes_on = _ITEM.match(taken[0].strip()) is not None
        for place in [place for place in self._counts if place > margin or (place == margin and not goes_on)]:
            del self._counts[place]
        for line in taken:
            found = _NUMBERED.match(line)
            if found is None or len(found[1]) != margin:
                yield line
                continue
            kind, number = self._counts.get(margin, ("decimal", 0))
            if found[2] == "#":
                number += 1
                line = line.replace("#", count_as(kind, number), 1)
            elif found[2].isdecimal():
                kind, number = "decimal", int(found[2])
            else:
                kind, number = "lowerLetter" if found[2].islower() else "upperLetter", ord(found[2].lower()) - 96
            self._counts[margin] = kind, number
            yield line

    def _said(self, taken: list[str]) -> Iterator[Element]:
        taken = list(self._counted(taken))
        if _ITEM.match(taken[0].strip()) or _FIELD.match(taken[0].strip()):
            self._group += 1
            item: list[str] = []
            for line in taken:
                if item and (_ITEM.match(line.strip()) or _FIELD.match(line.strip())):
                    yield Element(BlockKind.LIST, self._plain(" ".join(item)), group=self._group)
                    item = []
                item.append(_BULLET.sub("", line.strip(), count=1) if not item else line.strip())
            yield Element(BlockKind.LIST, self._plain(" ".join(item)), group=self._group)
        else:
            yield Element(BlockKind.PARAGRAPH, self._plain(" ".join(taken)))

    def _explicit(self) -> Iterator[Element]:
        """Take a directive, a footnote, or what nobody sees: a comment, a target."""
        line = self._lines[self._at]
        self._at += 1
        if line.strip() == ".." and self._at < len(self._lines) and not self._lines[self._at]:
            return  # an empty comment ends with its line
        body = self._indented(_indent(line), blank_lead=True)
        note = _NOTE.match(line.strip())
        found = _DIRECTIVE.match(line.strip())
        if note is not None:
            yield from self._within([f"{note[1]} {note[2]}", *body])
        elif found is not None:
            options, rest = _options(body)
            yield from self._directive(found[1].casefold().rsplit(":", 1)[-1], found[2] or "", options, rest)

    def _directive(self, name: str, argument: str, options: Mapping[str, str], body: list[str]) -> Iterator[Element]:
        if name in _UNSPOKEN or name.startswith("auto"):
            return
        if name in _CODE:
            lines = [argument, *body] if name in {"math", "productionlist"} else body
            if any(lines):
                yield self._code(_dedented(lines))
        elif name in {"list-table", "csv-table"}:
            yield Element(BlockKind.PARAGRAPH, self._plain(argument))
            rows = list_rows(body) if name == "list-table" else csv_rows(options.get("header", ""), body)
            yield from self._rows(rows)
        elif name in _OBJECTS and (name != "class" or any(body) or "(" in argument):
            signs = [argument, *_before_blank(body)]
            yield Element(BlockKind.PARAGRAPH, "\n".join(squeeze(each) for each in signs if each))
            yield from self._within(body[len(signs) - 1 :])
        elif name in _VERSIONS and argument:
            version, _, said = argument.partition(" ")
            yield from self._within(
                [f"{_VERSIONS[name]} {version}{':' if said or body[:1] > [''] else '.'} {said}", *body]
            )
        elif name in _SPOKEN or any(body) or " " in argument:
            yield from self._within(body if name in _UNSAID else [argument, *body])

    def _within(self, lines: list[str]) -> Iterator[Element]:
        """Yield what lies within a directive."""
        if self._depth >= _MAX_DEPTH:
            yield Element(BlockKind.PARAGRAPH, self._plain(" ".join(lines)))
            return
        inner = _Reader(lines, self)
        yield from inner.elements()
        self._group = inner._group + 1

    def _table(self) -> Iterator[Element]:
        taken = self._until_blank()
        simple = SIMPLE.fullmatch(taken[0].strip()) is not None
        while (
            simple
            and self._at < len(self._lines)
            and not (len(taken) > 1 and SIMPLE.fullmatch(taken[-1].strip()))
            and self._lines[self._at + 1 :]
        ):
            taken += self._blank_and_more()
        margin = _indent(taken[0])
        taken = [line[margin:] for line in taken]
        yield from self._rows(simple_rows(taken) if simple else grid_rows(taken))

    def _rows(self, rows: Iterator[list[str]]) -> Iterator[Element]:
        self._group += 1
        for row in rows:
            cells = (self._plain(cell) for cell in row)
            yield Element(BlockKind.TABLE, row_text(cells), group=self._group)

    def _blank_and_more(self) -> list[str]:
        while self._at < len(self._lines) and not self._lines[self._at].strip():
            self._at += 1
        return self._until_blank() if self._at < len(self._lines) else ["= ="]

    def _until_blank(self) -> list[str]:
        start = self._at
        while self._at < len(self._lines) and self._lines[self._at].strip():
            self._at += 1
        return self._lines[start : self._at]

    def _indented(self, margin: int, *, blank_lead: bool = False) -> list[str]:
        """Take the lines that begin to the right of a margin, with blank ones between them, without their indent."""
        start = self._at
        while self._at < len(self._lines) and (not self._lines[self._at] or _indent(self._lines[self._at]) > margin):
            self._at += 1
        taken = self._lines[start : self._at]
        while taken and not taken[-1]:
            taken.pop()
        taken = _dedented(taken)
        return taken if blank_lead else taken[next((at for at, line in enumerate(taken) if line), 0) :]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _dedented(lines: list[str]) -> list[str]:
    margin = min((_indent(line) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def _before_blank(lines: list[str]) -> list[str]:
    return lines[: next((at for at, line in enumerate(lines) if not line), len(lines))]


def _options(body: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return a directive's options, which stand right below it, and the rest."""
    options: dict[str, str] = {}
    rest: list[str] = []
    direct = _before_blank(body)
    name = ""
    for line in direct:
        found = _OPTION.match(line)
        if found is not None:
            name = found[1].casefold()
            options[name] = found[2] or ""
        elif name and line[:1] == " ":
            options[name] += f" {line.strip()}"
        else:
            rest.append(line)
    return options, [*rest, *body[len(direct) :]]


def _substitutes(lines: list[str]) -> dict[str, str]:
    """Return what names between bars stand for, as the document says it."""
    found: dict[str, str] = {}
    for line in lines:
        said = _SUBSTITUTE.match(line)
        if said is not None and said[2] and len(found) < _MOST_SUBSTITUTES:
            found[said[1].casefold()] = said[2]
    return found


def plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """Return text without roles, links and emphasis; what is literal stays as it is.

    Args:
        text: of a paragraph, an item or a cell.
        names: what names between bars stand for, folded.
    """
    known = names or {}

    def named(found: re.Match[str]) -> str:
        return known.get(found[1].casefold(), found[1]) if found[1] else found[2]

    parts = _LITERAL.split(text)
    for at in range(0, len(parts), 2):
        part = _REFERENCE.sub(r"\1", _LINK.sub(r"\1", _ROLE.sub(r"\1", parts[at])))
        parts[at] = _SUBSTITUTED.sub(named, _STRONG.sub(r"\2", part))
    return "".join(parts)
