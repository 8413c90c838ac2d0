"""Takes the inline markers ("[2]", "[1, 3]") out of a streamed reply and cuts it into finished sentences. Pure.

What a marker points to is resolved in `wording.py`; no marker, whole or in part, ever reaches the reader, and nothing
that the screen takes out (`screening.py`): it sees the text without its markers, as the reader would.
"""

import re
from dataclasses import dataclass

from pincite.answers.screening import Screen
from pincite.core.sentences import sentence_spans

_NUMBERS = r"\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*"
_ONE = rf"[\[【]{_NUMBERS}[\]】]"
# One marker or several joined by a dash or a comma: "[2]", "[1, 3]", "[1]–[3]".
_MARKER = re.compile(rf"[ \t]*{_ONE}(?:[ \t]*[,;–-]?[ \t]*{_ONE})*")
# What may still become a marker, or go on as one, when more text comes.
_UNSURE = re.compile(rf"[ \t]*(?:{_ONE}[ \t]*[,;–-]?[ \t]*)*(?:[\[【][\d,;–\s-]{{0,40}})?$")
_RANGE = re.compile(r"(\d{1,3})(?:\s*[\]】])?\s*[–-]\s*(?:[\[【]\s*)?(\d{1,3})")
_LONGEST_RANGE = 20


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
        self._held = ""
        self._clean = ""
        self.text = ""
        self._marks: list[tuple[int, int]] = []
        self._done = 0

    def feed(self, piece: str) -> str:
        """Take a piece of the reply; returns the clean text that is certain now."""
        return self._take(self._held + piece, final=False)

    def finish(self) -> str:
        """End the reply; returns the rest of the clean text."""
        return self._take(self._held, final=True)

    def sentences(self, *, final: bool = False) -> list[Sentence]:
        """Return the sentences that were finished since the last call; with `final` also the last one.

        A sentence is finished once the one after it has begun with a whole word: only then is it sure that its stop
        was a stop, and that its markers, which may stand behind the stop, have come.
        """
        spans = [(self._done + start, self._done + end) for start, end in sentence_spans(self.text[self._done :])]
        if not final:
            if len(spans) < 2 or not re.search(r"\s", self.text[spans[-1][0] : spans[-1][1]]):
                return []
            spans = spans[:-1]
        finished: list[Sentence] = []
        for place, (start, end) in enumerate(spans):
            until = spans[place + 1][0] if place + 1 < len(spans) else self._until(end, final=final)
            # A marker before the very first word has no sentence before it.
            since = -1 if self._done == 0 and place == 0 else start
            numbers = tuple(dict.fromkeys(number for at, number in self._marks if since < at <= until))
            finished.append(Sentence(start, end, self.text[start:end], numbers))
        if spans:
            self._done = spans[-1][1]
        return finished

    def _until(self, end: int, *, final: bool) -> int:
        if final:
            return len(self.text)
        following = re.compile(r"\S").search(self.text, end)
        return following.start() if following else end

    def _take(self, raw: str, *, final: bool) -> str:
        before = len(self._clean)
        position = 0
        unsure = None if final else _UNSURE.search(raw)
        certain = len(raw) if unsure is None else unsure.start()
        for found in _MARKER.finditer(raw, 0, certain):
            self._clean += raw[position : found.start()]
            self._marks += [(len(self._clean), number) for number in _numbers(found[0])]
            position = found.end()
        self._clean += raw[position:certain]
        self._held = raw[certain:]
        new = self._clean[before:] if self._screen is None else self._screen.passed(self._clean, final=final)
        self.text += new
        return new


def _numbers(marker: str) -> list[int]:
    """Return the numbers a marker names, with those between the ends of a range."""
    between = {
        int(first): range(int(first) + 1, int(last))
        for first, last in _RANGE.findall(marker)
        if int(last) - int(first) <= _LONGEST_RANGE
    }
    named = [int(number) for number in re.findall(r"\d+", marker)]
    return list(dict.fromkeys(each for number in named for each in (number, *between.get(number, ()))))
