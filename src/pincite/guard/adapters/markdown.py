"""Markdown (CommonMark with tables) through markdown-it; text without the markup. Runs in the child only."""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from pincite.guard.adapters.html import html_elements
from pincite.guard.adapters.text import read_text
from pincite.guard.domain import BlockKind
from pincite.guard.sections import Element, cut_sections, row_text, squeeze
from pincite.guard.source import Opened, Source

_MAX_NESTING = 20
_OPEN_COMMENTS = 20
# What stands between the first two rules is the author's own text, unless each line of it may be YAML's.
_KEY = re.compile(r"[\"']?[\w@][\w .:/()@-]{0,80}[\"']?:(?:\s|$)")
_OF_FRONT_MATTER = re.compile(rf"{_KEY.pattern}|\s|$|#|- |[\]}}]")


def open_source(source: Source) -> Opened:
    """Open a Markdown file."""
    text = _without_open_comments(_without_front_matter(read_text(source)))
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING}).enable("table").enable("strikethrough")
    return Opened(cut_sections(_elements(parser.parse(text))))


def _without_open_comments(text: str) -> str:
    """Return text in which no comment that is never closed is looked for again and again."""
    last = text.rfind("-->") + 1
    tail = text[last:]
    return text[:last] + tail.replace("<!--", "< !--") if tail.count("<!--") > _OPEN_COMMENTS else text


def _without_front_matter(text: str) -> str:
    if text.startswith("---\n"):
        end = text.find("\n---\n", 3)
        lines = text[4:end].split("\n") if end > 3 else []
        if any(map(_KEY.match, lines)) and all(map(_OF_FRONT_MATTER.match, lines)):
            return text[end + 5 :]
    return text


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
            lists.append(int(token.attrGet("start") or 1) if kind[0] == "o" else None)
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif kind == "list_item_open":
            lead = "" if lists[-1] is None else f"{token.info or lists[-1]}. "
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
    for part in token.children or ():
        if part.type in {"text", "code_inline"}:
            parts.append(part.content)
        elif part.type == "softbreak":
            parts.append(" ")
        elif part.type == "hardbreak" or part.content.startswith("<br"):
            parts.append("\n")
        elif part.type == "image":
            parts.append(part.content)
    return "".join(parts)
