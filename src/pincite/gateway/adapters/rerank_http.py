"""Reranks through a provider's rerank API, as Cohere and Jina (and servers that copy them) speak it.

They differ in their address and in how they count: `{model, query, documents}` goes, `{results: [{index,
relevance_score}]}` comes, with `usage.total_tokens` (Jina) or `meta.billed_units.search_units` (Cohere).
"""

import asyncio
import json
import math
import random
import time
from collections.abc import Mapping, Sequence

import httpx2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field, ValidationError

from pincite.core import Scope
from pincite.gateway.calls import Calls, Extent, Plan, Underway, noting_unreached
from pincite.gateway.domain import ModelError
from pincite.gateway.metering import CALL_ID
from pincite.gateway.pacing import Pace

ADDRESSES = {"cohere": "https://api.cohere.com/v2/rerank", "jina": "https://api.jina.ai/v1/rerank"}
KEY_NAMES = {"cohere": "COHERE_API_KEY", "jina": "JINA_API_KEY"}
_TRIES = 2
_LONGEST_WAIT_S = 2.0
_MOST = 1e9
_BYTES_PER_TOKEN, _TOKENS_A_PASSAGE = 4, 16
# Cohere counts a hundred passages as one search, and of a longer passage each 500 tokens, with the question, as one.
_PASSAGES_A_CALL, _LONGEST_PART, _LEAST_PART = 100, 500, 50


class _Result(BaseModel):
    index: int
    relevance_score: float


class _Reply(BaseModel):
    results: list[_Result]


class _Counted(BaseModel):
    total_tokens: int | None = Field(None, gt=0)
    search_units: float | None = Field(None, gt=0, lt=_MOST, allow_inf_nan=False)


class _Meta(BaseModel):
    billed_units: _Counted | None = None


class _Usage(BaseModel):
    usage: _Counted | None = None
    meta: _Meta | None = None


class HttpReranker:
    """`Reranker` over HTTP.

    Args:
        calls: of `cohere:MODEL` or `jina:MODEL`.
        name: that model.
        url: the whole address of the call.
        key: sent as a bearer token; None for a server that wants none.
        timeout_s: longest time for one ranking, tries together.
    """

    def __init__(self, calls: Calls, name: str, url: str, key: str | None, *, timeout_s: float = 10.0) -> None:
        self._calls = calls
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
            BudgetExceeded, PriceUnknown, Unavailable: the ledger does not let it be asked.
        """
        if not passages:
            return np.zeros(0, np.float32)
        body = {"model": self._model, "query": question, "documents": list(passages)}
        try:
            found = await self._asked(scope, body, plan_of(question, passages, self._timeout_s))
        except (httpx2.HTTPError, TimeoutError) as error:
            raise self._failed("did not answer", str(error) or type(error).__name__) from error
        except (ValidationError, json.JSONDecodeError) as error:
            raise self._failed("sent something that is no ranking", "") from error
        scores = np.zeros(len(passages), np.float32)
        for each in found.results:
            if 0 <= each.index < len(passages):
                scores[each.index] = min(1.0, max(0.0, each.relevance_score))
        return scores

    async def _asked(self, scope: Scope, body: Mapping[str, object], plan: Plan) -> _Reply:
        async with asyncio.timeout(self._timeout_s), httpx2.AsyncClient(timeout=self._timeout_s) as client:
            for attempt in range(1, _TRIES + 1):
                async with self._calls.one(scope, plan) as underway:
                    headers = {**self._headers, CALL_ID: underway.id}
                    with noting_unreached(underway):
                        response = await client.post(self._url, json=body, headers=headers)
                    self._calls.queue.heard(response.status_code, response.headers, random.random())  # noqa: S311
                    if response.status_code < 400:
                        note_told(underway, plan, response.content)
                        return _Reply.model_validate_json(response.content)
                    underway.turned_away()
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


def plan_of(question: str, passages: Sequence[str], limit_s: float) -> Plan:
    """Return the call with its bound: no token is less than a byte, and every passage is read with the question."""
    asked = len(question.encode())
    sizes = [len(each.encode()) for each in passages]
    most = sum(asked + size + _TOKENS_A_PASSAGE for size in sizes)
    # Of a passage that is long, each part counts as one.
    parts = sum(1 + size // max(_LEAST_PART, _LONGEST_PART - asked) for size in sizes)
    units = -(-len(sizes) // _PASSAGES_A_CALL)
    expected = sum(asked + size for size in sizes) // _BYTES_PER_TOKEN
    return Plan(Extent(most, -(-parts // _PASSAGES_A_CALL)), Extent(expected, units), limit_s=limit_s)


def note_told(underway: Underway, plan: Plan, content: bytes) -> None:
    """Note what a provider says that a ranking came to: tokens, or searches, whose tokens are estimated."""
    try:
        told = _Usage.model_validate_json(content)
    except ValidationError:  # of a ranking that may be one all the same
        return
    billed = None if told.meta is None else told.meta.billed_units
    tokens = [each.total_tokens for each in (told.usage, billed) if each is not None and each.total_tokens]
    if billed is not None and billed.search_units is not None:
        underway.used(Extent(tokens[0] if tokens else plan.expected.tokens, math.ceil(billed.search_units)))
    elif tokens:
        underway.used(Extent(tokens[0]))
