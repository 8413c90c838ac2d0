"""Passages that stand side by side in a document become one; the first ones may be widened by what surrounds them.

Pure: which chunks belong together. Their text as one passage is read by the library.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pincite.library import Passage
from pincite.retrieval.domain import ScoredPassage

Run = tuple[str, int, int]
"""(revision id, first ordinal, last ordinal)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Chunks `first` to `last` of one revision, known by the best of those that were found."""

    best: ScoredPassage
    first: int
    last: int

    @property
    def run(self) -> Run:
        """The chunks as the library knows them."""
        return self.best.passage.chunk.revision_id, self.first, self.last

    @property
    def size(self) -> int:
        """How many chunks."""
        return self.last - self.first + 1


def grouped(ranked: Sequence[ScoredPassage], most: int) -> list[Group]:
    """Return passages as groups of neighbours, in the order of the best of each.

    Args:
        ranked: best first.
        most: chunks in a group at most; 1 keeps all apart.
    """
    groups: list[Group] = []
    for each in ranked:
        chunk = each.passage.chunk
        span = (chunk.ordinal, chunk.ordinal)
        place = _neighbour(groups, chunk.revision_id, span, most) if most > 1 else None
        if place is not None:
            groups[place] = _spanning(groups[place], chunk.ordinal, chunk.ordinal)
            _close_gap(groups, place, most)
        else:
            groups.append(Group(each, chunk.ordinal, chunk.ordinal))
    return groups


def widened(groups: Sequence[Group], count: int) -> list[Group]:
    """Return the groups, the first `count` of them with the chunk before and the chunk after.

    A chunk that another group holds is not taken. Whether there is such a chunk at all only the library knows.
    """
    taken = {(group.run[0], ordinal) for group in groups for ordinal in range(group.first, group.last + 1)}
    wider: list[Group] = []
    for place, group in enumerate(groups):
        if place >= count:
            wider.append(group)
            continue
        revision = group.run[0]
        first = group.first - (group.first > 0 and (revision, group.first - 1) not in taken)
        last = group.last + ((revision, group.last + 1) not in taken)
        taken.update({(revision, first), (revision, last)})
        wider.append(replace(group, first=first, last=last))
    return wider


def merged(groups: Sequence[Group], stretches: Mapping[Run, Passage]) -> list[ScoredPassage]:
    """Return a passage for each group; one whose stretch was not found stays as it was.

    It keeps the id of the chunk that was found, which is what the index and golden sets know it by.
    """
    found: list[ScoredPassage] = []
    for group in groups:
        stretch = stretches.get(group.run)
        if stretch is None:
            found.append(group.best)
            continue
        own = group.best.passage.chunk
        chunk = replace(stretch.chunk, id=own.id, ordinal=own.ordinal)
        found.append(replace(group.best, passage=replace(stretch, chunk=chunk)))
    return found


def _neighbour(groups: Sequence[Group], revision: str, span: tuple[int, int], most: int) -> int | None:
    """Return the place of the first group that the chunks `span` stand next to, and that has room for them."""
    first, last = span
    for place, group in enumerate(groups):
        if group.run[0] != revision or not (group.first - 1 <= last and first <= group.last + 1):
            continue
        if max(last, group.last) - min(first, group.first) < most:
            return place
    return None


def _spanning(group: Group, first: int, last: int) -> Group:
    return replace(group, first=min(group.first, first), last=max(group.last, last))


def _close_gap(groups: list[Group], place: int, most: int) -> None:
    """Join two groups that have come to stand side by side; the better one's place is kept."""
    grown = groups[place]
    others = [*groups[:place], *groups[place + 1 :]]
    other = _neighbour(others, grown.run[0], (grown.first, grown.last), most)
    if other is None:
        return
    other += other >= place
    low, high = min(place, other), max(place, other)
    groups[low] = _spanning(groups[low], groups[high].first, groups[high].last)
    del groups[high]
