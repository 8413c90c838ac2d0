"""All that is found in a text, where findings overlap the surest; and how many of each kind. Pure.

The detectors are in `numbers.py`, `phones.py`, `names.py` and `secrets.py`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pincite.privacy.domain import Finding
from pincite.privacy.names import find_names
from pincite.privacy.numbers import find_numbers
from pincite.privacy.phones import find_phones
from pincite.privacy.plain import plain
from pincite.privacy.secrets import find_secrets


def find(text: str) -> list[Finding]:
    """Return what was found, in order and without overlaps. Takes time linear in the text."""
    read = plain(text)
    found = list(chain(find_secrets(read), find_names(read), find_numbers(read), find_phones(read)))
    covered = _joined([each for each in found if each.kind.covered])
    others = _joined([each for each in found if not each.kind.covered])
    return sorted([*covered, *_beside(others, covered)], key=lambda each: each.start)


def counted(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many there are of each kind, by its name."""
    return dict(Counter(each.kind.value for each in findings))


def _joined(found: Sequence[Finding]) -> list[Finding]:
    """Make one of findings that overlap, of the surest one's kind: no character that was found is lost."""
    joined: list[Finding] = []
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        last = joined[-1] if joined else None
        if last is None or each.start >= last.end:
            joined.append(each)
        else:
            sure = max(last, each, key=lambda one: one.score)
            joined[-1] = replace(sure, start=last.start, end=max(last.end, each.end))
    return joined


def _beside(found: Sequence[Finding], others: Sequence[Finding]) -> Iterator[Finding]:
    """Yield what no other finding overlaps; both are in order."""
    waiting = iter(others)
    other = next(waiting, None)
    for each in found:
        while other is not None and other.end <= each.start:
            other = next(waiting, None)
        if other is None or other.start >= each.end:
            yield each
