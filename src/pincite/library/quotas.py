"""How much a tenant holds and may hold, as values: documents, bytes and pages. Pure.

What is counted is what is stored: old revisions too, and removed documents until they are purged.
"""

from dataclasses import dataclass
from typing import Self

from pincite.core.errors import QuotaExceeded


@dataclass(frozen=True, slots=True)
class Amount:
    """Documents, bytes of all their revisions, and pages of text; of a change, less where negative."""

    documents: int = 0
    size_bytes: int = 0
    pages: int = 0

    def plus(self, other: Self) -> "Amount":
        """Return the sum."""
        return Amount(self.documents + other.documents, self.size_bytes + other.size_bytes, self.pages + other.pages)

    @property
    def negative(self) -> "Amount":
        """The same, taken away."""
        return Amount(-self.documents, -self.size_bytes, -self.pages)


@dataclass(frozen=True, slots=True)
class Quota:
    """The most that a tenant may hold; None is no bound."""

    documents: int | None = None
    size_bytes: int | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a tenant holds, and the most that it may hold."""

    held: Amount
    quota: Quota

    def grow(self, change: Amount) -> "Usage":
        """Return what is held after a change. Raises: QuotaExceeded where that grows over its bound."""
        after = self.held.plus(change)
        for what, more, now, most in (
            ("documents", change.documents, after.documents, self.quota.documents),
            ("bytes", change.size_bytes, after.size_bytes, self.quota.size_bytes),
            ("pages", change.pages, after.pages, self.quota.pages),
        ):
            if most is not None and more > 0 and now > most:
                raise QuotaExceeded(
                    f"There is no room: that would make {now:,} {what}, and {most:,} are allowed.",
                    remedy="Delete documents that are not needed and try again, or ask whoever runs Pincite for more "
                    "(`pincite tenants quota`).",
                )
        return Usage(after, self.quota)
