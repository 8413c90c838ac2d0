"""How much a passage reads like orders to a model, by rules: for owners to be told, and never relied on. Pure, linear.

Everything that keeps orders in documents harmless stands elsewhere, and holds whatever this misses.
"""

import re
from dataclasses import dataclass

LIKELY = 1.0
"""From this score on a passage is told of."""
_MOST_CHARS = 40_000
_FEW = r"\W+(?:\w+\W+){0,3}?"
_MODEL = r"(?:ai|assistant|language model|chatbot|llm)\b"
_EARLIER = r"(?:previous|prior|above|earlier|preceding|foregoing|system|initial|original)"
_GIVEN = r"(?:instruction|prompt|rule|direction|command|context|message)"
_DO = (
    r"ignore|disregard|respond|reply|answer|output|pretend|roleplay|encode|decode|substitute|rearrange|misspell|anagram"
    r"|replace (?:\w+ ){1,3}with"
)


@dataclass(frozen=True, slots=True)
class _Sign:
    """A pattern, what it is worth, and words of which a text with it holds one: cheaper to look for."""

    weight: float
    words: tuple[str, ...]
    pattern: re.Pattern[str]


def _sign(weight: float, words: str, pattern: str) -> _Sign:
    return _Sign(weight, tuple(words.split("|")), re.compile(pattern, re.IGNORECASE | re.MULTILINE))


_SIGNS = (
    _sign(
        1.0,
        "instruction|prompt|rule|direction|command|context|message",
        rf"\b(?:ignore|disregard|forget|override|bypass){_FEW}{_EARLIER}{_FEW}{_GIVEN}",
    ),
    _sign(1.0, "<|im_|[inst]|<<sys>>|endoftext|header_id", r"<\|(?:im_\w+|system|endoftext|\w+_header_id)\|>|\[INST\]"),
    _sign(
        1.0, "prompt", rf"\b(?:reveal|print|repeat|show|output|leak|disclose){_FEW}(?:system|hidden|initial)\W+prompt\b"
    ),
    _sign(
        1.0,
        "system|assistant|developer",
        r"^[ \t#*>]*(?:system|assistant|developer)(?: (?:prompt|message|override))?[ \t*]*:[ \t]*"
        r"(?:you\b|ignore|disregard|from now|reveal|always|never|the user)",
    ),
    _sign(1.0, "you are", rf"\byou are (?:now )?(?:an? |the )?(?:\w+ ){{0,2}}{_MODEL}"),
    _sign(
        1.0,
        "dear|attention|note to|instruction",
        rf"\b(?:dear|attention|note to|instructions? for)(?: the)?\W+{_MODEL}",
    ),
    _sign(
        0.6, "answer|response|reply|output", r"\b(?:in|with|from|to) your (?:answer|response|reply|output|replies)\b"
    ),
    _sign(
        0.6,
        "answer|response|reply|output",
        r"\byour (?:answer|response|reply|output) (?:should|must|has to|in|using)\b",
    ),
    _sign(
        0.6, "do not|don't|never", r"\b(?:do not|don't|never) (?:tell|inform|reveal)\W+(?:\w+\W+){0,4}?(?:user|human)\b"
    ),
    _sign(
        0.6,
        "from now on|new instruction|instead of",
        r"\bfrom now on\b|\bnew instructions?\b|\binstead of (?:answer|respond)ing\b",
    ),
    _sign(
        0.5,
        "ignore|disregard|respon|repl|answer|output|pretend|code|gram|sub|range|spell",
        rf"^(?:please )?(?:{_DO})\b|[.!?] (?:{_DO})\b",
    ),
    _sign(0.5, "http", r"!\[[^\]\n]{0,200}\]\(https?://|\b(?:send|post|forward|upload)\W+(?:\w+\W+){0,8}?https?://"),
    _sign(0.4, "tool|function|plugin", r"\b(?:call|invoke|execute)\W+(?:the\W+)?(?:\w+\W+)?(?:tool|function|plugin)\b"),
)


def likeness(text: str) -> float:
    """Return how much a text reads like orders to a model: 0 for nothing; from `LIKELY` on it is told of."""
    return sum(sign.weight for sign, _ in _found(text))


def ordering(text: str) -> str:
    """Return what follows the strongest sign, on one line; "" where a text is no more than a text."""
    found = _found(text)
    if sum(sign.weight for sign, _ in found) < LIKELY:
        return ""
    _, match = max(found, key=lambda each: each[0].weight)
    return " ".join(text[match.start() : match.end() + 100].split())


def _found(text: str) -> list[tuple[_Sign, re.Match[str]]]:
    text = text[:_MOST_CHARS]
    lower = text.lower()
    hopeful = (sign for sign in _SIGNS if any(word in lower for word in sign.words))
    matches = ((sign, sign.pattern.search(text)) for sign in hopeful)
    return [(sign, match) for sign, match in matches if match is not None]
