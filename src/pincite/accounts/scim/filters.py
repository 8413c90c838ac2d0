"""Reads SCIM filters (RFC 7644, 3.4.2.2): a small parser over a list of words, with bounds on all of it.

What attributes there are is known in `store/scim.py`, where filters of lists become SQL.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, cast, get_args

from pincite.accounts.scim.domain import Combined, Compare, Comparison, Filter, ScimRefused

MOST_CHARS = 1000
_MOST_WORDS = 200
_DEEPEST = 8
_WORD = re.compile(r'\s*(?:("(?:[^"\\\x00-\x1f]|\\.)*")|([()\[\]])|(\.?[A-Za-z$][\w.:$-]*)|(-?\d+(?:\.\d+)?))')
_COMPARISONS = frozenset(get_args(Comparison))
_URN = re.compile(r"urn:ietf:params:scim:schemas:[\w:.]+:", re.IGNORECASE)


def parse(text: str) -> Filter:
    """Return what a filter says. Raises: ScimRefused."""
    if len(text) > MOST_CHARS:
        raise _bad(f"A filter has at most {MOST_CHARS:,} characters")
    reader = _Reader(_words(text))
    found = reader.either("", 0)
    if reader.left():
        raise _bad(f"After {reader.before()!r} something stands that does not belong there")
    return found


def holds(where: Filter, entry: Mapping[str, Any]) -> bool:
    """Say whether a filter holds for an entry of a list, whose names are in lower case."""
    if isinstance(where, Combined):
        parts = [holds(each, entry) for each in where.parts]
        return not parts[0] if where.how == "not" else all(parts) if where.how == "and" else any(parts)
    there, wanted = (str("" if each is None else each).lower() for each in (entry.get(where.attribute), where.value))
    match where.how:
        case "pr":
            return there != ""
        case "eq" | "ne":
            return (there == wanted) is (where.how == "eq")
        case "co":
            return wanted in there
        case "sw":
            return there.startswith(wanted)
        case _:
            return there.endswith(wanted)


def plain_path(path: str) -> str:
    """Return the name of an attribute in lower case, without the schema that it is from."""
    return _URN.sub("", path, count=1).lower()


def _words(text: str) -> list[str]:
    words: list[str] = []
    place = 0
    while text[place:].strip():
        found = _WORD.match(text, place)
        if found is None:
            raise _bad(f"At character {place + 1} something stands that is no filter")
        words.append(found.group().strip())
        place = found.end()
        if len(words) > _MOST_WORDS:
            raise _bad(f"A filter has at most {_MOST_WORDS} words")
    return words


class _Reader:
    """Goes through the words once, from left to right."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._place = 0

    def left(self) -> bool:
        """Whether there are words that were not read."""
        return self._place < len(self._words)

    def before(self) -> str:
        """The word that was read last."""
        return self._words[self._place - 1][:60]

    def either(self, within: str, depth: int) -> Filter:
        """Read what `or` joins, of attributes within another."""
        parts = [self._both(within, depth)]
        while self._next_is("or"):
            parts.append(self._both(within, depth))
        return parts[0] if len(parts) == 1 else Combined("or", tuple(parts))

    def _both(self, within: str, depth: int) -> Filter:
        parts = [self._one(within, depth)]
        while self._next_is("and"):
            parts.append(self._one(within, depth))
        return parts[0] if len(parts) == 1 else Combined("and", tuple(parts))

    def _one(self, within: str, depth: int) -> Filter:
        if depth > _DEEPEST:
            raise _bad(f"A filter is at most {_DEEPEST} deep")
        if self._next_is("not"):
            self._expect("(")
            inner = self.either(within, depth + 1)
            self._expect(")")
            return Combined("not", (inner,))
        if self._next_is("("):
            inner = self.either(within, depth + 1)
            self._expect(")")
            return inner
        if self._next_begins("."):
            raise _bad("A part of an attribute stands alone")
        attribute = within + plain_path(self._take("an attribute"))
        if self._next_is("["):
            inner = self.either(f"{attribute}.", depth + 1)
            self._expect("]")
            if not self._next_begins("."):
                return inner
            part = self._take("an attribute").lower()  # as in emails[type eq "work"].value eq "..."
            return Combined("and", (inner, self._compare(attribute + part)))
        return self._compare(attribute)

    def _compare(self, attribute: str) -> Filter:
        how = self._take("a comparison").lower()
        if how not in _COMPARISONS:
            raise _bad(f"{how[:20]!r} is no comparison that is known here")
        if how == "pr":
            return Compare(attribute, "pr", None)
        return Compare(attribute, cast("Comparison", how), self._value())

    def _value(self) -> str | bool | None:
        word = self._take("a value")
        if word.lower() in {"true", "false", "null"}:
            return {"true": True, "false": False, "null": None}[word.lower()]
        try:
            found: object = json.loads(word)
        except ValueError:
            raise _bad(f"{word[:60]!r} is no value; texts stand in quotes") from None
        return found if isinstance(found, str) else word

    def _take(self, what: str) -> str:
        if not self.left():
            raise _bad(f"At the end {what} is missing")
        self._place += 1
        return self._words[self._place - 1]

    def _next_is(self, word: str) -> bool:
        if self.left() and self._words[self._place].lower() == word:
            self._place += 1
            return True
        return False

    def _next_begins(self, beginning: str) -> bool:
        return self.left() and self._words[self._place].startswith(beginning)

    def _expect(self, word: str) -> None:
        if not self._next_is(word):
            raise _bad(f"A {word!r} is missing")


def _bad(why: str) -> ScimRefused:
    return ScimRefused(f"{why}.", remedy='Write it as userName eq "ada@example.com".', scim_type="invalidFilter")
