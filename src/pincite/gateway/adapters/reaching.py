"""Looks whether the provider of a chat model answers and takes the key: it is asked for its models, which is free.

What is made of it is said by `pincite doctor`.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from pincite.gateway.adapters import anthropic, ollama, openai
from pincite.gateway.providers import Connection

if TYPE_CHECKING:
    import httpx2

ANSWERS_S = 5.0
_THEIRS = {openai.PREFIX: "https://api.openai.com/v1", anthropic.PREFIX: "https://api.anthropic.com"}
_ADDRESS = "Check its address; servers that speak OpenAI's protocol mostly do so below `/v1`."


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of looking: well, worth knowing or wrong; what was found at which host; and what to do."""

    state: Literal["ok", "note", "bad"]
    found: str
    remedy: str = ""


async def reach(name: str, connection: Connection) -> Reached | None:
    """Return what the provider of `provider:model` says; None of one that is asked for no list. Never raises for it."""
    import httpx2

    prefix, _, model = name.partition(":")
    asked = _asked(prefix, connection)
    if asked is None:
        return None
    url, headers = asked
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        # Where it leads elsewhere the key does not go along.
        async with httpx2.AsyncClient(timeout=ANSWERS_S, follow_redirects=False) as client:
            return _said(await client.get(url, headers=headers), model, host)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError):  # an address or a key that cannot be sent, too
        return Reached("bad", f"{host} does not answer", f"{_ADDRESS} Or start it.")


def _asked(prefix: str, connection: Connection) -> tuple[str, dict[str, str]] | None:
    """Return the address of a provider's list of models, and what is sent with the request for it."""
    base, key = (connection.base_url or _THEIRS.get(prefix, "")).rstrip("/"), connection.api_key or ""
    if prefix == anthropic.PREFIX:
        return f"{base}/v1/models?limit=1000", {"x-api-key": key, "anthropic-version": "2023-06-01"}
    if prefix == ollama.PREFIX:
        base = f"{(base or ollama.DEFAULT_URL).removesuffix('/v1')}/v1"
    elif prefix != openai.PREFIX:
        return None
    return f"{base}/models", {"Authorization": f"Bearer {key or 'none'}"}


def _said(response: "httpx2.Response", model: str, host: str) -> Reached:
    status = response.status_code
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        remedy = "Check the key in PINCITE_MODEL_API_KEY, the provider's own variable, or that of the route."
        return Reached("bad", f"{host} rejects the key", remedy)
    if status != HTTPStatus.OK:
        return Reached("note", f"{host} answers, and with status {status} where its models are listed", _ADDRESS)
    try:
        known = {each.id for each in _Models.model_validate_json(response.content).data}
    except ValidationError:
        return Reached("bad", f"{host} answers with something that is no list of models", _ADDRESS)
    if model in known:
        return Reached("ok", f"{host} answers, and has it")
    return Reached("note", f"{host} answers, and does not list it", "Check its name.")
