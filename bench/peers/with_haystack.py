"""Haystack as its indexing tutorials have it: its converter of many formats (pypdf, python-docx, trafilatura), cleaner,
splitter, document store in memory.

Defaults kept: 200 words a piece without overlap, dense retrieval. Only the embedding and top-k are set.
"""

# pyright: basic, reportMissingImports=false
import sys
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from haystack import Document, Pipeline, component
from haystack.components.converters import MultiFileConverter
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
from haystack.components.writers import DocumentWriter
from haystack.core.errors import PipelineRuntimeError
from haystack.document_stores.in_memory import InMemoryDocumentStore

from bench.peers.minilm import MiniLM
from bench.peers.system import RESULTS, Found, Ingested, encodable


@component
class _EachFile:
    """Haystack's own converter, a file at a time: one file that it fails on would end the whole run."""

    def __init__(self) -> None:
        self._converter = MultiFileConverter()

    def warm_up(self) -> None:
        self._converter.warm_up()

    @component.output_types(documents=list[Document])
    def run(self, sources: list[Path]) -> dict[str, Any]:
        found: list[Document] = []
        for source in sources:
            try:
                found += self._converter.run(sources=[source])["documents"]
            except (PipelineRuntimeError, UnicodeError) as error:
                print(f"{source.name} left out: {error}", file=sys.stderr)
        return {"documents": [replace(each, content=encodable(each.content or "")) for each in found]}


@component
class _DocumentEmbedder:
    """The shared model in the place of `SentenceTransformersDocumentEmbedder`."""

    def __init__(self, model: MiniLM) -> None:
        self._model = model

    @component.output_types(documents=list[Document])
    def run(self, documents: list[Document]) -> dict[str, Any]:
        rows = self._model.vectors([document.content or "" for document in documents]).tolist()
        return {"documents": [replace(each, embedding=row) for each, row in zip(documents, rows, strict=True)]}


@component
class _TextEmbedder:
    """The shared model in the place of `SentenceTransformersTextEmbedder`."""

    def __init__(self, model: MiniLM) -> None:
        self._model = model

    @component.output_types(embedding=list[float])
    def run(self, text: str) -> dict[str, Any]:
        return {"embedding": self._model.vectors([text])[0].tolist()}


class HaystackDefaults:
    """See `System`."""

    def __init__(self, model: Path, threads: int) -> None:
        shared = MiniLM(model, threads)
        self._store = InMemoryDocumentStore()
        self._indexing = _chain(
            converter=_EachFile(),
            cleaner=DocumentCleaner(),
            splitter=DocumentSplitter(),
            embedder=_DocumentEmbedder(shared),
            writer=DocumentWriter(self._store),
        )
        self._query = Pipeline()
        self._query.add_component("embedder", _TextEmbedder(shared))
        self._query.add_component("retriever", InMemoryEmbeddingRetriever(self._store, top_k=RESULTS))
        self._query.connect("embedder.embedding", "retriever.query_embedding")

    @property
    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("haystack-ai", "pypdf")}

    def ingest(self, files: list[Path]) -> Ingested:
        self._indexing.run({"converter": {"sources": files}})
        names = frozenset(Path(each.meta["file_path"]).name for each in self._store.filter_documents())
        return Ingested(self._store.count_documents(), names)

    def ask(self, question: str) -> list[Found]:
        documents = self._query.run({"embedder": {"text": question}})["retriever"]["documents"]
        return [_found(document) for document in documents]

    def close(self) -> None:
        self._store.delete_documents([])


def _chain(**components: Any) -> Pipeline:
    pipeline = Pipeline()
    names = list(components)
    for name in names:
        pipeline.add_component(name, components[name])
    for one, next_one in pairwise(names):
        pipeline.connect(one, next_one)
    return pipeline


def _found(document: Document) -> Found:
    """Return a piece's pages: the one it says it starts on, and one more for each form feed inside it."""
    text, first = document.content or "", int(document.meta.get("page_number", 1))
    last = first + text.strip().count("\f")
    return Found(Path(document.meta["file_path"]).name, tuple(range(first, last + 1)), len(text))
