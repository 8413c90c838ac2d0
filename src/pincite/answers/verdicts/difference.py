"""What a claim can have otherwise than its source: the kinds, and one difference as a value. Data only.

Which there are is found in `rules.py`, `strength.py` and `roles.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class DifferenceKind(StrEnum):
    """What a claim has otherwise than its source."""

    FIGURE = "figure"
    UNIT = "unit"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    SWAP = "swap"
    CONTRARY = "contrary"
    LIMIT = "limit"
    STRENGTH = "strength"
    ROLE = "role"


# Those that are figures of the score; the others are rare in what it was learned from, and rules alone.
WEIGHED = (
    DifferenceKind.FIGURE,
    DifferenceKind.UNIT,
    DifferenceKind.DATE,
    DifferenceKind.NAME,
    DifferenceKind.NEGATION,
    DifferenceKind.SWAP,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference; `what` is a short phrase for people."""

    kind: DifferenceKind
    what: str
