"""One ONNX text model from a local folder: its tokenizer, its session, and runs in batches of like length.

What the outputs mean (a sentence vector, a relevance) is decided by the adapters that stand on it.
"""

import hashlib
import importlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from pincite.core import Unavailable

Text = str | tuple[str, str]
"""What a model reads: a text, or two that are judged together (a question and a passage)."""

Outputs = Mapping[str, NDArray[Any]]
"""What one run gave, by the graph's own names, and the `attention_mask` (batch, tokens) that went in."""

_QUANTISED = ("int8", "quantized", "uint8")
_BATCH_TEXTS = 32
_BATCH_TOKENS = 512  # padded; more take the CPU longer each, and a question waits behind no longer run
_SAMPLE_BYTES = 1 << 16
_SAMPLES = 64


class OnnxModel:
    """A folder with `tokenizer.json` and `*.onnx` (there or in `onnx/`; one in int8 is preferred), run on the CPU.

    Safe to use from several threads. Everything blocks: call it off the event loop.

    Args:
        folder: where the files are; `config.json` beside them is optional.
        max_tokens: longer input is cut, of a pair the longer text first.
        threads: how many work on what one caller asks for; 0 for one a core.
        by_batch: each of them runs a batch of its own, which is quicker for many texts than all of them on one batch.

    Raises:
        Unavailable: onnxruntime is not installed, or the folder does not hold such a model.
    """

    def __init__(self, folder: Path, *, max_tokens: int = 256, threads: int = 0, by_batch: bool = False) -> None:
        runtime = _runtime()
        self.folder = folder
        self.config = read_json(folder / "config.json")
        self._file = _model_file(folder)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1 if by_batch else threads
        self._at_once = (threads or _cores()) if by_batch else 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin while they wait would take the cores from the parser and the web server.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
            self._session = runtime.InferenceSession(str(self._file), options, providers=["CPUExecutionProvider"])
        except (OSError, ValueError, *_onnx_errors()) as error:
            raise _unreadable(folder) from error
        self._pad = _pad_id(self._tokenizer)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_tokens)
        self._inputs: set[str] = {each.name for each in self._session.get_inputs()}
        self._outputs: list[str] = [each.name for each in self._session.get_outputs()]
        self.max_tokens = max_tokens

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the graph's outputs."""
        return tuple(self._outputs)

    def fingerprint(self, *more: str) -> str:
        """Return eight hexadecimal digits that change with the tokenizer, the weights, `max_tokens` and `more`."""
        digest = hashlib.sha256(repr((self.max_tokens, *more)).encode())
        digest.update((self.folder / "tokenizer.json").read_bytes())
        for path in (self._file, *sorted(self._file.parent.glob(f"{self._file.name}*data*"))):
            for sample in _samples(path):
                digest.update(sample)
        return digest.hexdigest()[:8]

    def run(self, texts: Sequence[Text]) -> Outputs:
        """Run all of them at once, padded to the longest; rows in the order given. Raises: Unavailable."""
        return self._run([self._encoded(text) for text in texts])

    def rows(self, texts: Sequence[Text], take: Callable[[Outputs], NDArray[np.float32]]) -> NDArray[np.float32]:
        """Run texts in batches of like length; returns what `take` makes of each batch, in the order given.

        Args:
            texts: at least one.
            take: makes an array with one row a text of the outputs of one batch.

        Raises:
            Unavailable: the model cannot run on them.
        """
        encoded = [self._encoded(text) for text in texts]
        batches = list(_batches([len(each.ids) for each in encoded]))

        def taken(places: list[int]) -> NDArray[np.float32]:
            return take(self._run([encoded[place] for place in places]))

        if self._at_once == 1 or len(batches) == 1:
            found = [taken(places) for places in batches]
        else:
            with ThreadPoolExecutor(self._at_once, "onnx") as threads:
                found = list(threads.map(taken, batches))
        rows = np.concatenate(found)
        made = np.empty_like(rows)
        made[[place for places in batches for place in places]] = rows
        return made

    def _encoded(self, text: Text) -> Encoding:
        return self._tokenizer.encode(text) if isinstance(text, str) else self._tokenizer.encode(*text)

    def _run(self, encoded: Sequence[Encoding]) -> Outputs:
        feed = _padded(encoded, self._pad)
        try:
            found: list[Any] = self._session.run(None, {name: feed[name] for name in feed if name in self._inputs})
        except (ValueError, RuntimeError, *_onnx_errors()) as error:
            raise _unreadable(self.folder) from error
        named = {name: np.asarray(value) for name, value in zip(self._outputs, found, strict=True)}
        return {**named, "attention_mask": feed["attention_mask"]}


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file, empty where there is none. Raises: Unavailable if it is something else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path.parent) from error
    if not isinstance(found, dict):
        raise _unreadable(path.parent)
    return found  # pyright: ignore[reportUnknownVariableType] (an object's keys are strings)


def _unreadable(folder: Path) -> Unavailable:
    return Unavailable(
        f"The ONNX model in {folder} cannot be used.",
        remedy="The folder must hold tokenizer.json and a text model's *.onnx file, both complete.",
    )


def _runtime() -> Any:
    """Import onnxruntime, whose types say little. Raises: Unavailable."""
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise Unavailable(
            "Models in ONNX folders need onnxruntime, which is not installed.",
            remedy="Run `pip install 'pincite[onnx]'` and start again.",
        ) from error


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _onnx_errors() -> tuple[type[Exception], ...]:
    state: Any = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return tuple(getattr(state, name) for name in (*names, "RuntimeException"))


def _model_file(folder: Path) -> Path:
    """Return the quantised file if there is one, then `model.onnx`, then the smallest."""
    found = sorted((*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")), key=lambda path: (path.stat().st_size, path))
    if not found:
        raise _unreadable(folder)
    quantised = [path for path in found if any(mark in path.name for mark in _QUANTISED)]
    return (quantised or [path for path in found if path.name == "model.onnx"] or found)[0]


def _samples(path: Path) -> Iterator[bytes]:
    """Yield the size of a file and pieces from all over it: enough to tell weights apart without reading gigabytes."""
    size = path.stat().st_size
    yield str(size).encode()
    with path.open("rb") as file:
        for number in range(_SAMPLES):
            file.seek(max(0, size - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
            yield file.read(_SAMPLE_BYTES)


def _pad_id(tokenizer: Tokenizer) -> int:
    padding: dict[str, Any] | None = tokenizer.padding  # pyright: ignore[reportUnknownVariableType] (a bare dict)
    if padding is not None:
        return int(padding["pad_id"])
    return next((found for mark in ("[PAD]", "<pad>") if (found := tokenizer.token_to_id(mark)) is not None), 0)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places in batches of like length, none over the limits (but one text is always a batch)."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and (len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[place] > _BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _padded(encoded: Sequence[Encoding], pad: int) -> dict[str, NDArray[np.int64]]:
    shape = (len(encoded), max(1, *(len(each.ids) for each in encoded), 1))
    ids, mask, types = np.full(shape, pad, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, each in enumerate(encoded):
        ids[row, : len(each.ids)] = each.ids
        mask[row, : len(each.ids)] = 1
        types[row, : len(each.ids)] = each.type_ids
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
