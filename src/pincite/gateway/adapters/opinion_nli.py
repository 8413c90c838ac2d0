"""Judges claims with a natural-language-inference model from a local ONNX folder, on this CPU.

Evidence and claim are read together as premise and hypothesis. How the model is run is in `onnx_model.py`.
"""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.onnx_model import OnnxModel, Outputs
from pincite.gateway.domain import Opinion, Usage

_MAX_TOKENS = 512
_MARK = "entail"
_NOT = "not"


class EntailmentModel:
    """`ClaimJudge` from a folder with `tokenizer.json`, `*.onnx` and a `config.json` that names the labels.

    Its `logits` have one number for each label of `id2label`; the chance is the share of the one called "entailment"
    after softmax. With a single logit it is that logit's sigmoid.

    Args:
        folder: where the files are.

    Raises:
        Unavailable: onnxruntime is not installed, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = OnnxModel(folder, max_tokens=_MAX_TOKENS)
        self._output = "logits" if "logits" in self._model.outputs else self._model.outputs[0]
        self._label = _entailment(self._model.config)
        self._chance("a", "a")  # a model of another kind is refused now, not at the first claim

    @property
    def name(self) -> str:
        """`nli:` and the folder's own name, without the path to it."""
        return f"nli:{self._folder.name}"

    async def judge(self, scope: Scope, evidence: str, claim: str) -> Opinion:
        """Return the chance that the evidence entails the claim. Raises: Unavailable."""
        return Opinion(await asyncio.to_thread(self._chance, evidence, claim), Usage(), Decimal(0))

    def _chance(self, evidence: str, claim: str) -> float:
        return float(self._model.rows([(evidence, claim)], self._entailed)[0, 0])

    def _entailed(self, outputs: Outputs) -> NDArray[np.float32]:
        logits = np.asarray(outputs[self._output], dtype=np.float32)
        logits = logits.reshape(len(logits), -1)
        if logits.shape[1] == 1:
            return (1.0 / (1.0 + np.exp(-np.clip(logits, -30.0, 30.0)))).astype(np.float32)
        if self._label is None or self._label >= logits.shape[1]:
            raise Unavailable(
                f"The model in {self._folder} is no model of inference: no label of its config.json is entailment.",
                remedy="Name a folder whose config.json has an id2label with one label called entailment.",
            )
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (shares / shares.sum(axis=1, keepdims=True))[:, self._label, None].astype(np.float32)


def _entailment(config: dict[str, Any]) -> int | None:
    """Return the place of the label that says that the premise carries the hypothesis."""
    labels = config.get("id2label")
    if not isinstance(labels, dict):
        return None
    named = {str(key): str(label).lower() for key, label in labels.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] (JSON)
    found = [key for key, label in named.items() if _MARK in label and _NOT not in label]
    return int(found[0]) if len(found) == 1 and found[0].isdigit() else None
