"""Embedders from ONNX folders: what is read from the folder, pooling, batches, and what is wrong with a folder."""

import json
import sys
from pathlib import Path

import numpy as np
import pincite_minilm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.doubles.onnx_models import WIDTH, WORDS, token_rows, write_config, write_model

from pincite.core import Scope, Unavailable
from pincite.gateway.adapters.onnx_embedder import OnnxEmbedder
from pincite.gateway.adapters.onnx_model import OnnxModel

SCOPE = Scope(tenant="acme", user="ann")
MINILM = OnnxEmbedder(pincite_minilm.folder(), threads=1)


def _expected(text: str, *, first: bool = False) -> np.ndarray:
    ids = [2, *(WORDS.index(word) if word in WORDS else 1 for word in text.split()), 3]
    vector = token_rows()[ids][0] if first else token_rows()[ids].mean(axis=0)
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("output", ["last_hidden_state", "token_embeddings", "sentence_embedding", "anything"])
async def test_token_vectors_are_pooled_over_the_text_alone_and_scaled(tmp_path: Path, output: str):
    write_model(tmp_path, output=output)
    texts = ["leave days", "engine oil soup leave holiday days", "soup"]
    vectors = await OnnxEmbedder(tmp_path).embed(SCOPE, texts)
    assert vectors.shape == (3, WIDTH)
    assert vectors.dtype == np.float32
    assert vectors == pytest.approx(np.stack([_expected(text) for text in texts]), abs=1e-5)


async def test_a_folder_that_pools_by_its_first_token_is_pooled_so(tmp_path: Path):
    write_model(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert await OnnxEmbedder(tmp_path).embed(SCOPE, ["leave"]) == pytest.approx(
        _expected("leave", first=True)[None], abs=1e-5
    )


async def test_questions_and_passages_get_their_prefixes(tmp_path: Path):
    write_model(tmp_path)
    write_config(tmp_path, query_prefix="query: ", passage_prefix="passage: ")
    embedder = OnnxEmbedder(tmp_path)
    asked, told = await embedder.embed(SCOPE, ["leave"], query=True), await embedder.embed(SCOPE, ["leave"])
    assert asked[0] == pytest.approx(_expected("query: leave"), abs=1e-5)
    assert told[0] == pytest.approx(_expected("passage: leave"), abs=1e-5)


async def test_the_prompts_of_sentence_transformers_serve_too(tmp_path: Path):
    write_model(tmp_path)
    prompts = {"prompts": {"query": "query: ", "document": "passage: "}}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    embedder = OnnxEmbedder(tmp_path)
    assert (await embedder.embed(SCOPE, ["oil"], query=True))[0] == pytest.approx(_expected("query: oil"), abs=1e-5)
    assert (await embedder.embed(SCOPE, ["oil"]))[0] == pytest.approx(_expected("passage: oil"), abs=1e-5)


def test_long_texts_are_cut(tmp_path: Path):
    write_model(tmp_path)
    write_config(tmp_path, max_tokens=4)
    embedder = OnnxEmbedder(tmp_path)
    assert np.array_equal(embedder.vectors(["leave days oil soup"]), embedder.vectors(["leave days"]))


def test_it_names_itself_as_its_folder_says(tmp_path: Path):
    write_model(tmp_path)
    write_config(tmp_path, model_id="mine-1", dense_weight=0.7)
    mine = OnnxEmbedder(tmp_path)
    assert (mine.model_id, mine.dense_weight, mine.dimensions) == ("mine-1", 0.7, WIDTH)


def test_without_a_name_it_is_told_apart_by_what_makes_its_vectors(tmp_path: Path):
    names: set[str] = set()
    for number, (seed, config) in enumerate([(7, {}), (8, {}), (7, {"query_prefix": "q "}), (7, {"max_tokens": 9})]):
        folder = tmp_path / str(number) / "model"
        write_model(folder, seed=seed)
        write_config(folder, **config)
        names.add(OnnxEmbedder(folder).model_id)
    assert len(names) == 4
    write_model(tmp_path / "elsewhere" / "model")
    assert OnnxEmbedder(tmp_path / "elsewhere" / "model").model_id in names


def test_the_quantised_file_is_taken(tmp_path: Path):
    write_model(tmp_path, seed=8)
    write_model(tmp_path, name="model_int8.onnx")
    assert OnnxEmbedder(tmp_path).vectors(["leave"])[0] == pytest.approx(_expected("leave"), abs=1e-5)


def test_the_file_may_lie_in_a_folder_of_its_own(tmp_path: Path):
    write_model(tmp_path)
    (tmp_path / "onnx").mkdir()
    (tmp_path / "model.onnx").rename(tmp_path / "onnx" / "model.onnx")
    assert OnnxEmbedder(tmp_path).vectors(["leave"])[0] == pytest.approx(_expected("leave"), abs=1e-5)


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("damaged", [False, True])
def test_a_folder_without_a_whole_model_says_so(tmp_path: Path, missing: str, damaged: bool):
    write_model(tmp_path)
    (tmp_path / missing).write_text("{}") if damaged else (tmp_path / missing).unlink()
    with pytest.raises(Unavailable, match="cannot be used") as error:
        OnnxEmbedder(tmp_path)
    assert "tokenizer.json" in error.value.remedy


@pytest.mark.parametrize("config", ["[]", "{", '{"dense_weight": "much"}', '{"max_tokens": "many"}'])
def test_a_config_that_makes_no_sense_says_so(tmp_path: Path, config: str):
    write_model(tmp_path)
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(Unavailable, match="cannot be used"):
        OnnxEmbedder(tmp_path)


def test_without_the_runtime_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_model(tmp_path)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Unavailable, match="onnxruntime") as error:
        OnnxEmbedder(tmp_path)
    assert "pip install" in error.value.remedy


async def test_no_texts_give_no_rows():
    assert (await MINILM.embed(SCOPE, [])).shape == (0, 384)


async def test_the_packaged_model_knows_like_meanings():
    laptop, computer, soup = await MINILM.embed(SCOPE, ["a broken laptop", "the computer is damaged", "onion soup"])
    assert laptop @ computer > laptop @ soup + 0.3


def test_the_packaged_model_names_itself():
    assert (MINILM.model_id, MINILM.dimensions, MINILM.dense_weight) == ("all-minilm-l6-v2-int8-v1", 384, 0.5)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=50))
def test_every_text_gets_a_unit_vector_in_its_place(texts: list[str]):
    vectors = MINILM.vectors(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-4)
    # Quantisation scales depend on the batch, so neighbours move a vector a little.
    assert (vectors[-1] @ MINILM.vectors([texts[-1]])[0]) > 0.85


def test_several_threads_make_the_rows_of_one_in_their_places():
    texts = [f"Rule {number}. " + "The ferry leaves at nine. " * (number * 7 % 40) for number in range(60)]
    many = OnnxEmbedder(pincite_minilm.folder(), threads=3)
    assert many.vectors(texts) == pytest.approx(MINILM.vectors(texts), abs=1e-6)


def test_pairs_are_read_together(tmp_path: Path):
    write_model(tmp_path)
    outputs = OnnxModel(tmp_path, max_tokens=8).run([("leave", "days"), ("engine oil soup days", "soup")])
    assert outputs["attention_mask"].tolist() == [[1] * 5 + [0] * 3, [1] * 8]
    assert outputs["last_hidden_state"].shape == (2, 8, WIDTH)
