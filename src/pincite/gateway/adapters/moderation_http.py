"""Asks a provider whether a text is fit, as OpenAI's `/v1/moderations` (and servers that copy it) are asked.

`{model, input}` goes, `{results: [{flagged, categories: {name: bool}}]}` comes. What follows from it is decided in
`answers`.
"""

import asyncio
import json
import random

import httpx2
from pydantic import BaseModel, Field, ValidationError

from pincite.core import Scope
from pincite.gateway.calls import Calls, Extent, Plan, noting_unreached
from pincite.gateway.domain import ModelError
from pincite.gateway.metering import CALL_ID

_TRIES = 2
_WAIT_S = 0.2
_MOST_CATEGORIES = 20
_BYTES_PER_TOKEN, _TOKENS_A_TEXT = 4, 16


class _Result(BaseModel):
    flagged: bool
    categories: dict[str, bool | None] = Field(default_factory=dict)


class _Reply(BaseModel):
    results: list[_Result] = Field(min_length=1)


class HttpModerator:
    """A provider's moderation over HTTP.

    Args:
        calls: of the model.
        model: the model's name.
        url: the whole address of the call.
        key: sent as a bearer token; None for a server that wants none.
        timeout_s: longest time for one text, tries together.
    """

    def __init__(self, calls: Calls, model: str, url: str, key: str | None, *, timeout_s: float) -> None:
        self._calls = calls
        self._model = model
        self._url = url
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        self._timeout_s = timeout_s

    async def flagged(self, scope: Scope, text: str) -> tuple[str, ...]:
        """Return the categories that the text falls into, "other" where none is named; none where it is fit.

        Raises:
            ModelError: the provider refused, failed, did not answer in time, or sent something else.
            BudgetExceeded, PriceUnknown, Unavailable: the ledger does not let it be asked.
        """
        try:
            reply = _Reply.model_validate_json(await self._asked(scope, {"model": self._model, "input": text}))
        except (httpx2.HTTPError, TimeoutError) as error:
            raise self._failed("did not answer") from error
        except (ValidationError, json.JSONDecodeError) as error:
            raise self._failed("sent something that is no moderation") from error
        named = [name[:60] for each in reply.results for name, is_so in each.categories.items() if is_so]
        refused = any(each.flagged for each in reply.results)
        return tuple(sorted(set(named))[:_MOST_CATEGORIES]) or ("other",) if refused else ()

    async def _asked(self, scope: Scope, body: dict[str, str]) -> bytes:
        plan = _plan(body["input"], self._timeout_s)
        async with asyncio.timeout(self._timeout_s), httpx2.AsyncClient(timeout=self._timeout_s) as client:
            for attempt in range(1, _TRIES + 1):
                async with self._calls.one(scope, plan) as underway:
                    headers = {**self._headers, CALL_ID: underway.id}
                    with noting_unreached(underway):
                        response = await client.post(self._url, json=body, headers=headers)
                    self._calls.queue.heard(response.status_code, response.headers, random.random())  # noqa: S311
                    if response.status_code < 400:
                        return response.content
                    underway.turned_away()
                if attempt == _TRIES or response.status_code < 500:
                    raise self._failed(f"refused with {response.status_code}")
                await asyncio.sleep(_WAIT_S)
        raise AssertionError("the last try returns or raises")

    def _failed(self, what: str) -> ModelError:
        return ModelError(
            f"The moderation by openai:{self._model} {what}.",
            remedy="Check its key and address, or set PINCITE_MODERATION=none.",
        )


def _plan(text: str, limit_s: float) -> Plan:
    """Return the call with its bound: no token is less than a byte. No reply of the protocol says what it came to."""
    size = len(text.encode("utf-8", "surrogatepass"))
    return Plan(Extent(size + _TOKENS_A_TEXT), Extent(size // _BYTES_PER_TOKEN), limit_s=limit_s, patience_s=limit_s)
