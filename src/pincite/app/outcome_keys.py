"""Names everything that an evaluation's outcome depends on but its case, so that none is shown for what has changed.

That is the configuration, this installation's settings, the program and the libraries it stands on, the models that lie
in folders, and what is searched.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from pincite.app.answering import made_by
from pincite.app.settings import Settings
from pincite.app.wiring import House
from pincite.core import Scope

_ROOMS = (
    "core",
    "gateway",
    "index",
    "retrieval",
    "answers",
    "ingest",
    "guard",
    "library",
    "privacy",
    "evals/domain.py",
    "evals/subjects.py",
    "evals/claims.py",
    "app/evaluation.py",
    "app/models.py",
)


def outcome_key(settings: Settings, configuration: Mapping[str, Any], *corpus: str) -> str:
    """Return the hash of what outcomes depend on. Blocks: the program's own files are read.

    Args:
        settings: of the installation that is asked; what a configuration leaves open is as they say.
        configuration: its values by name, whatever it is called.
        corpus: names what is searched.
    """
    given = [configuration.get("embedder") or settings.embedder, configuration.get("reranker") or settings.reranker]
    folders = [_folder(each) for each in (*given, configuration.get("second_opinion") or "")]
    said = [configuration, made_by(settings), program(_ROOMS), _installed(), folders, *corpus]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


async def documents_state(house: House, scope: Scope) -> str:
    """Name what the asker's questions are asked of: documents as they are now, how they are covered, the index."""
    library = house.library
    said: list[object] = [await library.active_generation(scope), (await library.context_costs(scope)).contexts]
    if (quick := await library.fast_tier(scope)) is not None:
        said += [quick.generation, sorted(quick.waiting)]
    said += [each async for each in _collections(house, scope)]
    digest = hashlib.sha256(repr(said).encode())
    cursor: str | None = None
    while True:
        page = await library.documents(scope, limit=200, cursor=cursor)
        for document in page.items:
            state = [document.source, document.serving, document.version, document.collection_id]
            digest.update(json.dumps(state).encode())
        if (cursor := page.next_cursor) is None:
            return digest.hexdigest()


def program(parts: Sequence[str]) -> str:
    """Name the program's own text: outcomes of another version are not this one's."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for part in parts:
        place = root / part
        # What was learned is in JSON beside the program.
        for path in [place] if place.is_file() else sorted((*place.rglob("*.py"), *place.rglob("*.json"))):
            digest.update(path.read_bytes())
    return digest.hexdigest()


async def _collections(house: House, scope: Scope) -> AsyncIterator[tuple[str, ...]]:
    cursor: str | None = None
    while True:
        page = await house.library.list_collections(scope, limit=200, cursor=cursor)
        for each in page.items:
            yield each.id, each.name, each.personal_data.value
        if (cursor := page.next_cursor) is None:
            return


def _installed() -> str:
    """Name the libraries that are there: the engine, the models' runtime and the parsers are among them."""
    return " ".join(sorted(f"{each.name}=={each.version}" for each in distributions()))


def _folder(setting: str) -> list[tuple[str, int, int]]:
    """Name the files of a model that a setting finds in a folder (`onnx:FOLDER`): they may be other ones tomorrow."""
    return [
        (str(path), path.stat().st_size, path.stat().st_mtime_ns)
        for folder in _named_in(setting)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]


def _named_in(setting: str) -> Iterator[Path]:
    parts = setting.split(":")
    for place in range(1, len(parts)):
        folder = Path(":".join(parts[place:])).expanduser()
        if parts[place] and folder.is_dir():
            yield folder
