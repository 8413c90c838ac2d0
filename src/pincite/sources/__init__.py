"""Sources: keep outside places in step with collections."""

from pincite.sources.domain import (
    LIVE_RUNS,
    Item,
    NewSource,
    Run,
    RunState,
    Source,
    SourceChanges,
    Tools,
    Trouble,
)
from pincite.sources.names import is_byproduct
from pincite.sources.service import Sources
from pincite.sources.settings import SourcesSettings
from pincite.sources.walk import SourceParts

__all__ = [
    "LIVE_RUNS",
    "Item",
    "NewSource",
    "Run",
    "RunState",
    "Source",
    "SourceChanges",
    "SourceParts",
    "Sources",
    "SourcesSettings",
    "Tools",
    "Trouble",
    "is_byproduct",
]
