"""Whether two questions ask the same, as far as words can tell: what vectors do not see must be the same in both. Pure.

Vectors of "before" and "after", of two names or of two numbers lie close together. So a question that is put otherwise
counts as the same only where its numbers, names, negations, bounds and other words are, and stand in the same order.
English only: a question in another language is the same as itself, give or take its signs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pincite.core.words import is_stop_word, stem

THRESHOLD = 0.65
"""The least cosine of two questions (static embedder) that may mean the same; learned by `bench.semantic_cache`."""

# How people say the same; each is put in one way before words are compared. In order: later ones see what earlier made.
_PUT_OTHERWISE: tuple[tuple[str, str], ...] = (
    (r"[\u2018\u2019]", "'"),
    (r"\b(can|do|does|did|is|are|was|were|has|have|had|would|could|should|must)n't\b", r"\1 not"),
    (r"\bcannot\b|\bcan't\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"\b(what|who|where|when|how|why|that|there)'s\b", r"\1 is"),
    (r"'s?(?=\s|[?.,!;:]|$)", " "),
    (r"\u00a3\s*([\d.,]*\d)", r"\1 pounds"),
    (r"\$\s*([\d.,]*\d)", r"\1 dollars"),
    (r"\u20ac\s*([\d.,]*\d)", r"\1 euros"),
    (r"%", " percent "),
    (r"\b(?:please|can you|could you)?\s*\b(?:tell me|say|let me know)\b[ ,:]*(?=\bwh|\bhow\b)", ""),
    (r"\bfor (?:what|which) reason\b", "why"),
    (r"\b(?:at )?(?:what|which) time\b", "when"),
    (r"\bby whom\b|\bwhich person\b|\bwhom\b", "who"),
    (r"\b(?:what|which) (?:is|was|are|were) the number of\b|\bwhat number of\b", "how many"),
    (r"\bhow (?:frequently)\b", "how often"),
    (r"\bhow (?:fast|soon)\b", "how quickly"),
    (r"\bfor how long\b", "how long"),
    (
        r"\b(?:what|which) (?:is|was|are|were) the (?:price|cost) of\b|\bhow much (does|do|did)\b(?=.*\bcosts?\b)",
        "what cost",
    ),
    (r"\bwhat (?:does|do|did)\b(?=.*\bcosts?\b)", "what cost"),
    (r"\b(?:ha(?:ve|s|d)|needs?|required) to\b", "must"),
    (r"^may\b(?= [a-z])|\b(?:(?-i:may)|could)\b|\b(?:is|are|be) (?:able|allowed|permitted) to\b", "can"),
    (r"\bpermitted\b", "allowed"),
    (r"\bat (?:the )?most\b|\b(?:max|maximum|most|highest|largest|greatest)\b", "maximum"),
    (r"\bat (?:the )?least\b|\b(?:min|minimum|least|lowest|smallest)\b", "minimum"),
    (r"\b(?:turn|switch)(ed|s|ing)? on\b|\bactivat(?:e|es|ed|ing)\b", "enable"),
    (r"\b(?:turn|switch)(ed|s|ing)? off\b|\bdeactivat(?:e|es|ed|ing)\b", "disable"),
    (r"\brais(?:e|es|ed|ing)\b", "increase"),
    (r"\b(?:lower|lowers|lowered|reduc(?:e|es|ed|ing))\b", "decrease"),
    (r"\bvacations?\b", "holiday"),
    (r"\bsomeone\b|\banyone\b|\banybody\b|\bpeople (?=in|with|who)", "somebody "),
    (r"\bin advance\b", "ahead"),
    (r"\b(?:per|a|each|every) (?=(?:hour|day|week|month|quarter|year)\b)", "per "),
    (r"\beach\b", "every"),
    (r"\bwhich\b", "what"),
)
_OTHERWISE = tuple((re.compile(said, re.IGNORECASE), put) for said, put in _PUT_OTHERWISE)
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*[^\W\d_]*|[^\W_]+(?:_[^\W_]+)*")
_NUMBER_WORDS = frozenset(
    """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen half quarter
    twice double triple single second third fourth fifth
    """.split()  # noqa: SIM905 (a list of quoted words is harder to read)
)
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGIT_OF = {word: str(number) for number, word in enumerate(_SMALL)}
# Words that say nothing alone, and turn what the others say.
_TURNING = frozenset(
    """
    not no never nobody none nothing neither nor without except against only both either other another same own few
    more less than before after above below under over until till since during within between beyond from towards up
    down off out all any some every per first last again once ever still already yet now further too very
    and or by for with if as via
    """.split()  # noqa: SIM905 (the same)
)
_ASKING = frozenset({"who", "what", "when", "where", "why", "how", "whether"})
_AMOUNTS = frozenset({"many", "much", "long", "often", "far", "quickly", "old", "big", "high", "deep", "wide", "heavy"})
_MODES = {"must": "must", "shall": "must", "should": "should", "can": "can"}
_PAST = frozenset({"did", "was", "were", "had"})
_EMPTY = frozenset({"get", "gets", "got", "getting", "there"})
# Stop words of a search that say something of who does what.
_SAYING = frozenset({"give", "gives", "given", "says", "said"})
_TO = re.compile(r"\bto (?=(?:the|a|an|this|that|these|those|any|every|all|\d|[A-Z])\b|[A-Z])")
_OWN = re.compile(r"\b(?:my|mine|myself|me|our|ours|i am|i'm|i was|i've)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sense:
    """What a question asks, taken apart: what must be the same in another that asks it.

    Args:
        asks: its question word, with what is measured; "" for one that is answered with yes or no.
        turned: words that turn what others say: negations, bounds, directions, quantities, tenses, modes.
        numbers: in their order.
        names: in their order, in lower case.
        words: stems of the others, in the order of a plain question.
    """

    asks: str
    turned: frozenset[str]
    numbers: tuple[str, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]


def is_personal(question: str) -> bool:
    """Say whether a question speaks of what is its asker's own."""
    return _OWN.search(question) is not None


def difference(one: str, other: str) -> str | None:
    """Return in which of its senses a question asks something else than another; None where they may be the same."""
    texts = [_put(one), _put(other)]
    named = frozenset(name for text in texts for name in _named(text))
    first, second = (_sense(text, named) for text in texts)
    for sense in ("asks", "turned", "numbers", "names", "words"):
        if getattr(first, sense) != getattr(second, sense):
            return sense
    return None


def _put(question: str) -> str:
    text = " ".join(question.split())
    for said, put in _OTHERWISE:
        text = said.sub(put, text)
    return " ".join(text.split())


def _named(text: str) -> Iterator[str]:
    """Yield what is written as a name or an identifier, but for a first word that may be written so for being first."""
    for place, word in enumerate(_TOKEN.findall(text)):
        if word[0].isdigit() or word == "I":
            continue
        is_code = "_" in word or any(letter.isupper() or letter.isdigit() for letter in word[1:])
        if is_code or (place and word[0].isupper()):
            yield word.lower()


def _sense(text: str, named: frozenset[str]) -> Sense:
    taken = _Taken()
    tokens = [token.lower() for token in _TOKEN.findall(_TO.sub(r"towards ", _in_order(text)))]
    for before, token in zip(["", *tokens], tokens, strict=False):
        if token in named:
            taken.says(taken.names, token)
        elif token[0].isdigit() or token in _NUMBER_WORDS:
            taken.says(taken.numbers, _DIGIT_OF.get(token, token.replace(",", "")))
        elif token in {"am", "pm"} and before[:1].isdigit():
            taken.turned.add(token)
        elif token in _ASKING and not taken.asks:
            taken.asks = token
        elif before == "how" and token in _AMOUNTS:
            taken.asks = f"how {token}"
        elif token in _TURNING:
            taken.turning.append(token)
        elif token in _MODES or token in _PAST:
            taken.turned.add(_MODES.get(token, "past"))
        elif token in _SAYING or (not is_stop_word(token) and token not in _EMPTY):
            taken.says(taken.words, stem(token))
        if before == "who" and token in {"do", "does", "did"}:
            taken.turned.add("whom")
    return taken.sense()


@dataclass(slots=True)
class _Taken:
    """A question that is being taken apart."""

    asks: str = ""
    turned: set[str] = field(default_factory=set[str])
    turning: list[str] = field(default_factory=list[str])  # said, and what they turn is not
    numbers: list[str] = field(default_factory=list[str])
    names: list[str] = field(default_factory=list[str])
    words: list[str] = field(default_factory=list[str])

    def says(self, where: list[str], token: str) -> None:
        """Note a token that says something, and what the words before it turn."""
        self.turned.update(f"{each} {token}" for each in self.turning)
        self.turning.clear()
        where.append(token)

    def sense(self) -> Sense:
        """Return what was found."""
        self.turned.update(self.turning)
        if self.asks == "how":
            self.turned.discard("can")  # "how can I" asks for no permission
        return Sense(self.asks, frozenset(self.turned), tuple(self.numbers), tuple(self.names), tuple(self.words))


def _in_order(text: str) -> str:
    """Return a question with its question word, or its main clause, first: what is put before these follows them."""
    text = text.rstrip(" ?.!")
    head, comma, rest = text.partition(", ")
    if comma and "," not in rest:
        return f"{rest} {head}"
    tokens = list(_TOKEN.finditer(text))
    places = [place for place, token in enumerate(tokens) if token[0].lower() in _ASKING]
    if not places or places[0] < 2:
        return text
    start = places[0]
    if tokens[start - 1][0].lower() in {"at", "in", "on", "by", "for", "from", "after", "before", "within", "to", "of"}:
        start -= 1
    cut = tokens[start].start()
    return f"{text[cut:]} {text[:cut]}"


def alike(one: str, others: Sequence[tuple[float, str]], threshold: float) -> Sequence[int]:
    """Return the places of those of the others, each with its cosine, that ask the same; the nearest first."""
    near = [(cosine, place) for place, (cosine, _) in enumerate(others) if cosine >= threshold]
    same = [(cosine, place) for cosine, place in near if difference(one, others[place][1]) is None]
    return [place for _, place in sorted(same, key=lambda each: (-each[0], each[1]))]
