"""Writes small ONNX text models into a folder: a table of token vectors, with or without pooling in the graph."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "query:", "passage:", "leave", "holiday", "days", "engine", "oil", "soup")
WIDTH = 4


def write_model(folder: Path, *, output: str = "last_hidden_state", name: str = "model.onnx", seed: int = 7) -> None:
    """Write `tokenizer.json` and a model: each token's vector as `output`, summed over the text if it is pooled."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    onnx.save(_graph(output, token_rows(seed)), str(folder / name))


def write_config(folder: Path, **values: object) -> None:
    """Write `config.json`."""
    (folder / "config.json").write_text(json.dumps(values))


def token_rows(seed: int = 7) -> np.ndarray:
    """Return the vector of each word of `WORDS`, one a row."""
    return np.random.default_rng(seed).normal(size=(len(WORDS), WIDTH)).astype(np.float32)


def _graph(output: str, rows: np.ndarray) -> onnx.ModelProto:
    shape = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    nodes = [helper.make_node("Gather", ["rows", "input_ids"], ["vectors"], axis=0)]
    made = [numpy_helper.from_array(rows, "rows")]
    if output == "sentence_embedding":
        made.append(numpy_helper.from_array(np.array([2], np.int64), "last"))
        made.append(numpy_helper.from_array(np.array([1], np.int64), "tokens"))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
            helper.make_node("Mul", ["vectors", "wide"], ["masked"]),
            helper.make_node("ReduceSum", ["masked", "tokens"], [output], keepdims=0),
        ]
        ends: list[str | int] = ["batch", WIDTH]
    else:
        nodes.append(helper.make_node("Identity", ["vectors"], [output]))
        ends = ["batch", "tokens", WIDTH]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ends)]
    graph = helper.make_graph(nodes, "small", inputs, outputs, made)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def write_inference_model(folder: Path, labels: int) -> None:
    """Write a model that reads two texts: from the first label to the last, logits fall to rise with the word ids."""
    write_model(folder)
    slopes = np.linspace(-0.02, 0.02, labels) if labels > 1 else np.array([0.05])
    nodes = [
        helper.make_node("Cast", ["input_ids"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["as_float", "tokens"], ["total"], keepdims=1),
        helper.make_node("MatMul", ["total", "slopes"], ["logits"]),
    ]
    made = [
        numpy_helper.from_array(np.array([1], np.int64), "tokens"),
        numpy_helper.from_array(slopes.astype(np.float32)[None, :], "slopes"),
    ]
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])
    graph = helper.make_graph(nodes, "inference", [ids], [logits], made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(folder / "model.onnx"))
