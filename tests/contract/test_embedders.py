"""Every embedder keeps the seam's promises: shapes, unit vectors, order, meaning, names."""

from collections.abc import Iterator

import numpy as np
import pincite_minilm
import pytest
from tests.doubles.onnx_models import write_model
from tests.doubles.provider import serve

from pincite.core import PinciteError, Scope
from pincite.gateway import Embedder, Embedders, StaticEmbedder
from pincite.gateway.adapters.fastembed_embedder import FastembedEmbedder
from pincite.gateway.adapters.memory import MemoryMeter, WordEmbedder
from pincite.gateway.settings import ModelSettings

SCOPE = Scope("acme", "ada")
TEXTS = ["leave and holiday days", "engine oil", "Soup of the day: onion.", "leave and holiday days", "x" * 3_000]
# The adapters below live as long as the module, and one of them has connections of the loop that it was first used on.
pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = ("static", "minilm", "onnx", "onnx-tokens", "openai", "fastembed", "words")


@pytest.fixture(params=NAMES, scope="module")
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedder]:
    """One of each for all tests: they load for a second, and keep nothing of what they are given."""
    name: str = request.param
    if name == "words":
        yield WordEmbedder()
    elif name == "fastembed":
        yield _fastembed()
    elif name == "openai":
        with serve() as provider:
            key = {"OPENAI_API_KEY": "not-sent-elsewhere"}
            provider.behaviour.keys = frozenset({"none"})
            settings = ModelSettings(embedder="openai:test-model", embedder_base_url=f"{provider.url}/v1")
            yield Embedders.open(settings, key, StaticEmbedder(), MemoryMeter()).chosen
    elif name == "onnx":
        yield _opened(f"onnx:{pincite_minilm.folder()}")
    elif name == "onnx-tokens":
        folder = tmp_path_factory.mktemp("model")
        write_model(folder)
        yield _opened(f"onnx:{folder}")
    else:
        yield _opened(name)


def _opened(name: str) -> Embedder:
    return Embedders.open(ModelSettings(embedder=name), {}, StaticEmbedder(), MemoryMeter()).chosen


async def test_rows_are_unit_vectors_in_the_order_given(embedder: Embedder) -> None:
    vectors = await embedder.embed(SCOPE, TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    lengths = np.linalg.norm(vectors, axis=1)
    assert all(length == pytest.approx(1.0, abs=1e-4) or length == 0.0 for length in lengths)
    assert lengths[0] > 0
    assert float(vectors[0] @ vectors[3]) > 0.999
    again = await embedder.embed(SCOPE, TEXTS[::-1])
    # Quantised models see a text a little differently beside others.
    assert all(float(one @ other) > 0.97 for one, other in zip(vectors, again[::-1], strict=True) if one.any())


async def test_no_texts_are_no_rows_and_many_are_as_many(embedder: Embedder) -> None:
    await embedder.embed(SCOPE, ["size"])
    assert (await embedder.embed(SCOPE, [])).shape == (0, embedder.dimensions)
    assert (await embedder.embed(SCOPE, ["leave days"] * 301)).shape == (301, embedder.dimensions)


async def test_a_question_lies_nearest_to_what_has_its_words(embedder: Embedder) -> None:
    (asked,) = await embedder.embed(SCOPE, ["holiday leave days"], query=True)
    told = await embedder.embed(SCOPE, TEXTS[:3])
    assert int(np.argmax(told @ asked)) == 0


async def test_it_has_a_name_and_a_weight(embedder: Embedder) -> None:
    assert embedder.model_id
    assert 0.0 <= embedder.dense_weight <= 1.0


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x00", "\ud800", "🦆" * 500, "a\u0301" * 300])
async def test_no_text_is_too_strange(embedder: Embedder, text: str) -> None:
    if "\ud800" in text:
        text = text.encode("utf-8", "replace").decode()
    vectors = await embedder.embed(SCOPE, [text, "leave"])
    assert np.isfinite(vectors).all()
    assert vectors[1].any()


async def test_fastembed_knows_its_models_by_name() -> None:
    assert _opened("fastembed:BAAI/bge-small-en-v1.5").dimensions == 384
    with pytest.raises(PinciteError, match="knows no model"):
        _opened("fastembed:no-such-model")


def _fastembed() -> Embedder:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    known = {each["model"] for each in TextEmbedding.list_supported_models()}
    if "local/minilm" not in known:
        TextEmbedding.add_custom_model(
            model="local/minilm",
            pooling=PoolingType.DISABLED,
            normalization=False,
            sources=ModelSource(hf="local/minilm"),
            dim=384,
            model_file="model_int8.onnx",
        )
    return FastembedEmbedder("local/minilm", folder=str(pincite_minilm.folder()))
