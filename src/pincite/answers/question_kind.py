"""What a question asks for: its content terms, and the kind of thing that its answer must hold. Pure.

Patterns of English; those of other languages are in `other_languages.py`. Nothing here knows a corpus.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pincite.answers.other_languages import ASKING, HOLDS, WANTS, YES_OR_NO, language_asked_in
from pincite.core.words import STOP_WORDS, content_pairs, content_words


class Wants(StrEnum):
    """The kind of thing that an answer to the question holds."""

    NUMBER = "number"
    MONEY = "money"
    TIME = "time"
    DURATION = "duration"
    NAME = "name"
    CONTACT = "contact"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the answerer sees it.

    Args:
        text: as asked.
        terms: its stemmed terms, each with the word as asked.
        names: those of the terms that are names or hold digits; an answer about something else is no answer.
        wants: the kind of thing asked for.
        yes_or_no: whether it is asked so that a yes or a no answers it.
        how_to: whether it asks how something is done.
        implied: those of the terms that whatever is of the kind wanted says without the word: a price is what it costs,
            and engineers are people.
    """

    text: str
    terms: Mapping[str, str]
    names: frozenset[str]
    wants: Wants
    yes_or_no: bool = False
    how_to: bool = False
    implied: frozenset[str] = frozenset()


_WANTS = (
    (Wants.DURATION, r"\bhow (long|often|soon|quickly|frequently)\b|\bhow much (notice|time)\b"),
    (Wants.CONTACT, r"\b(e-?mail|phone|telephone|extension|contact) (address|number)|\bwhat (number|address)\b"),
    (
        Wants.NUMBER,
        r"\bwhat('s| is| was| are| were) the (\w+ ){0,2}(interest|percentage|ratio|rate|share|discount)\b(?! \w+s\b)",
    ),
    (
        Wants.MONEY,
        (
            r"\bhow much\b.*"
            r"\b(cost|pay|paid|spend|spent|money|worth|charge|claim|fee|price|salary|budget|rent|earn|wage)|"
            r"\bwhat('s| is| was| are| were)?\b.*"
            r"\b(cost|price|fee|salary|budget|deposit|allowance|charge|rent|wage|fine)s?\b|"
            r"\bwhat('s| is| was| are| were) .*\b(sales|revenues?|turnover|income|profits?|earnings|expenses?|"
            r"expenditures?|debts?|dividends?|cash flow)\b"
        ),
    ),
    (
        Wants.NUMBER,
        (
            r"\bhow (many|much|high|heavy|tall|wide|large|big|deep|fast|hot|cold|far|old|accurate)\b|"
            r"\bwhat (is|was|were|are) the (\w+ )?(percentage|ratio|number|rate|amount|share|total|maximum|minimum)\b|"
            r"\b(what|which) (percentage|percent|share|proportion|number|amount|value|limit|size|speed)\b"
        ),
    ),
    (
        Wants.TIME,
        (
            r"\bwhen\b|\bhow (late|early)\b|\b(what|which) (date|day|year|month|time|week)\b|"
            r"\b(deadline|by what)\b"
        ),
    ),
    (Wants.NAME, r"^\s*who(m|se)?\b|\b(to|by|with|from|and) who(m|se)?\b|\bwho\b"),
)
_WANTS_ELSEWHERE = tuple((Wants(kind), pattern) for kind, pattern in WANTS)
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have|had|am)\b(?!.*\bor\b)"
    + YES_OR_NO,
    re.IGNORECASE,
)
_HOW_TO = re.compile(
    r"^\W*(?:and\s+)?how\s+(?:do|does|can|could|should|must|would|to)\b|\bhow to\b"
    r"|\b(?:what|which) (?:are the )?steps\b|^\W*comment\b"
    r"|^\W*wie (?:kann|können|muss|soll|mache|macht|geht|wird|werden)\b"
    r"|^\W*(?:cómo|come (?:si|posso|faccio)|como (?:se|posso|faço|devo)|hoe (?:kan|moet|doe)|"
    r"как (?!долго|велик)|nasıl)\b",
    re.IGNORECASE,
)
_ASKING = frozenset(
    content_words("long soon often quick late early far old tall heavy big amount number name kind type happen mean "
                  "explain describe list show find question answer")
)  # fmt: skip
_IMPLIED = {
    Wants.MONEY: frozenset(content_words("cost spend spent pay paid money worth charge price")),
    Wants.NUMBER: frozenset(content_words("people persons")),
}
_MEASURES = {
    "heavy": "weight", "tall": "height", "high": "height", "wide": "width", "deep": "depth", "fast": "speed",
    "hot": "temperature", "cold": "temperature", "far": "distance", "old": "age", "big": "size", "large": "size",
    "accurate": "accuracy", "expensive": "price", "costly": "price",
}  # fmt: skip
_HOW = re.compile(rf"\bhow ({'|'.join(_MEASURES)})\b", re.IGNORECASE)
_CURRENCY = (
    r"(usd|eur|gbp|chf|nok|sek|dkk|jpy|inr|dollars?|euros?|pounds?|pence|p|cents?|kroner|kronor|kr|francs?|yen|rupees?|"
    r"aud|cad|nzd|cny|yuan|pln|zloty|złoty|czk|crowns?|huf|forints?|rubles?|roubles?|liras?|pesos?|baht|dirhams?|riyals?|"
    r"million|billion)"
)
_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_SPANS = "(second|minute|hour|day|night|week|fortnight|month|quarter|year)"
_HOLDS = {
    Wants.NUMBER: r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
                  r"fifty|sixty|hundred|thousand|million|half|twice|double|no|none|unlimited)\b",
    Wants.MONEY: rf"[$£€¥₹₩]\s?\d|\d\s?{_CURRENCY}\b|\b{_CURRENCY}\s?\d|\bfree\b|"
                 r"\b(no charge|at no cost)\b|"
                 r"\b\d{1,3}(,\d{3})+\b|\b\d+\.\d\d?\b(?!\s?(?:%|percent))",
    Wants.TIME: rf"\d|\b({_MONTHS}|{_DAYS}|"
                r"noon|midnight|daily|weekly|monthly|quarterly|yearly|"
                r"annually|year|years|month|months|week|weeks|day|days|hour|hours|minutes|immediately|at once|before|"
                r"after|until|within|every)\b",
    Wants.DURATION: r"\b(\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|several|half)[ -]([a-z]+ )?"
                    rf"{_SPANS}s?\b|\b(every|each) ([a-z-]+ ){{0,2}}({_SPANS}|time|{_DAYS}|{_MONTHS})s?\b|"
                    r"\b(daily|weekly|monthly|quarterly|yearly|annually|immediately|at once|once|twice|never)\b|"
                    r"\b(on a schedule|until|for ever|indefinitely|without limit)\b",
    Wants.CONTACT: r"@|\d{3,}|\d[ -]\d|\bext",
}  # fmt: skip
_OF_MONEY = re.compile(
    rf"[$£€¥₹₩]|\b({_CURRENCY}|prices?|costs?|fees?|salary|salaries|wages?|rent|charges?|amounts?|sales|revenues?|totals?|"
    r"thousands|millions|billions)\b",
    re.IGNORECASE,
)
_CAPITAL = "A-ZÀ-ÖØ-ÞĆČĐĘĞİŁŃŚŞŠŹŻŽΑ-ΫЁА-Я"
_NAME = re.compile(
    rf"(?<![.!?|]\s)(?<!^)\b[{_CAPITAL}][\w’'-]+|\b[{_CAPITAL}](?:[^\W\d_A-Z]|[’'-])+ [{_CAPITAL}][\w’'-]+"
)
# A word with a capital that does not begin the question, or one with a digit.
_NAMED = re.compile(r"\b[^\W\d_]{1,5}-\d+\b|(?<=[\w,;] )[A-Z][\w’-]*|\b\w*\d[\d.,]*\w*")
# Figures that name and count nothing: the mark of an item, a part of a document, a date.
_NAMING = re.compile(
    r"^\W*\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|^\d{1,3}(?:\.\d{1,3})+\s+(?=(?-i:[A-Z]))|"
    r"\b(?:form|note|item|page|section|schedule|table|exhibit|annex|appendix|part|article|chapter|clause|figure|no\.?) "
    r"\(?\d[\d.A-Z-]*|"
    rf"\b(?:{_MONTHS}) \d{{1,2}}\b|\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{_MONTHS})\b|"
    r"\b(?:19|20)\d\d\b(?!\s+[a-z]+s\b|[,.]\d)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\w*\d[\d.,]*\w*")
_ROLE = re.compile(
    r"\b(director|manager|officer|head|lead|chief|president|team|committee|engineer|board|employees?|staff|people|"
    r"everyone|anyone|owner|nurse|coordinator|assistant|desk|chair|members?)\b",
    re.IGNORECASE,
)


def analyse(text: str) -> Question:
    """Return the question's terms and what it wants. Words that only ask are no terms unless there is nothing else."""
    # "How heavy" asks for a weight, and the document says "weight".
    terms = dict(content_pairs(_HOW.sub(lambda found: _MEASURES[found[1].lower()], text)))
    language, lowered = language_asked_in(text, STOP_WORDS), text.lower()
    asking = ASKING.get(language or "", frozenset[str]())
    telling = {term: word for term, word in terms.items() if term not in _ASKING and word not in asking}
    patterns = _WANTS if language is None else _WANTS_ELSEWHERE
    wants = next((kind for kind, pattern in patterns if re.search(pattern, lowered)), Wants.ANYTHING)
    kept = telling or terms
    named = {term for found in _NAMED.findall(text) for term in content_words(found)}
    names = frozenset(named & kept.keys())
    return Question(
        text,
        kept,
        names,
        wants,
        yes_or_no=_YES_OR_NO.search(text) is not None,
        how_to=_HOW_TO.search(text) is not None,
        implied=_IMPLIED.get(wants, frozenset[str]()).intersection(kept),
    )


def holds(wants: Wants, text: str, question: str, header: str = "") -> bool:
    """Whether `text` holds the kind of thing wanted, beyond what the question itself says.

    Below a table's `header` that speaks of money every figure may be an amount.
    """
    if wants is Wants.MONEY and _OF_MONEY.search(header):
        wants = Wants.NUMBER
    if wants is Wants.ANYTHING:
        return True
    if wants is Wants.NAME:
        known = question.lower()
        names = [name for name in _NAME.findall(text) if name.lower() not in known]
        return bool(names) or _ROLE.search(text) is not None
    told = {found.lower() for found in _FIGURE.findall(question)}
    counts = _NAMING.sub(" ", text) if wants in {Wants.NUMBER, Wants.MONEY} else text
    rest = _FIGURE.sub(lambda found: " " if found[0].lower() in told else found[0], counts)
    return any(re.search(each[wants], rest, re.IGNORECASE) for each in (_HOLDS, HOLDS) if wants in each)
