"""An embedder from fastembed's list, by name. Its weights come from a hub at first use; nothing else here downloads.

fastembed is an extra (`pincite[fastembed]`); models in a folder of your own are `onnx_embedder.py`'s.
"""

import asyncio
import importlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.gateway.domain import EmbeddingFailed, ModelNotConfigured

PREFIX = "fastembed"
_DENSE_WEIGHT = 0.5
_BATCH = 32
_PORTION = 256


class FastembedEmbedder:
    """`Embedder` of a model that fastembed knows.

    Args:
        name: as in fastembed's list, e.g. `BAAI/bge-small-en-v1.5`.
        threads: threads of one run; 0 for one a core.
        folder: where the model's files are already; None lets fastembed find or fetch them.

    Raises:
        Unavailable: fastembed is not installed.
        ModelNotConfigured: it knows no such model.
    """

    def __init__(self, name: str, *, threads: int = 0, folder: str | None = None) -> None:
        self._library = _library()
        self._name = name
        self._threads = threads or None
        self._folder = {} if folder is None else {"specific_model_path": folder}
        self._model: Any = None
        self._loading = threading.Lock()
        try:
            self._dimensions = int(self._library.TextEmbedding.get_embedding_size(name))
        except ValueError as error:
            message = f"fastembed knows no model `{name[:80]}`."
            raise ModelNotConfigured(
                message, remedy="See `fastembed.TextEmbedding.list_supported_models()`."
            ) from error

    @property
    def model_id(self) -> str:
        """Names the library and the model."""
        return f"{PREFIX}:{self._name}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    @property
    def dense_weight(self) -> float:
        """Weight in 0..1 of the dense score beside BM25."""
        return _DENSE_WEIGHT

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return (len(texts), dimensions) float32 rows of unit length. Raises: EmbeddingFailed."""
        portions = [
            await asyncio.to_thread(self._vectors, texts[start : start + _PORTION], query=query)
            for start in range(0, len(texts), _PORTION)
        ]
        return np.concatenate(portions) if portions else np.zeros((0, self._dimensions), np.float32)

    def _vectors(self, texts: Sequence[str], *, query: bool) -> NDArray[np.float32]:
        model = self._loaded()
        made: Iterator[Any] = (
            model.query_embed(list(texts)) if query else model.passage_embed(list(texts), batch_size=_BATCH)
        )
        rows = np.asarray(list(made), dtype=np.float32)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def _loaded(self) -> Any:
        with self._loading:
            if self._model is None:
                try:
                    self._model = self._library.TextEmbedding(self._name, threads=self._threads, **self._folder)
                except (OSError, ValueError, RuntimeError) as error:
                    message = f"The files of {self.model_id} could not be had."
                    remedy = (
                        "The first use needs the network; or take a model in a folder: PINCITE_EMBEDDER=onnx:FOLDER."
                    )
                    raise EmbeddingFailed(message, remedy=remedy) from error
            return self._model


def _library() -> Any:
    try:
        return importlib.import_module("fastembed")
    except ImportError as error:
        raise Unavailable(
            "Models by fastembed's names need fastembed, which is not installed.",
            remedy="Run `pip install 'pincite[fastembed]'` and start again.",
        ) from error
