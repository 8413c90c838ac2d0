"""txtai with its default embeddings database (Faiss, SQLite content), cut at page breaks by its segmentation pipeline.

Its own PDF reader needs Docling's downloaded models or Tika's Java server, so pypdf reads the pages, as for the others.
"""

# pyright: basic, reportMissingImports=false
from importlib.metadata import version
from pathlib import Path

from pypdf import PdfReader
from txtai import Embeddings
from txtai.pipeline import Segmentation

from bench.peers.minilm import MiniLM
from bench.peers.system import RESULTS, Found


class TxtaiDefaults:
    """See `System`. A piece's id holds its place: `file#page#number`."""

    def __init__(self, model: Path, threads: int) -> None:
        shared = MiniLM(model, threads)

        def transform(texts: list[str]):
            return shared.vectors(texts)

        self._embeddings = Embeddings(method="external", transform=transform, content=True)
        self._segment = Segmentation(sections=True)

    @property
    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("txtai", "faiss-cpu", "pypdf")}

    def ingest(self, files: list[Path]) -> int:
        self._embeddings.index(
            (f"{path.name}#{number}#{place}", piece, None)
            for path in files
            for number, page in enumerate(PdfReader(path).pages, 1)
            for place, piece in enumerate(self._segment(page.extract_text()))
        )
        return self._embeddings.count()

    def ask(self, question: str) -> list[Found]:
        found = []
        for row in self._embeddings.search(question, RESULTS):
            source, page, _ = row["id"].rsplit("#", 2)
            found.append(Found(source, (int(page),), len(row["text"])))
        return found

    def close(self) -> None:
        self._embeddings.close()
