"""What fuzzing is made of: a target, and text that means something to a parser.

The targets are in `fuzz.py` and the files that it gathers from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Target:
    """What is fuzzed: `check` is called with each of `cases`."""

    cases: st.SearchStrategy[Any]
    check: Callable[[Any], None]


# Pieces that mean something to a parser, and any text between them.
def pieces(*some: str, most: int = 12) -> st.SearchStrategy[str]:
    """Return text of these pieces, of single letters of theirs, and of whatever else there is."""
    letters = "".join(some)
    one = st.one_of(
        st.sampled_from(some),
        st.sampled_from(letters),
        st.text(max_size=3),
        st.text(st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Nd", "Mn")), max_size=2),
    )
    return st.lists(one, max_size=most).map("".join)


def stretched(some: st.SearchStrategy[str], most_chars: int = 4_000) -> st.SearchStrategy[str]:
    """Return text of `some`, and now and then the same again and again: what grows faster than it is long, shows."""
    again = st.tuples(some, some, st.integers(2, 400), some)
    return some | again.map(lambda each: each[0] + (each[1] * each[2])[:most_chars] + each[3])


def cut(text: str, places: list[int]) -> list[str]:
    """Return a text in pieces, cut at some places, each taken round its length."""
    at = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(at)]


CUTS = st.lists(st.integers(0, 5_000), max_size=12)
