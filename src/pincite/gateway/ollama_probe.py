"""One short look whether an Ollama is there and which models it has. Only ever on loopback or the named host."""

import urllib.request
from urllib.parse import urlsplit

from pydantic import BaseModel

PROBE_TIMEOUT_S = 0.3


class _Tag(BaseModel):
    name: str = ""


class _Tags(BaseModel):
    models: list[_Tag] = []


def installed_models(url: str) -> list[str] | None:
    """Return the names of the installed models, or None where no Ollama answers. Blocks up to 0.3 s."""
    if urlsplit(url).scheme not in {"http", "https"}:
        return None
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/api/tags", timeout=PROBE_TIMEOUT_S) as response:  # noqa: S310
            body = _Tags.model_validate_json(response.read(1 << 20))
    except (OSError, ValueError):
        return None
    return [model.name for model in body.models if model.name]
