"""Reranks with a cross-encoder from a local ONNX folder: question and passage are read together, on this CPU.

How the model is run is in `onnx_model.py`.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.onnx_model import OnnxModel, Outputs

_MAX_TOKENS = 512
_PORTION = 16


class CrossEncoder:
    """`Reranker` from a folder with `tokenizer.json` and `*.onnx` whose `logits` judge a pair of texts.

    One logit is taken through a sigmoid; of two, the second's share.

    Args:
        folder: where the files are.

    Raises:
        Unavailable: onnxruntime is not installed, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = OnnxModel(folder, max_tokens=_MAX_TOKENS, by_batch=True)
        self._output = "logits" if "logits" in self._model.outputs else self._model.outputs[0]
        self._scores(["a"], "a")  # a model of another kind is refused now, not at the first question

    @property
    def name(self) -> str:
        """As in the setting."""
        return f"cross:{self._folder}"

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1. Raises: Unavailable."""
        portions = [
            await asyncio.to_thread(self._scores, passages[start : start + _PORTION], question)
            for start in range(0, len(passages), _PORTION)
        ]
        return np.concatenate(portions) if portions else np.zeros(0, np.float32)

    def _scores(self, passages: Sequence[str], question: str) -> NDArray[np.float32]:
        return self._model.rows([(question, passage) for passage in passages], self._relevance).ravel()

    def _relevance(self, outputs: Outputs) -> NDArray[np.float32]:
        logits = np.asarray(outputs[self._output], dtype=np.float32)
        logits = logits.reshape(len(logits), -1)
        if logits.shape[1] > 2:
            raise Unavailable(
                f"The model in {self._folder} is no cross-encoder: it gives {logits.shape[1]} numbers a pair.",
                remedy="Name a folder with a reranker that gives one or two.",
            )
        margin = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        share = 1.0 / (1.0 + np.exp(-np.clip(margin, -30.0, 30.0)))
        return share.astype(np.float32)[:, None]
