"""The one typed tree of configuration, read once from the environment (`PINCITE_*`); nothing else reads it.

Rooms get the values they need through their constructors, in `wiring.py`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pincite.app.setting_values import (
    PROVIDER_NAMES,
    ModelCache,
    Requests,
    jobs_url_of,
    known_band,
    known_database,
    known_hosts,
    known_jobs,
    known_level,
    known_proxies,
    known_streams,
    sql_url_of,
)
from pincite.core import ErrorKind, PinciteError

PREFIX = "PINCITE_"
# Values of secrets that sources name in their options; nothing else in the environment can be named there.
SECRET_PREFIX = "PINCITE_SECRET_"  # noqa: S105 - the name of a variable
# Read by tests, benchmarks and the files of gates.
FOREIGN = frozenset({"PINCITE_BENCH_DATA"})


class BadSettings(PinciteError):
    """A `PINCITE_*` variable is unknown or holds a value that cannot be used."""

    code = "bad-settings"
    kind = ErrorKind.INVALID


class Settings(BaseSettings):
    """Everything that can be configured; each field is a variable, see `variable_of`."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    home: Annotated[Path, Field(description="The data folder: database, blobs, index and jobs.")] = Path("~/.pincite")
    database_url: Annotated[
        str | None, Field(description="SQL database; default is SQLite in the data folder. `postgresql://...` works.")
    ] = None
    jobs_url: Annotated[str | None, Field(description="Database of the jobs; default follows `database_url`.")] = None
    blobs_url: Annotated[
        str | None, Field(description="Where uploaded bytes are kept: a folder, `s3://`, `gs://` or `az://`.")
    ] = None
    index_url: Annotated[str | None, Field(description="Where the search index is kept: a folder or a bucket URL.")] = (
        None
    )
    host: Annotated[str, Field(description="Address that `pincite serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port that `pincite serve` listens on.")] = 8700
    public_url: Annotated[str | None, Field(description="Address people reach the server at, behind a proxy.")] = None
    hosts: Annotated[
        str | None,
        Field(
            description="Host names (`name` or `name:port`, with commas) that the server answers for beside this "
            "machine's own, the one of `public_url` and those of loopback; requests for others are refused."
        ),
    ] = None
    proxies: Annotated[
        str,
        Field(
            description="Addresses or networks of proxies, with commas: of requests that come from them, "
            "`X-Forwarded-For` says who sent them."
        ),
    ] = "127.0.0.1,::1"
    limit_address: Annotated[
        Requests,
        Field(
            description="Most requests a minute that one address (of IPv6, one /64 network) may send; 0: any number."
        ),
    ] = 12_000
    limit_sign_in: Annotated[
        Requests, Field(description="Most requests a minute that one address may send to sign in; 0: any number.")
    ] = 60
    limit_key: Annotated[
        Requests, Field(description="Most requests a minute that may be sent with one API key; 0: any number.")
    ] = 6_000
    limit_read: Annotated[
        Requests, Field(description="Most requests a minute that one user may send that read; 0: any number.")
    ] = 6_000
    limit_write: Annotated[
        Requests,
        Field(
            description="Most requests a minute that one user may send that write, uploads among them; 0: any number."
        ),
    ] = 3_000
    limit_ask: Annotated[
        Requests, Field(description="Most requests a minute that one user may send that ask or search; 0: any number.")
    ] = 600
    streams: Annotated[
        str,
        Field(description="Most streams open at once in one server, of one user and of all; 0: any number."),
    ] = "100,1000"
    model: Annotated[
        str,
        Field(
            description="`auto`, `none`, `provider:name` (openai, anthropic, google or ollama), several of these with "
            "commas, the next of which is asked where one fails, or `route:name`."
        ),
    ] = "auto"
    model_routes: Annotated[
        Path | None, Field(description="File of named routes: models with tiers and conditions, in TOML.")
    ] = None
    model_base_url: Annotated[
        str | None, Field(description="Address of an OpenAI-compatible server, for `openai:` models.")
    ] = None
    model_api_key: Annotated[
        SecretStr | None, Field(description="Key for the model; default is the provider's own variable.")
    ] = None
    model_timeout_s: Annotated[float, Field(gt=0, description="Longest a model's whole reply may take.")] = 120.0
    model_context_tokens: Annotated[
        int | None,
        Field(
            ge=1024,
            description="Tokens the model takes, question and reply together; default is what the price list says, and "
            "4,096 for Ollama.",
        ),
    ] = None
    model_prices: Annotated[
        str | None,
        Field(
            description="What models cost, before the price list: `PROVIDER:MODEL=IN/OUT` or `=IN/OUT/CACHED`, in "
            "dollars for a million tokens, or `=USD/kcalls`; with commas."
        ),
    ] = None
    model_limits: Annotated[
        str | None, Field(description="What may be sent to a provider: `requests=500/min,tokens=200000/min`.")
    ] = None
    model_cache: ModelCache = "off"
    model_evidence_url: Annotated[
        str | None, Field(description="Address that says what calls came to that broke off: `GET ADDRESS/ID`.")
    ] = None
    passage_tokens: Annotated[
        int, Field(ge=256, description="Most tokens that the passages shown to a model may take.")
    ] = 6000
    unsupported: Annotated[
        Literal["mark", "drop"],
        Field(description="What becomes of a model's sentence that no passage supports: marked, or left out."),
    ] = "mark"
    second_opinion: Annotated[
        str,
        Field(
            description="Who is asked whether evidence carries a model's claim where the built-in verdict is unsure: "
            "`none`, `nli:FOLDER` (an ONNX model of inference), `judge` (the chat model) or `judge:PROVIDER:NAME`."
        ),
    ] = "none"
    second_opinion_band: Annotated[
        str | None,
        Field(description="Scores that count as unsure, such as `0.2-0.8`; default is the band learned with them."),
    ] = None
    embedder: Annotated[
        str,
        Field(
            description="What makes the vectors of the index: `static`, `minilm`, `onnx:FOLDER`, `fastembed:NAME` or "
            "`openai:NAME`. After a change, run `pincite reindex`."
        ),
    ] = "static"
    embedder_base_url: Annotated[
        str | None, Field(description="Address of a server with OpenAI's `/v1/embeddings`, for `openai:` embedders.")
    ] = None
    embedder_api_key: Annotated[SecretStr | None, Field(description="Its key; default is the provider's own.")] = None
    heading_weight: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="What a question's words in the headings above a passage add to its score; 0.1 helps documents "
            "with real headings and costs a little in filings.",
        ),
    ] = 0.0
    context_model: Annotated[
        str,
        Field(
            description="What writes a sentence of context for each passage of a new document, searched but never "
            "shown: `none`, `auto` or `provider:name`. `pincite context --dry-run` says what it costs."
        ),
    ] = "none"
    reranker: Annotated[
        str,
        Field(
            description="What judges the first passages once more: `none`, `windows:EMBEDDER`, `cross:FOLDER`, "
            "`late:FOLDER`, `cohere:MODEL`, `jina:MODEL` or `judge` (the chat model)."
        ),
    ] = "none"
    rerank_skip_margin: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="The lead of the first score over the fifth that spares the reranker, learned by "
            "`pincite eval tune --reranker`; it is always asked where none is set.",
        ),
    ] = None
    expansion: Annotated[
        Literal["none", "passage", "queries", "parts"],
        Field(
            description="What the chat model writes to search with beside the question: `passage` (as one that answers "
            "might read), `queries` (the question in other words), `parts` (the questions within it) or `none`. "
            "One more call a question."
        ),
    ] = "none"
    reranker_base_url: Annotated[
        str | None, Field(description="Address of a server with a `/rerank` like Cohere's, for `cohere:` and `jina:`.")
    ] = None
    reranker_api_key: Annotated[SecretStr | None, Field(description="Its key; default is the provider's own.")] = None
    moderation: Annotated[
        str,
        Field(
            description="Who is asked whether questions may be answered and sentences shown: `none` or `openai:MODEL`."
        ),
    ] = "none"
    moderation_base_url: Annotated[
        str | None, Field(description="Address of a server with a `/moderations` like OpenAI's, for `openai:`.")
    ] = None
    moderation_api_key: Annotated[
        SecretStr | None, Field(description="Key for moderation; default is the provider's own variable.")
    ] = None
    moderation_timeout_s: Annotated[
        float, Field(gt=0, le=60, description="Longest that moderation of one text may take.")
    ] = 5.0
    moderation_failure: Annotated[
        Literal["closed", "open"],
        Field(description="Where moderation fails: `closed` refuses, `open` goes on without it."),
    ] = "closed"
    moderation_phrases: Annotated[
        Path | None,
        Field(description="File of phrases, one a line, that are refused in questions and not shown in answers."),
    ] = None
    secret_key: Annotated[
        SecretStr | None,
        Field(
            min_length=32,
            description="What second factors are encrypted with, the same for all servers: 32 characters or more, such "
            "as `openssl rand -hex 32` prints; default is `secret.key` in the data folder.",
        ),
    ] = None
    max_upload_mb: Annotated[int, Field(gt=0, description="Largest file that is accepted.")] = 250
    max_pages: Annotated[int, Field(gt=0, description="Most pages one document may have.")] = 20_000
    parser_memory_mb: Annotated[int, Field(ge=128, description="Memory limit of one parsing process.")] = 1024
    parser_timeout_s: Annotated[float, Field(gt=0, description="Longest one document may take to parse.")] = 300.0
    ocr: Annotated[
        Literal["auto", "off"],
        Field(
            description="`auto` reads PDF pages that are only pictures, if `pincite[ocr]` is installed, which takes "
            "seconds a page and 2 GB of memory for a parsing process; `off` does not."
        ),
    ] = "auto"
    workers: Annotated[
        int, Field(ge=0, le=64, description="Documents that one worker reads at once; 0: a server starts none.")
    ] = 2
    source_folders: Annotated[
        str | None,
        Field(description="Folders, with `:` between them, that sources added over HTTP may read; none by default."),
    ] = None
    fetch_allow: Annotated[
        str | None,
        Field(
            description="Hosts (`name` or `name:port`, with commas) that sources may be read from although they are on "
            "a private network or at an unusual port; none by default."
        ),
    ] = None
    as_: Annotated[
        str | None,
        Field(
            description="The e-mail address or id of whom commands act as, as `--as` says it; default is the first "
            "tenant's owner."
        ),
    ] = None
    log_level: Annotated[str, Field(description="debug, info, warning or error.")] = "info"
    otlp_endpoint: Annotated[
        str | None, Field(description="OTLP/HTTP address that traces are sent to; none by default.")
    ] = None

    @field_validator("home")
    @classmethod
    def _expanded(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    _database = field_validator("database_url")(known_database)
    _jobs = field_validator("jobs_url")(known_jobs)
    _hosts = field_validator("hosts")(known_hosts)
    _proxies = field_validator("proxies")(known_proxies)
    _streams = field_validator("streams")(known_streams)
    _band = field_validator("second_opinion_band")(known_band)
    _level = field_validator("log_level")(known_level)

    @property
    def request_limits(self) -> Mapping[str, int]:
        """Requests a minute, by the name of what is limited."""
        return {
            "address": self.limit_address,
            "sign-in": self.limit_sign_in,
            "key": self.limit_key,
            "read": self.limit_read,
            "write": self.limit_write,
            "ask": self.limit_ask,
        }

    @property
    def sql_url(self) -> str:
        """The SQLAlchemy URL with its async driver."""
        return sql_url_of(self.database_url, self.home)

    @property
    def jobs_sql_url(self) -> str:
        """The URL of the jobs' database, with a synchronous driver."""
        return jobs_url_of(self.jobs_url, self.sql_url, self.home)


def variable_of(name: str) -> str:
    """Return the variable of a setting: `PINCITE_` and its name in capitals, without what sets it off from Python."""
    return PREFIX + name.rstrip("_").upper()


def read_settings(**overrides: object) -> Settings:
    """Read the environment once.

    Args:
        overrides: values that win over the environment, from command-line options; None means not given.

    Raises:
        BadSettings: a variable is unknown or its value does not fit; the message names it.
    """
    known = {variable_of(name) for name in Settings.model_fields} | FOREIGN
    unknown = sorted(name for name in os.environ if _is_unknown(name, known))
    if unknown:
        raise BadSettings(
            f"Unknown setting {', '.join(unknown)}.", remedy="See the settings reference; unset it or fix its name."
        )
    try:
        return Settings.model_validate(_from_environment() | {k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = variable_of("_".join(str(part) for part in first["loc"]))
        raise BadSettings(
            f"{name}: {first['msg'].removeprefix('Value error, ')}.", remedy="Correct the value and start again."
        ) from None


def as_environment(settings: Settings) -> Mapping[str, str]:
    """Return an environment that gives another process of ours these settings, and what else this one was given."""
    given = {variable_of(name): getattr(settings, name) for name in settings.model_fields_set}
    own = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in given.items()
        if value is not None
    }
    return dict(os.environ) | own


def provider_environment() -> Mapping[str, str]:
    """Return the providers' own variables (keys and addresses), which `model=auto` looks through."""
    return {name: os.environ[name] for name in PROVIDER_NAMES if os.environ.get(name)}


def foreign_values() -> Mapping[str, str]:
    """Return the variables that tests, benchmarks and gates name their data by, where they are set."""
    return {name: os.environ[name] for name in sorted(FOREIGN) if os.environ.get(name)}


def source_secret(name: str) -> str:
    """Return the value of a variable that a source or a route names for its secret. Raises: BadSettings."""
    remedy = f"Start Pincite with {SECRET_PREFIX}... set, and name that variable."
    if not name.startswith(SECRET_PREFIX) or name == f"{PREFIX}SECRET_KEY":
        raise BadSettings(f"{name[:60]} may not be named as a secret.", remedy=remedy)
    if not os.environ.get(name):
        raise BadSettings(f"The secret {name[:60]} is not set.", remedy=remedy)
    return os.environ[name]


def keep_numbers_in_one_thread() -> None:
    """Let numpy's matrices be multiplied in one thread, before it is loaded: its threads spin while they wait."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def variables() -> Mapping[str, str]:
    """Return the process's whole environment, for what has to hide the secrets in it."""
    return dict(os.environ)


def _is_unknown(name: str, known: set[str]) -> bool:
    return name.startswith(PREFIX) and not name.startswith(SECRET_PREFIX) and name not in known


def _from_environment() -> dict[str, object]:
    return {name: os.environ[variable_of(name)] for name in Settings.model_fields if os.environ.get(variable_of(name))}
