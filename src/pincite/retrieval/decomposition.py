"""From a question of several parts to the parts, each of which can be searched for alone; and back. Pure.

How one part is searched for is the service's business. What may be one question stays whole: a wrong cut is worse
than none.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from pincite.core.sentences import sentence_spans
from pincite.core.words import content_pairs, is_stop_word
from pincite.retrieval.pairs import completed, pair_of

T = TypeVar("T")

MOST_PARTS = 4
_MOST_CARRIED = 6
_LITTLE = 2  # content words
_LONGEST_SIDE = 8
_WH = r"(?:who|whom|whose|what|when|where|which|why|how)"
_AUXILIARY = r"(?:is|are|was|were|do|does|did|can|could|will|would|should|has|have|had|may|must)"
_SUBJECT = r"(?:it|they|he|she|we|you|I|there|the|an?|this|that|these|those|its|their|his|her|[A-Z]\w+|\d\w*[A-Z]\w*)"
_BEFORE = r"(?:in|at|on|by|from|to|for|with|within|under|after|of|until|since|per)"  # "within how many days"
_ASKS = re.compile(rf"^\W*(?:and\s+|but\s+|also\s+)?(?:{_WH}|{_BEFORE}\s+{_WH}|{_AUXILIARY})\b", re.IGNORECASE)
# A clause may lead into a question: of ours, which is the oldest?
_LEADS_IN = re.compile(rf"^[^?]{{3,300}}[,:]\s+(?:{_WH}|{_AUXILIARY})\b", re.IGNORECASE)
# "What is X, and who is Y?", but neither "how and when do I" nor "is told X and must do Y".
_JOINT = re.compile(
    rf"(?:,?\s+and|,?\s+but|;)\s+(?:also\s+)?(?=(?:(?:for|in|at|as of)\s[A-Z0-9][^,;?]{{1,40}},\s+)?"
    rf"(?:{_WH}\b|{_BEFORE}\s+{_WH}\b|{_AUXILIARY}\s+{_SUBJECT}\b))"
)
_TIME = re.compile(r"(?:FY|Q[1-4]|of|(?:19|20)\d\d|['’\s]|\d\d\b)+(?:['’]s)?")
_GOES_ON = re.compile(r"^\W*(?:if (?:so|not|yes|any)|otherwise|and if)\b", re.IGNORECASE)
_NAME = re.compile(r"\b(?:[A-Z][\w&'’-]+|\d[A-Z]\w*|(?:19|20)\d\d)(?:\s+(?:[A-Z][\w&'’-]+|(?:19|20)\d\d))*")
_REFERS = re.compile(
    r"\b(?:its|it|they|them|their|theirs|he|him|his|she|her|hers|this|these|those|same|that(?=\W*$))\b", re.IGNORECASE
)
_POINT = r"(?:\s+(?P<point>(?:in|on|by|for|with|regarding|concerning)\s+[^?]+?))?"
_COMPARED = (
    re.compile(
        r"^\W*(?:please\s+)?(?:compare|contrast)\s+(?P<one>[^,;?]+?)\s+(?:and|with|to|against|versus|vs\.?)\s+"
        rf"(?P<other>[^,;?]+?){_POINT}\W*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^.*?\bdifferences?\s+between\s+(?P<one>[^,;?]+?)\s+and\s+(?P<other>[^,;?]+?){_POINT}\W*$", re.IGNORECASE
    ),
    re.compile(rf"^(?P<one>[^,;?]+?)\s+(?:versus|vs\.?)\s+(?P<other>[^,;?]+?){_POINT}\W*$", re.IGNORECASE),
)
# Longer texts are pasted, not asked.
_LONGEST_COMPARISON, _LONGEST = 300, 1_500


def parts_of(question: str, *, pairs: bool = False) -> tuple[str, ...]:
    """Return the parts of a question, each fit to be searched for alone; none where it is one question.

    Several sentences that ask, questions joined by "and", and comparisons of two things are cut; a later part that
    leans on the first is given the names of that one. At most `MOST_PARTS` come out. With `pairs` a single question
    about two things is cut too.
    """
    if len(question) > _LONGEST:
        return ()
    sides = _sides(question) if len(question) <= _LONGEST_COMPARISON else ()
    if sides:
        return sides
    found = [part for sentence in _sentences(question) for part in _cut(sentence)]
    if len(found) == 1 and pairs:
        return pair_of(found[0])
    if not 1 < len(found) <= MOST_PARTS:
        return ()
    parts = tuple(dict.fromkeys([found[0], *(_made_whole(part, found[0]) for part in found[1:])]))
    return parts if len(parts) > 1 else ()  # the same, asked twice


def interleaved(lists: Sequence[Sequence[T]], key: Callable[[T], str], limit: int) -> list[T]:
    """Return at most `limit` items: the first of each list, then the second of each; what came before is left out."""
    chosen: dict[str, T] = {}
    for rank in range(max((len(each) for each in lists), default=0)):
        for each in lists:
            if rank < len(each):
                chosen.setdefault(key(each[rank]), each[rank])
    return list(chosen.values())[:limit]


def _sentences(question: str) -> list[str]:
    """The sentences that ask. What only tells goes with the one before it, or with the first."""
    asking: list[str] = []
    told = ""
    for start, end in sentence_spans(question):
        sentence = question[start:end].strip()
        if sentence.endswith("?") and not (asking and _GOES_ON.match(sentence)):
            asking.append(f"{told} {sentence}".strip())
            told = ""
        elif asking:
            asking[-1] = f"{asking[-1]} {sentence}"
        else:
            told = f"{told} {sentence}".strip()
    return asking or [question]


def _cut(sentence: str) -> list[str]:
    if not _ASKS.match(sentence) and not _LEADS_IN.match(sentence):
        return [sentence]
    pieces = [piece.strip(" ,;") for piece in _JOINT.split(sentence)]
    fit = len(_words(pieces[0])) > 1 and all(_words(piece) for piece in pieces)
    return pieces if fit else [sentence]


def _sides(question: str) -> tuple[str, ...]:
    for pattern in _COMPARED:
        found = pattern.match(question)
        if found is None:
            continue
        sides = found["one"].strip(), found["other"].strip()
        if any(not 0 < len(_words(side)) <= _LONGEST_SIDE or _ASKS.match(side) for side in sides):
            return ()
        whole = completed(*sides), sides[1]
        return tuple(f"{side} {found['point'] or ''}".strip() for side in whole)
    return ()


def _made_whole(part: str, first: str) -> str:
    """Give a part that points back, or says little, the names of the first; where that has none, its words.

    A part that names nothing gets names as well ("and what was its tax rate", "what was the tax rate"), but no words:
    those would be of another subject.
    """
    own = _names(part)
    named = next((part.index(each) for each in own if not _TIME.fullmatch(each)), None)
    refers = _REFERS.search(part)
    if named is not None and (refers is None or refers.start() > named):
        return part  # what it points back to is its own: "has Verizon increased its debt"
    leans = refers is not None or len(_words(part)) < _LITTLE
    carried = _names(first) or (_words(first)[:_MOST_CARRIED] if leans else [])
    if any(_TIME.fullmatch(each) for each in own):
        carried = [each for each in carried if not _TIME.fullmatch(each)]
    added = [each for each in carried if each not in own and each.lower() not in part.lower()]
    return f"{part} ({' '.join(added)})" if added else part


def _words(text: str) -> list[str]:
    return [word for _, word in content_pairs(text)]


def _names(text: str) -> list[str]:
    """Capitals and years, without a word before them that is no name: "Has Verizon", "At"."""
    found = (match.group().split() for match in _NAME.finditer(text))
    bare = (name[1:] if is_stop_word(name[0].lower()) else name for name in found)
    return list(dict.fromkeys(" ".join(name) for name in bare if name))
