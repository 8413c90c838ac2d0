"""An embedder behind OpenAI's `/v1/embeddings`, of OpenAI or of any server that speaks it, by `base_url`.

How long to wait for a provider that limits our rate is decided in `pacing.py`.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from pincite.core import Scope, get_logger
from pincite.gateway.calls import Calls, Extent, Plan
from pincite.gateway.domain import EmbeddingFailed, Overloaded, Usage
from pincite.gateway.failures import turned_away
from pincite.gateway.metering import CALL_ID, Meter
from pincite.gateway.pacing import LONGEST_WAIT_S, portions, retry_after_s
from pincite.gateway.prices import Price, PriceBook
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    from openai import AsyncOpenAI

PREFIX = "openai"
KEY_NAMES = ("OPENAI_API_KEY",)
_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_DENSE_WEIGHT = 0.5
# A provider takes 2,048 texts and 300,000 tokens at once; smaller requests fail and are paced one by one.
_MOST_TEXTS = 256
_MOST_TOKENS = 50_000
_TRIES = 6
# Somebody waits for a question: better the words alone than an answer in a minute.
_QUESTION_TRIES = 2
_QUESTION_WAIT_S = 2.0
_QUESTION_TIMEOUT_S = 10.0
# Passages wait for their turn no longer: whoever has them made has them for so long, and tries again.
_PATIENCE_S = LONGEST_WAIT_S

log = get_logger(__name__)


class _Row(BaseModel):
    index: int
    embedding: list[float]


class _Used(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)


class _Reply(BaseModel):
    data: list[_Row]
    usage: _Used = _Used()


class OpenAIEmbedder:
    """`Embedder` over HTTP: texts in requests of bounded size, one after another, at the pace that the provider allows.

    Args:
        name: the model.
        connection: address and key.
        meter: the ledger, which every request is in.
        prices: what models cost.
        timeout_s: longest time for one request.
        limits: what may be sent to it, as settings say.
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        meter: Meter,
        prices: PriceBook,
        *,
        timeout_s: float = 60.0,
        limits: str = "",
    ) -> None:
        self._name = name
        self._connection = connection
        self._prices = prices
        self._calls = Calls("embedding", self.model_id, meter, self._price, limits=limits)
        self._timeout_s = timeout_s
        self._client: AsyncOpenAI | None = None
        self._dimensions = _DIMENSIONS.get(name, 0)

    @property
    def model_id(self) -> str:
        """Names the provider's protocol and the model."""
        return f"{PREFIX}:{self._name}"

    @property
    def dimensions(self) -> int:
        """Length of a vector; 0 for an unknown model that was not asked yet."""
        return self._dimensions

    @property
    def dense_weight(self) -> float:
        """Weight in 0..1 of the dense score beside BM25."""
        return _DENSE_WEIGHT

    def cost_usd(self, tokens: int) -> Decimal | None:
        """Return the price of embedding so many tokens; None where nobody knows it."""
        price = self._price()
        return None if price is None else price.cost(Usage(tokens))

    def _price(self) -> Price | None:
        """Return what it costs: as settings say or, at OpenAI's own address, as the price list does."""
        own = self._connection.base_url is None
        return self._prices.price(self.model_id, PREFIX) if own else self._prices.given(self.model_id)

    async def embed(self, scope: Scope, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """Return (len(texts), dimensions) float32 rows of unit length, zero for a blank text.

        Raises:
            EmbeddingFailed: the provider refused, failed, or did not answer in time, each time it was tried.
        """
        # A provider refuses a blank text, and with it the whole request.
        places = [place for place, text in enumerate(texts) if text.strip()]
        sizes = [_tokens(texts[place]) for place in places]
        rows: list[NDArray[np.float32]] = []
        for portion in portions(sizes, most=_MOST_TEXTS, most_size=_MOST_TOKENS):
            some = [texts[places[at]] for at in portion]
            rows.append(await self._asked(scope, some, sum(sizes[at] for at in portion), query=query))
        found = np.zeros((len(texts), self._dimensions), np.float32)
        if rows:
            found[places] = np.concatenate(rows)
        return found

    async def _asked(self, scope: Scope, texts: Sequence[str], tokens: int, *, query: bool) -> NDArray[np.float32]:
        from openai import APIConnectionError, APIError, APIStatusError, OpenAIError

        tries = _QUESTION_TRIES if query else _TRIES
        for attempt in range(1, tries + 1):
            headers: Mapping[str, str] = {}
            try:
                return await self._once(scope, texts, self._plan(texts, tokens, query=query))
            except Overloaded as error:
                raise EmbeddingFailed(error.message, remedy=error.remedy) from error
            except (APIError, OpenAIError, TimeoutError, ValueError, OSError) as error:
                again = isinstance(error, APIConnectionError | TimeoutError | OSError)
                if isinstance(error, APIStatusError):
                    headers = error.response.headers
                    again = error.status_code in {408, 409, 429} or error.status_code >= 500
                if not again or attempt == tries:
                    raise _explained(error, self.model_id) from error
                told_s = retry_after_s(headers)
                wait_s = _pause_s(attempt) if told_s is None else min(told_s, LONGEST_WAIT_S)
                if query and wait_s > _QUESTION_WAIT_S:
                    raise _explained(error, self.model_id) from error
                log.info("embedding tried again", model=self.model_id, attempt=attempt, wait_s=round(wait_s, 2))
                await asyncio.sleep(wait_s)
        raise AssertionError("the last try returns or raises")

    def _plan(self, texts: Sequence[str], tokens: int, *, query: bool) -> Plan:
        """Return a request with its bound: no token is less than a byte."""
        most = sum(len(text.encode("utf-8", "surrogatepass")) + 2 for text in texts)
        if query:
            limit_s = min(_QUESTION_TIMEOUT_S, self._timeout_s)
            return Plan(Extent(most), Extent(tokens), "interactive", limit_s, _QUESTION_WAIT_S)
        return Plan(Extent(most), Extent(tokens), "batch", self._timeout_s, _PATIENCE_S, self._timeout_s)

    async def _once(self, scope: Scope, texts: Sequence[str], plan: Plan) -> NDArray[np.float32]:
        from openai import APIError, APIStatusError

        client = await self._made()
        async with self._calls.one(scope, plan) as underway:
            try:
                async with asyncio.timeout(plan.limit_s):
                    raw = await client.embeddings.with_raw_response.create(
                        model=self._name,
                        input=list(texts),
                        encoding_format="float",
                        extra_headers={CALL_ID: underway.id},
                    )
            except APIError as error:
                if isinstance(error, APIStatusError):
                    self._heard(error.status_code, error.response.headers)
                if isinstance(error, APIStatusError) or turned_away(error):
                    underway.turned_away()
                raise
            self._heard(raw.status_code, raw.headers)
            rows, used = await asyncio.to_thread(_rows, raw.content, len(texts))
            if used:
                underway.used(Extent(used))
        if self._dimensions not in {0, rows.shape[1]}:
            raise ValueError(f"vectors of {rows.shape[1]} dimensions after some of {self._dimensions}")
        self._dimensions = rows.shape[1]
        return rows

    def _heard(self, status: int, headers: Mapping[str, str]) -> None:
        self._calls.queue.heard(status, headers, random.random())  # noqa: S311 - no secret

    async def _made(self) -> "AsyncOpenAI":
        if self._client is None:
            self._client = await asyncio.to_thread(_client, self._connection)
        return self._client


def _client(connection: Connection) -> "AsyncOpenAI":
    from openai import AsyncOpenAI

    # Retries are ours: the library's own would wait as long as the provider says, unseen.
    return AsyncOpenAI(base_url=connection.base_url, api_key=connection.api_key or "none", max_retries=0)


def _tokens(text: str) -> int:
    """Estimate tokens from above: a letter of another script may be one."""
    return len(text.encode()) // 3 + 1


def _pause_s(attempt: int) -> float:
    """Return how long to wait after so many tries: half a second doubled each time, spread over half of it again."""
    return 0.5 * 2 ** (attempt - 1) * (1 + random.random() / 2)  # noqa: S311 - no secret


def _rows(body: bytes, count: int) -> tuple[NDArray[np.float32], int]:
    """Return the unit vectors of a reply, in order, and the tokens that they took; 0 where it is silent.

    Raises: ValueError if it is not whole.
    """
    reply = _Reply.model_validate_json(body)
    vectors = {each.index: each.embedding for each in reply.data}
    if sorted(vectors) != list(range(count)):
        raise ValueError("another number of vectors than of texts")
    with np.errstate(over="ignore"):  # what does not fit becomes infinite, and is refused
        rows = np.asarray([vectors[place] for place in range(count)], dtype=np.float32)
    if rows.ndim != 2 or not rows.shape[1] or not np.isfinite(rows).all():
        raise ValueError("vectors that are none")
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit, reply.usage.prompt_tokens


def _explained(error: BaseException, model: str) -> EmbeddingFailed:
    """Say what a failure means to people; the provider's own words may hold the text, or the key."""
    from openai import APIStatusError, APITimeoutError

    key = "Check PINCITE_EMBEDDER_API_KEY or OPENAI_API_KEY."
    statuses = {
        401: ("The key for {} was rejected.", key),
        403: ("The key for {} may not use it.", key),
        404: ("The provider knows no model {}.", "Check PINCITE_EMBEDDER and PINCITE_EMBEDDER_BASE_URL."),
        429: ("The provider of {} limits our rate.", "Try again later, or check the plan with the provider."),
    }
    if isinstance(error, APIStatusError):
        failed = "rejected a request to" if error.status_code < 500 else "failed to run"
        said, remedy = statuses.get(error.status_code, (f"The provider {failed} {{}}.", "Try again in a moment."))
    elif isinstance(error, APITimeoutError | TimeoutError):
        said, remedy = "{} did not answer in time.", "Try again in a moment."
    elif isinstance(error, ValueError):
        said, remedy = "{} sent something that is not vectors.", "Check PINCITE_EMBEDDER_BASE_URL."
    else:
        said, remedy = "The connection to {} failed.", "Check PINCITE_EMBEDDER_BASE_URL and try again."
    return EmbeddingFailed(said.format(model), remedy=remedy)
