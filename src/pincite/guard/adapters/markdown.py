"""Markdown (CommonMark with tables) through markdown-it; text without the markup. Runs in the child only."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pincite.guard.adapters.html import html_elements
from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, raised, row_text, squeeze
from pincite.guard.source import Opened, Source

_MAX_NESTING = 60  # what lies deeper is read by nobody, and by this parser not at all
_DEEP = re.compile(r"^(?:[>\t ]|[-*+] ){16,}", re.MULTILINE)
# A note's text: as a definition of a link a single word would be lost.
_NOTE = re.compile(r"^( {0,3})(?=\[\^[^\]\n]{1,80}\]:)", re.MULTILINE)
_TITLE = re.compile(r"^title:[ \t]*(?:\"([^\"\n]+)\"|'([^'\n]+)'|([^\n]+))", re.MULTILINE)
_OPEN_COMMENTS = 20
# What stands between the first two rules is the author's own text, unless each line of it may be YAML's.
_KEY = re.compile(r"[\"']?[\w@][\w .:/()@-]{0,80}[\"']?:(?:\s|$)")
_OF_FRONT_MATTER = re.compile(rf"{_KEY.pattern}|\s|$|#|- |[\]}}]")


def open_source(source: Source) -> Opened:
    """Open a Markdown file."""
    matter, text = _without_front_matter(read_text(source))
    found = _TITLE.search(matter)
    title = squeeze(next(filter(None, found.groups()), "")) if found is not None else ""
    return Opened(cut_sections(markdown_elements(text), untitled=title))


def markdown_elements(text: str) -> Iterator[Element]:
    """Yield the elements of Markdown; notebooks have such text in their cells."""
    text = _NOTE.sub(r"\1\\", _without_open_comments(text))
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").enable("strikethrough")
    tokens = parser.parse(text)
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):
        tokens = parser.parse(_DEEP.sub(_flattened, text))
    return _elements(tokens)


def _flattened(found: re.Match[str]) -> str:
    """Return the beginning of a line that is nested too deep with the outermost marks alone."""
    return "> " if found[0].lstrip()[:1] == ">" else "- " if found[0].rstrip()[-1:] in {"-", "*", "+"} else ""


def _without_open_comments(text: str) -> str:
    """Return text in which no comment that is never closed is looked for again and again."""
    last = text.rfind("-->") + 1
    tail = text[last:]
    return text[:last] + tail.replace("<!--", "< !--") if tail.count("<!--") > _OPEN_COMMENTS else text


def _without_front_matter(text: str) -> tuple[str, str]:
    """Return the front matter, "" where there is none, and the author's text."""
    if text.startswith("---\n"):
        end = text.find("\n---\n", 3)
        lines = text[4:end].split("\n") if end > 3 else []
        if any(map(_KEY.match, lines)) and all(map(_OF_FRONT_MATTER.match, lines)):
            return text[4:end], text[end + 5 :]
    return "", text


def _elements(tokens: Sequence[Token]) -> Iterator[Element]:
    level = group = 0
    lists: list[int | None] = []
    lead = ""
    cells: list[str] | None = None
    for token in tokens:
        kind = token.type
        if kind == "heading_open":
            level = int(token.tag[1])
        elif kind == "heading_close":
            level = 0
        elif kind in {"bullet_list_open", "ordered_list_open"}:
            group += not lists
            start = token.attrGet("start")
            lists.append((1 if start is None else int(start)) if kind[0] == "o" else None)
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif kind == "list_item_open":
            number = lists[-1]
            lead = "" if number is None else f"{number}. "
            lists[-1] = None if number is None else number + 1
        elif kind == "table_open":
            group += 1
        elif kind == "tr_open":
            cells = []
        elif kind == "tr_close" and cells is not None:
            yield Element(BlockKind.TABLE, row_text(cells), group=group)
            cells = None
        elif kind in {"fence", "code_block"}:
            group += 1
            yield Element(BlockKind.CODE, token.content.strip("\n"), group=group)
        elif kind == "html_block":
            yield from html_elements(token.content)[0]
        elif kind == "inline":
            text = _inline(token)
            if cells is not None:
                cells.append(text)
            else:
                yield _text_element(text, level, lead, group if lists else 0)
                lead = ""


def _text_element(text: str, level: int, lead: str, list_group: int) -> Element:
    if level:
        return Element(BlockKind.HEADING, squeeze(text), level=level)
    if list_group:
        return Element(BlockKind.LIST, lead + squeeze(text), group=list_group)
    return Element(BlockKind.PARAGRAPH, text.strip())


def _inline(token: Token) -> str:
    parts: list[str] = []
    lifted = 0
    for part in token.children or ():
        if part.type in {"text", "code_inline"}:
            parts.append(part.content)
        elif part.type == "softbreak":
            parts.append(" ")
        elif part.type == "hardbreak" or part.content.startswith("<br"):
            parts.append("\n")
        elif part.content.casefold() == "<sup>":
            lifted = len(parts)
        elif part.content.casefold() == "</sup>":
            parts[lifted:] = [raised("".join(parts[lifted:]))]
            lifted = len(parts)
        elif part.type == "image":
            parts.append(part.content)
    return "".join(parts)
