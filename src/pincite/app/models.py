"""Opens models by the settings: which one answers, what makes vectors, who judges. Wired in `wiring.py`.

What they are is the gateway's business; nothing is sent to one here but looks whether it is there.
"""

import asyncio
from collections.abc import Mapping, Sequence

from pincite.answers import SecondOpinion
from pincite.app.secret_key import installation_key
from pincite.app.settings import Settings, provider_environment, source_secret
from pincite.core import Database
from pincite.gateway import Discovery, Embedders, Models, StaticEmbedder
from pincite.gateway.adapters.evidence_http import HttpEvidence
from pincite.gateway.adapters.reaching import Reached, reach
from pincite.gateway.adapters.route_file import read_routes
from pincite.gateway.settings import ModelSettings
from pincite.ledger import Ledger
from pincite.retrieval import Judge, RetrievalSettings, SecondModels


async def open_models(settings: Settings, ledger: Ledger, database: Database) -> Models:
    """Find out which model answers, and make the way to it. Raises: ModelNotConfigured."""
    environment = provider_environment()
    found = await discover_model(settings, environment)
    # Fences are new for each request but where the same request is to be known again.
    key = None if settings.model_cache == "off" else await asyncio.to_thread(installation_key, settings)
    return Models(_model_settings(settings, key), environment, found, ledger, database=database)


def open_ledger(settings: Settings, database: Database) -> Ledger:
    """Make the ledger, with who can be asked what calls came to. Raises: ModelNotConfigured (prices)."""
    url = settings.model_evidence_url
    if url is None:
        return Ledger(database)
    key = None if settings.model_api_key is None else settings.model_api_key.get_secret_value()
    apart = read_routes(settings.model_routes, source_secret).priced_apart
    return Ledger(database, HttpEvidence(url, settings.model_prices or "", key, apart))


async def discover_model(settings: Settings, environment: Mapping[str, str]) -> Discovery:
    """Find out which model answers. Raises: ModelNotConfigured."""
    return await Discovery.of(_model_settings(settings), environment)


async def reach_models(
    settings: Settings, environment: Mapping[str, str], found: Discovery
) -> Sequence[tuple[str, Reached]]:
    """Ask the providers of the models that answer whether they do; names each. Raises: ModelNotConfigured."""
    asked = found.connections(_model_settings(settings), environment)
    said = await asyncio.gather(*(reach(*each) for each in asked))
    return [(name, each) for (name, _), each in zip(asked, said, strict=True) if each is not None]


def _model_settings(settings: Settings, fence_key: bytes | None = None) -> ModelSettings:
    return ModelSettings(
        model=settings.model,
        base_url=settings.model_base_url,
        api_key=settings.model_api_key,
        context_tokens=settings.model_context_tokens,
        total_timeout_s=settings.model_timeout_s,
        keeps_replies=settings.model_cache != "off",
        fence_key=fence_key,
        embedder=settings.embedder,
        embedder_base_url=settings.embedder_base_url,
        embedder_api_key=settings.embedder_api_key,
        reranker_base_url=settings.reranker_base_url,
        reranker_api_key=settings.reranker_api_key,
        moderation=settings.moderation,
        moderation_base_url=settings.moderation_base_url,
        moderation_api_key=settings.moderation_api_key,
        moderation_timeout_s=settings.moderation_timeout_s,
        prices=settings.model_prices or "",
        limits=settings.model_limits or "",
        routes=read_routes(settings.model_routes, source_secret),
    )


def open_embedders(settings: Settings, ledger: Ledger, name: str | None = None) -> Embedders:
    """Make the embedder of the settings, or the one of that name. Blocks. Raises: ModelNotConfigured, Unavailable."""
    wanted = settings if name is None else settings.model_copy(update={"embedder": name})
    return Embedders.open(_model_settings(wanted), provider_environment(), StaticEmbedder(), ledger)


def open_reranker(settings: Settings, models: Models, ledger: Ledger, name: str | None = None) -> Judge | None:
    """Make the reranker of the settings, or the one of that name. Blocks. Raises: ModelNotConfigured, Unavailable."""
    return models.reranker(name or settings.reranker, lambda each: open_embedders(settings, ledger, each).chosen)


def second_models(models: Models, settings: RetrievalSettings, reranker: Judge | None) -> SecondModels:
    """Return who has a say in what is found: the reranker and, where it is asked to write, the chat model."""
    return SecondModels(reranker, models.question_writer() if settings.written else None)


def open_second_opinion(settings: Settings, models: Models) -> SecondOpinion | None:
    """Make who is asked about uncertain claims. Blocks. Raises: ModelNotConfigured, Unavailable."""
    judge = models.claim_judge(settings.second_opinion)
    if judge is None:
        return None
    band = settings.second_opinion_band
    return SecondOpinion(judge, band=None if band is None else tuple(float(each) for each in band.split("-")))
