"""The numbered steps that answer a question of how something is done: all of a section's, in their order. Pure.

Which sentence answers best is decided in `extractive.py`.
"""

import re
from collections.abc import Sequence

from pincite.answers.candidates import Candidate

MOST_SENTENCES = 20
_STEP = re.compile(r"\W*(\d{1,2})[.)]\s")
_FEWEST = 2


def steps_beside(best: Candidate, found: Sequence[Candidate]) -> list[Candidate]:
    """Return the steps of the section that a candidate stands in; none where it has no list of them.

    Of several lists it is the one that the candidate is in, or else the first.

    Args:
        best: of a step, or of what stands in a section with steps.
        found: all candidates.

    Returns:
        The sentences from the first step's to the last one's, in their order, `best` among them or not.
    """
    section = sorted(
        (each for each in found if (each.passage, each.headings) == (best.passage, best.headings)), key=_place
    )
    lists: list[list[int]] = []
    for at, each in enumerate(section):
        number = _number(each)
        if number == 1:
            lists.append([at])
        elif number is not None and lists and number == len(lists[-1]) + 1:
            lists[-1].append(at)
    runs = [section[steps[0] : steps[-1] + 1] for steps in lists if len(steps) >= _FEWEST]
    own = [run for run in runs if best in run]
    if not own and _number(best) is not None:
        return []  # a step of another kind: a clause, a part of a list that began elsewhere
    chosen = [*own, *runs][:1]
    return chosen[0][:MOST_SENTENCES] if chosen else []


def begins_step(text: str) -> bool:
    """Say whether a sentence begins with the number of a step."""
    return _STEP.match(text) is not None


def _place(candidate: Candidate) -> tuple[int, int]:
    return candidate.page, candidate.start


def _number(candidate: Candidate) -> int | None:
    found = _STEP.match(candidate.text)
    return None if found is None else int(found[1])
