"""Embeddings by the official client, unchanged, are those that the installation makes."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from openai import BadRequestError, NotFoundError
from tests.flow.openai_clients import Clients, opened

from pincite.app.wiring import House

TEXTS = ["Dogs travel free of charge.", "The ferry leaves at nine. 🚢"]


@pytest.fixture
async def clients(house: House) -> AsyncIterator[Clients]:
    async with opened(house) as found:
        yield found


@pytest.mark.parametrize("form", [None, "float", "base64"])
async def test_vectors_are_those_of_the_embedder_in_use(house: House, clients: Clients, form: str | None) -> None:
    embedder = house.embedders.chosen
    given: dict[str, Any] = {} if form is None else {"encoding_format": form}
    reply = await clients.whole.embeddings.create(model=embedder.model_id, input=TEXTS, **given)
    vectors = await embedder.embed(await house.owner(), TEXTS)
    assert [each.index for each in reply.data] == [0, 1]
    assert reply.usage.total_tokens > 5
    # What was asked for in bytes the client leaves in bytes; asked for nothing, it asks for them itself and reads them.
    read = [np.frombuffer(base64.b64decode(e), "<f4") if isinstance(e, str) else e for e in map(_embedding, reply.data)]
    assert np.array_equal(np.array(read, np.float32), vectors)


def _embedding(each: Any) -> Any:
    return each.embedding


async def test_one_text_is_a_list_of_one(house: House, clients: Clients) -> None:
    embedder = house.embedders.chosen
    reply = await clients.whole.embeddings.create(
        model=embedder.model_id, input=TEXTS[0], dimensions=embedder.dimensions, extra_body={"input_type": "query"}
    )
    (vector,) = await embedder.embed(await house.owner(), TEXTS[:1], query=True)
    assert np.array_equal(np.array(reply.data[0].embedding, np.float32), vector)


async def test_what_cannot_be_embedded_is_refused(house: House, clients: Clients) -> None:
    name = house.embedders.chosen.model_id
    refusals: list[tuple[dict[str, Any], str, str]] = [
        ({"input": [1, 2, 3]}, "input", "check_embedding_ctx_length=False"),
        ({"input": [[1], [2]]}, "input", "Tokens are not read"),
        ({"input": []}, "input", "There is no text"),
        ({"input": [" "]}, "input", "an empty text"),
        ({"input": ["x"], "dimensions": 7}, "dimensions", "has 256 dimensions"),
    ]
    for given, param, said in refusals:
        with pytest.raises(BadRequestError, match=said) as refused:
            await clients.whole.embeddings.create(model=name, **given)
        assert refused.value.param == param
    for other in ("pincite/default", "text-embedding-3-small"):
        with pytest.raises(NotFoundError) as none:
            await clients.whole.embeddings.create(model=other, input="x")
        assert none.value.code == "model_not_found"
