"""Decides which sentences carry a sentence of the answer, and the verdict. Pure over values, no model call.

The parts: `claims.py` cuts, `features.py` measures, `model.py` weighs, `rules.py` vetoes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pincite.answers.candidates import Candidate
from pincite.answers.domain import Verdict
from pincite.answers.verdicts.claims import cleaned, split_claims
from pincite.answers.verdicts.evidence import EvidenceIndex, Vectors, vocabulary
from pincite.answers.verdicts.features import compare, is_verbatim
from pincite.answers.verdicts.model import Weights, shipped
from pincite.answers.verdicts.rules import Difference, DifferenceKind

_VERBATIM_SCORE = 0.97
_VETO = 0.5
_LEAST_COVERED = 0.45


@dataclass(frozen=True, slots=True)
class Alignment:
    """The sentences that carry a claim, best first, with the verdict; `score` in 0..1.

    `spans` is empty when nothing carries it. `differs` says what the sentences have otherwise.
    """

    spans: tuple[Candidate, ...]
    verdict: Verdict
    score: float
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class _Judged:
    chosen: tuple[int, ...]
    score: float
    differs: tuple[Difference, ...]


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

        Its score is that of its weakest claim, judged alone and in the sentence.
        """
        whole = self._judged(cleaned(sentence))
        if whole is None:
            return Alignment((), Verdict.UNSUPPORTED, 0.0)
        parts = split_claims(cleaned(sentence))
        judged = [self._judged(part) for part in parts] if len(parts) > 1 else []
        known = [each for each in judged if each is not None]
        differs = whole.differs if not known else _lasting(whole, known)
        score = whole.score * _VETO if differs else whole.score
        verdict = self._verdict(score, differs)
        if verdict is Verdict.UNSUPPORTED:
            return Alignment((), verdict, score, differs)
        return Alignment(tuple(self._index.found[place] for place in whole.chosen), verdict, score, differs)

    def _judged(self, claim: str) -> _Judged | None:
        compared = compare(claim, self._index)
        if compared is None:
            return None
        # The model has seen few claims of which almost nothing is there: those are held down by hand.
        covered = max(compared.figures["cover_near"], compared.figures["cover_3_heads"])
        score = self._weights.score(compared.figures) * min(1.0, covered / _LEAST_COVERED)
        if is_verbatim(compared.terms, self._index):
            score = max(score, _VERBATIM_SCORE)
        return _Judged(compared.chosen, score, compared.differs)

    def _verdict(self, score: float, differs: Sequence[Difference]) -> Verdict:
        if score >= self._weights.supported_from and not differs:
            return Verdict.SUPPORTED
        return Verdict.PARTIAL if score >= self._weights.partial_from else Verdict.UNSUPPORTED


def _lasting(whole: _Judged, parts: Sequence[_Judged]) -> tuple[Difference, ...]:
    """What differs in the sentence and still does in the claim that states it, which may rest on other sentences.

    A swap was seen beside a sentence that says almost the same, so it stays.
    """
    of_parts = {found for part in parts for found in part.differs}
    return tuple(each for each in whole.differs if each in of_parts or each.kind is DifferenceKind.SWAP)


def texts_of_evidence(found: Sequence[Candidate]) -> list[str]:
    """Return the texts whose vectors a verifier of these sentences uses, each once: the sentences and their words."""
    texts = [each.text for each in found]
    return list(dict.fromkeys([*texts, *vocabulary(texts)]))


def texts_of_sentence(sentence: str) -> list[str]:
    """Return the texts whose vectors are used to judge a sentence, each once: its claims and their words."""
    whole = cleaned(sentence)
    return list(dict.fromkeys([whole, *split_claims(whole), *vocabulary([whole])]))
