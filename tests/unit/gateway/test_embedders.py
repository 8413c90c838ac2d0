"""Which embedder the settings name, what is wrong with a name, and embedders of older indexes."""

import sys
from pathlib import Path

import pytest
from tests.doubles.onnx_models import write_config, write_model

from pincite.core import PinciteError
from pincite.gateway import Embedders, StaticEmbedder
from pincite.gateway.adapters.memory import MemoryMeter, WordEmbedder
from pincite.gateway.settings import ModelSettings

STATIC = StaticEmbedder()


def _open(name: str, environment: dict[str, str] | None = None, base_url: str | None = None) -> Embedders:
    return Embedders.open(
        ModelSettings(embedder=name, embedder_base_url=base_url), environment or {}, STATIC, MemoryMeter()
    )


def test_the_built_in_one_is_the_default():
    assert Embedders.open(ModelSettings(), {}, STATIC, MemoryMeter()).chosen is STATIC


def test_a_folder_and_the_package_are_opened(tmp_path: Path):
    write_model(tmp_path)
    write_config(tmp_path, model_id="mine-1")
    assert _open(f"onnx:{tmp_path}").chosen.model_id == "mine-1"
    assert _open("minilm").chosen.model_id == "all-minilm-l6-v2-int8-v1"


def test_a_provider_needs_a_key_or_an_address():
    assert _open("openai:any", {"OPENAI_API_KEY": "k"}).chosen.model_id == "openai:any"
    assert _open("openai:any", base_url="http://127.0.0.1:1/v1").chosen.model_id == "openai:any"
    with pytest.raises(PinciteError, match="no key") as error:
        _open("openai:any")
    assert "PINCITE_EMBEDDER_API_KEY" in error.value.remedy


@pytest.mark.parametrize("name", ["", "best", "minilm:x", "onnx:", "openai: ", "STATIC", "static:x"])
def test_a_name_that_is_none_says_which_there_are(name: str):
    with pytest.raises(PinciteError, match="no embedder") as error:
        _open(name)
    assert error.value.code == "model-not-configured"
    assert "onnx:FOLDER" in error.value.remedy


@pytest.mark.parametrize(
    ("name", "missing"), [("minilm", "pincite_minilm"), ("minilm", "onnxruntime"), ("fastembed:x", "fastembed")]
)
def test_what_is_not_installed_says_how_to_install_it(name: str, missing: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(PinciteError, match="not installed") as error:
        _open(name)
    assert "pip install 'pincite[" in error.value.remedy


async def test_the_embedder_of_an_older_index_is_had_again():
    embedders = _open("minilm", {"OPENAI_API_KEY": "k"})
    assert await embedders.of(STATIC.model_id) is STATIC
    assert await embedders.of(embedders.chosen.model_id) is embedders.chosen
    older = await embedders.of("openai:text-embedding-3-small")
    assert older is not None
    assert older.dimensions == 1536
    assert await embedders.of("openai:text-embedding-3-small") is older
    packaged = await _open("static").of("all-minilm-l6-v2-int8-v1")
    assert packaged is not None
    assert packaged.dimensions == 384


@pytest.mark.parametrize("model_id", ["openai:x", "fastembed:no-such-model", "folder-0123abcd"])
async def test_one_that_cannot_be_had_is_none(model_id: str):
    assert await _open("static").of(model_id) is None


async def test_one_that_calls_itself_otherwise_is_none():
    embedders = Embedders(WordEmbedder("new"), reopen=lambda _: WordEmbedder("new-2"))
    assert await embedders.of("old") is None
