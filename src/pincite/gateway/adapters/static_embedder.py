"""The built-in embedder: one int8 vector per wordpiece, summed. Needs numpy, tokenizers and safetensors only.

How such a model is made is in `tools/distill_static.py`; its files are in `gateway/models/`.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType] (its dict is bare)
from tokenizers import Tokenizer

from pincite.core import Scope, Unavailable

_SHIPPED = Path(__file__).parent.parent / "models" / "static-256"
# A few milliseconds of work: short enough that other threads get the interpreter between batches.
_BATCH = 32


@dataclass(frozen=True, slots=True)
class _Model:
    """What a folder holds; nothing of it is ever changed, so embedders may share it."""

    tokenizer: Tokenizer
    rows: NDArray[np.int8]
    scales: NDArray[np.float32]
    model_id: str
    dense_weight: float

    @classmethod
    def read(cls, folder: Path) -> "_Model":
        """Read it. Raises: Unavailable."""
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            tensors = load_file(folder / "model.safetensors")
            tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
            rows: NDArray[np.int8] = tensors["embeddings"]
            scales: NDArray[np.float32] = tensors["weights"].astype(np.float32)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            message = f"The embedding model in {folder} cannot be read."
            raise Unavailable(message, remedy="Reinstall Pincite or correct the model folder.") from error
        tokenizer.no_padding()
        tokenizer.no_truncation()
        model_id = str(config.get("model_id", folder.name))
        return cls(tokenizer, rows, scales, model_id, float(config.get("dense_weight", 0.3)))


@lru_cache(maxsize=1)
def _shipped() -> _Model:
    """Read the model that ships with Pincite, once a process: its files do not change and take a tenth of a second."""
    return _Model.read(_SHIPPED)


class StaticEmbedder:
    """`Embedder` from a folder in model2vec's layout (`model.safetensors`, `tokenizer.json`, `config.json`).

    Rows stay int8 in memory (8 MB for the shipped model) and are widened as they are gathered.

    Args:
        folder: a model made by `tools/distill_static.py`; None for the one that ships with Pincite.

    Raises:
        Unavailable: the folder does not hold such a model.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._model = _shipped() if folder is None else _Model.read(folder)
        self._unknown = self._model.tokenizer.token_to_id("[UNK]")

    @property
    def model_id(self) -> str:
        """Names the model and its version."""
        return self._model.model_id

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._model.rows.shape[1])

    @property
    def dense_weight(self) -> float:
        """Weight in 0..1 of the dense score beside BM25, as measured for this model."""
        return self._model.dense_weight

    @cached_property
    def usual_words(self) -> Mapping[str, int]:
        """The whole words of its vocabulary in small letters, with their places: the most usual come first."""
        known = sorted(self._model.tokenizer.get_vocab().items(), key=lambda each: each[1])
        return {word: place for word, place in known if word.isalpha() and word.islower()}

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return (len(texts), dimensions) float32 rows of unit length, zero for a text without known words."""
        return await asyncio.to_thread(self.vectors, texts)

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Do what `embed` does, in the calling thread; a few texts take microseconds."""
        made = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            for offset, ids in enumerate(self._token_ids(texts[start : start + _BATCH])):
                made[start + offset] = self._pooled(ids)
        return made

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many wordpieces each text has, without special tokens."""
        counts: list[int] = []
        for start in range(0, len(texts), _BATCH):
            counts.extend(len(ids) for ids in self._token_ids(texts[start : start + _BATCH]))
        return counts

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        # Only the batch calls let go of the interpreter's lock while they work; this one keeps no offsets either.
        found = self._model.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [each.ids for each in found]

    def _pooled(self, token_ids: list[int]) -> NDArray[np.float32]:
        ids = np.asarray(token_ids, dtype=np.int64)
        ids = ids[ids != self._unknown]
        pooled = self._model.scales[ids] @ self._model.rows[ids].astype(np.float32)
        length = float(np.sqrt(pooled @ pooled))
        return pooled / length if length > 0 else pooled
