"""Cuts a sentence into the claims that it makes: clauses with figures or verbs of their own. Pure.

What carries a claim is found in `verify.py`.
"""

import re

_JOINT = re.compile(r";\s+|,?\s+\b(?:and|but|while|whereas|although|though)\b\s+", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|may|must|can|cannot|could|will|would|shall|should|does|do|did|"
    r"gets?|takes?|needs?|says?|went|came|became|began|gave|made|took|won|lost|held|led|\w{3,}(?:ed|n't))\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d")
_LEAST_WORDS = 4
_NOISE = re.compile(
    r"^\s*(?:[-*•]\s+|\(?\d{1,2}[.)]\s+)"  # a list's bullet or number
    r"|\s*[(\[](?:see |from |in )?(?:passages?|sources?|documents?) [\d,;& and-]*[)\]]"
    r"|\b(?:passages?|sources?) \d{1,2}(?:(?:,| and|,? and) \d{1,2})*\b",
    re.IGNORECASE,
)


def cleaned(sentence: str) -> str:
    """Return a sentence without a list's number and without words that point to passages: they claim nothing."""
    return _NOISE.sub("", sentence).replace("**", "").strip()


def split_claims(sentence: str) -> list[str]:
    """Return the claims of a sentence in order, at least one; every word of it is in one of them.

    A sentence is cut at semicolons and before "and", "but", "while" and the like, where both sides have a few words
    and the right one has a verb or a figure of its own.
    """
    claims: list[str] = []
    begin = 0
    for joint in _JOINT.finditer(sentence):
        left, right = sentence[begin : joint.start()], sentence[joint.end() :]
        following = _JOINT.split(right, maxsplit=1)[0]
        if _stands_alone(left) and _stands_alone(following):
            claims.append(left.strip())
            begin = joint.start()
    claims.append(sentence[begin:].strip(" ,;\n\t"))
    return [claim for claim in claims if claim] or [sentence]


def _stands_alone(clause: str) -> bool:
    words = clause.split()
    return len(words) >= _LEAST_WORDS and bool(_VERB.search(clause) or _FIGURE.search(clause))
