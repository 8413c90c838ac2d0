"""Takes the inline markers ("[2]", "[1, 3]") out of a streamed reply and cuts it into finished sentences. Pure.

What a marker points to is resolved in `wording.py`; no marker, whole or in part, ever reaches the reader, and nothing
that the screen takes out (`screening.py`): it sees the text without its markers, as the reader would.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pincite.answers.screening import Screen
from pincite.answers.unmarking import Unmarked
from pincite.core.sentences import sentence_spans

_LONGEST = 1_000  # characters: what goes on without a stop is cut there, between two words
# Of a long sentence it is asked after some words only whether it ended: the time it takes would grow with its square.
_FIRST_WORDS, _EVERY = 64, 16
_MAY_END = re.compile(r"[.!?…。！？\n]")
_WORD_BEGINS = re.compile(r"\s\S")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A finished sentence: the clean text's range [start, end) and the numbers of its markers, in order, once each."""

    start: int
    end: int
    text: str
    numbers: tuple[int, ...]


class MarkerStream:
    """Feed it pieces as they come; ask for new clean text and finished sentences after each.

    Args:
        screen: what the clean text goes through; None for nothing.
    """

    def __init__(self, screen: Screen | None = None) -> None:
        self._screen = screen
        self._unmarked = Unmarked()
        self._clean = ""
        self.text = ""
        self._done = 0
        self._looked = 0
        self._words = 0  # that have begun since `_done`

    def feed(self, piece: str) -> str:
        """Take a piece of the reply; returns the clean text that is certain now."""
        return self._take(self._unmarked.feed(piece), final=False)

    def finish(self) -> str:
        """End the reply; returns the rest of the clean text."""
        return self._take(self._unmarked.finish(), final=True)

    def sentences(self, *, final: bool = False) -> list[Sentence]:
        """Return the sentences that were finished since the last call; with `final` also the last one.

        A sentence is finished once the one after it has begun with a whole word: only then is it sure that its stop
        was a stop, and that its markers, which may stand behind the stop, have come. It is looked for wherever a word
        begins, so that how the reply was cut into pieces makes no difference.
        """
        found = [sentence for until in self._words_begun() for sentence in self._finished(until)]
        if final:
            found += self._numbered(self._cut(len(self.text)), len(self.text))
        return found

    def _words_begun(self) -> Iterator[int]:
        """Yield the places behind the first letter of words where a sentence may have been finished."""
        while (begun := _WORD_BEGINS.search(self.text, max(self._looked - 1, 0))) is not None:
            self._looked = begun.end()
            self._words += 1
            if self._words > _FIRST_WORDS and self._words % _EVERY:
                continue
            if self._looked - self._done > _LONGEST or _MAY_END.search(self.text, self._done, begun.start()):
                yield begun.end()

    def _finished(self, until: int) -> list[Sentence]:
        """Return the sentences that are finished, as seen when the text was `until` long: a word had just begun."""
        spans = self._cut(until)
        if len(spans) > 1 and re.search(r"\s", self.text[spans[-1][0] : spans[-1][1]]):
            return self._numbered(spans[:-1], spans[-1][0])
        if until - spans[0][0] > _LONGEST:
            return self._numbered(self._cut(until - 1), until - 1)
        return []

    def _cut(self, until: int) -> list[tuple[int, int]]:
        spans = sentence_spans(self.text[self._done : until])
        return [(self._done + start, self._done + end) for start, end in spans]

    def _numbered(self, spans: list[tuple[int, int]], until: int) -> list[Sentence]:
        """Return sentences with the numbers of the markers in each and before the next one, which begins at `until`."""
        finished: list[Sentence] = []
        for place, (start, end) in enumerate(spans):
            last = spans[place + 1][0] if place + 1 < len(spans) else until
            # A marker before the very first word has no sentence before it.
            since = -1 if self._done == 0 and place == 0 else start
            numbers = [each for at, some in self._unmarked.marks if since < at <= last for each in some]
            finished.append(Sentence(start, end, self.text[start:end], tuple(dict.fromkeys(numbers))))
        if spans:
            self._done, self._words = spans[-1][1], 0
        return finished

    def _take(self, clean: str, *, final: bool) -> str:
        self._clean += clean
        new = clean if self._screen is None else self._screen.passed(self._clean, final=final)
        self.text += new
        return new
