"""A filter drawn from a question: the years and figures that must stand in a passage. Pure.

It never empties a list, it only orders it: a year may stand on the page before, and a wrong filter hides the answer.
Documents that a question names are found in `naming.py`.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from pincite.retrieval.domain import ScoredPassage

_FIGURE = re.compile(r"(?<![\w.])(?:§\s*)?\d+(?:[.,]\d+)*(?!\w)")
_FISCAL = re.compile(r"\b(?:FY|CY)\s?'?(\d{4}|\d\d)\b", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SHORTEST = 3
# With fewer passages than this that hold them all, nothing is moved.
_ENOUGH = 3


def figures_of(question: str) -> frozenset[str]:
    """Return the figures, years and numbered places of a question without separators; short ones say too little."""
    plain = _FISCAL.sub(lambda year: f" {year[1] if len(year[1]) == 4 else '20' + year[1]} ", question)
    return frozenset(each for each in _bare(plain) if len(each) >= _SHORTEST)


def holding_first(passages: Sequence[ScoredPassage], figures: AbstractSet[str]) -> list[ScoredPassage]:
    """Return the passages with those that hold every figure first, both in their order; as they are where few do.

    A figure may stand in the text, in the headings above it or in the document's name. Scores never rise down the list.
    """
    if not figures:
        return list(passages)
    held = [figures <= _said(each) for each in passages]
    if sum(held) < _ENOUGH:
        return list(passages)
    ordered = [each for wanted in (True, False) for each, holds in zip(passages, held, strict=True) if holds is wanted]
    for place in range(1, len(ordered)):
        most = ordered[place - 1].score
        if ordered[place].score > most:
            ordered[place] = replace(ordered[place], score=most)
    return ordered


def _said(scored: ScoredPassage) -> frozenset[str]:
    chunk = scored.passage.chunk
    text = "\n".join((chunk.text, *chunk.heading_path))
    return frozenset((*_bare(text), *_YEAR.findall(scored.passage.source)))


def _bare(text: str) -> list[str]:
    return [found.lstrip("§ ").replace(",", "") for found in _FIGURE.findall(text)]
