"""What a web site asks of programs that collect its pages: robots.txt by RFC 9309. Pure functions.

Matching takes time in proportion to the lengths, whatever a stranger writes: no regular expressions are made of it.
"""

from dataclasses import dataclass
from urllib.parse import quote

MAX_BYTES = 500 << 10  # the RFC has parsers read at least that much


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for one program. `rules` are (pattern, allowed); `delay_s` is what it asks for between requests."""

    rules: tuple[tuple[str, bool], ...] = ()
    delay_s: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, target: str) -> bool:
        """Say whether a path with its query may be fetched: the longest pattern that fits decides, a tie allows."""
        best, allowed = -1, True
        for pattern, allows in self.rules:
            if len(pattern) >= best and _fits(pattern, target):
                allowed = allows or (len(pattern) == best and allowed)
                best = len(pattern)
        return allowed


def read_robots(text: str, agent: str) -> Robots:
    """Read robots.txt for the program named `agent`; lines that make no sense are passed over."""
    groups: dict[str, list[tuple[str, str]]] = {}
    names: list[str] = []
    sitemaps: list[str] = []
    in_head = False
    for line in text.replace("\ufeff", "").splitlines():
        field, separator, value = line.partition("#")[0].partition(":")
        field, value = field.strip().lower(), value.strip()
        if not separator:
            continue
        if field == "sitemap":
            sitemaps.append(value)
        elif field == "user-agent":
            names = [*names, value.lower()] if in_head else [value.lower()]
            groups.setdefault(value.lower(), [])
            in_head = True
        elif names:
            in_head = False
            for name in names:
                groups[name].append((field, value))
    named = [lines for name, lines in groups.items() if name != "*" and name.split("/")[0] == agent.lower()]
    chosen = [line for lines in named or [groups.get("*", [])] for line in lines]
    rules = tuple(
        (_normal(value), field == "allow") for field, value in chosen if field in {"allow", "disallow"} and value
    )
    return Robots(rules, max((_number(value) for field, value in chosen if field == "crawl-delay"), default=0.0),
                  tuple(sitemaps))  # fmt: skip


def _fits(pattern: str, target: str) -> bool:
    anchored = pattern.endswith("$")
    parts = (pattern[:-1] if anchored else pattern).split("*")
    if not target.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        found = target.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if len(parts) == 1:
        return not anchored or at == len(target)
    last = parts[-1]
    if anchored:
        return target.endswith(last) and len(target) - len(last) >= at
    return target.find(last, at) >= 0


def _normal(pattern: str) -> str:
    return quote(pattern if pattern.startswith(("/", "*")) else "/" + pattern, safe="%/:@!$&'()*+,;=~-._?[]|")


def _number(value: str) -> float:
    try:
        return min(max(float(value), 0.0), 30.0)
    except ValueError:
        return 0.0
