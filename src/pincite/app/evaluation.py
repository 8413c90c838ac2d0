"""Makes what is evaluated: from a configuration's text to a subject on this house, a scratch house or a set's passages.

What is measured and how is decided in `evals`; the commands are in `cli/evaluate.py`.
"""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from pincite.answers import ClaimChecks, Drafters, EvidenceSource, Rehearsals, SecondOpinion
from pincite.app.models import open_embedders, open_reranker, open_second_opinion, second_models
from pincite.app.outcome_keys import documents_state, outcome_key, program
from pincite.app.settings import Settings
from pincite.app.wiring import House, build_index, retrieval_settings
from pincite.core import ErrorKind, PinciteError, Scope
from pincite.core.terms import TERMS_VERSION
from pincite.evals import (
    ClaimSubject,
    DocumentSubject,
    GoldenSet,
    PassageShelf,
    PassageSubject,
    SetKind,
    Subject,
    learn_weight,
)
from pincite.gateway import Embedder
from pincite.index import Generation, SearchIndex
from pincite.retrieval import Retrieval, RetrievalSettings

PRESETS: dict[str, str] = {
    "default": "",
    "words": "lists=words",
    "meaning": "lists=meaning",
    "rrf": "fusion=rrf",
    "minilm": "embedder=minilm",
    "minilm-reranked": "embedder=minilm,reranker=windows:minilm",
}
_OWN = ("embedder", "reranker", "model", "second_opinion")
# Shares; all other numbers are any from 0 on.
_MOST_ONE = ("dense_weight", "routing", "name_weight", "rerank_weight", "rerank_skip_margin")


class BadConfiguration(PinciteError):
    """A configuration to evaluate is not one; the message says which part."""

    code = "bad-configuration"
    kind = ErrorKind.INVALID


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way of finding and answering.

    Args:
        name: as it was given; heads its column.
        embedder: as in the setting; None for the one that is set.
        reranker: as in the setting; None for the one that is set.
        model: as in the setting; `none` by default, so that no money is spent unasked.
        second_opinion: as in the setting; `none` by default, for the same reason.
        retrieval: how evidence is found.
    """

    name: str
    embedder: str | None
    reranker: str | None
    model: str
    second_opinion: str
    retrieval: RetrievalSettings

    @classmethod
    def parse(cls, text: str, settings: Settings | None = None) -> Self:
        """Read a preset's name or `key=value,key=value`, or both: what stands later counts.

        Args:
            text: what is given.
            settings: what is left open is as in service, by these; None for what ships. What a chat model would write
                to search with is left out unless it is given, as that costs money.

        Raises:
            BadConfiguration: a part is none; the message names the keys there are.
        """
        known = [*_OWN, *(field.name for field in fields(RetrievalSettings))]
        given: dict[str, str] = {}
        for part in ",".join(PRESETS.get(each.strip(), each) for each in text.split(",")).split(","):
            key, separator, value = part.strip().partition("=")
            if not key:
                continue
            if not separator or key not in known:
                raise BadConfiguration(
                    f"`{part.strip()}` is no part of a configuration.",
                    remedy=f"Use one of {', '.join(PRESETS)}, or key=value with the keys {', '.join(known)}.",
                )
            given[key] = value.strip()
        served = RetrievalSettings() if settings is None else replace(retrieval_settings(settings), written=None)
        served = replace(served, strict=True)  # what a model's outage does is not its quality
        return cls(
            text.strip() or "default",
            given.get("embedder"),
            given.get("reranker"),
            given.get("model", "none"),
            given.get("second_opinion", "none"),
            _found_with(served, {key: value for key, value in given.items() if key not in _OWN}),
        )


def _found_with(served: RetrievalSettings, given: Mapping[str, str]) -> RetrievalSettings:
    """Change some of the settings of the read path. Raises: BadConfiguration."""
    plain = {key: None if value == "none" else value for key, value in given.items()}
    try:
        found = TypeAdapter(RetrievalSettings).validate_python({**asdict(served), **plain})
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(f"{first['loc'][0]}: {first['msg']}.", remedy="Correct the configuration.") from None
    for key in given:
        value = getattr(found, key)
        if isinstance(value, float | int) and not (0 <= value < math.inf and (key not in _MOST_ONE or value <= 1)):
            raise BadConfiguration(f"{key}: {given[key]} is out of its range.", remedy=f"See what `{key}` may be.")
    return found


@asynccontextmanager
async def open_subject(
    house: House, scope: Scope, golden: GoldenSet, configuration: Configuration, *, retrieval_only: bool
) -> AsyncIterator[Subject]:
    """Make a configuration's subject: on the house's documents, or on the passages or claims that the set brings.

    Raises:
        BadConfiguration: the house's index holds another embedder's vectors.
        Unavailable: the index did not answer.
    """
    if golden.kind is SetKind.CLAIMS:
        checks = ClaimChecks(house.embedder, await _second_opinion(house, configuration))
        yield ClaimSubject.of(
            configuration.name, await _key(house, configuration, golden.corpus_version), scope, checks, golden
        )
        return
    if golden.kind is SetKind.PASSAGES:
        yield await _on_passages(house, scope, golden, configuration)
        return
    await _refuse_other_embedder(house, scope, configuration.embedder)
    await house.index.warm()  # loading the engine is no part of a question's time
    corpus = await documents_state(house, scope)
    yield await _on_documents(house, scope, configuration, corpus, retrieval_only=retrieval_only)


def scratch_home(settings: Settings, files: Path) -> Path:
    """Return the folder of a house that holds nothing but these files, the same for the same bytes. Blocks."""
    parts = ("guard", "ingest", "index", "library", "core")
    read_with = (settings.embedder, settings.ocr, settings.max_pages, settings.context_model, program(parts))
    digest = hashlib.sha256(repr((files.resolve(), *read_with)).encode())
    single = files.is_file()
    for path in [files] if single else sorted(each for each in files.rglob("*") if each.is_file()):
        with path.open("rb") as opened:
            bytes_of = hashlib.file_digest(opened, "sha256").hexdigest()
        digest.update(
            f"{path.name if single else path.relative_to(files)} {bytes_of}\n".encode(errors="surrogateescape")
        )
    return settings.home / "evals" / digest.hexdigest()[:16]


async def _on_passages(house: House, scope: Scope, golden: GoldenSet, configuration: Configuration) -> PassageSubject:
    embedder = await _embedder(house, configuration.embedder)
    index = build_index(str(house.settings.home / "evals" / "index"))
    shelf = await _shelf(scope, golden, index, embedder)
    reranker = await asyncio.to_thread(
        open_reranker, house.settings, house.models, house.ledger, configuration.reranker
    )
    retrieval = Retrieval(
        shelf, index, embedder, configuration.retrieval, second_models(house.models, configuration.retrieval, reranker)
    )
    return PassageSubject(configuration.name, await _key(house, configuration, golden.corpus_version), scope, retrieval)


async def learned_weight(
    house: House, scope: Scope, goldens: Sequence[GoldenSet], embedder_name: str | None
) -> dict[str, Any]:
    """Learn the weight of an embedder's score beside BM25, on sets with passages of their own or the house's documents.

    Raises:
        BadGoldenSet: a set has no case that can be used.
        BadConfiguration: sets of both kinds were given, or documents with another embedder than the house's.
    """
    kinds = {golden.kind for golden in goldens}
    if kinds == {SetKind.DOCUMENTS}:
        await _refuse_other_embedder(house, scope, embedder_name)
        sets = [(golden, house.library) for golden in goldens]
        return asdict(await learn_weight(scope, sets, house.index, house.embedders.chosen))
    if len(kinds) != 1:
        raise BadConfiguration("Sets of documents and sets of passages are tuned apart.", remedy="Name one kind.")
    embedder = await _embedder(house, embedder_name)
    index = build_index(str(house.settings.home / "evals" / "index"))
    shelves = [(golden, await _shelf(scope, golden, index, embedder)) for golden in goldens]
    return asdict(await learn_weight(scope, shelves, index, embedder))


async def _shelf(scope: Scope, golden: GoldenSet, index: SearchIndex, embedder: Embedder) -> PassageShelf:
    name = hashlib.sha256(f"{golden.corpus_version} {embedder.model_id} {TERMS_VERSION}".encode()).hexdigest()[:24]
    dimensions = embedder.dimensions or (await embedder.embed(scope, ["size"])).shape[1]
    shelf = await asyncio.to_thread(PassageShelf, golden, Generation(f"set-{name}", embedder.model_id, dimensions))
    await shelf.fill(scope, index, embedder)
    return shelf


async def _on_documents(
    house: House, scope: Scope, configuration: Configuration, corpus: str, *, retrieval_only: bool
) -> DocumentSubject:
    reranker = await asyncio.to_thread(
        open_reranker, house.settings, house.models, house.ledger, configuration.reranker
    )
    retrieval = Retrieval(
        house.library,
        house.index,
        house.embedders,
        configuration.retrieval,
        second_models(house.models, configuration.retrieval, reranker),
    )
    rehearsals = None
    if not retrieval_only:
        source = EvidenceSource(retrieval, house.library)
        second = await _second_opinion(house, configuration)
        drafters = Drafters(
            source,
            house.embedder,
            house.models,
            drop_unsupported=house.settings.unsupported == "drop",
            passage_tokens=house.settings.passage_tokens,
            second=second,
        )
        rehearsals = Rehearsals(drafters, configuration.model)
    key = await _key(house, configuration, corpus, str(retrieval_only))
    return DocumentSubject(configuration.name, key, scope, retrieval, house.library, rehearsals)


async def _refuse_other_embedder(house: House, scope: Scope, name: str | None) -> None:
    """Refuse an embedder whose vectors the index does not hold. Raises: BadConfiguration."""
    indexed = await house.library.active_generation(scope)
    if name is None or indexed is None:
        return
    wanted = (await _embedder(house, name)).model_id
    if wanted != indexed.model_id:
        raise BadConfiguration(
            f"The index holds vectors of {indexed.model_id}, and none of {wanted}.",
            remedy="Give the documents with --files to index them apart, or change PINCITE_EMBEDDER and reindex.",
        )


async def _second_opinion(house: House, configuration: Configuration) -> SecondOpinion | None:
    wanted = house.settings.model_copy(update={"second_opinion": configuration.second_opinion})
    return await asyncio.to_thread(open_second_opinion, wanted, house.models)


async def _embedder(house: House, name: str | None) -> Embedder:
    """Return the embedder of the settings, or by its name. Raises: Unavailable, ModelNotConfigured."""
    return (await asyncio.to_thread(open_embedders, house.settings, house.ledger, name)).chosen


async def _key(house: House, configuration: Configuration, *corpus: str) -> str:
    said = {**asdict(configuration), "name": ""}
    return await asyncio.to_thread(outcome_key, house.settings, said, *corpus)
