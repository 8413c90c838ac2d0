"""Which documents are versions of one another, by their names: "leave-policy-2024" and "leave-policy-2025". Pure.

Newer bytes of the same source are a revision and replace the old ones in the library; here are files side by side. The
newer one is preferred where both say it, and the older one is named.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pincite.retrieval.domain import ScoredPassage
from pincite.retrieval.duplicates import Alike

_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")
_PART = re.compile(r"[A-Za-z]+|\d+")
_MARKED_NUMBER = re.compile(
    r"(?:^|[^A-Za-z])(?:v|ver|version|rev|revision)[\s._-]*(\d+(?:\.\d+)*)(?![A-Za-z0-9])", re.IGNORECASE
)
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?(0[1-9]|[12]\d|3[01]))?(?!\d)|[-_. ]?[Qq]([1-4]))?(?!\d)"
)
# "minutes-12-2023", "minutes january 2024"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_FIRST = re.compile(
    rf"(?<![A-Za-z\d])(?:(0[1-9]|1[0-2])|({'|'.join(_MONTHS)})[a-z]*)[-_. ]?((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
_STATUS = {"old": -2, "archive": -2, "archived": -2, "superseded": -2, "draft": -1, "final": 1, "new": 1, "latest": 1}
_LONG_ENOUGH = 3
# From this similarity on a newer document says what an older one says, perhaps with other figures.
_SAME_MATTER = 0.3
_ASKS_FOR_TIME = re.compile(
    r"\b(?:19|20)\d\d\b|\bFY\s?'?\d\d\b|\bv(?:ersion)?\.?\s?\d"
    r"|\b(?:chang|differ|compar|previous|earlier|former|old(?:er)?\b|used to|histor|trend|since|draft|superseded"
    r"|grow|grew|increas|decreas)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Edition:
    """A name without what tells versions apart, and what does: a date, a number, a word like "draft"."""

    family: str
    date: tuple[int, int, int]
    number: tuple[int, ...]
    status: int

    def newer_than(self, other: "Edition") -> bool:
        """Whether both are versions of one document and this is the newer one; a dated and an undated one are not."""
        if self.family != other.family or bool(self.date[0]) != bool(other.date[0]):
            return False
        return (self.date, self.number, self.status) > (other.date, other.number, other.status)


def edition(source: str) -> Edition | None:
    """Read a source's name; None where too little is left to know a document by."""
    name = _MONTH_FIRST.sub(_year_first, _SUFFIX.sub("", source))
    date = (0, 0, 0)
    for found in _DATE.finditer(name):
        month = int(found[2] or 0) or int(found[4] or 0) * 3
        date = max(date, (int(found[1]), month, int(found[3] or 0)))
    name = _DATE.sub(" ", name)
    marked = [tuple(int(part) for part in found.split(".")) for found in _MARKED_NUMBER.findall(name)]
    parts = [part.lower() for part in _PART.findall(_MARKED_NUMBER.sub(" ", name))]
    words = [part for part in parts if part not in _STATUS]
    if not any(len(word) >= _LONG_ENOUGH and word.isalpha() for word in words):
        return None
    status = min((_STATUS[part] for part in parts if part in _STATUS), default=0)
    # A name without a number is the first version.
    return Edition(" ".join(words), date, max(marked, default=(1,)), status)


def _year_first(found: re.Match[str]) -> str:
    month = int(found[1]) if found[1] else _MONTHS.index(found[2].lower()) + 1
    return f" {found[3]}-{month:02d} "


def asks_for_time(question: str) -> bool:
    """Whether a question names a year or a version or asks for change: then the older one may be what is wanted."""
    return _ASKS_FOR_TIME.search(question) is not None


def newest_first(ranked: Sequence[ScoredPassage], question: str) -> list[ScoredPassage]:
    """Return the passages so that what an older version says stands after what the newest says to the same.

    Every passage of a document with a newer version among the others is marked with its name (`newer`). The passages of
    the two change places, and scores, unless the question asks for a time.

    Args:
        ranked: best first.
        question: what was asked.
    """
    newer = _newer_documents(ranked)
    marked = [
        replace(each, newer=newer[each.passage.chunk.document_id]) if each.passage.chunk.document_id in newer else each
        for each in ranked
    ]
    return marked if not newer or asks_for_time(question) else _swapped(marked)


def _newer_documents(ranked: Sequence[ScoredPassage]) -> dict[str, str]:
    """Return, for each older document's id, the source of the newest version of it in the same collection."""
    known = {each.passage.chunk.document_id: each for each in ranked}
    families: defaultdict[tuple[str, str], list[tuple[str, Edition, str]]] = defaultdict(list)
    for document_id, each in known.items():
        named = edition(each.passage.source)
        if named is not None:
            key = (each.passage.chunk.collection_id, named.family)
            families[key].append((document_id, named, each.passage.source))
    newer: dict[str, str] = {}
    for members in families.values():
        for document_id, own, _ in members:
            after = [other for other in members if other[1].newer_than(own)]
            if after:
                newest = max(after, key=lambda other: (other[1].date, other[1].number, other[1].status))
                newer[document_id] = newest[2]
    return newer


def _swapped(marked: list[ScoredPassage]) -> list[ScoredPassage]:
    wanted = {each.newer for each in marked if each.newer is not None}
    alike = Alike(_SAME_MATTER)
    for place, each in enumerate(marked):
        if each.newer is None and each.passage.source in wanted:
            alike.near(place, each.passage.chunk.text)
    found = list(marked)
    for place, each in enumerate(marked):
        if each.newer is None:
            continue
        near = alike.near(place, each.passage.chunk.text)
        after = next((other for other in near if other > place and marked[other].passage.source == each.newer), None)
        if after is not None and found[after].score <= each.score:
            # The first older passage lifts the newer one; another older one finds it already ahead.
            found[place], found[after] = (
                replace(each, score=found[after].score),
                replace(found[after], score=each.score),
            )
    return sorted(found, key=lambda each: (-each.score, each.newer is not None))
