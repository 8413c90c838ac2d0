"""The files of all-MiniLM-L6-v2 as int8 ONNX. Weights only; what runs them is elsewhere."""

from pathlib import Path


def folder() -> Path:
    """Return the folder that holds the model, its tokenizer and `config.json`."""
    return Path(__file__).parent / "model"
