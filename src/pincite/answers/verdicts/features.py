"""Measures how far sentences carry a claim: some fifty figures, each with a reason. Pure.

What the figures mean together is learned (`model.py`); what must never pass is in `rules.py`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np

from pincite.answers.verdicts.difference import WEIGHED, Difference
from pincite.answers.verdicts.evidence import EvidenceIndex, Matrix, character_grams, grams, rarity
from pincite.answers.verdicts.lexicon import OPPOSITES
from pincite.answers.verdicts.rules import differences
from pincite.answers.verdicts.terms import Terms, read

MAX_SPANS = 3
_VERBATIM_WORDS = 3
KINDS = ("year", "figure", "month", "name", "adverb", "verb", "other")
# Words of sentences about the passages themselves, which claim nothing.
_POINTING = frozenset(
    {"passage", "passages", "provided", "based", "information", "mentioned", "summary", "following", "context"}
)
# Of a claim, by weight: what a second sentence must add to be shown as evidence.
_LEAST_ADDED = 0.04
_ALIKE_FROM, _ALIKE_RANGE, _CREDIT = 0.35, 0.35, 0.85


@dataclass(frozen=True, slots=True)
class Comparison:
    """A claim beside the sentences: its figures by name and the sentences that carry most of it, best first.

    `carrying` are those of them that add something to the ones before.
    """

    figures: dict[str, float]
    chosen: tuple[int, ...]
    carrying: tuple[int, ...]
    terms: Terms
    differs: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    """The claim's words of meaning, each once; rows of the matrices."""

    stems: list[str]
    words: list[str]
    weights: Matrix  # rarity, not scaled
    exact: Matrix  # words x sentences, 0 or 1
    found: Matrix  # words x sentences, 0..1, with credit for likeness
    alike: Matrix  # words x sentences, 0..1, the likeness itself
    around: Matrix  # words x sentences, 0 or 1: stands in the headings, or was asked


def compare(claim: str, index: EvidenceIndex) -> Comparison | None:
    """Return the figures of a claim; None when it has no words of meaning or there are no sentences."""
    terms = read(claim)
    if not terms.content or not index.found:
        return None
    words = _words(terms, index)
    share = words.weights / words.weights.sum()
    chosen = _verbatim(terms, index) or _chosen(words.found, share, _asking(index))
    differs = differences(terms, index, chosen)
    near = sorted({place + step for place in chosen for step in (-1, 0, 1)} & set(range(len(index.found))))
    figures = {
        **_coverage(words, share, chosen, near),
        **_plain_coverage(words, index),
        **_missing(words, terms, near),
        **_phrases(claim, terms, index),
        **_gaps(terms, words, chosen),
        **_order(terms, words, (index, chosen)),
        **_opposition(terms, index, chosen),
        **{f"differs_{kind}": float(sum(each.kind is kind for each in differs)) for kind in WEIGHED},
        **_likeness(claim, index, chosen),
        **_sizes(claim, terms, index, chosen),
    }
    return Comparison(figures, tuple(chosen), _carrying(words.found, share, chosen), terms, differs)


def is_verbatim(terms: Terms, index: EvidenceIndex) -> bool:
    """Whether a sentence of the evidence says a claim word for word."""
    return bool(_verbatim(terms, index))


def _verbatim(terms: Terms, index: EvidenceIndex) -> list[int]:
    flat = f" {' '.join(terms.stems)} "
    short = len(terms.content) < _VERBATIM_WORDS
    said = (place for place, text in enumerate(index.flat) if (flat == text if short else flat in text))
    first = next(said, None)
    return [] if first is None else [first]


def _words(terms: Terms, index: EvidenceIndex) -> _Words:
    places = {terms.stems[place]: place for place in reversed(terms.content)}
    stems = list(dict.fromkeys(terms.stems[place] for place in terms.content))
    words = [terms.words[places[stem]] for stem in stems]
    exact, prefix = index.having(stems)
    likeness = index.word_likeness(words)
    likeness[[not word.isalpha() for word in words]] = 0.0
    credit = np.clip((likeness - _ALIKE_FROM) / _ALIKE_RANGE, 0.0, _CREDIT)
    around = np.array([[stem in each.stems or stem in index.asked for each in index.around] for stem in stems])
    return _Words(
        stems=stems,
        words=words,
        weights=np.array([rarity(stem) for stem in stems]) + 0.05,
        exact=exact,
        found=np.maximum(np.maximum(exact, prefix * _CREDIT), credit),
        alike=np.maximum(exact, likeness),
        around=around.astype(np.float64),
    )


def _asking(index: EvidenceIndex) -> list[int]:
    """The sentences that ask, and so carry no claim; none where there is nothing else."""
    asking = [place for place, each in enumerate(index.found) if each.text.endswith("?")]
    return asking if len(asking) < len(index.found) else []


def _chosen(found: Matrix, share: Matrix, barred: Sequence[int]) -> list[int]:
    """The sentences that add most, greedily, but for the barred; ties go to the first."""
    chosen: list[int] = []
    carried = np.zeros(len(share))
    for _ in range(min(MAX_SPANS, found.shape[1])):
        gains = share @ np.maximum(found, carried[:, None])
        gains[list(barred)] = -1.0
        best = int(gains.argmax())
        if best in chosen:
            break
        chosen.append(best)
        carried = np.maximum(carried, found[:, best])
    return chosen


def _carrying(found: Matrix, share: Matrix, chosen: Sequence[int]) -> tuple[int, ...]:
    """The chosen sentences that add to those before; a heading with no word of the claim is no evidence for it."""
    kept = [chosen[0]]
    carried = found[:, chosen[0]]
    for place in chosen[1:]:
        more = np.maximum(carried, found[:, place])
        if float(share @ (more - carried)) >= _LEAST_ADDED:
            kept.append(place)
            carried = more
    return tuple(kept)


def _coverage(words: _Words, share: Matrix, chosen: Sequence[int], near: Sequence[int]) -> dict[str, float]:
    found, around = words.found, words.around
    single = share @ found
    steps = [float(share @ found[:, chosen[: size + 1]].max(axis=1)) for size in range(len(chosen))]
    steps += [steps[-1]] * (MAX_SPANS - len(steps))
    heads = around[:, list(chosen)].max(axis=1)
    local = np.maximum(found[:, list(near)].max(axis=1), heads)
    centres = range(max(0, chosen[0] - 2), min(found.shape[1], chosen[0] + 3))
    together = [float((single * (row >= 0.5)).max()) for row in found]
    return {
        "cover_1": steps[0],
        "cover_2": steps[1],
        "cover_3": steps[2],
        "cover_3_heads": float(share @ np.maximum(found[:, list(chosen)].max(axis=1), heads)),
        "cover_1_heads": float(share @ np.maximum(found[:, chosen[0]], around[:, chosen[0]])),
        "cover_window_3": max(_window(found, share, heads, place, 1) for place in centres),
        "cover_window_7": max(_window(found, share, heads, place, 3) for place in centres),
        "cover_near": float(share @ local),
        "cover_all": float(share @ found.max(axis=1)),
        "together_mean": float(share @ np.array(together)),
        "together_least": min(together),
    }


def _window(found: Matrix, share: Matrix, heads: Matrix, place: int, reach: int) -> float:
    window = found[:, max(0, place - reach) : place + reach + 1].max(axis=1)
    return float(share @ np.maximum(window, heads))


def _plain_coverage(words: _Words, index: EvidenceIndex) -> dict[str, float]:
    idf = np.array([index.idf(stem) for stem in words.stems])
    idf /= idf.sum()
    single = idf @ words.exact
    best = int(single.argmax())
    carried, steps = words.exact[:, best], [float(single[best])]
    for _ in range(2):
        gains = idf @ np.maximum(words.exact, carried[:, None])
        carried = np.maximum(carried, words.exact[:, int(gains.argmax())])
        steps.append(float(gains.max()))
    return {
        "exact_1": steps[0],
        "exact_2": steps[1],
        "exact_3": steps[2],
        "exact_all": float(idf @ words.exact.max(axis=1)),
        "exact_share": float(words.exact.max(axis=1).mean()),
    }


def _missing(words: _Words, terms: Terms, near: Sequence[int]) -> dict[str, float]:
    heads = words.around.max(axis=1)
    anywhere = 1 - np.maximum(words.found.max(axis=1), heads)
    local = 1 - np.maximum(words.found[:, list(near)].max(axis=1), words.around[:, list(near)].max(axis=1))
    weighed = np.sort(words.weights * local)[::-1]
    unlike = words.weights * (1 - words.alike[:, list(near)].max(axis=1))
    figures = {
        "missing_all": float(words.weights @ anywhere),
        "missing_near": float(words.weights @ local),
        "missing_near_worst": float(weighed[0]),
        "missing_near_two": float(weighed[:2].sum()),
        "unlike_per_word": float(unlike.mean()),
        "unlike_two": float(np.sort(unlike)[-2:].sum()),
        "missing_worst": float((words.weights * anywhere).max()),
        "missing_exact": float(words.weights @ (1 - words.exact.max(axis=1))),
        "missing_per_word": float(words.weights @ local) / len(words.stems),
    }
    kinds = _kinds(words, terms)
    for kind in KINDS:
        mine = np.array([each == kind for each in kinds])
        figures[f"missing_{kind}"] = float(anywhere[mine].sum())
        figures[f"missing_near_{kind}"] = float(local[mine].sum())
        figures[f"count_{kind}"] = float(mine.sum())
    return figures


def _kinds(words: _Words, terms: Terms) -> list[str]:
    names = {terms.stems[place] for place in terms.names}
    return [_kind(stem, word, stem in names, terms) for stem, word in zip(words.stems, words.words, strict=True)]


def _kind(stem: str, word: str, is_name: bool, terms: Terms) -> str:
    if stem[0].isdigit():
        return "year" if len(stem) == 4 and stem.isdigit() and "1500" <= stem < "2100" else "figure"
    if stem in terms.months:
        return "month"
    if is_name:
        return "name"
    if word.endswith("ly"):
        return "adverb"
    return "verb" if word.endswith(("ed", "ing")) else "other"


def _phrases(claim: str, terms: Terms, index: EvidenceIndex) -> dict[str, float]:
    bigrams, trigrams = grams(terms.stems, 2), grams(terms.stems, 3)
    pairs = grams([terms.stems[place] for place in terms.content], 2)
    letters = character_grams(claim)
    runs = [pair for pair in zip(terms.names, terms.names[1:], strict=False) if pair[1] == pair[0] + 1]
    return {
        "bigrams": _share(bigrams, index.all_bigrams),
        "bigrams_1": index.most_of(bigrams) / max(1, len(bigrams)),
        "trigrams": _share(trigrams, index.trigrams),
        "pairs": _share(pairs, index.pairs),
        "letters": len(letters & index.all_letters) / max(1, len(letters)),
        "letters_1": max(len(letters & own) for own in index.letters) / max(1, len(letters)),
        "names_apart": float(
            sum((terms.stems[first], terms.stems[second]) not in index.all_bigrams for first, second in runs)
        ),
    }


def _share(own: Sequence[tuple[str, ...]], there: frozenset[tuple[str, ...]]) -> float:
    return sum(gram in there for gram in own) / len(own) if own else 0.0


def _gaps(terms: Terms, words: _Words, chosen: Sequence[int]) -> dict[str, float]:
    near = dict(zip(words.stems, words.exact[:, list(chosen)].max(axis=1), strict=True))
    anywhere = dict(zip(words.stems, words.exact.max(axis=1), strict=True))
    content = [terms.stems[place] for place in terms.content]
    gap = _longest([near[stem] == 0 for stem in content])
    return {
        "gap": float(gap),
        "gap_share": gap / len(content),
        "gap_all": float(_longest([anywhere[stem] == 0 for stem in content])),
    }


def _order(terms: Terms, words: _Words, evidence: tuple[EvidenceIndex, Sequence[int]]) -> dict[str, float]:
    """Words that follow each other in the claim and stand in one sentence; the longest order kept, as in ROUGE-L."""
    index, chosen = evidence
    rows = {stem: row for row, stem in enumerate(words.stems)}
    content = [rows[terms.stems[place]] for place in terms.content]
    there = words.found >= 0.5
    beside = [bool((there[one] & there[other]).any()) for one, other in pairwise(content)]
    matchers = (SequenceMatcher(None, terms.stems, index.terms[each].stems, autojunk=False) for each in chosen[:2])
    kept = max(sum(block.size for block in matcher.get_matching_blocks()) for matcher in matchers)
    return {"pairs_together": sum(beside) / max(1, len(beside)), "order_kept": kept / len(terms.stems)}


def _longest(flags: Sequence[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest


def _opposition(terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> dict[str, float]:
    best = index.terms[chosen[0]]
    local = {word for place in chosen for word in index.terms[place].words}
    own = set(terms.words)
    opposed = [word for word in own - local if OPPOSITES.get(word, frozenset()) & (local - own)]
    return {
        "denial_added": float(terms.denies and not best.denies),
        "denial_lost": float(best.denies and not terms.denies),
        "opposed": float(len(opposed)),
    }


def _likeness(claim: str, index: EvidenceIndex, chosen: Sequence[int]) -> dict[str, float]:
    alike = index.likeness(claim)
    top = np.sort(alike)[::-1]
    return {
        "alike_1": float(top[0]),
        "alike_3": float(top[:3].mean()),
        "alike_best": float(alike[chosen[0]]),
        "alike_trio": index.trio(chosen, claim),
    }


def _sizes(claim: str, terms: Terms, index: EvidenceIndex, chosen: Sequence[int]) -> dict[str, float]:
    best = index.terms[chosen[0]]
    return {
        "words": math.log(1 + len(terms.stems)),
        "content": float(len(terms.content)),
        "sentences": math.log(len(index.found)),
        "best_words": math.log(1 + len(best.stems)),
        "points": float(sum(word in _POINTING for word in terms.words)),
        "leads_in": float(claim.rstrip().endswith(":")),
        "clauses": float(sum(word in {"and", "but", "while", "which", "who"} for word in terms.words)),
        "apart": math.log(1 + max(chosen) - min(chosen)),
    }
