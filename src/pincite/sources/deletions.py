"""When a run may delete what it did not find: an empty or much shorter list is more often a fault than a wish.

A pure rule; the run asks it in `sync.py`.
"""

from pincite.sources.domain import Trouble

_FEW = 10
_SHARE = 0.5


def withheld(name: str, *, found: int, gone: int) -> Trouble | None:
    """Return why nothing is deleted, or None where it may be.

    Args:
        name: of the source, for the remedy.
        found: items that the place shows.
        gone: documents of items that it shows no more.
    """
    known = found + gone
    if gone == 0 or (found and gone <= max(_FEW, _SHARE * known)):
        return None
    what = "The place shows nothing any more" if not found else f"{gone} of {known} documents are no longer there"
    return Trouble(
        "deletions-withheld",
        f"{what}, so nothing was deleted: that is more often a fault than a wish.",
        f"Look at the place. If it is right, `pincite sources sync {name} --delete` deletes them.",
    )


def kept_by_holds(kept: int) -> Trouble:
    """Return what is said of a run that left documents of vanished items in place, because they are on legal hold."""
    return Trouble(
        "deletions-on-hold",
        f"{kept} documents are no longer there and were not deleted: they are on legal hold.",
        "The first run after their holds are released deletes them.",
    )
