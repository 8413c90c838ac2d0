"""What is answered to all but chats: vectors and moderations in OpenAI's words, rerank in those of Cohere and Jina.

How chats are answered is in `turns.py`.
"""

import base64
import struct
from typing import Any, cast

from pincite.app.simulation.domain import Asked, Kind, Told
from pincite.app.simulation.texts import texts_of, vector_of


def embeddings(asked: Asked, told: Told) -> dict[str, Any]:
    """Return vectors. In any order, as a provider may: the index says which is which."""
    length = asked.body.get("dimensions")
    size = length if isinstance(length, int) and 0 < length <= 8_192 else told.dimensions
    vectors = [vector_of(text, size) for text in _inputs(asked)] if told.vectors is None else told.vectors
    as_text = asked.body.get("encoding_format") == "base64"
    rows = [
        {"object": "embedding", "index": place, "embedding": _base64(row) if as_text else row}
        for place, row in enumerate(vectors)
    ]
    return {"object": "list", "data": rows[::-1], "model": asked.model}


def rerank(asked: Asked) -> dict[str, Any]:
    """Judge documents by the words that they share with the query, as Cohere and Jina answer."""
    wanted = set(str(asked.body["query"]).lower().rstrip("?").split())
    texts = [each if isinstance(each, str) else str(each.get("text", "")) for each in asked.body["documents"]]
    shares = [len(wanted & set(text.lower().split())) / max(1, len(wanted)) for text in texts]
    results = [{"index": place, "relevance_score": share} for place, share in enumerate(shares)]
    results.sort(key=lambda each: -each["relevance_score"])
    most = asked.body.get("top_n")
    return {"model": asked.model, "results": results[: most if isinstance(most, int) else None]}


def moderations(asked: Asked, told: Told) -> dict[str, Any]:
    """Flag what holds one of the words that were told, as OpenAI answers."""
    results: list[dict[str, Any]] = []
    for text in _inputs(asked):
        named = {name: word.lower() in text.lower() for name, word in told.flags.items()}
        scores = {name: float(flagged) for name, flagged in named.items()}
        categories = {**named, "spam": False}
        results.append({"flagged": any(named.values()), "categories": categories, "category_scores": scores})
    return {"id": "modr-1", "model": asked.model, "results": results}


def _inputs(asked: Asked) -> list[str]:
    """Return the texts of a request: one or several."""
    given = asked.body["input"]
    if isinstance(given, str):
        return [given]
    return [each if isinstance(each, str) else "".join(texts_of([each])) for each in cast("list[Any]", given)]


def usage_of(kind: Kind, usage: tuple[int, int]) -> dict[str, Any]:
    """Return how usage is reported of what is no chat; OpenAI reports none of moderations, which cost nothing."""
    if kind is Kind.MODERATIONS:
        return {}
    named = {"total_tokens": usage[0]}
    return {"usage": {"prompt_tokens": usage[0], **named} if kind is Kind.EMBEDDINGS else named}


def _base64(row: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode()
