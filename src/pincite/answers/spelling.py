"""Words of a question that are misspelt, read as those of the documents that they are nearest to. Pure.

Names and codes are left alone: another one is another thing.
Distance is that of optimal string alignment (Damerau 1964, restricted): letters that are wrong, missing, added or
changed places with the next.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pincite.answers.other_languages import language_asked_in
from pincite.core.words import STOP_WORDS, is_stop_word, stem

_FEWEST = 5
_MANY = 9  # letters from which two may be wrong
_ASKED = re.compile(rf"(?<![\w’'-])[A-Za-z]{{{_FEWEST},}}(?![\w-])")
_SAID = re.compile(rf"(?<![\w’'-])[A-Za-z]{{{_FEWEST - 1},}}(?![\w’'])")


@dataclass(frozen=True, slots=True)
class Respelt:
    """A question with other words in place of those that nothing is found by; `words` are the pairs (typed, read)."""

    question: str
    words: tuple[tuple[str, str], ...]


def respelt(question: str, texts: Iterable[str], usual: Mapping[str, int], *, guess: bool) -> Respelt | None:
    """Return the question as it was most likely meant, or None where no word of it looks misspelt.

    A word that neither stands in what was found nor is usual is read as the nearest of what was found, else, as a
    guess, as the nearest usual one: it may as well be a term that is rightly spelt.

    Args:
        question: what was asked; only one in English is looked at.
        texts: what was found for it.
        usual: usual words in small letters with their places, the most usual first.
        guess: whether there is nothing to lose, since what was found does not answer.
    """
    if language_asked_in(question, STOP_WORDS) is not None or not any(map(is_stop_word, question.lower().split())):
        return None
    written = Counter(word for text in texts for word in _SAID.findall(text))
    likely = [word.lower() for word, _ in written.most_common() if _may_be_meant(word, usual)]
    said = {word: place for place, word in enumerate(dict.fromkeys(likely))}
    stems = {stem(word.lower()) for word in written}
    pairs: dict[str, str] = {}
    for at, typed in ((found.start(), found[0]) for found in _ASKED.finditer(question)):
        small = typed.lower() if at == 0 else typed
        if not small.islower() or is_stop_word(small) or _is_usual(small, usual) or stem(small) in stems:
            continue
        near = _nearest(small, said, 2 if len(small) >= _MANY else 1) or (_nearest(small, usual, 1) if guess else None)
        if near is not None and stem(near) != stem(small):
            pairs[typed] = near
    if not pairs:
        return None
    meant = _ASKED.sub(lambda found: pairs.get(found[0], found[0]), question)
    return Respelt(meant, tuple(pairs.items()))


def _may_be_meant(word: str, usual: Mapping[str, int]) -> bool:
    """Whether another word may be read as this one: with a capital it may be a name, unless it is a usual word."""
    small = word.lower()
    return not is_stop_word(small) and (word == small or (word[1:] == small[1:] and _is_usual(small, usual)))


def _is_usual(small: str, usual: Mapping[str, int]) -> bool:
    return small in usual or small.removesuffix("s") in usual


def _nearest(typed: str, words: Mapping[str, int], most: int) -> str | None:
    """Return the nearest of the words, the first of several; None where none is as near as `most`."""
    near = [
        (distance, place, word)
        for word, place in words.items()
        if word[0] == typed[0] and abs(len(word) - len(typed)) <= most and len(word) >= _FEWEST - 1
        for distance in [_distance(typed, word)]
        if distance <= most
    ]
    return min(near)[2] if near else None


def _distance(left: str, right: str) -> int:
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(right, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and (letter, left[i - 2]) == (right[j - 2], other):
                least = min(least, earlier[j - 2] + 1)
            row.append(least)
    return row[-1]
