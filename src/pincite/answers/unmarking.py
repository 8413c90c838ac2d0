"""Takes the inline markers ("[2]", "[1, 3]") out of a growing text, letter by letter, in linear time. Pure.

The result is the same however the text is cut into pieces. Which sentence a marker belongs to is found in `markers.py`.
"""

import re

_SEPARATORS = ",;–-"
_PARTS = re.compile(r"\s+|[\d,;–-]+|[\[【]|[\]】]|[^\s\d,;–\-\[\]【】]+")
_NUMBERS = re.compile(r"\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*")
_RANGE = re.compile(r"(\d{1,3})\s*[–-]\s*(?=(\d{1,3}))")
# What may stand between two markers that are read as one: "[1], [3]", "[1]–[3]".
_JOINT = re.compile(r"[ \t]*([,;–-]?)[ \t]*")
_BLANK = " \t"
_LONGEST_RANGE = 20


class Unmarked:
    """Feed it pieces as they come; it returns the text without markers, as far as it is certain.

    A marker is a pair of brackets around numbers. One that stands in another is taken out first, so that what is left
    holds no marker either; brackets that only other markers stood in go with them, and so do the blanks before.
    `marks` holds the places of the text where markers stood, in order, with their numbers; those before the end of what
    was returned are final.
    """

    def __init__(self) -> None:
        self.marks: list[tuple[int, list[int]]] = []
        self._given = 0
        self._tail = ""  # text that may still turn out to be of a marker, or to stand before one
        self._opened: list[int] = []  # places in it of brackets that nothing but numbers has followed yet
        self._joint: int | None = None  # the place in it of the last marker, while another one may be joined to it
        self._last = 0

    def feed(self, piece: str) -> str:
        """Take a piece of the text; returns what is certain now."""
        for part in _PARTS.findall(piece):
            if part in "[【":
                self._opened.append(len(self._tail))
            elif part in "]】" and self._close():
                continue
            elif not (part.isspace() or part[0] in _SEPARATORS or part[0].isdecimal()):
                self._opened.clear()
            self._tail += part
        return self._give(self._certain())

    def finish(self) -> str:
        """End the text; returns the rest of it."""
        return self._give(len(self._tail))

    def _close(self) -> bool:
        """Take the innermost pair of brackets out, where it is a marker."""
        if not self._opened:
            return False
        at = self._opened.pop()
        numbers = self._named(at)
        if numbers is None:
            self._opened.clear()
            return False
        self._take_out(at, numbers)
        return True

    def _named(self, at: int) -> list[int] | None:
        """Return the numbers between the open bracket at `at` and the end; None where there is something else."""
        inner = self._tail[at + 1 :].strip()
        if self.marks and self.marks[-1][0] > self._given + at:
            inner = inner.strip(_SEPARATORS + " \t\r\n")
            if not inner:
                return []
        return _numbers(inner) if _NUMBERS.fullmatch(inner) else None

    def _take_out(self, at: int, numbers: list[int]) -> None:
        start = len(self._tail[:at].rstrip(_BLANK))
        joined = None if self._joint is None else _JOINT.fullmatch(self._tail, self._joint, start)
        if self._joint is not None and joined is not None:
            start = self._joint
            if joined[1] in {"–", "-"} and numbers:
                numbers = [*_between(self._last, numbers[0]), *numbers]
        self._tail = self._tail[:start]
        self._mark(self._given + start, numbers)
        self._joint, self._last = start, numbers[-1] if numbers else self._last

    def _mark(self, place: int, numbers: list[int]) -> None:
        """Note a marker, and that those within it stood there too."""
        within: list[list[int]] = []
        while self.marks and self.marks[-1][0] >= place:
            within.append(self.marks.pop()[1])
        first = within.pop() if within else []
        for each in reversed(within):
            first += each
        first += numbers
        self.marks.append((place, first))

    def _certain(self) -> int:
        """Return the place in the tail up to which no marker can begin, or be joined to the one before, any more."""
        first = self._opened[0] if self._opened else len(self._tail)
        certain = len(self._tail[:first].rstrip(_BLANK))
        if self._joint is not None and _JOINT.fullmatch(self._tail, self._joint, first):
            return min(self._joint, certain)
        return certain

    def _give(self, certain: int) -> str:
        if not certain:  # or a reply of brackets alone would be gone through at each of its pieces
            return ""
        given, self._tail = self._tail[:certain], self._tail[certain:]
        self._given += certain
        self._opened = [place - certain for place in self._opened]
        if self._joint is not None:
            self._joint = self._joint - certain if self._joint >= certain else None
        return given


def _numbers(inner: str) -> list[int]:
    """Return the numbers that a marker names, with those between the ends of a range, in order, once each."""
    ends = {int(first): int(last) for first, last in _RANGE.findall(inner)}
    named = [int(number) for number in re.findall(r"\d+", inner)]
    return list(
        dict.fromkeys(each for number in named for each in (number, *_between(number, ends.get(number, number))))
    )


def _between(first: int, last: int) -> range:
    return range(first + 1, last) if last - first <= _LONGEST_RANGE else range(0)
