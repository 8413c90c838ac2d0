"""all-MiniLM-L6-v2 as ONNX for the peers, batched as sentence-transformers does it, on as many threads as Pincite.

Pincite runs the same file through its own embedder. Only numpy, onnxruntime and tokenizers are imported here.
"""

# pyright: basic
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

_MAX_TOKENS = 256
_BATCH = 32


class MiniLM:
    """Vectors of 384 numbers and unit length; mean pooling is in the graph. Longer texts are cut at 256 tokens.

    Args:
        folder: holds `model_int8.onnx` and `tokenizer.json`.
        threads: threads of one run; 0 for one a core.
    """

    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model_int8.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self._tokenizer.enable_padding()

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(texts), 384) rows; the longest go first, in batches of 32, as sentence-transformers does."""
        made = np.zeros((len(texts), 384), np.float32)
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            made[places] = self._run([texts[place] for place in places])
        return made

    def _run(self, texts: list[str]) -> NDArray[np.float32]:
        encoded = self._tokenizer.encode_batch(texts)
        feed = {
            "input_ids": np.array([each.ids for each in encoded], np.int64),
            "attention_mask": np.array([each.attention_mask for each in encoded], np.int64),
            "token_type_ids": np.array([each.type_ids for each in encoded], np.int64),
        }
        return np.asarray(self._session.run(["sentence_embedding"], feed)[0], np.float32)
