"""Which values that this process was given are secrets: what is hidden from its logs, spans and errors.

How they are hidden is in `core/redaction.py`.
"""

from collections.abc import Mapping

from pydantic import SecretStr
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from pincite.app.settings import SECRET_PREFIX, Settings, provider_environment

# Of other libraries, which read them themselves: object stores and the collector of spans.
_SECRETS_OF_OTHERS = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "OTEL_EXPORTER_OTLP_HEADERS",
)


def secret_values(settings: Settings, variables: Mapping[str, str]) -> list[str]:
    """Return them: of the settings, passwords in their addresses too, and of the environment's variables."""
    given = [getattr(settings, name) for name in Settings.model_fields]
    found = [each.get_secret_value() for each in given if isinstance(each, SecretStr)]
    found += [password for each in given if isinstance(each, str) and "@" in each and (password := _password(each))]
    found += [value for name, value in provider_environment().items() if name.endswith("_KEY")]
    found += [variables[name] for name in _SECRETS_OF_OTHERS if variables.get(name)]
    return found + [value for name, value in variables.items() if name.startswith(SECRET_PREFIX) and value]


def _password(address: str) -> str | None:
    try:
        return make_url(address).password
    except (ArgumentError, ValueError):
        return None
