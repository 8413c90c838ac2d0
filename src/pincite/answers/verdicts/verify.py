"""Decides which sentences carry a sentence of the answer, and the verdict. Pure over values, no model call.

The parts: `claims.py` cuts, `features.py` measures, `model.py` weighs, `rules.py` vetoes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.claims import cleaned, split_claims
from pincite.answers.verdicts.difference import WEIGHED, Difference, DifferenceKind
from pincite.answers.verdicts.evidence import EvidenceIndex, Vectors, vocabulary
from pincite.answers.verdicts.features import MAX_SPANS, compare, is_verbatim
from pincite.answers.verdicts.model import Weights, shipped
from pincite.answers.zones import comparable

_VERBATIM_SCORE = 0.97
# What differs is among the figures that the score was learned from; this only keeps it below its like.
_DIFFERENT = 0.8
# Of a claim less than this found, by weight, is never supported: the model has seen few such claims.
_LEAST_COVERED = 0.45
_OF_WHOLE = frozenset({DifferenceKind.SWAP, DifferenceKind.ROLE})


@dataclass(frozen=True, slots=True)
class Alignment:
    """The sentences that carry a claim, best first, with the verdict; `score` in 0..1.

    `spans` is empty when nothing carries it; `nearest` holds what came closest in any case. `differs` says what these
    sentences have otherwise.
    """

    spans: tuple[Candidate, ...]
    verdict: Verdict
    score: float
    differs: tuple[Difference, ...] = ()
    nearest: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    chosen: tuple[int, ...]
    score: float
    differs: tuple[Difference, ...]
    covered: float


class Verifier:
    """Judges the sentences of one answer against the sentences of its evidence, which are read once.

    Args:
        found: the sentences and table rows of the passages.
        vectors: unit vectors of the static embedder by text: those of `texts_of_evidence`, and for each sentence
            those of `texts_of_sentence`. Empty: likeness of words and sentences is not used.
        question: what was asked; its words need no evidence.
        weights: other than those that ship.
    """

    def __init__(
        self, found: Sequence[Candidate], vectors: Vectors, question: str = "", weights: Weights | None = None
    ) -> None:
        self._index = EvidenceIndex(found, vectors, question)
        self._weights = weights or shipped(vectors=bool(vectors))

    def verify(self, sentence: str) -> Alignment:
        """Return the one to three sentences that carry a sentence of the answer, and how far they do.

        Its score is what was learned of the whole sentence, less where something differs. Its verdict comes from its
        claims, too: with one that nothing carries it is not `supported`, with one that is carried at least `partial`.
        """
        whole = self._judged(cleaned(sentence))
        if whole is None:
            return Alignment((), Verdict.UNSUPPORTED, 0.0)
        parts = split_claims(cleaned(sentence))
        known = [made for part in parts if (made := self._judged(part))] if len(parts) > 1 else []
        differs = _lasting(whole, known) if known else whole.differs
        weighed = any(each.kind in WEIGHED for each in differs)
        score = whole.score * _DIFFERENT if weighed else whole.score
        verdict = _joined(self._verdict(whole, differs), [self._verdict(part, part.differs) for part in known])
        nearest = tuple(self._index.found[place] for place in _places(whole, known))
        return Alignment(() if verdict is Verdict.UNSUPPORTED else nearest, verdict, score, differs, nearest)

    def _judged(self, claim: str) -> _Judged | None:
        compared = compare(claim, self._index)
        if compared is None:
            return None
        score = self._weights.score(compared.figures)
        if is_verbatim(compared.terms, self._index):
            score = max(score, _VERBATIM_SCORE)
        covered = max(compared.figures["cover_near"], compared.figures["cover_3_heads"])
        return _Judged(compared.carrying, score, compared.differs, covered)

    def _verdict(self, judged: _Judged, differs: Sequence[Difference]) -> Verdict:
        if judged.score < self._weights.partial_from or judged.covered < _LEAST_COVERED / 2:
            return Verdict.UNSUPPORTED
        whole = judged.score >= self._weights.supported_from and judged.covered >= _LEAST_COVERED
        return Verdict.SUPPORTED if whole and not differs else Verdict.PARTIAL


def _joined(whole: Verdict, parts: Sequence[Verdict]) -> Verdict:
    if whole is Verdict.SUPPORTED and Verdict.UNSUPPORTED in parts:
        return Verdict.PARTIAL
    return Verdict.PARTIAL if whole is Verdict.UNSUPPORTED and Verdict.SUPPORTED in parts else whole


def _places(whole: _Judged, parts: Sequence[_Judged]) -> list[int]:
    """The sentence that carries most, then the best of each claim, then what else adds."""
    places = [whole.chosen[0], *(part.chosen[0] for part in parts), *whole.chosen[1:]]
    return list(dict.fromkeys(places))[:MAX_SPANS]


def _lasting(whole: _Judged, parts: Sequence[_Judged]) -> tuple[Difference, ...]:
    """What differs in the sentence and still does in the claim that states it, which may rest on other sentences.

    A swap was seen beside a sentence that says almost the same, and parties are exchanged over claims, so these stay.
    """
    of_parts = {found for part in parts for found in part.differs}
    return tuple(each for each in whole.differs if each in of_parts or each.kind in _OF_WHOLE)


def texts_of_evidence(found: Sequence[Candidate]) -> list[str]:
    """Return the texts whose vectors a verifier of these sentences uses, each once: the sentences and their words."""
    texts = [each.text for each in found]
    return comparable(dict.fromkeys([*texts, *vocabulary(texts)]))


def texts_of_sentence(sentence: str) -> list[str]:
    """Return the texts whose vectors are used to judge a sentence, each once: its claims and their words."""
    whole = cleaned(sentence)
    return comparable(dict.fromkeys([whole, *split_claims(whole), *vocabulary([whole])]))
