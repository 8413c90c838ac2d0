"""Legal holds as values: what must not be deleted, and why; and the bound of how long things are kept. Pure.

A hold is on a document, on a collection with all that is in it, or on a whole tenant. It keeps what is stored; it
hides nothing, and shows nothing to anybody who did not see it before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pincite.core.errors import OnHold

MOST_REASON = 500
MOST_KEEP_DAYS = 36_500

HoldKind = Literal["tenant", "collection", "document"]


@dataclass(frozen=True, slots=True)
class Hold:
    """That something must be kept. Of a tenant's hold `object_id` is the tenant's id; `placed_by` is a user's."""

    kind: HoldKind
    object_id: str
    reason: str
    placed_by: str
    placed_at: datetime


def on_hold(hold: Hold, *, tells: bool) -> OnHold:
    """Return the error of who would delete what is held. Why it is held is said where `tells`: to who may set holds."""
    what = {"tenant": "Everything here", "collection": "The collection", "document": "The document"}[hold.kind]
    why = f": {hold.reason}" if tells else ""
    return OnHold(
        f"{what} is on legal hold and is kept{why}.",
        remedy="An owner or an admin releases a hold once it may be (`pincite hold release`).",
    )
