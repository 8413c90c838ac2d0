"""Makes what is evaluated: from a configuration's text to a subject on this house, a scratch house or a set's passages.

What is measured and how is decided in `evals`; the commands are in `cli/evaluate.py`.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from pincite.answers import ClaimChecks, Drafters, EvidenceSource, Rehearsals, SecondOpinion
from pincite.app.models import open_embedders, open_reranker, open_second_opinion, second_models
from pincite.app.settings import Settings
from pincite.app.wiring import House, build_index
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
_ROOMS = (
    "core",
    "gateway",
    "index",
    "retrieval",
    "answers",
    "ingest",
    "guard",
    "library",
    "evals/subjects.py",
    "evals/claims.py",
)


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
    def parse(cls, text: str) -> Self:
        """Read a preset's name or `key=value,key=value`. Raises: BadConfiguration, naming the keys there are."""
        known = [*_OWN, *(field.name for field in fields(RetrievalSettings))]
        given: dict[str, str] = {}
        for part in PRESETS.get(text, text).split(","):
            key, separator, value = part.strip().partition("=")
            if not key:
                continue
            if not separator or key not in known:
                raise BadConfiguration(
                    f"`{part.strip()}` is no part of a configuration.",
                    remedy=f"Use one of {', '.join(PRESETS)}, or key=value with the keys {', '.join(known)}.",
                )
            given[key] = value.strip()
        chosen = {key: value for key, value in given.items() if key not in _OWN}
        plain = {key: None if value == "none" else value for key, value in chosen.items()}
        try:
            retrieval = TypeAdapter(RetrievalSettings).validate_python(plain)
        except ValidationError as error:
            first = error.errors()[0]
            raise BadConfiguration(f"{first['loc'][0]}: {first['msg']}.", remedy="Correct the configuration.") from None
        return cls(
            text,
            given.get("embedder"),
            given.get("reranker"),
            given.get("model", "none"),
            given.get("second_opinion", "none"),
            retrieval,
        )


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
        yield ClaimSubject.of(configuration.name, _key(configuration, golden.version), scope, checks, golden)
        return
    if golden.kind is SetKind.PASSAGES:
        yield await _on_passages(house, scope, golden, configuration)
        return
    await house.index.warm()  # loading the engine is no part of a question's time
    corpus = await _documents(house, scope)
    yield await _on_documents(house, scope, configuration, corpus, retrieval_only=retrieval_only)


def scratch_home(settings: Settings, files: Path, embedder: str | None) -> Path:
    """Return the folder of a house that holds nothing but these files, the same for the same files."""
    digest = hashlib.sha256(repr((files.resolve(), embedder, _program(("guard", "ingest", "index")))).encode())
    for path in sorted(each for each in files.rglob("*") if each.is_file()):
        state = path.stat()
        digest.update(f"{path.relative_to(files)} {state.st_size} {state.st_mtime_ns}".encode())
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
    return PassageSubject(configuration.name, _key(configuration, golden.version), scope, retrieval)


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
        sets = [(golden, house.library) for golden in goldens]
        return asdict(await learn_weight(scope, sets, house.index, house.embedders.chosen))
    if len(kinds) != 1:
        raise BadConfiguration("Sets of documents and sets of passages are tuned apart.", remedy="Name one kind.")
    embedder = await _embedder(house, embedder_name)
    index = build_index(str(house.settings.home / "evals" / "index"))
    shelves = [(golden, await _shelf(scope, golden, index, embedder)) for golden in goldens]
    return asdict(await learn_weight(scope, shelves, index, embedder))


async def _shelf(scope: Scope, golden: GoldenSet, index: SearchIndex, embedder: Embedder) -> PassageShelf:
    name = hashlib.sha256(f"{golden.version} {embedder.model_id} {TERMS_VERSION}".encode()).hexdigest()[:24]
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
        rehearsals = Rehearsals(Drafters(source, house.embedder, house.models, second=second), configuration.model)
    key = _key(configuration, corpus, str(retrieval_only))
    return DocumentSubject(configuration.name, key, scope, retrieval, house.library, rehearsals)


async def _second_opinion(house: House, configuration: Configuration) -> SecondOpinion | None:
    wanted = house.settings.model_copy(update={"second_opinion": configuration.second_opinion})
    return await asyncio.to_thread(open_second_opinion, wanted, house.models)


async def _embedder(house: House, name: str | None) -> Embedder:
    """Return the embedder of the settings, or by its name. Raises: Unavailable, ModelNotConfigured."""
    return (await asyncio.to_thread(open_embedders, house.settings, house.ledger, name)).chosen


async def _documents(house: House, scope: Scope) -> str:
    """Name what the house holds: each document with the revision that answers."""
    digest = hashlib.sha256()
    cursor: str | None = None
    while True:
        page = await house.library.documents(scope, limit=200, cursor=cursor)
        for document in page.items:
            digest.update(f"{document.source} {document.serving}\n".encode())
        if (cursor := page.next_cursor) is None:
            return digest.hexdigest()


def _key(configuration: Configuration, *corpus: str) -> str:
    said: Mapping[str, Any] = {**asdict(configuration), "name": ""}
    return hashlib.sha256(json.dumps([said, _program(_ROOMS), *corpus], sort_keys=True).encode()).hexdigest()


def _program(parts: Sequence[str]) -> str:
    """Name the program's own text: outcomes of another version are not this one's."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for part in parts:
        place = root / part
        # What was learned is in JSON beside the program.
        for path in [place] if place.is_file() else sorted((*place.rglob("*.py"), *place.rglob("*.json"))):
            digest.update(path.read_bytes())
    return digest.hexdigest()
