"""Finds the sentences of a passage that carry a claim, and says how far they do. Pure over values.

Weighted coverage of the claim's content words, as in ROUGE-style precision of extractive alignment (Lin 2004), with
similarity of static sentence vectors; figures and negation must agree, whatever the words do.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.core.words import content_words

SUPPORTED_FROM, PARTIAL_FROM = 0.62, 0.38
MAX_SPANS = 3
_GAIN = 0.12
_HEADING_CREDIT = 0.6
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_NEGATION = re.compile(r"\b(?:no|not|never|none|nobody|without|neither|nor|cannot|\w+n['’]t)\b", re.IGNORECASE)
_QUOTED = re.compile(r"[\"“]([^\"”]{12,400})[\"”]")

Vectors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Alignment:
    """The sentences that carry a claim, best first, with the verdict; `score` in 0..1. None when nothing does."""

    spans: tuple[Candidate, ...]
    verdict: Verdict
    score: float


def align(claim: str, found: Sequence[Candidate], vectors: Vectors) -> Alignment:
    """Return the one to three sentences of `found` that carry `claim` best.

    Args:
        claim: a sentence of the answer, without markers.
        found: the sentences to choose from.
        vectors: unit vectors by text; the claim and the sentences, where known.
    """
    words = set(content_words(claim))
    if not words or not found:
        return Alignment((), Verdict.UNSUPPORTED, 0.0)
    own = [set(content_words(each.text)) for each in found]
    weights = _weights(words, own)
    chosen = _choose(claim, found, own, weights)
    carried = {word for place in chosen for word in own[place]}
    named = {word for place in chosen for word in content_words(f"{found[place].headings} {found[place].header}")}
    coverage = sum(weight for word, weight in weights.items() if word in carried)
    coverage += _HEADING_CREDIT * sum(weight for word, weight in weights.items() if word in named - carried)
    alike = max((_cosine(vectors.get(claim), vectors.get(found[place].text)) for place in chosen), default=0.0)
    text = " ".join(f"{found[place].headings} {found[place].header} {found[place].text}" for place in chosen)
    score = min(0.75 * coverage + 0.25 * alike, _ceiling(claim, text, [found[place].text for place in chosen]))
    verdict = _verdict(score)
    if verdict is Verdict.UNSUPPORTED:
        return Alignment((), verdict, score)
    return Alignment(tuple(found[place] for place in chosen), verdict, score)


def _weights(words: set[str], own: Sequence[set[str]]) -> dict[str, float]:
    counts = Counter(word for each in own for word in each & words)
    raw = {word: math.log(1 + (len(own) + 1) / (counts[word] + 0.5)) for word in words}
    # A word that stands nowhere near is as telling as one that stands once, not more: it may be the model's own.
    most = max((weight for word, weight in raw.items() if counts[word]), default=1.0)
    raw = {word: min(weight, most) for word, weight in raw.items()}
    whole = sum(raw.values())
    return {word: weight / whole for word, weight in raw.items()}


def _choose(claim: str, found: Sequence[Candidate], own: Sequence[set[str]], weights: Mapping[str, float]) -> list[int]:
    chosen = _quoted(claim, found)
    carried = {word for place in chosen for word in own[place]}
    while len(chosen) < MAX_SPANS:
        gains = [
            sum(weight for word, weight in weights.items() if word in words - carried) - 0.0001 * place
            for place, words in enumerate(own)
        ]
        best = max(range(len(found)), key=gains.__getitem__)
        if best in chosen or gains[best] < (_GAIN if chosen else 0.0):
            break
        chosen.append(best)
        carried |= own[best]
    return chosen


def _quoted(claim: str, found: Sequence[Candidate]) -> list[int]:
    """Sentences that hold what the claim puts in quotation marks."""
    quotes = [" ".join(quote.split()).lower() for quote in _QUOTED.findall(claim)]
    flat = [" ".join(each.text.split()).lower() for each in found]
    places = [next((place for place, text in enumerate(flat) if quote in text), None) for quote in quotes]
    return list(dict.fromkeys(place for place in places if place is not None))[:MAX_SPANS]


def _ceiling(claim: str, context: str, texts: Sequence[str]) -> float:
    """No more than this, however alike the words are: other figures or a lost "not" make another claim."""
    figures = {_plain(figure) for figure in _FIGURE.findall(claim)}
    there = {_plain(figure) for figure in _FIGURE.findall(context)}
    missing = figures - there
    limit = 1.0
    if missing:
        limit = 0.3 if len(missing) == len(figures) else 0.5
    if bool(_NEGATION.search(claim)) != any(_NEGATION.search(text) for text in texts):
        limit = min(limit, 0.55)
    return limit


def _plain(figure: str) -> str:
    plain = figure.replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _verdict(score: float) -> Verdict:
    if score >= SUPPORTED_FROM:
        return Verdict.SUPPORTED
    return Verdict.PARTIAL if score >= PARTIAL_FROM else Verdict.UNSUPPORTED


def _cosine(left: NDArray[np.float32] | None, right: NDArray[np.float32] | None) -> float:
    return 0.0 if left is None or right is None else max(0.0, float(left @ right))
