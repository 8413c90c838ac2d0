"""Reranks through a provider's rerank API, as Cohere and Jina (and servers that copy them) speak it.

They differ in their address alone: `{model, query, documents}` goes, `{results: [{index, relevance_score}]}` comes.
"""

import asyncio
import json
import random
import time
from collections.abc import Mapping, Sequence

import httpx2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from pincite.core import Scope
from pincite.gateway.domain import ModelError
from pincite.gateway.pacing import Pace

ADDRESSES = {"cohere": "https://api.cohere.com/v2/rerank", "jina": "https://api.jina.ai/v1/rerank"}
KEY_NAMES = {"cohere": "COHERE_API_KEY", "jina": "JINA_API_KEY"}
_TRIES = 2
_LONGEST_WAIT_S = 2.0


class _Result(BaseModel):
    index: int
    relevance_score: float


class _Reply(BaseModel):
    results: list[_Result]


class HttpReranker:
    """`Reranker` over HTTP.

    Args:
        name: `cohere:MODEL` or `jina:MODEL`.
        url: the whole address of the call.
        key: sent as a bearer token; None for a server that wants none.
        timeout_s: longest time for one request.
    """

    def __init__(self, name: str, url: str, key: str | None, *, timeout_s: float = 10.0) -> None:
        self._name = name
        self._model = name.partition(":")[2]
        self._url = url
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._timeout_s = timeout_s
        self._pace = Pace(time.monotonic)

    @property
    def name(self) -> str:
        """As in the setting."""
        return self._name

    async def rerank(self, scope: Scope, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Return (len(passages),) relevance in 0..1; what the provider left out has 0.

        Raises:
            ModelError: the provider refused, failed, or did not answer in time.
        """
        if not passages:
            return np.zeros(0, np.float32)
        body = {"model": self._model, "query": question, "documents": list(passages)}
        try:
            reply = await self._asked(body)
            found = _Reply.model_validate_json(reply)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise self._failed("did not answer", str(error) or type(error).__name__) from error
        except (ValidationError, json.JSONDecodeError) as error:
            raise self._failed("sent something that is no ranking", "") from error
        scores = np.zeros(len(passages), np.float32)
        for each in found.results:
            if 0 <= each.index < len(passages):
                scores[each.index] = min(1.0, max(0.0, each.relevance_score))
        return scores

    async def _asked(self, body: Mapping[str, object]) -> bytes:
        async with asyncio.timeout(self._timeout_s), httpx2.AsyncClient(timeout=self._timeout_s) as client:
            for attempt in range(1, _TRIES + 1):
                response = await client.post(self._url, json=body, headers=self._headers)
                if response.status_code < 400:
                    return response.content
                again = response.status_code == 429 or response.status_code >= 500
                wait_s = self._pace.refused(response.headers, attempt - 1, chance=random.random())  # noqa: S311
                if not again or attempt == _TRIES or wait_s > _LONGEST_WAIT_S:
                    raise self._failed(f"refused with {response.status_code}", "")
                await asyncio.sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    def _failed(self, what: str, why: str) -> ModelError:
        said = f" ({why[:120]})" if why else ""
        return ModelError(
            f"The reranker {self._name} {what}{said}.",
            remedy="Check its key and address, or set PINCITE_RERANKER=none.",
        )
