"""Asks a provider or a proxy afterwards what a call came to, by the id that it was sent with.

`GET URL/ID` answers JSON with `state` (`running` for one that is not over) and tokens, or 404 where
it never came. `pincite simulate` speaks it. When it is asked, and about what, is the ledger's business.
"""

import asyncio
from collections.abc import Collection
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, Field, ValidationError

from pincite.core import Scope, get_logger
from pincite.gateway.domain import Usage
from pincite.gateway.prices import PriceBook, rates_of
from pincite.gateway.registry import PROVIDERS
from pincite.ledger import Call, Spent

_TIMEOUT_S = 5.0
_RUNNING, _NEVER_CAME = "running", 404
_MOST = 10**15
log = get_logger(__name__)


class _Record(BaseModel):
    state: str
    input_tokens: int = Field(ge=0, le=_MOST)
    output_tokens: int = Field(ge=0, le=_MOST)
    cached_tokens: int = Field(default=0, ge=0, le=_MOST)


class HttpEvidence:
    """What calls came to, as a server says that saw them.

    Args:
        url: where it is asked, without the id.
        prices: what models cost, before the price list; see `prices.rates_of`.
        key: sent as a bearer token; None for a server that wants none.
        unclear: models whose price is another by each way that they are asked, so that tokens do not say it.
    """

    def __init__(self, url: str, prices: str, key: str | None = None, unclear: Collection[str] = ()) -> None:
        self._url = url.rstrip("/")
        self._prices = PriceBook(rates_of(prices))
        self._unclear = frozenset(unclear)
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    async def spent(self, scope: Scope, call_id: str, call: Call) -> Spent | None:
        """Return what a call came to; None where it is not known, or not over, or nobody answers."""
        try:
            async with asyncio.timeout(_TIMEOUT_S), httpx2.AsyncClient(timeout=_TIMEOUT_S) as client:
                response = await client.get(f"{self._url}/{quote(call_id, safe='')}", headers=self._headers)
            if response.status_code == _NEVER_CAME:
                return Spent() if call.priced else Spent(pico_usd=None)
            found = _Record.model_validate_json(response.content) if response.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL, ImportError, ValidationError, TimeoutError) as error:
            log.warning("nobody says what a call came to", call=call_id, problem=type(error).__name__)
            return None
        if found is None or found.state == _RUNNING or call.model in self._unclear:
            return None
        provider = PROVIDERS.get(call.model.partition(":")[0])
        price = await asyncio.to_thread(self._prices.price, call.model, provider.priced_as if provider else None)
        usage = Usage(found.input_tokens, found.output_tokens, cached_tokens=found.cached_tokens)
        usd = price.cost(usage) if call.priced and price is not None else None
        return Spent.of(usage.input_tokens, usage.output_tokens, usage.cached_tokens, usd, estimated=False)
