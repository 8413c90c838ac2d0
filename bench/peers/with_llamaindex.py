"""LlamaIndex as its starter tutorial has it: directory reader (pypdf, docx2txt, the rest as plain text), sentence
splitter, vector index in memory.

Defaults kept: one document a page, 1,024 tokens a chunk, its overlap, its store. Only the embedding and top-k are set.
"""

# pyright: basic, reportMissingImports=false
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding

from bench.peers.minilm import MiniLM
from bench.peers.system import RESULTS, Found, Ingested, encodable

_PAGE = "page_from_1"


class _Embedding(BaseEmbedding):
    """The shared model behind LlamaIndex's own class; its batch size stays the default."""

    model: Any

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self.model.vectors(texts).tolist()

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class LlamaIndexDefaults:
    """See `System`."""

    def __init__(self, model: Path, threads: int) -> None:
        self._embedding = _Embedding(model=MiniLM(model, threads))
        self._retriever: Any = None

    @property
    def versions(self) -> dict[str, str]:
        return {name: version(name) for name in ("llama-index-core", "llama-index-readers-file", "pypdf")}

    def ingest(self, files: list[Path]) -> Ingested:
        documents = SimpleDirectoryReader(input_files=files).load_data()
        pages: dict[str, int] = {}
        for document in documents:  # a page's label is not its place in the file; the place is kept out of the text
            document.set_content(encodable(document.get_content()))
            name = document.metadata["file_name"]
            pages[name] = pages.get(name, 0) + 1
            document.metadata[_PAGE] = pages[name]
            document.excluded_embed_metadata_keys.append(_PAGE)
            document.excluded_llm_metadata_keys.append(_PAGE)
        index = VectorStoreIndex.from_documents(documents, embed_model=self._embedding)
        self._retriever = index.as_retriever(similarity_top_k=RESULTS)
        return Ingested(len(index.index_struct.nodes_dict), frozenset(pages))

    def ask(self, question: str) -> list[Found]:
        nodes = [each.node for each in self._retriever.retrieve(question)]
        return [Found(node.metadata["file_name"], (node.metadata[_PAGE],), len(node.get_content())) for node in nodes]

    def close(self) -> None:
        self._retriever = None
