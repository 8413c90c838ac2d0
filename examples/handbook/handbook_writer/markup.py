"""Reads the small markup of `source/*.txt` into frozen blocks.

Knows nothing of output formats; each writer decides how a block looks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[str, ...]
    ordered: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first row is its header; `shares` are the column widths in percent, or empty."""

    rows: tuple[tuple[str, ...], ...]
    shares: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Callout:
    text: str


@dataclass(frozen=True, slots=True)
class PageBreak:
    pass


@dataclass(frozen=True, slots=True)
class Scan:
    """A full page that is only a picture; `name` is a file under `source/`."""

    name: str


Block = Heading | Paragraph | Bullets | Grid | Callout | PageBreak | Scan


@dataclass(frozen=True, slots=True)
class Document:
    """One source text: `name` is its file name without suffix, `facts` its front matter in order."""

    name: str
    format: str
    title: str
    facts: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    def fact(self, key: str) -> str:
        return dict(self.facts).get(key, "")


_BOLD = re.compile(r"\*\*(.+?)\*\*")


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """Cut inline text at `**bold**` marks: (piece, is_bold), without the marks."""
    for index, piece in enumerate(_BOLD.split(text)):
        if piece:
            yield piece, index % 2 == 1


def read_document(path: Path) -> Document:
    """Parse one source file. Raises ValueError when the front matter is missing."""
    head, found, body = path.read_text(encoding="utf-8").partition("\n---\n")
    if not found:
        raise ValueError(f"{path.name}: no '---' line after the front matter")
    facts = tuple((key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in head.splitlines()))
    named = dict(facts)
    shown = tuple(pair for pair in facts if pair[0] not in {"Format", "Title"})
    return Document(path.stem, named["Format"], named["Title"], shown, tuple(_blocks(body)))


def _blocks(body: str) -> Iterator[Block]:
    for chunk in re.split(r"\n\s*\n", body.strip()):
        yield _block(chunk.strip().splitlines())


def _block(lines: list[str]) -> Block:
    first = lines[0]
    if first.startswith("#"):
        marks, _, text = first.partition(" ")
        return Heading(len(marks), text)
    if first.startswith("- "):
        return Bullets(tuple(_items(lines, "- ")), ordered=False)
    if re.match(r"\d+\. ", first):
        return Bullets(tuple(_items([re.sub(r"^\d+\. ", "1. ", line) for line in lines], "1. ")), ordered=True)
    if first.startswith("|"):
        return _grid(lines)
    if first.startswith("> "):
        return Callout(" ".join(line.removeprefix("> ") for line in lines))
    if first == "[page]":
        return PageBreak()
    if first.startswith("[scan "):
        return Scan(first.removeprefix("[scan ").rstrip("]"))
    return Paragraph(" ".join(lines))


def _items(lines: list[str], mark: str) -> Iterator[str]:
    """List items; a line without the mark goes on from the line before."""
    item = ""
    for line in lines:
        if line.startswith(mark) and item:
            yield item
            item = ""
        item = f"{item} {line.removeprefix(mark).strip()}".strip()
    yield item


def _grid(lines: list[str]) -> Grid:
    cells = [tuple(cell.strip() for cell in line.strip().strip("|").split("|")) for line in lines]
    if lines[0].startswith("|%"):
        shares = tuple(int(cell.strip("% ")) for cell in lines[0].strip().strip("|").split("|"))
        return Grid(tuple(cells[1:]), shares)
    return Grid(tuple(cells), ())
