"""Says where a claim has two parties in each other's place: who bought from whom, what comes before what.

Without a grammar: what stands on either side of the same verb, and whether it is in the passive voice. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pincite.answers.verdicts.difference import Difference, DifferenceKind
from pincite.answers.verdicts.evidence import is_common
from pincite.answers.verdicts.lexicon import (
    AUXILIARIES,
    BE,
    CLAUSE_WORDS,
    DETERMINERS,
    MUTUAL,
    PASTS,
    PREPOSITIONS,
    RELATIVES,
    SUBJECT_PRONOUNS,
)
from pincite.answers.verdicts.terms import Terms

_TURNS = {"before": 1, "after": -1}
# Of one sentence; more are in no sentence that somebody wrote.
_MOST = 40


@dataclass(frozen=True, slots=True)
class _Parties:
    """Stems around a verb: of who does it, of what it is done to, of all that follows; `pronoun`: "we" do it."""

    doing: frozenset[str]
    done: frozenset[str]
    behind: frozenset[str]
    pronoun: bool


def swapped(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Yield what has its parties exchanged in a claim; `own` are the sentences that carry it."""
    names = {stem for place in (*claim.names, *claim.openers) if not is_common(stem := claim.stems[place])}
    there = [_by_verb(source) for source in own]
    for stem, mine in _by_verb(claim).items():
        if any(stem in each and _all_exchanged(mine, each[stem], names) for each in there):
            yield Difference(DifferenceKind.ROLE, f"who did what: {stem}")
    for place in _turns(claim):
        for source in own:
            places = _turns(source)
            if places and all(_turned(claim, place, source, other) for other in places):
                yield Difference(DifferenceKind.ROLE, f"what comes {claim.words[place]} what")


def _by_verb(terms: Terms) -> dict[str, list[_Parties | None]]:
    found: dict[str, list[_Parties | None]] = {}
    for verb in _verbs(terms)[:_MOST]:
        found.setdefault(terms.stems[verb], []).append(_parties(terms, verb))
    return found


def _all_exchanged(mine: Sequence[_Parties | None], theirs: Sequence[_Parties | None], names: set[str]) -> bool:
    """Whether one mention of a verb has other parties than each of the source's."""
    return any(all(_exchanged(one, other, names) for other in theirs) for one in mine)


def _turns(terms: Terms) -> list[int]:
    return [place for place, word in enumerate(terms.words) if word in _TURNS][:_MOST]


def _turned(claim: Terms, place: int, source: Terms, other: int) -> bool:
    mine = _stems(claim, _before(claim, place)), _stems(claim, _behind(claim, place))
    theirs = _stems(source, _before(source, other)), _stems(source, _behind(source, other))
    if _TURNS[claim.words[place]] != _TURNS[source.words[other]]:
        theirs = (theirs[1], theirs[0])
    first, then = mine[0] & theirs[1], mine[1] & theirs[0]
    # What both have on the same side may be the verb: "use this before that".
    most = 2 * len(first) >= len(theirs[1]) and 2 * len(then) >= len(mine[1])
    return bool(first and then) and most and not mine[1] & theirs[1]


def _exchanged(mine: _Parties | None, theirs: _Parties | None, names: set[str]) -> bool:
    if mine is None or theirs is None:
        return False
    if theirs.pronoun:
        # "We bought it from Merrow": whoever "we" are, they are not Merrow.
        named = mine.doing & names
        return bool(named and mine.done & theirs.done) and named <= theirs.behind
    here, there = mine.doing & theirs.done - theirs.doing, theirs.doing & mine.done - mine.doing
    return bool(here and there) and (not mine.doing & theirs.doing or bool(here & names and there & names))


def _verbs(terms: Terms) -> list[int]:
    """Return the places of what must be a verb: a past in -ed or an irregular one, or what follows an auxiliary."""
    return [
        place
        for place in terms.content
        if _is_verb(terms, place) and terms.stems[place] not in MUTUAL and place not in terms.names
    ]


def _is_verb(terms: Terms, place: int) -> bool:
    before = place - 1
    if before >= 0 and terms.words[before].endswith("ly"):
        before -= 1
    lead = terms.words[before] if before >= 0 else ""
    if lead in AUXILIARIES:
        return True
    word = terms.words[place]
    past = (word.endswith("ed") and not word.endswith("eed")) or word in PASTS
    return past and lead not in DETERMINERS and lead not in PREPOSITIONS


def _parties(terms: Terms, verb: int) -> _Parties | None:
    """Return who does what to whom; None where that is not said."""
    before, behind = _before(terms, verb), _behind(terms, verb)
    following = terms.words[verb + 1 : verb + 2]
    passive = not BE.isdisjoint(terms.words[max(0, verb - 3) : verb]) or following == ("by",)
    if not passive and following and following[0] in PREPOSITIONS:
        return None
    if not passive:
        pronoun = verb > 0 and terms.words[verb - 1] in SUBJECT_PRONOUNS
        return _Parties(_heads(terms, before), _heads(terms, behind), _stems(terms, behind), pronoun)
    by = next((place for place in behind if terms.words[place] == "by"), None)
    doing = frozenset[str]() if by is None else _heads(terms, [place for place in behind if place > by])
    return _Parties(doing, _heads(terms, before), _stems(terms, before), pronoun=False)


def _before(terms: Terms, place: int) -> list[int]:
    """Return the places of a clause before one of it, in order."""
    begin = place
    while begin > 0 and terms.words[begin - 1] not in RELATIVES:
        begin -= 1
        if terms.words[begin] in CLAUSE_WORDS and begin + 1 < place:
            break
    return list(range(begin, place))


def _behind(terms: Terms, place: int) -> list[int]:
    end = place + 1
    while end < len(terms.words) and terms.words[end] not in RELATIVES:
        end += 1
    return list(range(place + 1, end))


def _heads(terms: Terms, places: Sequence[int]) -> frozenset[str]:
    """Return the stems of a clause's parties but for what stands behind a preposition: "officials" of an agency."""
    found: list[int] = []
    within = False
    for place in places:
        word = terms.words[place]
        if word in PREPOSITIONS:
            within = True
        elif word in CLAUSE_WORDS or word in SUBJECT_PRONOUNS or place in terms.pauses or _is_time(terms, place):
            within = False
        if not within:
            found.append(place)
    return _stems(terms, found)


def _is_time(terms: Terms, place: int) -> bool:
    return terms.stems[place] in terms.months or terms.stems[place][0].isdigit()


def _stems(terms: Terms, places: Sequence[int]) -> frozenset[str]:
    telling = set(terms.content)
    return frozenset(
        terms.stems[place]
        for place in places
        if place in telling and not _is_time(terms, place) and not terms.words[place].endswith("ly")
    )
