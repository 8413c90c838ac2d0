"""The kinds of places, one file each: a new one is a file here and a line below."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from pincite.sources.adapters.bucket import BucketSource
from pincite.sources.adapters.feed import FeedSource
from pincite.sources.adapters.folder import FolderSource
from pincite.sources.adapters.git import GitSource
from pincite.sources.adapters.imap import ImapSource
from pincite.sources.adapters.web import WebSource
from pincite.sources.domain import Adapter, BadSource, Place, Source, Tools

_ALL: tuple[type[Adapter], ...] = (
    FolderSource,
    WebSource,
    BucketSource,
    GitSource,
    FeedSource,
    ImapSource,
)
KINDS: Mapping[str, type[Adapter]] = {kind.kind: kind for kind in _ALL}


def kind_of(name: str) -> type[Adapter]:
    """Return a kind by its name. Raises: BadSource."""
    if name not in KINDS:
        raise BadSource(f"There is no kind of source called {name[:40]!r}.", remedy=f"There are: {', '.join(KINDS)}.")
    return KINDS[name]


def checked(kind: type[Adapter], options: Mapping[str, Any]) -> BaseModel:
    """Return a kind's options, checked. Raises: BadSource, naming the one that does not fit."""
    try:
        return kind.options.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        named = ".".join(str(part) for part in first["loc"])
        known = ", ".join(kind.options.model_fields) or "none"
        raise BadSource(
            f"Option {named[:60] or 'of the source'}: {first['msg'].removeprefix('Value error, ')}.",
            remedy=f"A source of the kind {kind.kind} takes: {known}.",
        ) from None


def opened(source: Source, tools: Tools) -> Adapter:
    """Open a source's place. Raises: BadSource."""
    kind = kind_of(source.kind)
    place = Place(source.id, source.location, source.run.number, source.run.forced)
    return kind(place, checked(kind, source.options), tools)


def copies(cache: Path, source_id: str = "*") -> list[Path]:
    """Return the folders with what was fetched of a source, or of all: each has the source's id for its name."""
    return [path for kind in KINDS for path in (cache / kind).glob(source_id)]
