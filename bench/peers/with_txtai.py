"""txtai with its default embeddings database (Faiss, SQLite content), cut at page breaks by its segmentation pipeline.

Its own reader of PDF and DOCX needs Docling's downloaded models or Tika's Java server, so pypdf and docx2txt read them,
as for the others; HTML goes through its own pipeline.
"""

# pyright: basic, reportMissingImports=false
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from zipfile import BadZipFile

import docx2txt
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from txtai import Embeddings
from txtai.pipeline import HTMLToMarkdown, Segmentation

from bench.peers.minilm import MiniLM
from bench.peers.system import RESULTS, Found, Ingested, encodable

_UNREADABLE = (PyPdfError, DependencyError, BadZipFile, ValueError, KeyError, OSError)


class TxtaiDefaults:
    """See `System`. A piece's id holds its place: `file#page#number`."""

    def __init__(self, model: Path, threads: int) -> None:
        shared = MiniLM(model, threads)

        def transform(texts: list[str]):
            return shared.vectors(texts)

        self._embeddings = Embeddings(method="external", transform=transform, content=True)
        self._segment = Segmentation(sections=True)
        self._markdown = HTMLToMarkdown(sections=True)

    @property
    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("txtai", "faiss-cpu", "pypdf")}

    def ingest(self, files: list[Path]) -> Ingested:
        sources: set[str] = set()

        def pieces() -> Iterator[tuple[str, str, None]]:
            for path in files:
                try:
                    pages = self._pages(path)
                except _UNREADABLE as error:  # what the others' own readers do with a file that they cannot read
                    print(f"{path.name} left out: {error}", file=sys.stderr)
                    continue
                for number, page in enumerate(pages, 1):
                    for place, piece in enumerate(self._segment(encodable(page))):
                        sources.add(path.name)
                        yield f"{path.name}#{number}#{place}", piece, None

        self._embeddings.index(pieces())
        return Ingested(self._embeddings.count(), frozenset(sources))

    def _pages(self, path: Path) -> list[str]:
        if path.suffix == ".pdf":
            return [page.extract_text() for page in PdfReader(path).pages]
        if path.suffix == ".docx":
            return [docx2txt.process(str(path))]
        text = path.read_text(encoding="utf-8", errors="replace")
        return [self._markdown(text) if path.suffix == ".html" else text]

    def ask(self, question: str) -> list[Found]:
        found = []
        for row in self._embeddings.search(question, RESULTS):
            source, page, _ = row["id"].rsplit("#", 2)
            found.append(Found(source, (int(page),), len(row["text"])))
        return found

    def close(self) -> None:
        self._embeddings.close()
