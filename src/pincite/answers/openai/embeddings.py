"""Vectors by OpenAI's protocol: what is asked, and how vectors are written. Translation only.

The embedder is the one in use; which it is, is said in `catalogue.py`.
"""

import base64
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pincite.answers.openai.domain import ParameterRefused
from pincite.answers.openai.schemas import Name, Text
from pincite.core.tokens import estimate_tokens

_Token = Annotated[int, Field(ge=0, le=2**31 - 1)]


class EmbeddingBody(BaseModel):
    """Texts to embed."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"model": "pincite-static-256-v1", "input": ["Dogs travel free of charge."]}},
    )

    model: Name = Field(description="The embedder in use; see `GET /v1/models`.")
    input: (
        Text
        | Annotated[list[Text], Field(min_length=1, max_length=2_048)]
        | Annotated[list[_Token], Field(max_length=100_000)]
        | Annotated[list[Annotated[list[_Token], Field(max_length=100_000)]], Field(max_length=2_048)]
    )
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = Field(None, ge=1, le=100_000, description="Only as many as the embedder has.")
    input_type: Literal["passage", "query"] | None = Field(
        None, description="Some embedders read questions in another way than passages."
    )
    user: Name | None = None


class EmbeddingData(BaseModel):
    """One vector: numbers, or their bytes (32-bit floats, little-endian) in base64."""

    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    """An estimate of the tokens read."""

    prompt_tokens: int
    total_tokens: int
    estimated: bool = True


class EmbeddingList(BaseModel):
    """Vectors of unit length, in the order of the texts."""

    object: Literal["list"] = "list"
    data: list[EmbeddingData]
    model: str
    usage: EmbeddingUsage


def texts_of(body: EmbeddingBody, dimensions: int) -> Sequence[str]:
    """Return the texts. Raises: ParameterRefused for tokens, empty texts and another number of dimensions."""
    if body.dimensions not in {None, dimensions}:
        raise ParameterRefused("dimensions", f"The embedder has {dimensions} dimensions.", remedy="Leave it out.")
    given = [body.input] if isinstance(body.input, str) else body.input
    texts = [each for each in given if isinstance(each, str)]
    if not given:
        raise ParameterRefused("input", "There is no text.", remedy="Send one or more.")
    if len(texts) < len(given):
        remedy = "Send texts. In LangChain's `OpenAIEmbeddings` set `check_embedding_ctx_length=False`."
        raise ParameterRefused("input", "Tokens are not read: they are another model's.", remedy=remedy)
    if any(not each.strip() for each in texts):
        raise ParameterRefused("input", "There is an empty text.", remedy="Leave empty texts out.")
    return texts


def listed(body: EmbeddingBody, texts: Sequence[str], vectors: NDArray[np.float32]) -> EmbeddingList:
    """Return vectors as they are told."""
    tokens = sum(map(estimate_tokens, texts))
    as_bytes = body.encoding_format == "base64"
    data = [
        EmbeddingData(index=at, embedding=_base64(row) if as_bytes else [float(each) for each in row])
        for at, row in enumerate(vectors)
    ]
    return EmbeddingList(data=data, model=body.model, usage=EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens))


def _base64(row: NDArray[np.float32]) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode("ascii")
