"""Chooses the writer for each source text and runs it.

The one place that knows which formats exist.
"""

from collections.abc import Callable
from pathlib import Path

from handbook_writer.markup import Document, read_document
from handbook_writer.write_docx import write_docx
from handbook_writer.write_html import write_html
from handbook_writer.write_markdown import write_markdown
from handbook_writer.write_pdf import write_pdf
from handbook_writer.write_pptx import write_pptx
from handbook_writer.write_xlsx import write_xlsx

_WRITERS: dict[str, Callable[[Document, Path, Path], None]] = {
    "docx": write_docx,
    "html": write_html,
    "md": write_markdown,
    "pdf": write_pdf,
    "pptx": write_pptx,
    "xlsx": write_xlsx,
}


def write_corpus(source: Path, target: Path) -> list[Path]:
    """Write every text of `source` into `target` and return the files, sorted by name."""
    target.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for path in sorted(source.glob("*.txt")):
        document = read_document(path)
        file = target / f"{document.name}.{document.format}"
        _WRITERS[document.format](document, source, file)
        written.append(file)
    return sorted(written)
