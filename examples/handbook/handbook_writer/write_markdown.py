"""Writes a document as Markdown: the source text with its title and facts on top.

Layout marks (column shares, page breaks) are dropped.
"""

from pathlib import Path

from handbook_writer.markup import Block, Bullets, Callout, Document, Grid, Heading, Paragraph


def write_markdown(document: Document, _source: Path, target: Path) -> None:
    facts = "  \n".join(f"{key}: {value}" for key, value in document.facts)
    parts = [f"# {document.title}", facts, *(_render(block) for block in document.blocks)]
    target.write_bytes(("\n\n".join(part for part in parts if part) + "\n").encode())


def _render(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {text}"
        case Paragraph(text):
            return text
        case Callout(text):
            return f"> {text}"
        case Bullets(items, ordered):
            return "\n".join(f"{f'{n}.' if ordered else '-'} {item}" for n, item in enumerate(items, 1))
        case Grid(rows, _):
            return _table(rows)
        case _:
            return ""


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(rows[0])}")
    return "\n".join(lines)
