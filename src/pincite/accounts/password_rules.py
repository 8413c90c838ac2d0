"""What a password may be: long enough, and not among those that are tried first. Pure functions.

NIST SP 800-63B asks for length and a look at what is known, and for no kinds of characters. In place of a long list
this takes out what such lists are made of, and asks that something is left. Hashing is in `hashing.py`.
"""

import re
import unicodedata

from pincite.core import InvalidInput

SHORTEST = 12
LONGEST = 200
_LEAST_LEFT = 6
_LEAST_KINDS = 4
_PART = 4  # letters of a name or an address from which on it counts as a part of the password
_RUN = 4
_ROWS = (
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
)
_PAIRS = frozenset(row[at : at + 2] for each in _ROWS for row in (each, each[::-1]) for at in range(len(row) - 1))
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        "password passwort kennwort motdepasse contrasena wachtwoord parola pincite letmein welcome willkommen hello "
        "admin administrator root user login master secret geheim changeme default iloveyou sunshine princess dragon "
        "monkey football baseball superman batman trustno charlie shadow michael jordan starwars whatever freedom "
        "summer winter spring autumn january february march april june july august september october november "
        "december test guest",
    )
)
_AS_LETTERS = str.maketrans("@4310$57!", "aaeiossti")
_YEAR = re.compile(r"(?:19|20)\d\d")


def checked_password(password: str, *, name: str, email: str) -> str:
    """Return a password as it is hashed (NFKC). Raises: InvalidInput for one that is too short or easily guessed."""
    normal = normalised(password)
    if not SHORTEST <= len(normal) <= LONGEST:
        raise InvalidInput(
            f"A password has {SHORTEST} to {LONGEST} characters.",
            remedy="Four or five words that do not belong together do.",
        )
    if len(set(left := _left_over(normal, name, email))) < _LEAST_KINDS or len(left) < _LEAST_LEFT:
        raise InvalidInput(
            "This password is too easily guessed.",
            remedy="Leave out names, rows of keys, years and what repeats itself; four or five unrelated words do.",
        )
    return normal


def normalised(password: str) -> str:
    """Return a password in the one form that it is hashed in, however it was typed."""
    return unicodedata.normalize("NFKC", password)


def _left_over(password: str, name: str, email: str) -> str:
    """Return what a password has beside what is tried first."""
    left = _without_runs(_without_repetition(password.casefold()))
    left = _YEAR.sub("", left)
    known = {*_KNOWN, *_parts(name), *_parts(email)}
    for word in sorted(known, key=len, reverse=True):
        left = left.replace(word, "")
        # The same letters written as figures: what is cut is as long as what was found.
        while (at := left.translate(_AS_LETTERS).find(word)) >= 0:
            left = left[:at] + left[at + len(word) :]
    return "".join(each for each in left if not each.isspace())


def _parts(text: str) -> set[str]:
    found = re.split(r"[\W_]+", text.casefold())
    return {each for each in found if len(each) >= _PART}


def _without_repetition(text: str) -> str:
    """Return the shortest beginning that gives the text when it is repeated, the last time in part perhaps."""
    for length in range(1, len(text) // 2 + 1):
        if text == (text[:length] * (len(text) // length + 1))[: len(text)]:
            return text[:length]
    return text


def _without_runs(text: str) -> str:
    """Return a text without four or more characters that stand next to each other on a row of keys or the alphabet."""
    kept, start = "", 0
    for at in range(1, len(text) + 1):
        if at < len(text) and (text[at - 1 : at + 1] in _PAIRS or text[at - 1] == text[at]):
            continue
        kept += text[start:at] if at - start < _RUN else ""
        start = at
    return kept
