"""Reranks by late interaction: every token of the question looks for its like among the tokens of a passage.

Source: Khattab & Zaharia 2020, "ColBERT" (MaxSim). Takes any ONNX folder whose model gives a vector a token.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.onnx_model import OnnxModel

_MAX_TOKENS = 300
_PORTION = 8


class LateInteraction:
    """`Reranker` from a folder with `tokenizer.json` and `*.onnx` with an output of the shape (texts, tokens, width).

    Args:
        folder: where the files are.

    Raises:
        Unavailable: onnxruntime is not installed, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = OnnxModel(folder, max_tokens=_MAX_TOKENS)
        self._tokens(["a"])  # a model of another kind is refused now, not at the first question

    @property
    def name(self) -> str:
        """As in the setting."""
        return f"late:{self._folder}"

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1: the mean of the question's tokens' best cosines.

        Raises: Unavailable.
        """
        asked = (await asyncio.to_thread(self._tokens, [question]))[0]
        portions = [
            await asyncio.to_thread(self._scores, asked, passages[start : start + _PORTION])
            for start in range(0, len(passages), _PORTION)
        ]
        return np.concatenate(portions) if portions else np.zeros(0, np.float32)

    def _scores(self, asked: NDArray[np.float32], passages: Sequence[str]) -> NDArray[np.float32]:
        best = [float((asked @ each.T).max(axis=1).mean()) for each in self._tokens(passages)]
        return (np.array(best, np.float32) + 1.0) / 2.0

    def _tokens(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Return a unit vector a token, one array (tokens, width) a text."""
        outputs = self._model.run(texts)
        found = next((outputs[name] for name in self._model.outputs if outputs[name].ndim == 3), None)
        if found is None:
            raise Unavailable(
                f"The model in {self._folder} gives no vectors of tokens.",
                remedy="Name a folder with a model whose output has the shape (texts, tokens, width), as ColBERT's.",
            )
        lengths = outputs["attention_mask"].sum(axis=1)
        vectors = np.asarray(found, dtype=np.float32)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=2, keepdims=True), 1e-9)
        return [row[: int(length)] for row, length in zip(vectors, lengths, strict=True)]
