"""An embedder from any sentence-embedding model in an ONNX folder, on this machine's CPU.

How the model is run is in `onnx_model.py`; which folder is used is decided in `embedders.py`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.onnx_model import OnnxModel, Outputs, read_json

_MAX_TOKENS = 256
_DENSE_WEIGHT = 0.5
_POOLED = "sentence_embedding"
_TOKENS = ("last_hidden_state", "token_embeddings")
# Texts handed to a thread at once: a cancelled caller wastes no more than this.
_PORTION = 256


class OnnxEmbedder:
    """`Embedder` from a folder as sentence-transformers exports it, with `tokenizer.json` and a text model's `*.onnx`.

    The graph's `sentence_embedding` is taken where there is one; otherwise token vectors are pooled: their mean, or the
    first one where `1_Pooling/config.json` says so. `config.json` may hold `model_id`, `dense_weight` (0..1),
    `max_tokens`, `query_prefix` and `passage_prefix`; prompts and lengths in the files of sentence-transformers serve
    where it does not. Without a `model_id` the folder's name and a fingerprint of its files are one.

    Args:
        folder: where the files are.
        threads: how many work at once; 0 for one a core.

    Raises:
        Unavailable: onnxruntime is not installed, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path, *, threads: int = 0) -> None:
        use = _Use.read(folder)
        self._use = use
        self._model = OnnxModel(folder, max_tokens=use.max_tokens, threads=threads, by_batch=True)
        self._output = next(name for name in (_POOLED, *_TOKENS, *self._model.outputs) if name in self._model.outputs)
        self._dimensions = self.vectors(["a"]).shape[1]
        made = self._model.fingerprint(use.query_prefix, use.passage_prefix, str(use.first_token))
        self._model_id = use.model_id or f"{folder.name}-{made}"

    @property
    def model_id(self) -> str:
        """Names the model and its version."""
        return self._model_id

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    @property
    def dense_weight(self) -> float:
        """Weight in 0..1 of the dense score beside BM25, as its folder says; 0.5 where it does not."""
        return self._use.dense_weight

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return (len(texts), dimensions) float32 rows of unit length. Raises: Unavailable."""
        portions = [
            await asyncio.to_thread(self.vectors, texts[start : start + _PORTION], query=query)
            for start in range(0, len(texts), _PORTION)
        ]
        return np.concatenate(portions) if portions else np.zeros((0, self.dimensions), np.float32)

    def vectors(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Do what `embed` does for at least one text, in the calling thread. Raises: Unavailable."""
        prefix = self._use.query_prefix if query else self._use.passage_prefix
        return self._model.rows([prefix + text for text in texts], self._pooled)

    def _pooled(self, outputs: Outputs) -> NDArray[np.float32]:
        found = outputs[self._output].astype(np.float32)
        if found.ndim == 3 and self._use.first_token:
            found = found[:, 0]
        elif found.ndim == 3:
            weights = outputs["attention_mask"][:, :, None].astype(np.float32)
            found = (found * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        if found.ndim != 2:
            raise Unavailable("The ONNX model gives no vector for a text.", remedy="Use a sentence-embedding model.")
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)


@dataclass(frozen=True, slots=True)
class _Use:
    """How a folder says that its model is to be used."""

    model_id: str
    dense_weight: float
    max_tokens: int
    query_prefix: str
    passage_prefix: str
    first_token: bool

    @classmethod
    def read(cls, folder: Path) -> "_Use":
        """Read it, with defaults for what is not said. Raises: Unavailable."""
        config = read_json(folder / "config.json")
        prompts: dict[str, Any] = read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
        limits = read_json(folder / "sentence_bert_config.json")
        pooling = read_json(folder / "1_Pooling" / "config.json")
        passage_prompt = prompts.get("passage") or prompts.get("document")
        try:
            return cls(
                model_id=str(config.get("model_id") or ""),
                dense_weight=min(1.0, max(0.0, float(config.get("dense_weight", _DENSE_WEIGHT)))),
                max_tokens=int(config.get("max_tokens") or limits.get("max_seq_length") or _MAX_TOKENS),
                query_prefix=str(config.get("query_prefix") or prompts.get("query") or ""),
                passage_prefix=str(config.get("passage_prefix") or passage_prompt or ""),
                first_token=bool(pooling.get("pooling_mode_cls_token", False)),
            )
        except (TypeError, ValueError) as error:
            message = f"The config.json in {folder} holds a value that cannot be used."
            raise Unavailable(message, remedy="dense_weight and max_tokens are numbers.") from error
