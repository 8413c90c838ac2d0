"""How this installation makes answers, wired: of which evidence, by which models, and whether they are given again.

What answers are is the business of `answers`; the rest is wired in `wiring.py`.
"""

import hashlib
import json
from importlib.metadata import version

from pincite.answers import Drafters, EvidenceSource, SecondOpinion
from pincite.app.settings import Settings, provider_environment, source_secret
from pincite.core import Database
from pincite.gateway import Models, StaticEmbedder
from pincite.gateway.adapters.route_file import read_routes

# What changes no answer, and may be another in each process of an installation.
_SAYS_NOTHING = frozenset({"as_", "host", "log_level", "otlp_endpoint", "port", "proxies", "public_url", "workers"})


def open_drafters(
    settings: Settings,
    database: Database,
    source: EvidenceSource,
    embedder: StaticEmbedder,
    models: tuple[Models, SecondOpinion | None],
) -> Drafters:
    """Make the ways of making answers.

    Args:
        settings: say which.
        database: where it is noted which questions were answered.
        source: where evidence comes from.
        embedder: the built-in static one.
        models: the chat models, and who is asked about uncertain claims.
    """
    chat, second = models
    drafters = Drafters(
        source,
        embedder,
        chat,
        drop_unsupported=settings.unsupported == "drop",
        passage_tokens=settings.passage_tokens,
        second=second,
    )
    return drafters.remembering(database, made_by(settings)) if settings.model_cache == "semantic" else drafters


def made_by(settings: Settings) -> str:
    """Return a hash of all settings that answers may depend on: another setting may make another answer."""
    routes = read_routes(settings.model_routes, source_secret)
    stops = {name: [stop.model_dump_json() for stop in course] for name, course in sorted(routes.routes.items())}
    rules = {name: cascade.model_dump_json() for name, cascade in sorted(routes.cascades.items())}
    said = settings.model_dump(mode="json", exclude=set(_SAYS_NOTHING))
    # Where an Ollama is reached is in its own variable.
    said["ollama_host"] = provider_environment().get("OLLAMA_HOST")
    return hashlib.sha256(json.dumps([version("pincite"), said, stops, rules], sort_keys=True).encode()).hexdigest()
