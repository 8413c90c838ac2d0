"""Keys and passwords: private keys, tokens with their makers' prefixes, and what is assigned to such a name. Pure.

A prefix is looked for as it is before any pattern is tried, so that text without secrets costs next to nothing.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator

from pincite.privacy.domain import Finding, Kind

_BASE64, _URL_SAFE, _PLAIN = r"[A-Za-z0-9+/=]", r"[A-Za-z0-9_\-]", r"[A-Za-z0-9]"
# What a maker's keys begin with, and what follows.
_MAKERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (prefix, re.compile(rest))
    for prefixes, rest in (
        (("eyJ",), rf"{_URL_SAFE}{{8,4000}}\.{_URL_SAFE}{{8,8000}}\.{_URL_SAFE}{{0,2000}}"),
        (("AKIA", "ASIA"), r"[0-9A-Z]{16}(?![0-9A-Z])"),
        (("AIza",), rf"{_URL_SAFE}{{35}}"),
        (("ya29.",), rf"{_URL_SAFE}{{20,400}}"),
        (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), rf"{_PLAIN}{{36,255}}"),
        (("github_pat_", "glpat-", "sk-", "hf_"), rf"{_URL_SAFE}{{20,255}}"),
        (("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"), r"[A-Za-z0-9\-]{10,255}"),
        (("sk_live_", "sk_test_", "rk_live_", "rk_test_", "pk_live_", "pk_test_"), rf"{_PLAIN}{{16,255}}"),
        (("SG.",), rf"{_URL_SAFE}{{16,64}}\.{_URL_SAFE}{{16,128}}"),
        (("npm_",), rf"{_PLAIN}{{36}}"),
        (("pypi-",), rf"{_URL_SAFE}{{50,255}}"),
        (("dop_v1_",), r"[a-f0-9]{64}"),
        (("AccountKey=",), rf"{_BASE64}{{40,100}}"),
    )
    for prefix in prefixes
)
_WITHIN = re.compile(r"[A-Za-z0-9_\-]")
_PEM = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----")
_BODY = re.compile(r"(?:\s{1,4}[A-Za-z0-9+/=]{16,76})*")
_LONGEST_PEM = 20_000
_ASSIGNS = re.compile(r"[:=](?![:=/])")
_VALUE = re.compile(r"\s{0,3}[\"']?([^\s\"'<>{}$]{8,200})")
_NAMED = re.compile(
    r"(?:api[_ -]?key|secret|token|passw(?:or)?d|passphrase|pwd|credential)[\w-]{0,20}[\"']?\s{0,3}:?\Z", re.IGNORECASE
)
_NAME_REACH = 40
_CALL = re.compile(r"[A-Za-z_][\w.]*\(")  # of a function, in code
_LEAST_BITS = 2.75


def find_secrets(text: str) -> Iterator[Finding]:
    """Yield keys and passwords. `text` is as `plain` returns it."""
    for prefix, pattern in _MAKERS:
        at = text.find(prefix)
        while at >= 0:
            rest = pattern.match(text, at + len(prefix))
            if rest is not None and not _WITHIN.match(text, at - 1, at):
                yield Finding(Kind.KEY, at, rest.end(), 0.99)
            at = text.find(prefix, at + 1)
    if "PRIVATE KEY" in text:
        done = 0
        for match in _PEM.finditer(text):
            if match.start() < done:
                continue
            end = _PEM_END.search(text, match.end(), match.end() + _LONGEST_PEM)
            done = _torn(text, match.end()) if end is None else end.end()
            yield Finding(Kind.KEY, match.start(), done, 1.0)
    for match in _ASSIGNS.finditer(text):
        if _NAMED.search(text, max(0, match.start() - _NAME_REACH), match.start()):
            value = _VALUE.match(text, match.end())
            if value is not None and _looks_random(value[1]):
                yield Finding(Kind.KEY, value.start(1), value.end(1), 0.7)


def _torn(text: str, start: int) -> int:
    """Where a key ends whose end is not there: with the last line of base64."""
    body = _BODY.match(text, start, start + _LONGEST_PEM)
    return start if body is None else body.end()


def _looks_random(value: str) -> bool:
    counts = Counter(value)
    bits = -sum(times / len(value) * math.log2(times / len(value)) for times in counts.values())
    return (
        bits >= _LEAST_BITS
        and not _CALL.match(value)
        and re.search(r"\d", value) is not None
        and re.search("[A-Za-z]", value) is not None
    )
