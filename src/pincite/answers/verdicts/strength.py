"""Says where a claim is stronger than its source: must for may, all for most, is for may be, no exception. Pure.

Words of strength are stop words and weigh nothing in the score, yet they change what is claimed.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from pincite.answers.verdicts.difference import Difference, DifferenceKind
from pincite.answers.verdicts.lexicon import (
    CONDITIONS,
    DOUBTFUL_MODALS,
    EXCEPTIONS,
    HEDGES,
    MODALS,
    PARTIALS,
    UNIVERSALS,
    denied_base,
)
from pincite.answers.verdicts.terms import Limit, Terms, is_negator
from pincite.core.words import stem

_REACH = 4
_HAVE = frozenset(["has", "have", "had"])
_NEED = frozenset(["needs", "required", "obliged", "obligated"])
_MAY, _MUST = 0, 2
_CONTRARY = {
    Limit.LEAST: Limit.MOST,
    Limit.MOST: Limit.LEAST,
    Limit.ABOVE: Limit.BELOW,
    Limit.BELOW: Limit.ABOVE,
}
_ALIKE_FROM, _VERY_ALIKE_FROM = 0.6, 0.75


def strengthened(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Yield what a claim says more strongly, or to more, than the sentences that carry it."""
    yield from _modals(claim, own)
    yield from _quantifiers(claim, own)
    yield from _prefixes(claim, own)
    yield from _limits(claim, own)
    yield from _hedges(claim, own)
    yield from _exceptions(claim, own)


def _modals(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    there: dict[str, set[int]] = {}
    for each in _alike(claim, own):
        for verb, strength in _governed(each):
            there.setdefault(verb, set()).add(strength)
    for verb, strength in _governed(claim):
        known = there.get(verb)
        if known and strength not in known and (strength > max(known) or (strength == _MAY and min(known) == _MUST)):
            yield Difference(DifferenceKind.STRENGTH, f"how far one has to {verb}")


def _governed(terms: Terms) -> Iterator[tuple[str, int]]:
    """Yield the stems of verbs behind "may", "should", "must" and their like, with the strength; none negated."""
    for place, word in enumerate(terms.words):
        strength = MODALS.get(word)
        if word == "may" and "may" in terms.months:
            strength = None
        following = terms.words[place + 1 : place + 2]
        if (word in _HAVE or word in _NEED) and following == ("to",):
            softened = place > 0 and terms.words[place - 1] in MODALS
            strength = None if softened else _MUST
        if strength is None:
            continue
        verb = _next(terms, place + 1)
        if verb is not None and not any(map(is_negator, terms.words[max(0, place - 1) : verb])):
            yield terms.stems[verb], strength


def _next(terms: Terms, begin: int) -> int | None:
    return next((place for place in terms.content if begin <= place < begin + _REACH), None)


def _quantifiers(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    for noun in sorted(_quantified(claim, UNIVERSALS)):
        holders = [each for each in _alike(claim, own) if noun in each.stems]
        if holders and all(noun in _quantified(each, PARTIALS) - _quantified(each, UNIVERSALS) for each in holders):
            yield Difference(DifferenceKind.STRENGTH, f"of how many {noun} it holds")


def _quantified(terms: Terms, quantifiers: AbstractSet[str]) -> frozenset[str]:
    """Return the stems of the words of meaning behind such a word: "all supply contracts" are contracts."""
    found: set[str] = set()
    for place, word in enumerate(terms.words):
        if word in quantifiers:
            found.update(terms.stems[each] for each in terms.content if place < each <= place + _REACH)
    return frozenset(found)


def _prefixes(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Where one says "secured" and the other "unsecured", and neither has another negation."""
    if claim.denies:
        return
    for source in _alike(claim, own):
        if source.denies:
            continue
        for word in claim.words:
            base = denied_base(word)
            if base in source.words and stem(word) not in source.stems and stem(base) not in claim.stems:
                yield Difference(DifferenceKind.CONTRARY, f"{word} for {base}")
        for word in source.words:
            base = denied_base(word)
            if base in claim.words and stem(word) not in claim.stems and stem(base) not in source.stems:
                yield Difference(DifferenceKind.CONTRARY, f"{base} for {word}")


def _limits(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Where a figure is the least in one and the most in the other; above it and up to it are two halves of a rule."""
    there = {limit for each in own for limit in each.limits}
    for figure, limit in sorted(claim.limits):
        if (figure, _CONTRARY[limit]) in there and (figure, limit) not in there:
            yield Difference(DifferenceKind.LIMIT, f"{limit} {figure}")


def _hedges(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Where the sentences that are like a claim doubt what it says as a fact."""
    if any(word in HEDGES or word in MODALS for word in claim.words):
        return
    stems = {claim.stems[place] for place in claim.content}
    for source in _alike(claim, own[:1], _VERY_ALIKE_FROM):
        for place, word in enumerate(source.words):
            behind = _next(source, place + 1) if word in HEDGES or word in DOUBTFUL_MODALS else None
            if behind is not None and source.stems[behind] in stems:
                yield Difference(DifferenceKind.STRENGTH, f"{word} is left out")


def _exceptions(claim: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Where the best sentence has an exception of which the claim says nothing."""
    if any(word in CONDITIONS or is_negator(word) for word in claim.words):
        return
    stems = set(claim.stems)
    for source in _alike(claim, own[:1], _VERY_ALIKE_FROM):
        for place, word in enumerate(source.words):
            if word not in EXCEPTIONS:
                continue
            end = min((pause for pause in source.pauses if pause > place), default=len(source.stems))
            excepted = {source.stems[each] for each in source.content if place < each < end}
            if excepted and 2 * len(excepted & stems) <= len(excepted):
                yield Difference(DifferenceKind.STRENGTH, f"without what stands behind {word}")


def _alike(claim: Terms, own: Sequence[Terms], share: float = _ALIKE_FROM) -> list[Terms]:
    """Return the sentences that have most of a claim's words of meaning."""
    stems = {claim.stems[place] for place in claim.content}
    return [each for each in own if len(stems.intersection(each.stems)) >= share * len(stems)]
