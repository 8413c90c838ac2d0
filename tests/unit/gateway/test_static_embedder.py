"""The built-in embedder and the model that ships."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.core import Scope, Unavailable
from pincite.gateway import StaticEmbedder

SCOPE = Scope(tenant="acme", user="ann")
EMBEDDER = StaticEmbedder()


async def test_vectors_have_unit_length_and_the_stated_shape():
    vectors = await EMBEDDER.embed(SCOPE, ["How many days of leave?", "Engines need oil."])
    assert vectors.shape == (2, EMBEDDER.dimensions) == (2, 256)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0, 1.0], abs=1e-5)


async def test_like_meanings_lie_closer_than_unlike_ones():
    laptop, computer, soup = await EMBEDDER.embed(SCOPE, ["a broken laptop", "the computer is damaged", "onion soup"])
    assert laptop @ computer > laptop @ soup + 0.2


async def test_a_text_without_known_words_is_the_zero_vector():
    vectors = await EMBEDDER.embed(SCOPE, ["", "   ", "leave"])
    assert not vectors[:2].any()
    assert vectors[2].any()


async def test_no_texts_give_no_rows():
    assert (await EMBEDDER.embed(SCOPE, [])).shape == (0, 256)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=80))
def test_a_vector_does_not_depend_on_its_neighbours(texts: list[str]):
    together = EMBEDDER.vectors(texts)
    assert np.isfinite(together).all()
    for text, vector in zip(texts, together, strict=True):
        assert np.array_equal(EMBEDDER.vectors([text])[0], vector)


def test_a_long_text_is_read_to_its_end():
    many = "filler words without meaning " * 2_000
    assert EMBEDDER.count_tokens([many])[0] > 8_000 - 1
    assert not np.array_equal(EMBEDDER.vectors([many])[0], EMBEDDER.vectors([many + " turbine" * 50])[0])


def test_tokens_are_counted_without_special_ones():
    assert EMBEDDER.count_tokens(["leave", "leave policy", ""]) == [1, 2, 0]


def test_it_names_itself_and_its_weight():
    assert EMBEDDER.model_id == "pincite-static-256-v1"
    assert EMBEDDER.dense_weight == 0.3


def test_another_folder_is_another_model(tmp_path: Path):
    shipped = Path(StaticEmbedder.__init__.__code__.co_filename).parent.parent / "models" / "static-256"
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    (tmp_path / "config.json").write_text(json.dumps({"model_id": "mine-1", "dense_weight": 0.5}))
    mine = StaticEmbedder(tmp_path)
    assert (mine.model_id, mine.dense_weight) == ("mine-1", 0.5)


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_folder_without_a_model_says_so(tmp_path: Path, missing: str):
    shipped = Path(StaticEmbedder.__init__.__code__.co_filename).parent.parent / "models" / "static-256"
    for name in {"config.json", "model.safetensors", "tokenizer.json"} - {missing}:
        (tmp_path / name).write_bytes((shipped / name).read_bytes())
    with pytest.raises(Unavailable, match="cannot be read"):
        StaticEmbedder(tmp_path)


def test_a_damaged_model_says_so(tmp_path: Path):
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(Unavailable, match="cannot be read"):
        StaticEmbedder(tmp_path)
