"""What no likeness outweighs: figures, dates, units, names and negations that the source of a claim does not have.

A claim with any of these differences is never `supported`; they are figures of the model, too. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pincite.answers.verdicts.difference import Difference, DifferenceKind
from pincite.answers.verdicts.elsewhere import NOT_BEHIND
from pincite.answers.verdicts.evidence import EvidenceIndex, is_common, names_in
from pincite.answers.verdicts.lexicon import (
    DENIALS,
    MODALS,
    NEGATORS,
    OPPOSITES,
    ORDINALS,
    PREPOSITIONS,
    UNITS,
    denied_base,
)
from pincite.answers.verdicts.roles import swapped
from pincite.answers.verdicts.strength import strengthened
from pincite.answers.verdicts.terms import Limit, Terms, read
from pincite.core.words import stem

_PREFIX = 5
_ALIKE_FROM = 0.6
_LONGEST_SLOT = 4
# At the end of a claim so many words more of its source are no clause of their own: "... gilt" of "... gilt nicht".
_HANGS_ON = 4
_NEAR = 2
# In another sentence these stand before the same word by chance: what is first there may be second elsewhere.
_OFTEN_ALIKE = frozenset([*MODALS, *PREPOSITIONS, *ORDINALS])
_CELL = " | "
_CELLS = 2  # figures, and nothing but figures behind a label, make a row without bars
_YEAR = re.compile(r"(?:19|20)\d\d")


def differences(terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> tuple[Difference, ...]:
    """Return what a claim says otherwise than the chosen sentences; empty when nothing.

    Args:
        terms: the claim.
        index: the evidence.
        chosen: places of the sentences that carry the claim, best first.
    """
    own = [index.terms[place] for place in chosen]
    heads = [index.around[place] for place in chosen]
    found = [
        *_figures(terms, own, heads),
        *_rows(terms, index, chosen),
        *_columns(terms, index, chosen),
        *_units(terms, [*own, *heads]),
        *_dates(terms, own, heads),
        *_names(terms, index, chosen),
        *_negations(terms, own),
        *_opposites(terms, own),
        *(each for source in own for each in _swaps(terms, source, index)),
        *strengthened(terms, own),
        *swapped(terms, own),
    ]
    return tuple(dict.fromkeys(found))


def _figures(terms: Terms, own: Sequence[Terms], heads: Sequence[Terms]) -> Iterator[Difference]:
    there = {figure for each in (*own, *heads) for figure in each.figures | each.counts}
    for figure in sorted(terms.figures - there):
        yield Difference(DifferenceKind.FIGURE, figure)


def _rows(terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> Iterator[Difference]:
    """Where a figure stands in the row of another thing than the claim's, and the claim's has a row of its own.

    A row without bars is the claim's where the claim says all of its label: "Income taxes" is none of "Net income".
    """
    stems = set(terms.stems)
    keys = {place: key for place in chosen if (key := _key(index, place)) is not None}
    barred = {place for place in keys if _CELL in index.found[place].text}
    named = {place for place, key in keys.items() if (key & stems if place in barred else key and key <= stems)}
    for figure in sorted(terms.figures if named else ()):
        holders = {place for place in chosen if figure in index.terms[place].figures | index.around[place].figures}
        if holders and holders <= keys.keys() and all(not keys[place] & stems for place in holders):
            yield Difference(DifferenceKind.FIGURE, figure)


def _columns(terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> Iterator[Difference]:
    """Where a figure stands in the column of another year than the one year that the claim names."""
    right: set[str] = set()
    wrong: set[str] = set()
    for place in chosen:
        years, figures = _in_digits(read(index.found[place].header)), _in_digits(index.terms[place])
        named = [year for year in years if year in terms.figures]
        if len(named) != 1 or len(years) != len(figures) or not all(map(_YEAR.fullmatch, years)):
            continue
        for year, figure in zip(years, figures, strict=True):
            (right if year == named[0] else wrong).add(figure)
    for figure in sorted(terms.figures & (wrong - right)):
        yield Difference(DifferenceKind.FIGURE, f"{figure} of another year")


def _in_digits(terms: Terms) -> list[str]:
    return [stem for stem in terms.stems if stem[0].isdigit()]


def _key(index: EvidenceIndex, place: int) -> frozenset[str] | None:
    """Return what a row's first cell says, or stands before its first figure: whose row it is; None for no row."""
    terms, found = index.terms[place], index.found[place]
    end = found.text.find(_CELL)
    if end < 0:
        places = [span[0] for stem, span in zip(terms.stems, terms.spans, strict=True) if stem[0].isdigit()]
        if len(places) < _CELLS or not found.header or any(map(str.isalpha, found.text[places[0] :])):
            return None
        end = places[0]
    return frozenset(terms.stems[each] for each in terms.content if terms.spans[each][1] <= end)


def _units(terms: Terms, local: Sequence[Terms]) -> Iterator[Difference]:
    for figure, unit in sorted(terms.measures):
        units = {other for each in local for number, other in each.measures if number == figure}
        if units and unit not in units:
            yield Difference(DifferenceKind.UNIT, f"{figure} {unit}")


def _dates(terms: Terms, own: Sequence[Terms], heads: Sequence[Terms]) -> Iterator[Difference]:
    for month in sorted(terms.months - {month for each in (*own, *heads) for month in each.months}):
        yield Difference(DifferenceKind.DATE, month)


def _names(terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> Iterator[Difference]:
    heads = {stem for place in chosen for stem in index.around[place].stems} | index.asked
    prefixes = {stem[:_PREFIX] for stem in heads} | index.all_prefixes
    for place in names_in(terms, index):
        stem = terms.stems[place]
        if is_common(stem):
            continue  # "Award" and "World" are written either way; one in another's place is a swap
        known = stem in heads or index.counts[stem] > 0 or (len(stem) > _PREFIX and stem[:_PREFIX] in prefixes)
        if not known and stem not in index.initials:
            yield Difference(DifferenceKind.NAME, terms.words[place])


def _negations(terms: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    stems = set(terms.stems)
    for said in sorted({said for each in own for said in each.negated & stems} - terms.negated):
        holders = [each for each in own if said in each.stems]
        best = said in own[0].negated
        near = best or any(_company(terms, said) & _company(each, said) for each in holders)
        if near and all(said in each.negated for each in holders) and not _denies(terms):
            kind = DifferenceKind.NEGATION if best else DifferenceKind.CONTRARY
            yield Difference(kind, f"{said} without its negation")
    for said in sorted(terms.negated):
        holders = [each for each in own if said in each.stems]
        if holders and not any(said in each.negated or _denies(each) for each in holders):
            yield Difference(DifferenceKind.NEGATION, f"{said} negated")
    unmade = {stem(base) for each in own for word in each.words if (base := denied_base(word))}
    if terms.denies and not terms.negated & unmade and not any(_denies(each) for each in own):
        yield Difference(DifferenceKind.NEGATION, "a negation that is not there")


def _opposites(terms: Terms, own: Sequence[Terms]) -> Iterator[Difference]:
    """Where the opposite stands before the same word: "a lower share" for "the same share"."""
    mine = {(word, other) for word, other in _pairs(terms) if word in OPPOSITES and word not in _OFTEN_ALIKE}
    there = {pair for each in own for pair in _pairs(each)}
    for word, other in sorted(mine - there):
        facing = sorted(each for each in OPPOSITES[word] if (each, other) in there)
        if facing:
            yield Difference(DifferenceKind.CONTRARY, f"{word} for {facing[0]}")


def _pairs(terms: Terms) -> Iterator[tuple[str, str]]:
    """Yield each word with the stem of the word of meaning right behind it."""
    return ((terms.words[place - 1], terms.stems[place]) for place in terms.content if place)


def _company(terms: Terms, said: str) -> frozenset[str]:
    """Return the words of meaning that stand near one."""
    stems = [terms.stems[place] for place in terms.content]
    places = [place for place, each in enumerate(stems) if each == said]
    return frozenset(other for at in places for other in stems[max(0, at - _NEAR) : at + _NEAR + 1]) - {said}


def _denies(terms: Terms) -> bool:
    return terms.denies or any(word in DENIALS or word in NEGATORS for word in terms.words)


def _swaps(claim: Terms, source: Terms, index: EvidenceIndex) -> Iterator[Difference]:
    """Where claim and source run alike but for a few words: a fact put in another's place, a "not" more or less."""
    blocks = SequenceMatcher(None, claim.stems, source.stems, autojunk=False).get_opcodes()
    same = sum(to - since for kind, since, to, _, _ in blocks if kind == "equal")
    if same < _ALIKE_FROM * len(claim.stems):
        return
    for figure, limit in sorted(claim.limits):
        if any(figure == other and _lower(limit) != _lower(theirs) for other, theirs in source.limits):
            yield Difference(DifferenceKind.SWAP, f"{limit} {figure}")
    names = {*names_in(claim, index), *_date_places(claim)}
    others = {*names_in(source, index), *source.openers, *_date_places(source)}
    for kind, since, to, begin, end in blocks:
        if kind == "equal":
            continue
        mine, theirs = range(since, to), range(begin, end)
        at_edge = since == 0 or to == len(claim.stems)
        if at_edge and end - begin > to - since and not _hangs_on(source, begin, end):
            # What the source says before or after the claim is left out, not put otherwise.
            theirs = range(begin, begin + to - since) if since else range(end - (to - since), end)
        if _negates(claim, mine, source) != _negates(source, theirs, claim):
            near = claim.words[min(since, len(claim.words) - 1)]
            yield Difference(DifferenceKind.SWAP, f"another negation near {near}")
        if kind != "replace" or min(len(mine), len(theirs)) > _LONGEST_SLOT:
            continue
        if names & set(mine) and others & set(theirs):
            yield Difference(DifferenceKind.SWAP, f"{claim.words[since]} for {source.words[theirs[0]]}")
        yield from _swapped(claim, source, mine, theirs)


def _hangs_on(source: Terms, begin: int, end: int) -> bool:
    """Whether what a source ends in, and a claim leaves out, only negates what is before, as in German and Korean."""
    if end != len(source.stems) or end - begin > _HANGS_ON:
        return False
    return any(place == end - 1 or source.words[place] == NOT_BEHIND for place in source.negators if place >= begin)


def _lower(limit: Limit) -> bool:
    return limit in {Limit.LEAST, Limit.ABOVE}


def _date_places(terms: Terms) -> list[int]:
    return [place for place, stem in enumerate(terms.stems) if stem in terms.months]


def _negates(terms: Terms, places: range, other: Terms) -> bool:
    """Whether a "not" stands at one of the places, or "unpaid" where the other has "paid"."""
    return not terms.negators.isdisjoint(places) or any(
        denied_base(terms.words[place]) in other.words for place in places
    )


def _swapped(claim: Terms, source: Terms, mine: range, theirs: range) -> Iterator[Difference]:
    there = {source.stems[place] for place in theirs}
    # "Not paid" is "unpaid".
    turned = claim.negators.isdisjoint(mine) != source.negators.isdisjoint(theirs)
    for one in mine:
        word, stem = claim.words[one], claim.stems[one]
        for other in theirs:
            facing = source.words[other]
            opposed = not turned and facing in OPPOSITES.get(word, ())
            measured = word in UNITS and facing in UNITS and UNITS[word] != UNITS[facing]
            counted = stem[0].isdigit() and source.stems[other][0].isdigit() and stem not in there
            dated = stem in claim.months and source.stems[other] in source.months and stem not in there
            if opposed or measured or counted or dated:
                yield Difference(DifferenceKind.SWAP, f"{word} for {facing}")
