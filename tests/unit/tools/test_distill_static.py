"""The tool that makes static embedders: its arithmetic, and a small model made from a real teacher."""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from pincite.gateway import StaticEmbedder

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("distill_static", ROOT / "tools" / "distill_static.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_gradient_is_the_slope(tool: ModuleType):
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(6, 4)).astype(np.float64)
    texts = [np.array([0, 1, 1]), np.array([2, 4])]
    targets = tool.normalised(chance.normal(size=(2, 4)))

    def loss(at: np.ndarray) -> float:
        return float(
            np.mean([1 - tool.pooled(at, [ids])[0] @ target for ids, target in zip(texts, targets, strict=True)])
        )

    touched, gradient = tool.gradients(rows.astype(np.float32), texts, targets.astype(np.float32))
    assert touched.tolist() == [0, 1, 2, 4]
    for place, token in enumerate(touched):
        for axis in range(4):
            up, down = rows.copy(), rows.copy()
            up[token, axis] += 1e-5
            down[token, axis] -= 1e-5
            assert gradient[place, axis] == pytest.approx((loss(up) - loss(down)) / 2e-5, abs=1e-4)


def test_fitting_finds_rows_that_were_there(tool: ModuleType):
    chance = np.random.default_rng(2)
    truth = chance.normal(size=(40, 8)).astype(np.float32)
    texts = [chance.integers(0, 40, size=6) for _ in range(400)]
    targets = tool.pooled(truth, texts)
    start = tool.starting_rows(texts, targets, 40)
    before = (tool.pooled(start, texts) * targets).sum(axis=1).mean()
    rows = tool.fit(texts, targets, start, tool.FitSettings(steps=300, batch=64))
    assert (tool.pooled(rows, texts) * targets).sum(axis=1).mean() > max(0.97, before)


def test_quantising_loses_half_a_step_at_most(tool: ModuleType):
    rows = np.random.default_rng(3).normal(size=(20, 16)).astype(np.float32)
    small, scales = tool.quantised(rows)
    assert small.dtype == np.int8
    assert (np.abs(small * scales[:, None] - rows) <= scales[:, None] / 2 + 1e-6).all()


def test_passages_are_paragraphs_and_their_sentences(tool: ModuleType):
    text = "Short.\n\nThe first sentence is here. And the second one follows it.\n\nA paragraph of one sentence only"
    assert list(tool.passages(text)) == [
        "The first sentence is here. And the second one follows it.",
        "The first sentence is here.",
        "And the second one follows it.",
        "A paragraph of one sentence only",
    ]


@pytest.mark.bench_data
def test_a_small_model_made_from_a_real_teacher_agrees_with_it_and_loads(tool: ModuleType, tmp_path: Path):
    data = os.environ.get("PINCITE_BENCH_DATA")
    teacher = Path(data or "/nowhere").parent / "models" / "all-minilm-l6-v2-onnx"
    if not teacher.is_dir():
        pytest.skip("needs PINCITE_BENCH_DATA with models/all-minilm-l6-v2-onnx beside it")
    pytest.importorskip("onnxruntime")
    prose = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples/handbook/source").glob("*.txt"))]
    texts = list(dict.fromkeys(passage for text in prose for passage in tool.passages(text)))[:300]
    settings = tool.FitSettings(steps=60, batch=64)
    before, after = tool.distill(teacher, texts, tmp_path, dimensions=64, settings=settings, model_id="small-1")
    assert after > before
    made = StaticEmbedder(tmp_path)
    assert (made.model_id, made.dimensions) == ("small-1", 64)
    laptop, computer, leave = made.vectors(["a broken laptop", "laptop repair", "annual leave days"])
    assert laptop @ computer > laptop @ leave
