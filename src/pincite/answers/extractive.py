"""The answerer without a model: picks the sentences that answer a question, verbatim, or abstains. Pure over values.

Where sentences come from is in `candidates.py`; what a question asks for in `question_kind.py`. Ranking by weighted
term coverage and similarity follows answer sentence selection (Yih et al. 2013; Yang et al. 2015, WikiQA).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pincite.answers.candidates import COLUMNS, Candidate, Stretch
from pincite.answers.certainty import CERTAINTY, Signs, lead_of, standing_of
from pincite.answers.conflicts import JUDGED, disagree
from pincite.answers.question_kind import Question, Wants, analyse, holds
from pincite.answers.steps import steps_beside
from pincite.answers.table_rows import Row
from pincite.answers.verdicts.terms import read
from pincite.answers.zones import IN_HEADINGS, IN_NEAR, IN_PASSAGE, Alike, Vectors, Zones, comparable, cosine
from pincite.core.words import content_pairs, content_words, whole_words
from pincite.retrieval import ScoredPassage

MAX_SENTENCES = 3
# Calibrated on questions whose passages were taken away: `bench/extractive.py`.
THRESHOLD = 0.51
# A further sentence is shown when it is all but as good as the best, or nearly so and speaks of more of the question.
_AS_GOOD, _ALSO = 0.97, 0.9
# One of another document that says otherwise is shown when it answers nearly as well.
_CONTRARY = 0.8
# An answer that holds the kind of thing asked for (a date, an amount, a name) is likelier to be one.
_KIND_FITS = 0.06
# So is a row of a table that is called what is asked for: "Net income", below the years.
_ROW_FITS = 0.2
# And where figures are asked for, the table of a section that is called what they are of.
_TABLE_FITS = 0.1
_NUMBERED_HEADING = re.compile(r"(?:\d{1,2}\.)+(?:\d{1,2})?\s+[A-Z][^.!?|]{0,70}")
# In what a table counts says nothing by itself: "Net sales (millions)".
_SCALES = frozenset(content_words("million millions billion billions thousand thousands"))
_FIGURES = frozenset({Wants.NUMBER, Wants.MONEY, Wants.DURATION})
_OUTDATED = 0.7
_UNSAID = 0.7  # no word of the question
_OPPOSITE = 0.95  # asked when it starts, and says when it ends
_SHORT = 15
_LABEL_WORDS = 6
_MOST_ROWS = 20
_LEVEL = 0.01  # of coverage
_TELLING = 3  # words of content: "Use them." tells nothing beside another sentence
_DIGITS = re.compile(r"\d{1,9}")
_MARKS = '.,;:!?"“”()[]'
# Of another sentence's words: one that has no other words says the same.
_MOST = 0.8


@dataclass(frozen=True, slots=True)
class Chosen:
    """A sentence picked as (part of) the answer: `page text[start:end] == text`; `score` in 0..1.

    A `contrary` one is of another document than the one before it, and gives another figure or time. `rest` is what
    the next page has of it, `row` the row of a table that it is (part) of.
    """

    passage: int
    page: int
    start: int
    end: int
    text: str
    score: float
    contrary: bool = False
    rest: Stretch | None = None
    row: Row | None = None

    @property
    def said(self) -> str:
        """The whole sentence, over the end of its page."""
        return self.text if self.rest is None else f"{self.text}\n{self.rest.text}"


@dataclass(frozen=True, slots=True)
class Extract:
    """What was picked, best first; nothing when it abstained.

    `confidence` in 0..1 is how likely what was picked is right, `signs` what that is made of. It abstains by how well
    the best sentence fits alone, and `nearest` is what would have been picked. `unanswered` are the parts of a question
    of several that nothing was picked for.
    """

    sentences: tuple[Chosen, ...]
    abstained: bool
    confidence: float
    nearest: tuple[Chosen, ...] = ()
    signs: Signs | None = None
    unanswered: tuple[str, ...] = ()

    @property
    def conflict(self) -> bool:
        """Whether documents answer differently."""
        return any(each.contrary for each in self.sentences)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A candidate with its score and the parts that made it, each 0..1."""

    candidate: Candidate
    score: float
    coverage: float
    support: float
    similarity: float
    fits: bool
    names: bool
    own: frozenset[str]
    above: frozenset[str]  # the question's terms that it says itself or stands below


def texts_to_embed(question: str, found: Sequence[Candidate]) -> list[str]:
    """Return the texts whose vectors `extract` wants: the question, each sentence below its headings, single words."""
    words: dict[str, None] = dict.fromkeys(analyse(question).terms.values())
    for candidate in found:
        words.update(dict.fromkeys(word for _, word in content_pairs(candidate.said)))
    return comparable(dict.fromkeys((question, *(_in_context(candidate) for candidate in found), *words)))


def extract(question: str, passages: Sequence[ScoredPassage], found: Sequence[Candidate], vectors: Vectors) -> Extract:
    """Pick one to three sentences or table rows that answer the question, or abstain.

    Args:
        question: what was asked.
        passages: the evidence, best first.
        found: `over_pages(candidates(passages, pages))`.
        vectors: the vector of each of `texts_to_embed(question, found)`; a text that is missing counts as unlike all.
    """
    asked = analyse(question)
    if not asked.terms or not found:
        return Extract((), abstained=True, confidence=0.0)
    judged = sorted(_judge(asked, passages, found, vectors), key=lambda each: -each.score)
    best = judged[0]
    fit = _fit(best, asked.wants)
    passage = best.candidate.passage
    signs = Signs(fit, best.similarity, lead_of(passages), standing_of(passage, passages))
    confidence = CERTAINTY.of(signs)
    other = _contrary(asked, judged, passages)
    picked = tuple(map(_chosen, _with_its_like(_select(judged), judged, passages)))
    if other is not None:
        picked = (_chosen(best), replace(_chosen(other), contrary=True))
    steps = steps_beside(best.candidate, found) if asked.how_to and other is None else []
    if steps:
        quoted = steps if best.candidate in steps else [best.candidate, *steps]
        picked = tuple(_chosen(replace(best, candidate=each)) for each in quoted)
    if fit < THRESHOLD:
        return Extract((), abstained=True, confidence=confidence, nearest=picked, signs=signs)
    return Extract(picked, abstained=False, confidence=confidence, signs=signs)


def joined(whole: Extract, parts: Sequence[tuple[str, Extract]]) -> Extract:
    """Return what answers a question of several parts: the best of each part, then what the whole question adds.

    Args:
        whole: what was picked for all of it.
        parts: each part with what was picked for it alone.
    """
    told = [each for _, each in parts if not each.abstained]
    if not told:
        return whole
    chosen: dict[tuple[int, int, int], Chosen] = {}
    for part in told:
        contrary = [each for each in part.sentences[1:2] if each.contrary]
        if _place(part.sentences[0]) not in chosen:
            chosen |= {_place(each): each for each in (part.sentences[0], *contrary)}
    # What contradicts a sentence is told with its own part, or not at all.
    said = [each.said for each in chosen.values()]
    added = [
        each
        for each in whole.sentences
        if not each.contrary and _place(each) not in chosen and not _repeats(each.said, said)
    ]
    missing = () if added else tuple(part for part, each in parts if each.abstained)
    sentences = (*chosen.values(), *added[: max(0, MAX_SENTENCES - len(chosen))])
    least = min(told, key=lambda each: each.confidence)
    return replace(least, sentences=sentences, nearest=(), unanswered=missing)


def _place(chosen: Chosen) -> tuple[int, int, int]:
    return chosen.passage, chosen.page, chosen.start


def _judge(
    asked: Question, passages: Sequence[ScoredPassage], found: Sequence[Candidate], vectors: Vectors
) -> list[_Judged]:
    zones = Zones(found, passages, asked)
    weights = zones.weights(asked.terms)
    alike = Alike(asked.terms, vectors)
    whole = vectors.get(asked.text)
    freshness = [_freshness(asked.text, each) for each in passages]
    heads = {candidate.header for candidate in found}
    judged: list[_Judged] = []
    for place, candidate in enumerate(found):
        fits = holds(asked.wants, candidate.said, asked.text, candidate.header) and candidate.whole
        credit = {term: zones.credit(place, term, alike) for term in asked.terms}
        if fits and all(credit[term] >= IN_NEAR for term in asked.terms.keys() - asked.implied):
            credit |= {term: max(credit[term], IN_NEAR) for term in asked.implied}
        coverage = sum(weights[term] * credit[term] for term in asked.terms)
        support = sum(weights[term] * min(1.0, credit[term] / IN_PASSAGE) for term in asked.terms)
        # In scripts that the built-in embedder does not know no vector tells it: words alone do.
        unknown = whole is None and not asked.text.isascii()
        similarity = coverage if unknown else cosine(whole, vectors.get(_in_context(candidate)))
        tells = candidate.text not in heads and _tells(asked, candidate, zones.own[place])
        score = 0.55 * coverage + 0.25 * similarity + 0.2 * passages[candidate.passage].score
        names = all(credit[term] >= IN_NEAR for term in asked.names)
        score *= (1.0 if fits else 0.65) * (1.0 if tells else 0.3) * (1.0 if names else 0.75)
        if candidate.row is not None:
            score *= 1 + _ROW_FITS * zones.about(place, asked.terms)
            titled = fits and asked.wants in _FIGURES and zones.titled(place, asked.terms)
            score *= 1 + (_TABLE_FITS if titled else 0.0)
        opposite = asked.wants is not Wants.ANYTHING and zones.says_opposite(place, asked.terms)
        score *= _OPPOSITE if opposite else 1.0
        score *= _brevity(zones.words[place]) * freshness[candidate.passage]
        judged.append(
            _Judged(
                candidate,
                score,
                coverage,
                support,
                similarity,
                fits and tells,
                names,
                zones.own[place].intersection(asked.terms),
                frozenset(term for term in asked.terms if credit[term] >= IN_HEADINGS),
            )
        )
    return judged


def _in_context(candidate: Candidate) -> str:
    return f"{candidate.headings}\n{candidate.header}\n{candidate.said}"


def _tells(asked: Question, candidate: Candidate, own: frozenset[str]) -> bool:
    """Whether a candidate says anything beyond the question: headings and questions in a text do not.

    What is asked with yes or no may be answered in its own words. A few letters say something where a stop ends them,
    and in a row below the heads of its columns; what is filled in behind "Name:" does, and the label does not.
    """
    text = candidate.said
    row = bool(candidate.header) and any(map(str.isdigit, text))
    if text[-1] in "?？؟" or _is_heading(candidate) or (len(text) < _SHORT and text[-1] not in ".!。！" and not row):
        return False
    if text.endswith(":") and not asked.how_to and len(text.split()) <= _LABEL_WORDS:
        return False
    return asked.yes_or_no or len(own - asked.terms.keys() - _SCALES) >= 1


def _is_heading(candidate: Candidate) -> bool:
    text = candidate.text
    return text in candidate.headings or any(each.fullmatch(text) is not None for each in (_NUMBERED_HEADING, COLUMNS))


def _brevity(words: Sequence[object]) -> float:
    """Long stretches cover many terms by chance: from forty words on a candidate counts for less."""
    return 1.0 / (1.0 + max(0, len(words) - 40) / 80)


def _freshness(question: str, passage: ScoredPassage) -> float:
    """Less for a passage of a document with a newer version, unless the question names it by its number."""
    asked, own = set(_DIGITS.findall(question)), _DIGITS.findall(passage.passage.source)
    return 1.0 if passage.newer is None or asked.intersection(own) else _OUTDATED


def _fit(best: _Judged, wants: Wants) -> float:
    fit = 0.4 * best.coverage + 0.35 * best.support + 0.25 * best.similarity
    fit += _KIND_FITS if best.fits and wants is not Wants.ANYTHING else 0.0
    # "Payday" is like "half pay", and what says no word of a question seldom answers it.
    said = 1.0 if best.own or best.above else _UNSAID
    return min(1.0, fit * said * (1.0 if best.fits else 0.7) * (1.0 if best.names else 0.75))


def _select(judged: Sequence[_Judged]) -> list[_Judged]:
    """The best, and up to two of the next that are as good or add something: a term of the question not yet said."""
    best = judged[0]
    picked, said, looked_at = [best], best.own, 1
    for each in judged[1:]:
        if looked_at == MAX_SENTENCES or each.score < _ALSO * best.score:
            break
        if not each.own and len(content_words(each.candidate.said)) < _TELLING:
            continue
        if _repeats(each.candidate.said, [one.candidate.said for one in picked]):
            continue
        looked_at += 1
        adds = bool(each.own - said)
        if each.score >= (_ALSO if adds else _AS_GOOD) * best.score:
            picked.append(each)
            said |= each.own
    return picked


def _with_its_like(
    picked: Sequence[_Judged], judged: Sequence[_Judged], passages: Sequence[ScoredPassage]
) -> list[_Judged]:
    """What was picked, and where the best is a row, those of its table that the question tells it from no better.

    They are called as it is and fit nearly as well (three of five sales of one thing look like all of them), or nothing
    that is asked is said by one row more than by another ("How much is lunch?", below "Lunch").
    """
    best = picked[0]
    if best.candidate.row is None:
        return [*picked]
    name, table = best.candidate.row.name, _table_of(best, passages)
    rows = [each for each in judged if each.candidate.row is not None and _table_of(each, passages) == table]
    like = [
        each
        for each in rows
        if each.candidate.row is not None and each.candidate.row.name == name and each.score >= _ALSO * best.score
    ]
    level = [each for each in rows if not each.own and each.above == best.above and _says_as_much(each, best)]
    if not best.own and len(like) < len(level) <= _MOST_ROWS:
        return level
    others = [each for each in picked if each not in like]
    return [*like[:_MOST_ROWS], *others[: max(0, MAX_SENTENCES - len(like))]]


def _says_as_much(each: _Judged, best: _Judged) -> bool:
    """Whether a row that has what is asked for says as much of the question: "not at all" in its place is no less."""
    return not each.fits or each.coverage >= best.coverage - _LEVEL


def _table_of(each: _Judged, passages: Sequence[ScoredPassage]) -> tuple[object, ...]:
    found = each.candidate
    head = None if found.row is None else found.row.head_at
    return passages[found.passage].passage.chunk.revision_id, found.page, head


def _repeats(text: str, told: Sequence[str]) -> bool:
    """Whether a sentence has most words of one that is told, and none, however small, that it has not."""
    words = _bare_words(text)
    for each in told:
        other = _bare_words(each)
        if words <= other and len(words) >= _MOST * len(other) and read(text).denies == read(each).denies:
            return True
    return False


def _bare_words(text: str) -> frozenset[str]:
    return frozenset(word for raw in whole_words(text).lower().split() if (word := raw.strip(_MARKS)))


def _contrary(asked: Question, judged: Sequence[_Judged], passages: Sequence[ScoredPassage]) -> _Judged | None:
    """The best sentence of another document that speaks of the same thing and gives something else for it."""
    best = judged[0]
    if asked.wants not in JUDGED or not best.fits or not best.own:
        return None
    source = passages[best.candidate.passage].passage.source
    for each in judged[1:]:
        if each.score < _CONTRARY * best.score:
            return None
        apart = passages[each.candidate.passage].passage.source != source
        same = each.fits and each.names and each.own >= best.own and each.above >= best.above
        if apart and same and disagree(asked, best.candidate.said, each.candidate.said):
            return each
    return None


def _chosen(each: _Judged) -> Chosen:
    candidate = each.candidate
    return Chosen(
        passage=candidate.passage,
        page=candidate.page,
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        score=min(1.0, each.score),
        rest=candidate.rest,
        row=candidate.row,
    )
